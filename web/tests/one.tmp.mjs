import { start, drop, forecastAfter } from "./browser.mjs";
import { TABLES } from "./tables.mjs";
const s = await start();
const p = await s.open("#view=rows");
for (const n of ["plain.csv","pandas.csv", "few rows, many columns.csv"]) {
const f = await forecastAfter(p, () => drop(p, "#zone", n, TABLES[n].bytes));
console.log(JSON.stringify(f).slice(0,300));
}
console.log(s.heard.errors);
await s.close();

// How long the page takes on this machine: node web/tests/times.mjs, after web/build.sh and npm install in web/tests.
// Medians of several runs. They are shown, and no test depends on them.

import { readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { DIST, drop, forecastAfter, settled, start } from "./browser.mjs";
import { npy } from "./tables.mjs";

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const show = (name, value, unit = "ms") => console.log(`${name.padEnd(66)} ${value.toFixed(unit === "s" ? 1 : 0).padStart(8)} ${unit}`);

for (const name of ["lindiff.wasm", "lindiff.html"]) {
  show(`${name}, as it is`, statSync(DIST + name).size / 1000, "kB");
  show(`${name}, gzip -9`, gzipSync(readFileSync(DIST + name), { level: 9 }).length / 1000, "kB");
}

const site = await start();

const paints = [];
const figures = [];
for (let i = 0; i < 5; i++) {
  const page = await site.open();
  await settled(page);
  figures.push(await page.evaluate(() => performance.now()));
  paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  await page.context().close();
}
show("first paint", median(paints));
show("all six figures, from the first byte on", median(figures));

/** The time from a moved slider to a changed chart, and to all of them. */
async function slider(hash, key, chart) {
  const page = await site.open(hash);
  await settled(page);
  const took = [];
  for (let i = 0; i < 15; i++) {
    took.push(
      await page.evaluate(
        async ([key, chart]) => {
          const range = document.querySelector(`[data-slider=${key}] input[type=range]`);
          const lines = () => document.querySelector(`[data-chart=${chart}] svg .series`);
          const [before, root] = [lines(), document.querySelector("#explore")];
          const began = performance.now();
          range.value = Number(range.value) + 7;
          range.dispatchEvent(new Event("input", { bubbles: true }));
          const until = async (done) => {
            while (!done()) await new Promise((resolve) => setTimeout(resolve, 0));
            return performance.now() - began;
          };
          const first = await until(() => lines() !== before);
          const all = await until(() => root.dataset.busy === "false");
          return { first, all };
        },
        [key, chart],
      ),
    );
  }
  await page.context().close();
  return { first: median(took.map((one) => one.first)), all: median(took.map((one) => one.all)) };
}

for (const [name, hash, key, chart] of [
  ["a slider, d = 200, closed form", "#", "n", "samples"],
  ["a slider, d = 1000, closed form", "#d=1000", "n", "samples"],
  ["a slider, d = 200, after a finite time (the contour)", "#tau=3", "n", "samples"],
  ["a slider, d = 200, Student's law", "#weights=student:5", "n", "samples"],
]) {
  const { first, all } = await slider(hash, key, chart);
  show(`${name}: the first figure`, first);
  show(`${name}: all six`, all);
}

let state = 1;
const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
for (const [rows, columns] of [[900, 60], [2000, 784]]) {
  const bytes = npy(Array.from({ length: rows }, () => Array.from({ length: columns }, (_, j) => normal() / Math.sqrt(j + 1))));
  const page = await site.open("#view=rows");
  page.setDefaultTimeout(600_000);
  const began = Date.now();
  let first;
  await forecastAfter(page, async () => {
    await drop(page, "#zone", "rows.npy", bytes);
    const view = await page.waitForFunction(() => document.querySelector("#rows").innerText.includes("With these rows the test loss is"));
    first = (Date.now() - began) / 1000;
    await view.dispose();
  });
  show(`the first answer on ${rows} x ${columns} dropped rows`, first, "s");
  show(`a forecast of ${rows} x ${columns} dropped rows, with intervals`, (Date.now() - began) / 1000, "s");
  await page.context().close();
}
await site.close();

// The second view in a real browser: files are dropped, and the answers are those of `lindiff forecast --json`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drop, forecastAfter, settled, start } from "./browser.mjs";
import { differences, failure, json } from "./command.mjs";
import { TABLES, WRONG, npy, numbers } from "./tables.mjs";

let site, folder;
before(async () => {
  site = await start();
  folder = realpathSync(mkdtempSync(join(tmpdir(), "lindiff-rows-")));
});
after(async () => {
  const { heard, url } = site;
  await site.close();
  assert.deepEqual(heard.errors, [], "errors on the console");
  const elsewhere = heard.requests.filter((request) => !request.startsWith(url) && !request.startsWith("blob:"));
  assert.deepEqual(elsewhere, [], "requests to other hosts");
});

async function choose(page, controls = {}) {
  if (!(await page.isVisible("#scale"))) await page.click(".options summary");
  await page.setChecked("#scale", controls.scale ?? false);
  await page.fill("#columns", controls.columns ?? "");
  await page.fill("#group", controls.group ?? "");
  await page.fill("#others", controls.others ?? "");
}

/** What the command says, without what a page has no use for. */
function commanded(name, bytes, sets = [], more = []) {
  writeFileSync(join(folder, name), bytes);
  const words = ["forecast", name, ...sets.flatMap((set) => ["--set", set]), ...more];
  const { version, ...found } = json(words, { cwd: folder });
  assert.ok(version > 0);
  return found;
}

test("a dropped file of any kind gives the numbers and the sentences of the command", async () => {
  const page = await site.open("#view=rows");
  for (const [name, { bytes, controls, sets }] of Object.entries(TABLES)) {
    await choose(page, controls);
    const shown = await forecastAfter(page, () => drop(page, "#zone", name, bytes));
    assert.deepEqual(differences(shown, commanded(name, bytes, sets)), [], name);
  }
});

test("a file that cannot be used is refused in the words of the command", async () => {
  const page = await site.open("#view=rows");
  for (const [name, bytes] of Object.entries(WRONG)) {
    const { error } = await forecastAfter(page, () => drop(page, "#zone", name, bytes));
    writeFileSync(join(folder, name), bytes);
    assert.equal(error, failure(["forecast", name], { cwd: folder }).replace(`${folder}/`, ""), name);
  }
});

test("other numbers of rows are forecast as the command forecasts them", async () => {
  const page = await site.open("#view=rows");
  const { bytes } = TABLES["plain.csv"];
  await choose(page, { others: "10, 300" });
  const shown = await forecastAfter(page, () => drop(page, "#zone", "plain.csv", bytes));
  assert.deepEqual(differences(shown, commanded("plain.csv", bytes, [], ["--samples", "10,300"])), []);
});

test("the loss with the rows as they are is told while the rest is computed", async () => {
  const page = await site.open("#view=rows");
  await page.evaluate(() => {
    globalThis.said = [];
    const place = document.querySelector("#working-text");
    new MutationObserver(() => globalThis.said.push(place.textContent)).observe(place, { childList: true });
  });
  const { now } = await forecastAfter(page, () => drop(page, "#zone", "long.npy", npy(numbers(600, 100, 5))));
  const said = await page.evaluate(() => globalThis.said);
  const told = said.filter((text) => text.startsWith("With these rows the test loss is "));
  assert.ok(told.length >= 10, said.join("\n"));
  const loss = Number.parseFloat(told[0].split(" is ")[1]);
  // Three digits are shown.
  assert.ok(Math.abs(loss - now.test_loss.value) <= 0.0005, `${told[0]}: ${now.test_loss.value}`);
});

test("the built-in digits are forecast, with verdict, figures and table, and their spectrum can be explored", async () => {
  const page = await site.open("#view=rows");
  const shown = await forecastAfter(page, () => page.click("#digits"));
  const { version, ...found } = json(["forecast", "digits"]);
  assert.ok(version > 0);
  assert.deepEqual(differences(shown, found), []);
  assert.match(await page.textContent("#answer-verdict"), /You have enough rows/);
  assert.equal((await page.$$("#answer-table tbody tr")).length, 3);
  assert.ok((await page.$$("#answer-figures svg .series")).length > 5);
  await page.click("#to-explore");
  await page.waitForSelector("#explore:not([hidden])");
  await settled(page);
  assert.match(page.url(), /truth=values&values=/);
  assert.equal(await page.inputValue("#n"), "1797");
  await page.goBack();
  assert.ok(await page.isVisible("#answer"));
});

test("the advice comes with commands that work", async () => {
  const page = await site.open("#view=rows");
  const name = "few rows, many columns.csv";
  const { bytes } = TABLES[name];
  await forecastAfter(page, () => drop(page, "#zone", name, bytes));
  const commands = await page.$$eval("#advice code", (codes) => codes.map((code) => code.textContent));
  assert.ok(commands.length > 0);
  for (const command of commands) assert.match(command, /^cat > .*\n\[data\]\n[^]*lindiff train .* --set training\./);
  const trains = execFileSync(process.env.LINDIFF, ["--help"], { encoding: "utf8" }).includes("\n  train ");
  if (!trains) return console.log("# the program was built without burn: the commands were not run");
  writeFileSync(join(folder, name), bytes);
  for (const [index, command] of commands.entries()) {
    const script = `${command.replace("lindiff train", '"$LINDIFF" train')} --out run-${index} --quiet`;
    execFileSync("sh", ["-c", script], { cwd: folder, stdio: "pipe" });
  }
});

test("a long forecast shows its progress, leaves the page alive, and can be cancelled", async () => {
  const page = await site.open("#view=rows");
  const bytes = npy(numbers(1500, 400, 5));
  await drop(page, "#zone", "long.npy", bytes);
  await page.waitForFunction(() => document.querySelector("#progress").value > 0);
  await page.click("[data-view=explore]");
  await settled(page);
  await page.fill("#n", "321");
  await page.keyboard.press("Enter");
  await settled(page);
  await page.click("[data-view=rows]");
  assert.ok(await page.isVisible("#cancel"), "the forecast was over before it could be cancelled");
  await page.click("#cancel");
  await page.waitForSelector("#working", { state: "hidden" });
  assert.ok(await page.isHidden("#rows-trouble"));
  const found = await forecastAfter(page, () => drop(page, "#zone", "plain.csv", TABLES["plain.csv"].bytes));
  assert.equal(found.rows, 40);
});

test("a file that is dropped anywhere on the page opens the second view", async () => {
  const page = await site.open();
  await settled(page);
  const found = await forecastAfter(page, () => drop(page, "#figures", "plain.csv", TABLES["plain.csv"].bytes));
  assert.equal(found.rows, 40);
  assert.match(page.url(), /view=rows/);
});

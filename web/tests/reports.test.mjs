// The pages that commands write, each one file: the demonstration, and the report of reproduced figures.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { start } from "./browser.mjs";
import { serious, tooWide } from "./checks.mjs";

const folder = mkdtempSync(join(tmpdir(), "lindiff-reports-"));
const PAGES = { demo: "demo/memorise-or-generalise.html", report: "report/report.html" };

/** Three figures are enough: charts, pictures, tables against theory. */
const COMMANDS = [
  ["demo", "memorise-or-generalise", "--out", "demo"],
  ["reproduce", "spectra", "directions", "consistency", "--quick", "--out", "report"],
];

let site;
before(async () => {
  for (const words of COMMANDS) execFileSync(process.env.LINDIFF, [...words, "--quiet"], { cwd: folder, stdio: "ignore" });
  site = await start();
});
after(async () => {
  await site.close();
  rmSync(folder, { recursive: true });
  assert.deepEqual(site.heard.errors, [], "errors on the console");
  const elsewhere = site.heard.requests.filter((request) => !/^(file|data):/.test(request));
  assert.deepEqual(elsewhere, [], "requests");
});

async function visit(options, look) {
  for (const [name, path] of Object.entries(PAGES)) {
    const page = await site.open("", { address: pathToFileURL(join(folder, path)).href, ...options });
    await look(page, name);
    await page.context().close();
  }
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("nothing is wider than a screen of 400 pixels, or of 320", async () => {
  for (const width of [400, 320]) {
    await visit({ viewport: { width, height: 800 } }, async (page, name) => assert.deepEqual(await tooWide(page), [], `${name} at ${width}`));
  }
});

test("on a narrow screen the text above a wide table is read without scrolling", async () => {
  await visit({ viewport: { width: 400, height: 800 } }, async (page, name) => {
    const over = await page.$$eval("caption", (all) => all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent));
    assert.deepEqual(over, [], name);
  });
});

test("axe finds nothing serious, in light and dark colours", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await visit({ colorScheme }, async (page, name) => {
      assert.deepEqual(await serious(page), [], `${name}, ${colorScheme}`);
      assert.equal(await background(page), colorScheme === "dark" ? "rgb(21, 24, 28)" : "rgb(255, 255, 255)");
    });
  }
});

test("on paper all is light, every table is whole, and each figure is there once", async () => {
  // A sheet of A4 between its margins.
  await visit({ viewport: { width: 700, height: 990 }, colorScheme: "dark" }, async (page, name) => {
    await page.emulateMedia({ media: "print" });
    assert.equal(await background(page), "rgb(255, 255, 255)");
    const cut = await page.$$eval(".scroll table", (all) => all.filter((one) => one.getBoundingClientRect().width > one.parentElement.clientWidth).map((one) => one.caption.textContent));
    assert.deepEqual(cut, [], name);
    const twice = await page.$$eval("figure", (all) => all.filter((one) => [...one.querySelectorAll("svg")].filter((chart) => chart.checkVisibility()).length > 1).length);
    assert.equal(twice, 0, name);
  });
});

// What every visitor needs: narrow screens, paper, other colours, screen readers, and the page as one file on a disk.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { DIST, drop, forecastAfter, point, settled, start } from "./browser.mjs";
import { serious, tooWide } from "./checks.mjs";
import { TABLES } from "./tables.mjs";

let site;
before(async () => (site = await start()));
after(async () => {
  await site.close();
  assert.deepEqual(site.heard.errors, [], "errors on the console");
});

async function views(options, visit) {
  for (const step of [0, 1, 2, 3, 4, 5]) {
    const page = await site.open(step ? `#step=${step}&n=100&ridge=0.1` : "#", options);
    await settled(page);
    await visit(page, `step ${step}`);
    await page.context().close();
  }
  const page = await site.open("#view=rows", options);
  await visit(page, "rows");
  await forecastAfter(page, () => drop(page, "#zone", "few rows, many columns.csv", TABLES["few rows, many columns.csv"].bytes));
  await visit(page, "forecast");
  await page.context().close();
}

test("nothing is wider than a screen of 400 pixels, or of 320", async () => {
  for (const width of [400, 320]) {
    await views({ viewport: { width, height: 800 } }, async (page, name) => {
      assert.deepEqual(await tooWide(page), [], `${name} at ${width}`);
    });
  }
});

test("axe finds nothing serious, in light and dark colours", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await views({ colorScheme, bypassCSP: true }, async (page, name) => {
      assert.deepEqual(await serious(page), [], `${name}, ${colorScheme}`);
    });
  }
});

test("the button for colours turns the page and its figures dark, and the choice is kept", async () => {
  const page = await site.open("", { colorScheme: "light" });
  await settled(page);
  const colours = () => page.evaluate(() => [getComputedStyle(document.body.parentElement).backgroundColor, document.querySelector(".chart svg rect").getAttribute("fill")]);
  const light = await colours();
  await page.click("#theme");
  assert.deepEqual(await colours(), light);
  await page.click("#theme");
  const dark = await colours();
  assert.ok(dark[0] !== light[0] && dark[1] !== light[1]);
  await page.reload();
  await settled(page);
  assert.deepEqual(await colours(), dark);
});

test("on paper there are figures and sentences, in light colours, and no controls", async () => {
  const page = await site.open("#step=2&n=100", { colorScheme: "dark" });
  await settled(page);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.ok(await page.isHidden(".controls"));
  assert.ok(await page.isVisible("#verdict"));
  assert.equal(await page.getAttribute(".chart svg rect", "fill"), "#ffffff");
});

test("the page as one file works from a disk: figures, links, a forecast, and no request at all", async () => {
  const address = pathToFileURL(`${DIST}lindiff.html`).href;
  const from = site.heard.requests.length;
  const page = await site.open("#d=60&n=40", { address });
  await settled(page);
  const served = await site.open("#d=60&n=40");
  await settled(served);
  assert.deepEqual(await point(page), await point(served));
  await page.click('.steps [data-step="3"]');
  await settled(page);
  await page.fill("#n", "77");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.match(page.url(), /n=77/);
  await page.goBack();
  await settled(page);
  assert.equal(await page.inputValue("#n"), "100");
  const found = await forecastAfter(page, () => drop(page, "body", "plain.csv", TABLES["plain.csv"].bytes));
  assert.equal(found.rows, 40);
  const others = site.heard.requests.slice(from).filter((request) => !request.startsWith(site.url));
  assert.deepEqual([...new Set(others.map((request) => request.replace(/#.*/, "").replace(/^(blob|data):.*/, "$1:")))].filter((one) => one !== "blob:" && one !== "data:"), [address]);
});

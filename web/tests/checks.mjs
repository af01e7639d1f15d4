// What is asked of every page: nothing is wider than its screen, and nothing stands in the way of a screen reader.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What is wider than the screen; what scrolls by itself may be. */
export async function tooWide(page) {
  return page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    const inside = (element) => element.closest(".scroll, pre, .hidden, svg, .skip");
    const over = [...document.querySelectorAll("body *")].filter((one) => !inside(one) && one.getBoundingClientRect().right > limit + 1);
    const page = document.documentElement.scrollWidth > limit ? [`the page, by ${document.documentElement.scrollWidth - limit} pixels`] : [];
    return [...page, ...over.map((one) => one.outerHTML.slice(0, 120))];
  });
}

/** What axe calls serious or critical. */
export async function serious(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

// A headless Chromium, and pages that hear of every error and of every request.

import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

export const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** A browser and a server of the built page. */
export async function start() {
  const server = await serve(DIST);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const heard = { errors: [], requests: [] };
  const open = async (hash = "", options = {}) => {
    const { address = server.url, ...more } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...more });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && heard.errors.push(message.text()));
    page.on("pageerror", (error) => heard.errors.push(error.message));
    page.on("request", (request) => heard.requests.push(request.url()));
    await page.goto(address + hash);
    return page;
  };
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { open, close, heard, url: server.url };
}

/** Waits until all figures are drawn, and nothing is being computed. */
export async function settled(page) {
  await page.waitForFunction(() => {
    const charts = [...document.querySelectorAll("#figures .chart")];
    const root = document.querySelector("#explore");
    return root.dataset.busy === "false" && charts.every((chart) => chart.querySelector("svg .series"));
  });
}

/** The lines of a chart, as they are drawn. */
export async function drawn(page, id) {
  return page.$$eval(`[data-chart=${id}] svg .series, [data-chart=${id}] svg .marker`, (shapes) => shapes.map((shape) => shape.outerHTML).join(""));
}

/** The numbers of the setting that is shown. */
export async function point(page) {
  return JSON.parse(await page.$eval("#explore", (root) => root.dataset.point));
}

/** Drops a file on an element, as a person does. */
export async function drop(page, selector, name, bytes) {
  const transfer = await page.evaluateHandle(
    ({ name, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
      return data;
    },
    { name, bytes: Buffer.from(bytes).toString("base64") },
  );
  await page.dispatchEvent(selector, "dragover", { dataTransfer: transfer });
  await page.dispatchEvent(selector, "drop", { dataTransfer: transfer });
}

/** The next forecast, or the error in its place, after something that asks for one. */
export async function forecastAfter(page, act) {
  await page.$eval("#rows", (root) => delete root.dataset.forecast);
  await act();
  await page.waitForFunction(() => document.querySelector("#rows").dataset.forecast || !document.querySelector("#rows-trouble").hidden);
  const found = await page.$eval("#rows", (root) => root.dataset.forecast);
  return found ? JSON.parse(found) : { error: await page.textContent("#rows-trouble") };
}

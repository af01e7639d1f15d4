// The view of runs, given by `lindiff serve`: a finished run, one that grows, a broken one, a sweep.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DIST, drawn, settled, start } from "./browser.mjs";
import { serious, tooWide } from "./checks.mjs";

const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="680" height="420"><style>path { stroke: #0067a8 }</style><path d="M0,0L680,420"/></svg>';
const HEADER = "epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,predicted_test_loss,kl_true_sampled,kl_sampled_true,seconds\n";

/** A row of a table: the losses fall as 1/(epoch + 1). */
const rowOf = (epoch) => `${epoch},${epoch / 10},${1 / (epoch + 1)},${1.5 / (epoch + 1)},0.01,${1 / (epoch + 1)},${1.4 / (epoch + 1)},0.5,inf,${epoch}\n`;

const folder = mkdtempSync(join(tmpdir(), "lindiff-serve-"));
const at = (...names) => join(folder, "all", ...names);

/** Starts the server; its address and how to end it. */
async function serving(words) {
  const child = spawn(process.env.LINDIFF, ["serve", "--port", "0", "--json", ...words], { cwd: folder });
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.endsWith("\n}\n")) break;
  }
  return { url: JSON.parse(said).url, child };
}

function writeRun(name, config, rows) {
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(name, ".lindiff-run"), "{}");
  writeFileSync(at(name, "config.toml"), config);
  writeFileSync(at(name, "metrics.csv"), HEADER + rows);
}

const config = ({ name, source, samples, epochs, ridge = 0 }) =>
  `name = "${name}"\n[data]\nsource = "${source}"\nsamples = ${samples}\n[model]\nkind = "per-step"\n[training]\nepochs = ${epochs}\nridge = ${ridge}\n`;

/** A sweep of three numbers of rows and two ridges, as the program writes one. */
function writeSweep() {
  const results = ["data.samples,training.ridge,repeat,seed,train_loss,test_loss,oracle_loss,predicted_test_loss,predicted_path,seconds,status,run"];
  const summary = ["data.samples,training.ridge,count,train_loss,train_loss_se,test_loss,test_loss_se,oracle_loss,oracle_loss_se,predicted_test_loss,predicted_test_loss_se,predicted_path"];
  const points = [8, 16, 32].flatMap((samples) => [0, 0.1].map((ridge) => ({ samples, ridge })));
  points.forEach(({ samples, ridge }, index) => {
    const name = `0123456789abcde${index}`;
    const [train, tested] = [0.5 - 2 / samples, 0.5 + 2 / samples + ridge / 10];
    results.push(`${samples},${ridge},0,1,${train},${tested},0.4,${tested},descent,0.123,done,${name}`);
    summary.push(`${samples},${ridge},1,${train},,${tested},,0.4,,${tested},,descent`);
    writeRun(join("grid", "runs", name), config({ name: "small", source: "power-law", samples, epochs: 4, ridge }), rowOf(0) + rowOf(4));
    writeFileSync(at("grid", "runs", name, "summary.json"), "{}");
  });
  writeFileSync(at("grid", "sweep.json"), "{}");
  writeFileSync(at("grid", "results.csv"), `${results.join("\n")}\n`);
  writeFileSync(at("grid", "summary.csv"), `${summary.join("\n")}\n`);
}

/** A sweep of 6000 points, of which one of the first 5000 failed and all later ones. */
function writeLargeSweep() {
  const samples = Array.from({ length: 6000 }, (_, index) => index + 1);
  const status = (one) => (one === 7 || one > 5000 ? "diverged" : "done");
  const results = samples.map((one) => `${one},0,1,0.5,0.5,0.4,0.1,${status(one)},${String(one).padStart(16, "0")}`);
  const summary = samples.map((one) => `${one},1,0.5,,${0.5 + 1 / one},,0.4,`);
  mkdirSync(at("large"));
  writeFileSync(at("large", "sweep.json"), "{}");
  writeFileSync(at("large", "results.csv"), ["data.samples,repeat,seed,train_loss,test_loss,oracle_loss,seconds,status,run", ...results, ""].join("\n"));
  writeFileSync(at("large", "summary.csv"), ["data.samples,count,train_loss,train_loss_se,test_loss,test_loss_se,oracle_loss,oracle_loss_se", ...summary, ""].join("\n"));
}

const RUNS_GOING = [8, 16, 32].flatMap((samples) => [0, 1].map((repeat) => ({ samples, run: `fedcba98765432${samples / 8}${repeat}` })));

/** The line of a log for a run that was done, or failed. */
function logLine({ samples, run }, error) {
  const measured = error ? undefined : { train_loss: String(0.5 - 2 / samples), test_loss: String(0.5 + 2 / samples), predicted_path: "descent" };
  return `${JSON.stringify({ run, measured, seconds: 0.5, at: 1, error })}\n`;
}

/** A sweep that goes on: three of its six runs have ended, and it has no tables yet. */
function writeGoingSweep() {
  mkdirSync(at("going", "rows"), { recursive: true });
  const axes = [{ key: "data.samples", values: ["8", "16", "32"] }];
  writeFileSync(at("going", "sweep.json"), JSON.stringify({ grid: { axes, repeats: 2, seeds: [1, 2] }, question: { runs: RUNS_GOING.map(({ run }) => run) } }));
  const rows = [logLine(RUNS_GOING[0]), logLine(RUNS_GOING[2]), logLine(RUNS_GOING[3], "diverged")];
  writeFileSync(at("going", "rows", "000001.jsonl"), `{"process":1}\n${rows.join("")}`);
}

let site, server;
before(async () => {
  const many = Array.from({ length: 41 }, (_, epoch) => rowOf(epoch)).join("");
  writeRun("finished", config({ name: "ends", source: "power-law", samples: 8, epochs: 40 }), many);
  mkdirSync(at("finished", "plots"));
  for (const name of ["losses", "spectrum", "divergence"]) writeFileSync(at("finished", "plots", `${name}.svg`), PICTURE);
  writeFileSync(at("finished", "summary.json"), "{}");
  writeSweep();
  writeLargeSweep();
  writeGoingSweep();
  writeRun("growing", config({ name: "grows", source: "digits", samples: 100, epochs: 50 }), [0, 1, 2, 3].map(rowOf).join(""));
  writeRun("diverged", config({ name: "rises", source: "digits", samples: 9, epochs: 4 }), rowOf(0).replace(",1.5,", ",inf,"));
  writeRun("failed", config({ name: "fails", source: "digits", samples: 9, epochs: 4 }), rowOf(0).replace(",1.5,", ",,") + rowOf(1).replace(",0.75,", ",nan,"));
  writeRun("broken", "name = ", rowOf(0));
  writeRun("gone", "name = \"goes\"\n", rowOf(0));
  site = await start();
  server = await serving(["all", "--page", DIST]);
});
after(async () => {
  server.child.kill("SIGINT");
  await site.close();
  rmSync(folder, { recursive: true });
  assert.deepEqual(site.heard.errors, [], "errors on the console");
  const elsewhere = site.heard.requests.filter((request) => !request.startsWith("http://127.0.0.1:") && !request.startsWith("blob:"));
  assert.deepEqual(elsewhere, [], "requests to other hosts");
});

async function opened(hash = "", options = {}) {
  const page = await site.open(hash, { address: server.url, ...options });
  await page.waitForSelector("#runs [data-run]");
  return page;
}

const textOf = (page, run) => page.$eval(`[data-run="${run}"]`, (line) => [...line.cells].filter((cell) => !cell.hidden).map((cell) => cell.textContent));

test("the page begins with the runs, each with its state, and says how old what it shows is", async () => {
  const page = await opened();
  assert.ok(await page.isVisible("#runs"));
  assert.equal(await page.getAttribute(".views [data-view=runs]", "aria-current"), "page");
  const [, finished, state] = await textOf(page, "all/finished");
  assert.deepEqual([finished, state], ["all/finished", "finished"]);
  assert.equal((await textOf(page, "all/growing"))[2], "unfinished");
  assert.match((await textOf(page, "all/broken"))[2], /^broken: config\.toml: /);
  const colour = await page.$eval('[data-run="all/broken"] td.reason', (cell) => getComputedStyle(cell).color);
  assert.equal(colour, "rgb(163, 32, 44)");
  assert.match(await page.textContent("#runs-age"), /^as of (now|\d+ s ago); the last row of any run was written /);
  assert.match(await page.textContent("#runs-count"), /; 1 broken\./);
  await page.context().close();
});

test("a curve grows while the run trains, without a reload", async () => {
  const page = await opened("#view=runs&run=all%2Fgrowing");
  await page.waitForFunction(() => document.querySelector("#run").dataset.rows === "4");
  await page.waitForSelector("[data-chart=run-losses] svg .test_loss");
  const points = () => page.$$eval("[data-chart=run-losses] svg circle.test_loss", (dots) => dots.length);
  assert.equal(await points(), 4);
  appendFileSync(at("growing", "metrics.csv"), rowOf(4) + rowOf(5) + "6,0.6,0.1");
  await page.waitForFunction(() => document.querySelector("#run").dataset.rows === "6");
  assert.equal(await points(), 6);
  assert.equal((await textOf(page, "all/growing"))[4], "5 of 50");
  await page.context().close();
});

test("a run that is gone has no row any more", async () => {
  const page = await opened("#view=runs&run=all%2Fgone");
  await page.waitForSelector("#run:not([hidden])");
  rmSync(at("gone"), { recursive: true });
  await page.waitForFunction(() => !document.querySelector('[data-run="all/gone"]'));
  await page.waitForFunction(() => document.querySelector("#run").hidden);
  assert.match(await page.textContent("#run-gone"), /all\/gone: there is no such run/);
  await page.context().close();
});

test("several runs are on one chart, the link holds which, and what differs is in a table", async () => {
  const page = await opened();
  await page.check('[data-run="all/finished"] input');
  await page.waitForSelector("#compare-one:not([hidden])");
  await page.check('[data-run="all/growing"] input');
  await page.waitForSelector("[data-chart=compared] svg .run_2");
  const before = await drawn(page, "compared");
  await page.selectOption("#compare-quantity", "train_loss");
  assert.notEqual(await drawn(page, "compared"), before);
  const table = await page.textContent("#compare-table");
  assert.match(table, /data\.samples8100/);
  const again = await opened(new URL(page.url()).hash);
  await again.waitForSelector("[data-chart=compared] svg .run_2");
  assert.equal(await drawn(again, "compared"), before);
  await page.context().close();
  await again.context().close();
});

test("the pictures of a run are shown", async () => {
  const page = await opened("#view=runs&run=all%2Ffinished");
  await page.waitForSelector(".picture img");
  await page.$eval("#run-pictures", (root) => root.scrollIntoView());
  await page.waitForFunction(() => [...document.querySelectorAll(".picture img")].every((image) => image.complete && image.naturalWidth > 100));
  assert.ok((await page.$$(".picture")).length >= 3);
  await page.context().close();
});

test("a sweep has a panel for each other key, and a table whose runs open", async () => {
  const page = await opened("#view=runs&sweep=all%2Fgrid");
  await page.waitForSelector("[data-chart=sweep-1] svg .test_loss");
  assert.equal(await page.textContent("#sweep-0-title"), "training.ridge = 0");
  assert.equal(await page.textContent("#sweep-1-title"), "training.ridge = 0.1");
  assert.match(await page.textContent("#sweep-note"), /^6 runs: 6 done, 0 failed, 0 left\./);
  const dots = await page.$$eval("[data-chart=sweep-0] svg circle.test_loss", (found) => found.length);
  assert.equal(dots, 3);
  await page.click("#sweep-table tbody a");
  await page.waitForSelector("#run:not([hidden])");
  await page.check("#runs-of-sweeps");
  assert.equal((await page.$$("[data-run^='all/grid/runs/']")).length, 6);
  await page.context().close();
});

test("of a sweep with more runs than are sent, the counts and the panels say of how many they are", async () => {
  const page = await opened("#view=runs&sweep=all%2Flarge");
  await page.waitForSelector("[data-chart=sweep-0] svg .test_loss");
  assert.match(await page.textContent("#sweep-note"), /^6000 runs; of the first 5000: 4999 done, 1 failed, 0 left\. .* Of 6000 points of the grid the first 5000 are drawn\./);
  assert.match(await page.textContent("#sweep-cut"), /^The first 200 of 6000 runs/);
  await page.context().close();
});

test("a sweep that goes on has its panels and its table, which grow without a reload", async () => {
  const page = await opened("#view=runs&sweep=all%2Fgoing");
  await page.waitForSelector("[data-chart=sweep-0] svg .test_loss");
  const points = () => page.textContent("#sweep-0-summary");
  assert.match(await page.textContent("#sweep-note"), /^6 runs: 2 done, 1 failed, 3 left\. These are the rows in its logs/);
  assert.match(await points(), /^At data\.samples = 16: test loss 0\.625/);
  const states = () => page.$$eval("#sweep-table tbody tr", (lines) => lines.map((line) => line.cells[line.cells.length - 2].textContent));
  assert.deepEqual(await states(), ["done", "left", "done", "diverged", "left", "left"]);
  appendFileSync(at("going", "rows", "000001.jsonl"), logLine(RUNS_GOING[3]) + logLine(RUNS_GOING[4]) + logLine(RUNS_GOING[5]).slice(0, 40));
  await page.waitForFunction(() => document.querySelector("#sweep-note").textContent.startsWith("6 runs: 4 done, 0 failed, 2 left."));
  assert.deepEqual(await states(), ["done", "left", "done", "done", "done", "left"]);
  assert.match(await points(), /^At data\.samples = 32: test loss 0\.563/);
  await page.context().close();
});

test("words filter the list, and a click on a column sorts it", async () => {
  const page = await opened();
  await page.fill("#runs-filter", "digits 100");
  await page.waitForFunction(() => document.querySelectorAll("[data-run]").length === 1);
  await page.fill("#runs-filter", "");
  await page.click("[data-column=name] button");
  const names = () => page.$$eval("[data-run]", (lines) => lines.map((line) => line.dataset.run));
  const up = await names();
  assert.deepEqual(up, [...up].sort());
  await page.click("[data-column=name] button");
  assert.deepEqual(await names(), [...up].reverse());
  await page.context().close();
});

test("runs whose loss is infinite or no number come after all others, and say what it is", async () => {
  const page = await opened();
  await page.click("[data-column=test] button");
  const shown = await page.$$eval("[data-run]:not([data-state=broken])", (lines) => lines.map((line) => [line.dataset.run, line.cells[8].textContent]));
  const losses = shown.map(([, text]) => Number(text));
  const finite = losses.filter(Number.isFinite);
  assert.deepEqual(losses.slice(0, finite.length), [...finite].sort((a, b) => a - b));
  assert.deepEqual(shown.slice(finite.length), [["all/diverged", "∞"], ["all/failed", "NaN"]]);
  await page.context().close();
});

test("the table of a chart says which value is infinite, which is no number, and which is not there", async () => {
  const column = async (run) => {
    const page = await opened(`#view=runs&run=all%2F${run}`);
    await page.click("[data-chart=run-losses] .tools summary");
    await page.waitForSelector("[data-chart=run-losses] tbody tr");
    const rows = await page.$$eval("[data-chart=run-losses] table tr", (lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
    await page.context().close();
    const at = rows[0].indexOf("test loss");
    return rows.slice(1).map((cells) => cells[at]);
  };
  assert.deepEqual(await column("diverged"), ["∞"]);
  assert.deepEqual(await column("failed"), ["", "NaN"]);
});

test("a hidden page asks nothing, and a page that is seen again asks at once", async () => {
  const page = await opened();
  const hide = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await page.waitForTimeout(300);
  let asked = 0;
  page.on("request", (request) => (asked += request.url().includes("/api/runs") ? 1 : 0));
  await page.waitForTimeout(4500);
  assert.equal(asked, 0);
  await hide(false);
  await page.waitForTimeout(1000);
  assert.ok(asked >= 1);
  await page.context().close();
});

test("the other views work under the server's policy, with their theory", async () => {
  const page = await site.open("#n=50", { address: server.url });
  await settled(page);
  assert.ok(await page.isVisible("#explore"));
  await page.click(".views [data-view=runs]");
  await page.waitForSelector("#runs [data-run]");
  assert.ok(await page.isHidden("#explore"));
  await page.context().close();
});

test("Explore at its start is shown from any view, and its link leads there", async () => {
  const page = await opened();
  for (const from of ["rows", "runs"]) {
    await page.click(`.views [data-view=${from}]`);
    await page.waitForSelector(`#${from}:not([hidden])`);
    await page.click(".views [data-view=explore]");
    await settled(page);
    assert.ok(await page.isVisible("#explore"), `from ${from}`);
    assert.ok(await page.isHidden(`#${from}`), `from ${from}`);
  }
  const hrefOf = (selector) => page.getAttribute(selector, "href");
  const links = [new URL(page.url()).hash, await hrefOf(".views [data-view=explore]"), await hrefOf('.steps [data-step="0"]')];
  for (const hash of links) {
    const again = await site.open(hash, { address: server.url });
    await settled(again);
    assert.ok(await again.isVisible("#explore"), hash);
    await again.context().close();
  }
  await page.context().close();
});

test("without the library the runs are shown, and the other views say how to get it", async () => {
  const bare = await serving(["all"]);
  const page = await site.open("", { address: bare.url });
  await page.waitForSelector("#runs [data-run]");
  await page.click(".views [data-view=explore]");
  assert.ok(await page.isVisible("#no-theory"));
  assert.ok(await page.isHidden("#explore"));
  await page.context().close();
  bare.child.kill("SIGINT");
});

test("a static server has no view of runs", async () => {
  const page = await site.open("#view=runs");
  await settled(page);
  assert.ok(await page.isHidden(".views [data-view=runs]"));
  assert.ok(await page.isHidden("#runs"));
  assert.ok(await page.isVisible("#explore"));
  await page.context().close();
});

const EVERYTHING = "#view=runs&run=all%2Ffinished&sweep=all%2Fgrid&with=all%2Ffinished&with=all%2Fgrowing";

async function everything(options) {
  const page = await opened(EVERYTHING, options);
  await page.waitForSelector("[data-chart=compared] svg .run_2");
  await page.waitForSelector("[data-chart=run-losses] svg .test_loss");
  await page.waitForSelector("[data-chart=sweep-1] svg .test_loss");
  return page;
}

test("nothing is wider than a screen of 400 pixels, or of 320", async () => {
  for (const width of [400, 320]) {
    const page = await everything({ viewport: { width, height: 800 } });
    assert.deepEqual(await tooWide(page), [], `at ${width}`);
    await page.context().close();
  }
});

test("axe finds nothing serious, in light and dark colours", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await everything({ colorScheme, bypassCSP: true });
    assert.deepEqual(await serious(page), [], colorScheme);
    if (process.env.LINDIFF_PICTURES) await page.screenshot({ path: join(process.env.LINDIFF_PICTURES, `runs-${colorScheme}.png`), fullPage: true });
    await page.context().close();
  }
});

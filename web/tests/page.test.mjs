// The first view in a real browser: controls, charts, the URL, the keyboard, and the numbers of `lindiff predict`.

import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drawn, drop, point, settled, start } from "./browser.mjs";
import { differences, json, wordsOf } from "./command.mjs";

const LOSSES = ["samples", "noise", "time", "ridge"];
const ALL = [...LOSSES, "divergences", "spectrum"];

let site;
before(async () => (site = await start()));
after(async () => {
  const { heard, url } = site;
  await site.close();
  assert.deepEqual(heard.errors, [], "errors on the console");
  const elsewhere = heard.requests.filter((request) => !request.startsWith(url) && !request.startsWith("blob:"));
  assert.deepEqual(elsewhere, [], "requests to other hosts");
});

async function charts(page, ids = ALL) {
  await settled(page);
  return Object.fromEntries(await Promise.all(ids.map(async (id) => [id, await drawn(page, id)])));
}

/** Fails unless what was done has changed these charts. */
async function moves(page, ids, act) {
  const before = await charts(page);
  await act();
  await page.waitForTimeout(50);
  const after = await charts(page);
  const still = ids.filter((id) => after[id] === before[id]);
  assert.deepEqual(still, [], "figures that have not moved");
}

const slide = (page, key, name = "PageDown", times = 1) => async () => {
  await page.focus(`[data-slider=${key}] input[type=range]`);
  for (let i = 0; i < times; i++) await page.keyboard.press(name);
};

test("every control moves its charts", async () => {
  const page = await site.open();
  await settled(page);
  await moves(page, ALL, slide(page, "d"));
  await moves(page, ALL.filter((id) => id !== "divergences"), slide(page, "k"));
  await moves(page, ALL, slide(page, "n"));
  await moves(page, LOSSES, slide(page, "noise"));
  await moves(page, [...LOSSES, "divergences"], slide(page, "ridge", "PageUp", 4));
  await moves(page, LOSSES, slide(page, "tau", "PageDown", 4));
  await moves(page, ALL, () => page.selectOption("#weights", "student"));
  await moves(page, LOSSES, async () => {
    await page.focus("#parameter");
    await page.keyboard.press("PageDown");
  });
  await moves(page, [...LOSSES, "spectrum"], () => page.selectOption("#truth", "spiked"));
  await moves(page, [...LOSSES, "spectrum"], async () => {
    await page.fill("#spikes", "100 20");
    await page.keyboard.press("Enter");
  });
  await page.selectOption("#truth", "values");
  await moves(page, ALL, async () => {
    await page.fill("#values", "9 4 1 0.5 0.25");
    await page.click("#values-use");
  });
});

test("the number of a control can be typed, with decimal commas too, and nonsense changes nothing", async () => {
  const page = await site.open();
  await settled(page);
  const type = async (id, text) => {
    await page.fill(id, text);
    await page.keyboard.press("Enter");
    await settled(page);
  };
  await type("#ridge", "0,0123");
  assert.match(page.url(), /ridge=0\.0123/);
  await type("#tau", "12.5");
  await type("#tau", "end");
  assert.doesNotMatch(page.url(), /tau/);
  await type("#n", "many");
  assert.equal(await page.inputValue("#n"), "100");
});

test("eigenvalues are taken from a dropped file, and a wrong file is refused with the place", async () => {
  const page = await site.open("#truth=values&values=3_2_1");
  await settled(page);
  await drop(page, "#values-box", "spectrum.csv", "rank,eigenvalue\n1,8\n2,4\n3,2\n4,1\n");
  await page.waitForFunction(() => document.querySelector("#values-hint").textContent.startsWith("4 eigenvalues"));
  await settled(page);
  assert.equal((await point(page)).dim, 4);
  await drop(page, "#values-box", "wrong.txt", "1\nx\n");
  await page.waitForFunction(() => /line 2|not a number/.test(document.querySelector("#values-hint").textContent));
  assert.equal((await point(page)).dim, 4);
});

test("the URL holds the whole state: a link is a figure, and the back button undoes", async () => {
  const hash = "#step=3&d=80&k=0.5&n=60&noise=0.5&ridge=0.02&tau=4&weights=student:4.5&seed=3";
  const page = await site.open(hash);
  const first = await charts(page);
  const other = await site.open(hash);
  assert.deepEqual(await charts(other), first);
  assert.equal(await other.inputValue("#n"), "60");
  assert.equal(await other.inputValue("#weights"), "student");
  await slide(other, "n", "PageUp", 2)();
  await settled(other);
  await other.selectOption("#weights", "none");
  await settled(other);
  assert.notDeepEqual(await charts(other), first);
  await other.goBack();
  await settled(other);
  assert.equal(await other.inputValue("#weights"), "student");
  for (let i = 0; i < 9 && !other.url().includes("n=60&"); i++) await other.goBack();
  assert.deepEqual(await charts(other), first);
});

test("a hash that was written by hand wrongly is as the start where it is wrong", async () => {
  const page = await site.open("#n=-5&d=1e99&noise=x&weights=cauchy:1&truth=values&step=9&k=0.7");
  await settled(page);
  assert.equal(await page.inputValue("#n"), "1");
  assert.equal(await page.inputValue("#noise"), "0.333");
  assert.equal(await page.inputValue("#truth"), "power-law");
  assert.equal(await page.inputValue("#k"), "0.7");
});

test("each guided step shows its text, its leading figure, and links that work", async () => {
  const page = await site.open();
  await settled(page);
  for (const [step, lead] of [[1, "noise"], [2, "samples"], [3, "ridge"], [4, "time"], [5, "divergences"]]) {
    await page.click(`.steps [data-step="${step}"]`);
    await settled(page);
    assert.equal(await page.getAttribute(".chart.lead", "data-chart"), lead);
    for (const link of await page.$$(".lesson-text a[href^='#step']")) {
      const before = Object.values(await charts(page)).join("");
      await link.click();
      await page.waitForTimeout(50);
      assert.notEqual(Object.values(await charts(page)).join("") === before, true, `step ${step}: a link changes nothing`);
      assert.match(await page.textContent("#changed"), /The test loss/);
    }
  }
});

const STATES = [
  "#",
  "#d=50&k=2&n=20&noise=0.1",
  "#n=400&ridge=0.05",
  "#n=50&tau=1.5",
  "#d=60&n=90&ridge=0.01&tau=20&noise=1",
  "#d=80&n=60&weights=student:3",
  "#d=40&n=60&weights=log-normal:0.8&tau=5",
  "#d=40&n=30&weights=two-point:4&ridge=0.3",
  "#truth=spiked&d=30&spikes=20_10&n=25",
  "#truth=values&values=5_3_2_1_0.5_0.1&n=9",
];

test("the numbers of every kind of setting are those of the command that the page gives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lindiff-page-"));
  for (const hash of STATES) {
    const page = await site.open(hash);
    await settled(page);
    const shown = await point(page);
    await page.click(".command summary");
    const line = await page.textContent("#command");
    if (line.includes("eigenvalues.txt")) {
      const file = await offered(page, "#save-eigenvalues");
      writeFileSync(join(folder, "eigenvalues.txt"), file.bytes);
    }
    const found = json(wordsOf(line), { cwd: folder });
    for (const key of ["train_loss", "test_loss", "oracle_loss", "effective_ridge", "df1", "df2"]) {
      assert.deepEqual(differences(shown[key], found[key], `${hash} ${key}`), []);
    }
    if (found.kl_true_sampled !== undefined && !hash.includes("tau")) {
      const kl = found.kl_true_sampled;
      assert.deepEqual(differences(shown.kl_true_sampled, typeof kl === "number" ? kl : null, `${hash} KL`), []);
    }
    await page.context().close();
  }
});

test("the best ridge and time are those of the command", async () => {
  const page = await site.open("#d=60&n=40");
  await settled(page);
  const shown = await point(page);
  const words = ["predict", "--dim", "60", "--exponent", "1", "--samples", "40", "--alpha-bar", String(1 / (1 + 0.333 * 0.333))];
  const ridge = json([...words, "--optimal", "ridge"]).optimal;
  const tau = json([...words, "--optimal", "tau"]).optimal;
  assert.deepEqual(differences(shown.best_ridge.test_loss, ridge.test_loss), []);
  assert.deepEqual(differences(shown.best_time.test_loss, tau.test_loss), []);
  assert.ok(Math.abs(shown.best_time.at / tau.tau - 1) < 1e-6);
});

/**
 * The file that the page offers to the browser after a click. What headless Chromium does with it is not ours: it loses some
 * in tens.
 */
async function offered(page, button) {
  await page.evaluate(() => {
    const address = URL.createObjectURL;
    window.offered = new Promise((resolve) => {
      let blob;
      URL.createObjectURL = (given) => address.call(URL, (blob = given));
      const take = async (event) => {
        const link = event.target;
        if (!link.download) return;
        event.preventDefault();
        removeEventListener("click", take, true);
        URL.createObjectURL = address;
        const bytes = new Uint8Array(await blob.arrayBuffer());
        resolve({ name: link.download, bytes: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) });
      };
      addEventListener("click", take, true);
    });
  });
  await page.click(button);
  const { name, bytes } = await page.evaluate(() => window.offered);
  return { name, bytes: Buffer.from(bytes, "base64") };
}

const saved = (page, id, kind) => offered(page, `[data-chart=${id}] [data-file=${kind}]`);

function columnsOf(bytes) {
  const [head, ...rows] = bytes.toString().trim().split("\n").map((line) => line.split(","));
  return Object.fromEntries(head.map((name, j) => [name, rows.map((row) => row[j])]));
}

test("the data of a figure are those of the command at every point", async () => {
  const page = await site.open("#d=40&n=30&ridge=0.01");
  await settled(page);
  const losses = columnsOf((await saved(page, "samples", "csv")).bytes);
  const divergences = columnsOf((await saved(page, "divergences", "csv")).bytes);
  const words = ["predict", "--dim", "40", "--exponent", "1", "--covariance-ridge", "0.01", "--alpha-bar", String(1 / (1 + 0.333 * 0.333))];
  const { predictions } = json([...words, "--samples", losses.samples.join(",")]);
  const wanted = (key) => predictions.map((one) => one[key]);
  for (const key of ["test_loss", "train_loss", "oracle_loss"]) assert.deepEqual(differences(losses[key].map(Number), wanted(key)), []);
  const kl = json([...words, "--samples", divergences.samples.join(",")]).predictions;
  for (const key of ["kl_true_sampled", "kl_sampled_true"]) {
    assert.deepEqual(differences(divergences[key].map(Number), kl.map((one) => one[key])), []);
  }
  const times = columnsOf((await saved(page, "time", "csv")).bytes);
  const some = [3, 20, 40].map((index) => times.tau[index]);
  const stopped = json([...words, "--samples", "30", "--tau", some.join(",")]).predictions;
  assert.deepEqual(differences([3, 20, 40].map((index) => Number(times.test_loss[index])), stopped.map((one) => one.test_loss)), []);
});

test("a figure is saved as SVG with text, as PNG, and as a table", async () => {
  const page = await site.open();
  await settled(page);
  for (const id of ALL) {
    const svg = (await saved(page, id, "svg")).bytes.toString();
    assert.ok(svg.startsWith("<?xml") && svg.includes("</text>") && !svg.includes("NaN") && !svg.includes("undefined"));
    const png = (await saved(page, id, "png")).bytes;
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.readUInt32BE(16) === 2160 && png.length > 20_000);
    await page.click(`[data-chart=${id}] .tools summary`);
    await page.waitForSelector(`[data-chart=${id}] table tr:nth-child(10)`);
  }
});

test("with the keyboard alone a value is read on a chart, and the control is set to it", async () => {
  const page = await site.open();
  await settled(page);
  const reach = async (matches) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(matches)) return;
    }
    assert.fail("Tab does not lead there");
  };
  await reach(() => document.activeElement.matches("[data-slider=ridge] input[type=range]"));
  await page.keyboard.press("ArrowRight");
  await settled(page);
  assert.match(page.url(), /ridge=/);
  await reach(() => document.activeElement.matches("[data-chart=samples] .plot"));
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("PageDown");
  const spoken = await page.textContent("[data-chart=samples] .spoken");
  assert.match(spoken, /^N = [\d\u202f]+, oracle .*train .*test/);
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await page.inputValue("#n"), spoken.match(/N = ([\d\u202f]+)/)[1]);
  assert.match(await page.textContent("#changed"), /number of rows from 100 to/);
});

test("the link that skips the head leads to the figures and leaves the state as it is", async () => {
  const page = await site.open("#n=50");
  await settled(page);
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.matches(".skip")));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  assert.equal(new URL(page.url()).hash, "#n=50");
  assert.equal(await page.inputValue("#n"), "50");
});

test("dragging on a chart moves its control", async () => {
  const page = await site.open();
  await settled(page);
  const box = await (await page.$("[data-chart=samples] .plot")).boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 90, { steps: 8 });
  await page.mouse.up();
  await settled(page);
  assert.ok(Number((await page.inputValue("#n")).replace("\u202f", "")) > 200);
  assert.match(page.url(), /n=/);
});

test("a panic in the library kills no page: the next question is answered", async () => {
  const page = await site.open();
  await settled(page);
  const said = await page.evaluate(async () => {
    const { Engine } = await import("./engine.js");
    const engine = new Engine();
    const failed = await engine.ask({ ask: "panic" }).catch((error) => error.message);
    const setting = { truth: { kind: "power-law", dim: 5, exponent: 1 }, samples: 9, alpha_bar: 0.5, ridge: 0, tau: null, row_weights: "none", row_weights_parameter: null };
    const answered = await engine.ask({ ask: "point", setting });
    const refused = await engine.ask({ ask: "point", setting: { ...setting, alpha_bar: 2 } }).catch((error) => error.message);
    return { failed, dim: answered.dim, refused };
  });
  assert.match(said.failed, /started anew: .*asked for/s);
  assert.equal(said.dim, 5);
  assert.equal(said.refused, "alpha_bar = 2: must be above 0 and below 1");
});

test("what the library refuses is said on the page, and the next setting works", async () => {
  const page = await site.open("#truth=spiked&d=2&spikes=5_4_3");
  await page.waitForSelector("#trouble:not([hidden])");
  assert.match(await page.textContent("#trouble"), /3 spikes in 2 dimensions/);
  await page.fill("#d", "20");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.ok(await page.isHidden("#trouble"));
});

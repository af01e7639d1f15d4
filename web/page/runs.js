// The third view, where a server reads runs: the list, one run, several of them, sweeps.

import { grouped } from "./numbers.js";
import { RUN_HUES } from "./runcharts.js";
import { RunList, ago } from "./runlist.js";
import { Comparison, RunView } from "./runshown.js";
import { RunNews, askRun, askSweep } from "./server.js";
import { SweepView } from "./sweeps.js";

export class Runs {
  #state = { run: "", sweep: "", compared: [] };
  /** What is shown of each run, with the row of the list that it belongs to. */
  #shown = new Map();
  #drawing = false;
  #again = false;

  constructor(root, { move }) {
    this.root = root;
    this.move = move;
    const of = (selector) => root.querySelector(selector);
    this.news = new RunNews(() => this.#draw());
    this.list = new RunList(root, {
      open: (run) => this.move({ run, sweep: "" }, true),
      choose: (id, chosen) => this.#choose(id, chosen),
    });
    this.one = new RunView(of("#run"));
    this.several = new Comparison(of("#compared"));
    this.sweep = new SweepView(of("#sweep"), { open: (run) => this.move({ run, sweep: "" }, true) });
    of("#runs-filter").addEventListener("input", () => this.#draw());
    of("#runs-of-sweeps").addEventListener("change", () => this.#draw());
    of("#run-close").addEventListener("click", () => this.move({ run: "" }, true));
    of("#sweep-close").addEventListener("click", () => this.move({ sweep: "" }, true));
    of("#compare-close").addEventListener("click", () => this.move({ compared: [] }, true));
    setInterval(() => this.#tell(), 1000);
  }

  /** Shows the state, or stops to ask the server while another view is shown. */
  show(state) {
    const { run, sweep } = this.#state;
    this.#state = state;
    this.news.want(state.view === "runs");
    if (state.view !== "runs") return;
    const opened = (state.run !== run && state.run) || (state.sweep !== sweep && state.sweep);
    this.#draw().then(() => opened && this.root.querySelector(state.run ? "#run" : "#sweep").scrollIntoView({ block: "nearest" }));
  }

  #choose(id, chosen) {
    const others = this.#state.compared.filter((other) => other !== id);
    const compared = chosen ? [...others, id].slice(-RUN_HUES.length) : others;
    this.move({ compared }, true);
  }

  /** How old what is shown is. */
  #tell() {
    if (!this.news.known && !this.news.failure) return;
    const { news } = this;
    const text = (news.failure && `No answer from the server (${news.failure}); `) || "";
    const old = news.known ? `as of ${ago(news.age)}` : "there was none yet";
    const age = this.root.querySelector("#runs-age");
    age.classList.toggle("trouble", Boolean(news.failure));
    const runs = [...news.runs.values()];
    const newest = runs.reduce((latest, { changed }) => Math.max(latest, changed ?? 0), 0);
    const last = newest ? `; the last row of any run was written ${ago(news.since(newest))}` : "";
    age.textContent = `${text}${old}${last}.`;
  }

  #draw() {
    // One drawing at a time; what happens meanwhile is drawn after it.
    this.#again = true;
    this.#drawing ||= this.#drawAll().finally(() => (this.#drawing = null));
    return this.#drawing;
  }

  async #drawAll() {
    while (this.#again) {
      this.#again = false;
      this.#tell();
      if (!this.news.known) continue;
      this.#drawList();
      try {
        await this.#drawOne();
        await this.#drawSeveral();
        await this.#drawSweep();
      } catch (error) {
        this.news.failure = error.message;
        this.#tell();
      }
    }
    this.root.dataset.drawn = String(Number(this.root.dataset.drawn ?? 0) + 1);
  }

  #drawList() {
    const of = (selector) => this.root.querySelector(selector);
    const { news } = this;
    const runs = [...news.runs.values()];
    const inSweeps = runs.filter((run) => run.sweep).length;
    of("#runs-of-sweeps-box").hidden = inSweeps === 0;
    const found = this.list.show(news, {
      filter: of("#runs-filter").value,
      ofSweeps: of("#runs-of-sweeps").checked,
      chosen: this.#state.compared,
      opened: this.#state.run,
    });
    const broken = runs.filter((run) => run.state === "broken").length;
    const lost = news.folders.filter((folder) => !folder.there).map((folder) => folder.path);
    const parts = [
      `${grouped(runs.length)} ${runs.length === 1 ? "run" : "runs"} in ${news.folders.map((folder) => folder.path).join(", ")}`,
      found < runs.length && `${grouped(found)} shown here`,
      inSweeps && `${grouped(inSweeps)} of sweeps`,
      broken && `${grouped(broken)} broken`,
      news.cutShort && "there are more folders than are looked at",
      lost.length && `gone: ${lost.join(", ")}`,
    ];
    of("#runs-count").textContent = `${parts.filter(Boolean).join("; ")}.`;
    of("#runs-none").hidden = runs.length + news.sweeps.size > 0;
    of(".runs-table").hidden = runs.length === 0;
    this.#drawSweeps();
  }

  #drawSweeps() {
    const root = this.root.querySelector("#sweeps");
    const sweeps = [...this.news.sweeps.values()];
    root.hidden = sweeps.length === 0;
    const list = root.querySelector("ul");
    const lines = sweeps.map(({ id, rows, changed }) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#view=runs&sweep=${encodeURIComponent(id)}`;
      link.textContent = id;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.move({ sweep: id, run: "" }, true);
      });
      if (id === this.#state.sweep) link.setAttribute("aria-current", "true");
      const age = changed ? `, the last ${ago(this.news.since(changed))}` : "";
      line.append(link, ` (${grouped(rows)} rows${age})`);
      return line;
    });
    // A link that has the focus keeps it while nothing has changed.
    const text = lines.map((line) => line.innerHTML).join("");
    if (list.dataset.text !== text && !list.contains(document.activeElement)) {
      list.dataset.text = text;
      list.replaceChildren(...lines);
    }
  }

  /** What is shown of a run. It is asked for again only if its row in the list has changed. */
  async #about(id) {
    const row = this.news.runs.get(id);
    const known = this.#shown.get(id);
    if (known && known.row === row) return known.shown;
    const shown = await askRun(id);
    this.#shown.set(id, { row, shown });
    return shown;
  }

  async #drawOne() {
    const { run } = this.#state;
    const root = this.root.querySelector("#run");
    const there = this.news.runs.has(run);
    this.root.querySelector("#run-gone").hidden = !run || there;
    this.root.querySelector("#run-gone").textContent = run && !there ? `${run}: there is no such run (any more).` : "";
    const shown = there ? await this.#about(run) : null;
    root.hidden = !shown;
    if (shown && shown !== this.lastRun) this.one.show(shown);
    this.lastRun = shown;
  }

  async #drawSeveral() {
    const { compared } = this.#state;
    const root = this.root.querySelector("#compared");
    const shown = await Promise.all(compared.filter((id) => this.news.runs.has(id)).map((id) => this.#about(id)));
    const found = shown.filter(Boolean);
    root.hidden = compared.length < 2;
    this.root.querySelector("#compare-one").hidden = compared.length !== 1;
    const changed = found.length !== this.lastRuns?.length || found.some((one, index) => one !== this.lastRuns[index]);
    if (!root.hidden && changed) this.several.show(found);
    this.lastRuns = root.hidden ? null : found;
  }

  async #drawSweep() {
    const { sweep } = this.#state;
    const root = this.root.querySelector("#sweep");
    const row = this.news.sweeps.get(sweep);
    root.hidden = !row;
    if (!row || this.lastSweep === row) return;
    const shown = await askSweep(sweep);
    root.hidden = !shown;
    if (shown) this.sweep.show(shown, (id) => this.news.runs.has(id));
    this.lastSweep = row;
  }
}

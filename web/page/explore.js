// The first view: controls, figures and sentences for one setting.

import { Chart } from "./chart.js";
import { Controls } from "./controls.js";
import { Refused } from "./engine.js";
import { copy, save } from "./files.js";
import { FIGURES } from "./figures.js";
import { short } from "./numbers.js";
import { changed, facts, verdict } from "./sentences.js";
import { START, commandOf, eigenvaluesOf, kept, settingOf } from "./state.js";
import { STEPS } from "./steps.js";

export class Explore {
  #state;
  #wanted = null;
  #busy = false;
  #settled = null;
  #step = null;
  #charts = new Map();

  /** `move(part, final)` changes the state; `trouble(message)` shows what went wrong, or nothing more. */
  constructor(root, engine, { move, trouble }) {
    this.root = root;
    this.engine = engine;
    this.move = move;
    this.trouble = trouble;
    this.controls = new Controls(root.querySelector(".controls"), move);
    const board = root.querySelector("#figures");
    for (const figure of FIGURES) {
      const element = document.createElement("figure");
      board.append(element);
      const onSet = figure.key && ((place, final) => move({ [figure.key]: kept(figure.key, place) }, final));
      this.#charts.set(figure.id, new Chart(element, { ...figure, onSet }));
    }
    this.#listSteps();
    this.#buttons();
    this.#eigenvalues();
  }

  /** Shows a state. Of several in a row only the last is computed to its end. */
  show(state, final) {
    this.#state = state;
    this.controls.show(state);
    this.#showStep(state.step);
    this.#of("#command").textContent = commandOf(state);
    this.#of("#save-eigenvalues").hidden = state.truth === "power-law";
    this.#wanted = { state, final };
    if (!this.#busy) this.#work();
  }

  #of(selector) {
    return this.root.querySelector(selector);
  }

  async #work() {
    this.#busy = true;
    this.root.dataset.busy = true;
    while (this.#wanted) {
      const { state, final } = this.#wanted;
      this.#wanted = null;
      try {
        await this.#answer(state, final);
      } catch (error) {
        const words = error instanceof Refused ? error.message : `Something went wrong: ${error.message}`;
        this.trouble(words);
        this.#charts.forEach((chart) => chart.wait());
      }
    }
    this.#busy = false;
    this.root.dataset.busy = false;
  }

  /** Asks for all figures, the cheap ones and the one that a step speaks of first, until another state is wanted. */
  async #answer(state, final) {
    const ask = (question) => this.engine.ask(question);
    const lead = STEPS[state.step - 1]?.lead ?? "samples";
    const later = (figure) => (figure.id === "time" || figure.id === "spectrum" ? 1 : 0);
    const order = FIGURES.toSorted((a, b) => (a.id === lead ? -1 : b.id === lead ? 1 : later(a) - later(b)));
    const tasks = order.map((figure) => () => this.#figure(ask, figure, state, figure.slow?.(state)));
    tasks.splice(1, 0, () => this.#sentences(ask, state, final));
    for (const figure of order.filter((one) => one.slow?.(state))) {
      tasks.push(() => this.#figure(ask, figure, state, false));
    }
    for (const task of tasks) {
      if (this.#wanted) {
        this.#wanted.final ||= final;
        return;
      }
      await task();
    }
    this.trouble(null);
  }

  async #figure(ask, figure, state, coarse) {
    const model = await figure.answer(ask, state, coarse);
    this.#charts.get(figure.id).show(model);
  }

  async #sentences(ask, state, final) {
    const point = await ask({ ask: "point", setting: settingOf(state) });
    const said = verdict(state, point);
    const [before, after] = said.text.split(said.word);
    const word = document.createElement("b");
    word.textContent = said.word;
    this.#of("#verdict").replaceChildren(before, word, after);
    this.#help(said.help);
    this.#of("#facts").replaceChildren(
      ...facts(state, point).map(([name, value]) => {
        const box = document.createElement("div");
        const [term, text] = [document.createElement("dt"), document.createElement("dd")];
        [term.textContent, text.textContent] = [name, value];
        box.append(term, text);
        return box;
      }),
    );
    this.root.dataset.point = JSON.stringify(point);
    if (!final) return;
    const now = { state, point };
    this.#of("#changed").textContent = this.#settled ? changed(this.#settled, now) : "";
    this.#settled = now;
  }

  #help(found) {
    const parts = found.flatMap(({ text, loss, set }, index) => {
      const link = document.createElement("button");
      link.type = "button";
      link.className = "set";
      link.textContent = text;
      link.addEventListener("click", () => this.move(set, true));
      return [index === 0 ? "Better: " : ", or ", link, ` (test loss ${short(loss)})`];
    });
    this.#of("#help").replaceChildren(...parts, found.length ? "." : "");
  }

  #listSteps() {
    const list = this.#of(".steps ol");
    const items = [{ title: "Free", hash: "view=explore" }, ...STEPS].map(({ title, hash }, index) => {
      const [item, link, number] = [document.createElement("li"), document.createElement("a"), document.createElement("b")];
      link.href = `#${hash}`;
      link.dataset.step = index;
      number.textContent = index === 0 ? "∗" : index;
      number.setAttribute("aria-hidden", "true");
      link.append(number, title);
      item.append(link);
      return item;
    });
    list.append(...items.slice(1), items[0]);
  }

  #showStep(step) {
    if (step === this.#step) return;
    this.#step = step;
    for (const link of this.root.querySelectorAll(".steps a")) {
      if (Number(link.dataset.step) === step) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    const lesson = STEPS[step - 1];
    this.#of("#lesson").hidden = !lesson;
    this.#layOut(lesson?.lead ?? "samples");
    if (!lesson) return;
    this.#of(".lesson-text").innerHTML = lesson.text;
    const next = STEPS[step];
    const link = document.createElement("a");
    link.href = next ? `#${next.hash}` : "#view=rows";
    link.textContent = next ? `Next: ${next.title} →` : "Next: your own rows →";
    this.#of(".lesson-next").replaceChildren(link);
  }

  /** One figure leads, two follow at half the width, three at a third. */
  #layOut(lead) {
    const others = [...this.#charts].filter(([id]) => id !== lead);
    this.#charts.get(lead).root.className = "chart lead";
    others.forEach(([, chart], index) => (chart.root.className = index < 2 ? "chart" : "chart small"));
  }

  #buttons() {
    this.#of("#reset").addEventListener("click", () => this.move({ ...START, step: this.#state.step }, true));
    this.#of("#copy-command").addEventListener("click", ({ target }) => copy(commandOf(this.#state), target));
    this.#of("#redraw").addEventListener("click", () => this.move({ seed: this.#state.seed + 1 }, true));
    this.#of("#save-eigenvalues").addEventListener("click", () => {
      save("eigenvalues.txt", new Blob([`${eigenvaluesOf(this.#state).join("\n")}\n`], { type: "text/plain" }));
    });
  }

  #eigenvalues() {
    const box = this.#of("#values-box");
    const text = this.#of("#values");
    const take = async (name, bytes) => {
      const hint = this.#of("#values-hint");
      try {
        const read = await this.engine.ask({ ask: "eigenvalues", name }, { file: bytes });
        hint.textContent = [`${read.values.length} eigenvalues.`, ...read.notes].join(" ");
        text.value = read.values.join(", ");
        this.move({ truth: "values", values: read.values.join(", ") }, true);
      } catch (error) {
        hint.textContent = error.message;
      }
    };
    this.takeEigenvalues = async (file) => take(file.name, await file.arrayBuffer());
    this.#of("#values-use").addEventListener("click", () => take("pasted", new TextEncoder().encode(text.value).buffer));
    this.#of("#values-file").addEventListener("change", ({ target }) => target.files[0] && this.takeEigenvalues(target.files[0]));
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      box.classList.remove("over");
      const [file] = event.dataTransfer.files;
      if (file) this.takeEigenvalues(file);
      else text.value = event.dataTransfer.getData("text");
    });
  }
}

// The controls: sliders with a number that can be typed, the choice of a spectrum, and the weights of rows.

import { grouped, short } from "./numbers.js";
import { LAWS, RANGES, kept, numbersIn } from "./state.js";

const PLACES = 1000;

/** From the place of a slider, 0 to 1000, to its value. */
function valueAt(key, place) {
  const range = RANGES[key];
  if (range.zero && place === 0) return 0;
  if (range.end && place === PLACES) return null;
  const share = place / PLACES;
  const value = range.even ? range.low + (range.high - range.low) * share : range.low * (range.high / range.low) ** share;
  return kept(key, value);
}

function placeOf(key, value) {
  const range = RANGES[key];
  if (value === null) return PLACES;
  if (range.zero && value === 0) return 0;
  const share = range.even
    ? (value - range.low) / (range.high - range.low)
    : Math.log(value / range.low) / Math.log(range.high / range.low);
  const least = range.zero ? 1 : 0;
  const most = range.end ? PLACES - 1 : PLACES;
  return Math.round(Math.min(Math.max(share * PLACES, least), most));
}

const writes = {
  d: grouped,
  k: (value) => String(value),
  n: grouped,
  noise: (value) => short(value),
  ridge: (value) => (value === 0 ? "0" : short(value)),
  tau: (value) => (value === null ? "end" : short(value)),
};

function parse(key, text) {
  const clean = text.replaceAll("\u202f", "").replaceAll(" ", "").replace(",", ".").replace("−", "-").replace(/×10/, "e");
  if (RANGES[key].end && /^(end|∞|inf(inity)?|)$/i.test(clean)) return null;
  const value = Number(clean);
  if (clean === "" || !Number.isFinite(value)) return undefined;
  const { least, most, whole } = RANGES[key];
  const inside = Math.min(Math.max(value, least), most);
  return whole ? Math.round(inside) : inside;
}

export class Controls {
  /** `change(part, final)` hears of a part of the state; `final` is false while a slider is being moved. */
  constructor(root, change) {
    this.root = root;
    this.change = change;
    for (const box of root.querySelectorAll("[data-slider]")) this.#slider(box);
    root.querySelector("#truth").addEventListener("change", (event) => this.#truth(event.target.value));
    root.querySelector("#spikes").addEventListener("change", (event) => {
      const spikes = numbersIn(event.target.value);
      if (spikes.length) change({ spikes: spikes.join(", ") }, true);
    });
    root.querySelector("#weights").addEventListener("change", (event) => {
      change({ weights: event.target.value, parameter: LAWS[event.target.value].start ?? null }, true);
    });
    const parameter = root.querySelector("#parameter");
    const send = (final) => change({ parameter: Number(parameter.value) }, final);
    parameter.addEventListener("input", () => send(false));
    parameter.addEventListener("change", () => send(true));
  }

  #slider(box) {
    const key = box.dataset.slider;
    const [range, number] = [box.querySelector("[type=range]"), box.querySelector("[type=text]")];
    range.min = 0;
    range.max = PLACES;
    range.step = 1;
    const send = (final) => this.change({ [key]: valueAt(key, Number(range.value)) }, final);
    range.addEventListener("input", () => send(false));
    range.addEventListener("change", () => send(true));
    number.addEventListener("change", () => {
      const value = parse(key, number.value);
      if (value === undefined) number.value = writes[key](this.state[key]);
      else this.change({ [key]: value }, true);
    });
    number.addEventListener("focus", () => number.select());
  }

  #truth(truth) {
    if (truth === "values" && !this.state.values) {
      this.root.querySelector("#values-box").hidden = false;
      this.root.querySelector("#values").focus();
      return;
    }
    this.change({ truth }, true);
  }

  /** Shows a state. */
  show(state) {
    this.state = state;
    for (const box of this.root.querySelectorAll("[data-slider]")) {
      const key = box.dataset.slider;
      const [range, number] = [box.querySelector("[type=range]"), box.querySelector("[type=text]")];
      const place = String(placeOf(key, state[key]));
      if (range.value !== place && valueAt(key, Number(range.value)) !== state[key]) range.value = place;
      const text = writes[key](state[key]);
      range.setAttribute("aria-valuetext", text === "end" ? "to the end of training" : text);
      if (document.activeElement !== number || number.dataset.shown !== text) number.value = text;
      number.dataset.shown = text;
      range.style.setProperty("--part", `${(100 * Number(range.value)) / PLACES}%`);
    }
    const of = (selector) => this.root.querySelector(selector);
    of("#truth").value = state.truth;
    of("[data-slider=d]").hidden = state.truth === "values";
    of("[data-slider=k]").hidden = state.truth !== "power-law";
    of("#spikes-box").hidden = state.truth !== "spiked";
    of("#values-box").hidden = state.truth !== "values";
    if (document.activeElement !== of("#spikes")) of("#spikes").value = state.spikes;
    of("#weights").value = state.weights;
    this.#parameter(state);
  }

  #parameter({ weights, parameter }) {
    const law = LAWS[weights];
    const box = this.root.querySelector("#parameter-box");
    box.hidden = !law.parameter;
    if (!law.parameter) return;
    const range = box.querySelector("input");
    range.min = law.low;
    range.max = law.high;
    range.step = 0.1;
    range.value = parameter;
    range.style.setProperty("--part", `${(100 * (range.value - law.low)) / (law.high - law.low)}%`);
    range.setAttribute("aria-valuetext", short(parameter));
    box.querySelector(".name").textContent = law.parameter;
    box.querySelector("output").textContent = short(parameter);
  }
}

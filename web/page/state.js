// The whole state of the page, and how the URL holds it: a link is a figure.
//
// The hash has only what differs from the start, as in #step=2&n=100&ridge=0.01.

import { rounded } from "./numbers.js";

export const LAWS = {
  none: { name: "Gaussian", parameter: null },
  student: { name: "Student", parameter: "degrees of freedom", low: 2.2, high: 50, start: 5 },
  "log-normal": { name: "log-normal", parameter: "deviation of log w", low: 0.1, high: 2, start: 0.8 },
  "two-point": { name: "two weights", parameter: "higher weight", low: 1.1, high: 20, start: 2 },
};

export const START = Object.freeze({
  view: "explore",
  step: 0,
  truth: "power-law",
  d: 200,
  k: 1,
  spikes: "30, 10, 5",
  values: "",
  n: 100,
  noise: 0.333,
  ridge: 0,
  tau: null,
  weights: "none",
  parameter: null,
  seed: 1,
  run: "",
  sweep: "",
  compared: Object.freeze([]),
});

/** The range of each control; what is typed may be outside of it, up to `least` and `most`. */
export const RANGES = {
  d: { low: 10, high: 1000, least: 1, most: 5000, whole: true },
  k: { low: 0, high: 3, least: 0, most: 20, even: true, step: 0.05 },
  n: { low: 4, high: 20_000, least: 1, most: 1e9, whole: true },
  noise: { low: 0.01, high: 30, least: 1e-4, most: 1e4 },
  ridge: { low: 1e-4, high: 100, least: 0, most: 1e6, zero: true },
  tau: { low: 0.01, high: 1e4, least: 0, most: 1e9, end: true },
};

const isNumber = (text) => text.trim() !== "" && Number.isFinite(Number(text));

/** Numbers in a text, parted by anything but the signs of a number. */
export function numbersIn(text) {
  return text
    .split(/[\s,;]+/)
    .filter(isNumber)
    .map(Number);
}

function bounded(value, { least, most, whole }) {
  const inside = Math.min(Math.max(value, least), most);
  return whole ? Math.round(inside) : inside;
}

/** The state that a hash holds. What it does not hold, or holds wrongly, is as at the start. */
export function fromHash(hash) {
  const state = { ...START };
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const [key, range] of Object.entries(RANGES)) {
    const text = given.get(key);
    if (text !== null && isNumber(text)) state[key] = bounded(Number(text), range);
  }
  const one = (key, words) => words.includes(given.get(key)) && (state[key] = given.get(key));
  one("view", ["explore", "rows", "runs"]);
  one("truth", ["power-law", "spiked", "values"]);
  if (/^[1-5]$/.test(given.get("step") ?? "")) state.step = Number(given.get("step"));
  if (/^\d{1,9}$/.test(given.get("seed") ?? "")) state.seed = Number(given.get("seed"));
  for (const key of ["spikes", "values"]) {
    if (given.has(key)) state[key] = numbersIn(given.get(key).replaceAll("_", ",")).join(", ");
  }
  for (const key of ["run", "sweep"]) state[key] = given.get(key) ?? "";
  state.compared = given.getAll("with");
  const [law, parameter] = (given.get("weights") ?? "none").split(":");
  if (LAWS[law]?.parameter) {
    state.weights = law;
    state.parameter = isNumber(parameter ?? "") ? Number(parameter) : LAWS[law].start;
  }
  if (state.truth === "values" && !state.values) state.truth = START.truth;
  return state;
}

/** The hash that holds a state. */
export function toHash(state) {
  const parts = [];
  const put = (key, text) => parts.push(`${key}=${text}`);
  if (state.view !== START.view) put("view", state.view);
  if (state.step !== START.step) put("step", state.step);
  if (state.truth !== START.truth) put("truth", state.truth);
  const used = { "power-law": ["d", "k"], spiked: ["d", "spikes"], values: ["values"] }[state.truth];
  for (const key of [...used, "n", "noise", "ridge"]) {
    if (state[key] === START[key]) continue;
    put(key, String(state[key]).replaceAll(", ", "_"));
  }
  if (state.tau !== null) put("tau", state.tau);
  if (state.weights !== "none") put("weights", `${state.weights}:${state.parameter}`);
  if (state.seed !== START.seed) put("seed", state.seed);
  for (const key of ["run", "sweep"]) if (state[key]) put(key, encodeURIComponent(state[key]));
  for (const run of state.compared) put("with", encodeURIComponent(run));
  return parts.length ? `#${parts.join("&")}` : "#";
}

/** alpha_bar of a ratio of noise to signal: `(1 - alpha_bar)/alpha_bar` is its square. */
export function alphaBar(noise) {
  return 1 / (1 + noise * noise);
}

/** The number of dimensions. */
export function dimensions(state) {
  return state.truth === "values" ? numbersIn(state.values).length : state.d;
}

/** The setting that the library is asked about. */
export function settingOf(state) {
  const truths = {
    "power-law": () => ({ kind: "power-law", dim: state.d, exponent: state.k }),
    spiked: () => ({ kind: "spiked", dim: state.d, spikes: numbersIn(state.spikes) }),
    values: () => ({ kind: "values", values: numbersIn(state.values) }),
  };
  return {
    truth: truths[state.truth](),
    samples: state.n,
    alpha_bar: alphaBar(state.noise),
    ridge: state.ridge,
    tau: state.tau,
    row_weights: state.weights,
    row_weights_parameter: state.parameter,
  };
}

/** The command that gives the numbers of a state. */
export function commandOf(state) {
  const words = ["lindiff predict"];
  if (state.truth === "power-law") words.push(`--dim ${state.d} --exponent ${state.k}`);
  else words.push("--spectrum eigenvalues.txt");
  words.push(`--samples ${state.n} --alpha-bar ${alphaBar(state.noise)}`);
  if (state.ridge > 0) words.push(`--covariance-ridge ${state.ridge}`);
  if (state.tau !== null) words.push(`--tau ${state.tau}`);
  if (state.weights !== "none") words.push(`--row-weights ${state.weights} --row-weights-parameter ${state.parameter}`);
  return words.join(" ");
}

/** The eigenvalues of a state that is not a power law, for the file of its command. */
export function eigenvaluesOf(state) {
  if (state.truth === "values") return numbersIn(state.values);
  const spikes = numbersIn(state.spikes);
  return [...spikes, ...Array(Math.max(0, state.d - spikes.length)).fill(1)];
}

/** A number of a control as it is kept: with three digits, or exactly as a person typed it. */
export function kept(key, value) {
  const { whole, even, step } = RANGES[key];
  if (whole) return Math.max(1, Math.round(value < 1000 ? value : rounded(value, 3)));
  return even ? rounded(Math.round(value / step) * step, 4) : rounded(value, 3);
}

// The charts of runs, as models: one run, several of them, the small multiples of a sweep.

import { grouped, numberOf, short } from "./numbers.js";

const PER_COMPONENT = "loss per component";

/** The columns of a run's table that can be compared, each with the name that people read. */
export const QUANTITIES = {
  test_loss: "test loss",
  train_loss: "train loss",
  kl_true_sampled: "KL(true‖sampled)",
  kl_sampled_true: "KL(sampled‖true)",
};

/** What a run can be drawn against. An axis is logarithmic, so epochs are counted from 1. */
export const AGAINST = {
  epoch: { label: "epoch + 1", name: "epoch + 1", of: (value) => value + 1, write: grouped },
  tau: { label: "training time τ", name: "τ", of: (value) => value },
  seconds: { label: "seconds of training", name: "seconds", of: (value) => value },
};

/** A cell as charts take it: a gap where there is none, `null` where it is infinite. */
const cellOf = (cell) => (cell === null ? undefined : cell === "infinity" ? null : numberOf(cell));

/** A column of a table; `null` if it has none with a number. */
export function columnOf(metrics, name) {
  const index = metrics?.columns.indexOf(name) ?? -1;
  if (index < 0) return null;
  const values = metrics.values[index].map(cellOf);
  return values.some((value) => value !== undefined) ? values : null;
}

/** The places of a run's rows on an axis. */
function placesOf(metrics, against) {
  const { of } = AGAINST[against];
  return columnOf(metrics, against)?.map((value) => (value > 0 || value === 0 ? of(value) : 0));
}

/** The axis around places; what is not above 0 has none. */
function axisAround(against, places) {
  const seen = places.filter((place) => place > 0);
  const [low, high] = seen.length ? [Math.min(...seen), Math.max(...seen)] : [1, 10];
  const { label, name, write } = AGAINST[against];
  return { label, name, write, column: name.replace(" + 1", "_plus_1"), domain: [low / 1.05, Math.max(high, low * 2) * 1.05] };
}

/** A line or points of a column, if the run has it. */
function seriesOf(metrics, x, column, more) {
  const y = columnOf(metrics, column);
  return y ? [{ id: column, x, y, reach: 0.05, ...more }] : [];
}

/** Whether theory says how a run trains. */
export const hasTheory = (metrics) => columnOf(metrics, "predicted_test_loss") !== null || columnOf(metrics, "predicted_train_loss") !== null;

/** Losses of one run against its epochs. */
export function lossModel(metrics) {
  const x = placesOf(metrics, "epoch");
  const theory = hasTheory(metrics);
  const measured = theory ? { kind: "dots", radius: 3 } : {};
  const linear = columnOf(metrics, "linear_test_loss") !== null;
  const series = [
    ...seriesOf(metrics, x, "oracle_loss", { name: "oracle", label: "oracle", color: "ink", dash: [1.5, 3.5] }),
    ...seriesOf(metrics, x, "predicted_train_loss", { name: "train, predicted", color: "blue", dash: [6, 4] }),
    ...seriesOf(metrics, x, "predicted_test_loss", { name: "test, predicted", color: "red" }),
    ...seriesOf(metrics, x, "linear_train_loss", { name: "train, best linear", color: "blue", dash: [1.5, 3.5] }),
    ...seriesOf(metrics, x, "linear_test_loss", { name: "test, best linear", label: linear ? "linear" : "", color: "red", dash: [1.5, 3.5] }),
    ...seriesOf(metrics, x, "train_loss", { name: "train", label: "train", color: "blue", dash: theory ? undefined : [6, 4], ...measured }),
    ...seriesOf(metrics, x, "test_loss", { name: "test", label: "test", color: "red", ...measured }),
  ];
  return { x: axisAround("epoch", x), y: { label: PER_COMPONENT }, series, at: null, summary: lastOf(metrics, ["train_loss", "test_loss", "oracle_loss"]) };
}

/** Divergences of one run against its epochs; `null` if it has none. */
export function divergenceModel(metrics) {
  const x = placesOf(metrics, "epoch");
  const series = [
    ...seriesOf(metrics, x, "kl_true_sampled", { name: "KL(true‖sampled)", label: "true‖sampled", color: "green" }),
    ...seriesOf(metrics, x, "kl_sampled_true", { name: "KL(sampled‖true)", label: "sampled‖true", color: "purple", dash: [6, 4] }),
  ];
  if (!series.length) return null;
  return {
    x: axisAround("epoch", x),
    y: { label: "nats per dimension" },
    series,
    at: null,
    summary: lastOf(metrics, ["kl_true_sampled", "kl_sampled_true"]),
  };
}

/** The last value of a column as people read it. */
export function lastText(metrics, name) {
  const last = columnOf(metrics, name)?.at(-1);
  return last === null ? "∞" : short(last);
}

function lastOf(metrics, columns) {
  const there = columns.filter((column) => columnOf(metrics, column));
  const said = there.map((column) => `${column.replaceAll("_", " ")} ${lastText(metrics, column)}`);
  const epoch = columnOf(metrics, "epoch")?.at(-1);
  return epoch === undefined ? "There is no row yet." : `At epoch ${epoch}: ${said.join(", ")}.`;
}

/** The hues of compared runs, in their order. */
export const RUN_HUES = ["blue", "red", "green", "purple", "gold", "sky"];

/** One quantity of several runs: `{ label, metrics }` each. */
export function comparedModel(runs, quantity, against) {
  const places = runs.map(({ metrics }) => placesOf(metrics, against) ?? []);
  const series = runs.flatMap(({ label, metrics }, index) => {
    const color = RUN_HUES[index];
    const predicted = columnOf(metrics, `predicted_${quantity}`) !== null;
    const measured = predicted ? { kind: "dots", radius: 3 } : {};
    return [
      ...seriesOf(metrics, places[index], `predicted_${quantity}`, { id: `predicted_${index + 1}`, name: `${label}, predicted`, color }),
      ...seriesOf(metrics, places[index], quantity, { id: `run_${index + 1}`, name: label, label: String(index + 1), color, ...measured }),
    ];
  });
  const label = quantity.startsWith("kl") ? "nats per dimension" : PER_COMPONENT;
  const ends = runs.map(({ label: run, metrics }) => `${run}: ${lastText(metrics, quantity)}`);
  return {
    x: axisAround(against, places.flat()),
    y: { label },
    series,
    at: null,
    summary: `${QUANTITIES[quantity]} at the end: ${ends.join("; ")}.`,
  };
}

/** A cell of a table of texts as a number; `NaN` for text. */
const numeric = (text) => (text.trim() === "" ? NaN : Number(text.replace(/^inf$/, "Infinity")));

/**
 * The small multiples of a sweep: of its keys the one with most positive numbers is the axis, and each combination of the
 * others has a panel. Of more than `most` panels the first are given.
 */
export function multiples({ keys, summary }, most = 24) {
  const column = (name) => summary.columns.indexOf(name);
  const distinct = (key) => new Set(summary.cells.map((row) => row[column(key)]));
  const positive = (key) => [...distinct(key)].filter((text) => numeric(text) > 0).length;
  const axis = [...keys].sort((a, b) => positive(b) - positive(a))[0];
  if (!axis || positive(axis) < 2) return { axis: null, panels: [], left: 0 };
  const others = keys.filter((key) => key !== axis && distinct(key).size > 1);
  const panels = new Map();
  for (const row of summary.cells) {
    const title = others.map((key) => `${key} = ${row[column(key)]}`).join(", ");
    if (!panels.has(title)) panels.set(title, []);
    // A point of which no run is done has no numbers.
    if (numeric(row[column(axis)]) > 0 && row[column("count")] !== "0") panels.get(title).push(row);
  }
  const low = axisEnds(summary.cells.map((row) => numeric(row[column(axis)])));
  const all = [...panels].map(([title, rows]) => ({ title: title || "all runs", model: panelModel(rows, axis, column, low) }));
  return { axis, panels: all.slice(0, most), left: Math.max(0, all.length - most) };
}

function axisEnds(values) {
  const seen = values.filter((value) => value > 0);
  return [Math.min(...seen) / 1.1, Math.max(...seen) * 1.1];
}

function panelModel(rows, axis, column, domain) {
  const sorted = [...rows].sort((a, b) => numeric(a[column(axis)]) - numeric(b[column(axis)]));
  const x = sorted.map((row) => numeric(row[column(axis)]));
  const values = (name) =>
    sorted.map((row) => {
      const value = column(name) < 0 ? NaN : numeric(row[column(name)]);
      return Number.isNaN(value) ? undefined : value === Infinity ? null : value;
    });
  const one = (name, more) => {
    const y = values(name);
    return y.some((value) => value !== undefined) ? [{ id: name, x, y, ...more }] : [];
  };
  const theory = one("predicted_test_loss", { name: "test, predicted", color: "red" });
  const measured = theory.length ? { kind: "dots", radius: 3 } : {};
  const series = [
    ...one("oracle_loss", { name: "oracle", label: "oracle", color: "ink", dash: [1.5, 3.5] }),
    ...one("predicted_train_loss", { name: "train, predicted", color: "blue", dash: [6, 4] }),
    ...theory,
    ...one("train_loss", { name: "train", label: "train", color: "blue", ...measured }),
    ...one("test_loss", { name: "test", label: "test", color: "red", ...measured }),
  ];
  const last = (name) => short(values(name).at(-1));
  return {
    x: { label: axis, name: axis, column: axis, domain },
    y: { label: PER_COMPONENT },
    series,
    at: null,
    summary: rows.length ? `At ${axis} = ${short(x.at(-1))}: test loss ${last("test_loss")}, train loss ${last("train_loss")}.` : "No run is done.",
  };
}

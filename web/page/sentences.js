// What the numbers say, in sentences.

import { grouped, percent, short, times } from "./numbers.js";
import { LAWS, START, dimensions } from "./state.js";

/** Below this excess over the oracle, as a share of its loss, a network has learned all that matters. */
const LEARNED = 0.05;
/** Above this ratio of test to train loss a network memorises. */
const MEMORISED = 2;

/** The verdict on one setting: what the network does, and what would help. */
export function verdict(state, point) {
  const { test_loss: test, train_loss: train, oracle_loss: oracle } = point;
  const excess = test / oracle - 1;
  const setting = `With ${grouped(state.n)} rows in ${grouped(point.dim)} dimensions`;
  const gap = test / train;
  let word = "is in between: it has learned a part";
  if (excess < LEARNED) word = "generalises";
  else if (gap > MEMORISED) word = "memorises";
  else if (gap < 1.15) word = "has learned little yet";
  const above = excess > 1 ? `${times(test / oracle)} the least possible` : `${percent(excess)} above the least possible`;
  const losses = `its test loss is ${short(test)}, ${above}, and its train loss ${short(train)}`;
  return { word, text: `${setting} the network ${word}: ${losses}.`, help: helps(state, point) };
}

function helps(state, point) {
  const { test_loss: test, oracle_loss: oracle, best_ridge: ridge, best_time: time } = point;
  const worth = (other) => (test - other) / (test - oracle) > 0.05 && test / oracle - 1 > 0.01;
  const found = [];
  if (worth(ridge.test_loss)) {
    found.push({ text: `the ridge ${short(ridge.at)}, trained to the end`, loss: ridge.test_loss, set: { ridge: Number(ridge.at.toPrecision(3)), tau: null } });
  }
  if (time.at !== null && worth(time.test_loss)) {
    const ridged = state.ridge > 0 ? " with the ridge as it is" : "";
    found.push({ text: `stopping at τ = ${short(time.at)}${ridged}`, loss: time.test_loss, set: { tau: Number(time.at.toPrecision(3)) } });
  }
  return found;
}

const NAMES = {
  n: ["the number of rows", grouped],
  d: ["the dimension", grouped],
  k: ["the exponent", String],
  noise: ["the noise", short],
  ridge: ["the ridge", short],
  tau: ["the training time", (value) => (value === null ? "the end" : short(value))],
  weights: ["the law of the rows", (value) => LAWS[value].name],
  parameter: ["the parameter", short],
};

/** What a change of the controls did to the losses. */
export function changed(before, after) {
  const keys = Object.keys(NAMES).filter((key) => before.state[key] !== after.state[key]);
  const moved = keys
    .filter((key) => key !== "parameter" || !keys.includes("weights"))
    .map((key) => {
      const [name, write] = NAMES[key];
      return `${name} from ${write(before.state[key])} to ${write(after.state[key])}`;
    });
  if (before.state.truth !== after.state.truth || before.state.values !== after.state.values || before.state.spikes !== after.state.spikes) {
    moved.push("the spectrum");
  }
  if (moved.length === 0) return "";
  const head = moved.length > 3 ? "Changed: several controls" : `Changed: ${moved.join(", ")}`;
  return `${head}. The test loss ${went(before.point.test_loss, after.point.test_loss)}; the train loss ${went(before.point.train_loss, after.point.train_loss)}${divergence(before.point, after.point)}.`;
}

function went(before, after) {
  const ratio = after / before;
  if (Math.abs(ratio - 1) < 0.002) return `stays at ${short(after)}`;
  const verb = ratio < 1 ? "falls" : "rises";
  const size = ratio < 1 ? 1 / ratio : ratio;
  const by = size > 1.95 ? ` (${times(size)} ${ratio < 1 ? "less" : "more"})` : "";
  return `${verb} from ${short(before)} to ${short(after)}${by}`;
}

function divergence(before, after) {
  const [old, now] = [before.kl_true_sampled, after.kl_true_sampled];
  if (old === null && now === null) return "";
  if (now === null) return "; the divergence becomes infinite";
  if (old === null) return `; the divergence is finite now, ${short(now)} nats per dimension`;
  return Math.abs(now / old - 1) < 0.002 ? "" : `; the divergence ${went(old, now)}`;
}

/** The short facts under the verdict. */
export function facts(state, point) {
  const kl = point.kl_true_sampled === null ? "infinite" : `${short(point.kl_true_sampled)} nats per dimension`;
  const doubt = point.loss_remainder / Math.max(1e-300, point.test_loss - point.oracle_loss);
  return [
    ["least possible loss", short(point.oracle_loss)],
    ["KL(true‖sampled), trained to the end", kl],
    ["degrees of freedom", `${short(point.df1)} of ${grouped(dimensions(state))}`],
    ...(doubt > 0.05 ? [["theory", `may be off by ${doubt > 0.5 ? "a factor of 2" : percent(doubt)}: N is near d, or small`]] : []),
  ];
}

/** A short name of a state, for the title of the window. */
export function titleOf(state) {
  if (state.view === "runs") return state.run || state.sweep || "runs";
  return state.view === "rows" ? "your rows" : `N = ${grouped(state.n)}, d = ${grouped(dimensions(state))}${state.ridge > START.ridge ? `, ridge ${short(state.ridge)}` : ""}`;
}

// The figures of the first view: which questions each asks, and the chart that its answers make.

import { grouped, ratios, short, wholes } from "./numbers.js";
import { alphaBar, dimensions, numbersIn, settingOf } from "./state.js";

const LOSS = "loss per component";

function lossSeries(x, found) {
  return [
    { id: "oracle_loss", name: "oracle", label: "oracle", color: "ink", dash: [1.5, 3.5], x, y: found.oracle_loss },
    { id: "train_loss", name: "train", label: "train", color: "blue", dash: [6, 4], x, y: found.train_loss },
    { id: "test_loss", name: "test", label: "test", color: "red", x, y: found.test_loss },
  ];
}

function lossSummary(along, x, found) {
  const last = x.length - 1;
  const pair = (index) => `test ${short(found.test_loss[index])}, train ${short(found.train_loss[index])}`;
  const highest = found.test_loss.indexOf(Math.max(...found.test_loss));
  return `Losses against ${along}: at ${short(x[0])} ${pair(0)}; at ${short(x[last])} ${pair(last)}. The test loss is highest at ${short(x[highest])}.`;
}

/** So many times 1 as the eigenvalues have on average: the scale of ridges and times. */
function scaleOf(state) {
  if (state.truth === "power-law") return 1;
  const values = state.truth === "values" ? numbersIn(state.values) : numbersIn(state.spikes);
  const sum = values.reduce((total, value) => total + value, 0);
  return state.truth === "values" ? sum / values.length : (sum + Math.max(0, state.d - values.length)) / state.d;
}

function largestOf(state) {
  if (state.truth !== "power-law") return Math.max(1e-300, ...numbersIn(state.truth === "values" ? state.values : state.spikes));
  let sum = 0;
  for (let rank = 1; rank <= state.d; rank++) sum += rank ** -state.k;
  return state.d / sum;
}

/** A domain that also holds the place of the control. */
function holding([low, high], value, room = 1.15) {
  return value === null || value === 0 ? [low, high] : [Math.min(low, value / room), Math.max(high, value * room)];
}

export function samplesDomain(state) {
  const d = dimensions(state);
  return holding([Math.max(1, d / 20), Math.max(20, 30 * d)], state.n);
}

export function timeDomain(state) {
  const signal = alphaBar(state.noise);
  const fast = signal * largestOf(state) + 1 - signal;
  const slow = 1 - signal + signal * (state.ridge + 1e-3 * scaleOf(state));
  return holding([0.1 / fast, Math.min(6 / slow, 1e6 / fast)], state.tau);
}

export function ridgeDomain(state) {
  const scale = scaleOf(state);
  return holding([1e-4 * scale, 100 * scale], state.ridge);
}

const NOISE_DOMAIN = [0.05, 10];

const common = (along, domain, write) => ({ label: along.label, name: along.name, column: along.column, domain, write });
const AXES = {
  samples: { label: "number of rows N", name: "N", column: "samples" },
  noise: { label: "noise σ (signal: 1)", name: "σ", column: "noise" },
  time: { label: "training time τ", name: "τ", column: "tau" },
  ridge: { label: "ridge c", name: "c", column: "covariance_ridge" },
  rank: { label: "rank of the direction", name: "rank", column: "rank" },
};

export const FIGURES = [
  {
    id: "samples",
    title: "Losses against the number of rows",
    key: "n",
    help: "Mean squared error of the predicted noise, for training rows, for new rows, and for the oracle, which knows the truth.",
    slow: (state) => state.tau !== null,
    async answer(ask, state, coarse) {
      const domain = samplesDomain(state);
      const count = state.tau === null ? 64 : coarse ? 9 : 26;
      const x = wholes(domain[0], domain[1], count, coarse ? [] : [state.n]);
      const found = await ask({ ask: "losses", setting: settingOf(state), vary: { samples: x } });
      return {
        x: common(AXES.samples, domain, grouped),
        y: { label: LOSS },
        series: lossSeries(x, found),
        at: state.n,
        summary: lossSummary("the number of rows", x, found),
      };
    },
  },
  {
    id: "noise",
    title: "Losses against the noise",
    key: "noise",
    help: "The network of each noise level, with the rows as they are.",
    async answer(ask, state) {
      const domain = holding(NOISE_DOMAIN, state.noise);
      const x = [...new Set([...ratios(...domain, 56), state.noise])].sort((a, b) => a - b);
      const found = await ask({ ask: "losses", setting: settingOf(state), vary: { alpha_bar: x.map(alphaBar) } });
      return {
        x: common(AXES.noise, domain),
        y: { label: LOSS },
        series: lossSeries(x, found),
        at: state.noise,
        summary: lossSummary("the noise", x, found),
      };
    },
  },
  {
    id: "time",
    title: "Losses against training time",
    key: "tau",
    help: "Gradient flow from a network of zeros. The right end is training to the end.",
    async answer(ask, state) {
      const domain = timeDomain(state);
      const x = ratios(...domain, 56);
      if (state.tau !== null) x.push(state.tau);
      x.sort((a, b) => a - b);
      const found = await ask({ ask: "losses", setting: settingOf(state), vary: { tau: x } });
      return {
        x: common(AXES.time, domain),
        y: { label: LOSS },
        series: lossSeries(x, found),
        at: state.tau ?? domain[1],
        atText: state.tau === null ? "end" : undefined,
        summary: lossSummary("training time", x, found),
      };
    },
  },
  {
    id: "ridge",
    title: "Losses against the ridge",
    key: "ridge",
    help: "The ridge c adds c to every variance that the network believes in.",
    async answer(ask, state) {
      const domain = ridgeDomain(state);
      const x = [...new Set([...ratios(...domain, 56), ...(state.ridge > 0 ? [state.ridge] : [])])].sort((a, b) => a - b);
      const found = await ask({ ask: "losses", setting: settingOf(state), vary: { ridge: x } });
      return {
        x: common(AXES.ridge, domain),
        y: { label: LOSS },
        series: lossSeries(x, found),
        at: state.ridge > 0 ? state.ridge : domain[0],
        atText: state.ridge > 0 ? undefined : "0",
        summary: lossSummary("the ridge", x, found),
      };
    },
  },
  {
    id: "divergences",
    title: "How far samples are from the truth",
    key: "n",
    help: "Kullback-Leibler divergences between the truth and what an ideal sampler draws after training to the end.",
    async answer(ask, state) {
      const domain = samplesDomain(state);
      const d = dimensions(state);
      const x = wholes(domain[0], domain[1], 64, [state.n, d + 1, d + 2]);
      const found = await ask({ ask: "divergences", setting: settingOf(state), samples: x });
      const first = found.kl_true_sampled.findIndex((value) => value !== null);
      const to = first === -1 ? domain[1] : x[first];
      return {
        x: common(AXES.samples, domain, grouped),
        y: { label: state.tau === null ? "nats per dimension" : "nats, trained to the end" },
        series: [
          { id: "kl_true_sampled", name: "KL(true‖sampled)", label: "true‖sampled", color: "purple", x, y: found.kl_true_sampled },
          {
            id: "kl_sampled_true",
            name: "KL(sampled‖true)",
            label: "sampled‖true",
            color: "green",
            dash: [6, 4],
            x,
            y: found.kl_sampled_true,
          },
        ],
        shaded: first === 0 ? null : { from: domain[0], to, label: ["infinite: directions", "without any variance"] },
        at: state.n,
        summary: first === 0 ? "Finite for every number of rows." : `Infinite up to ${grouped(to)} rows.`,
      };
    },
  },
  {
    id: "spectrum",
    title: "The spectrum that the rows show",
    key: null,
    help: "Variances along the directions, largest first: of the truth, of a typical training set, and of one that is drawn.",
    async answer(ask, state) {
      const d = dimensions(state);
      const ranks = wholes(1, d, 90, [Math.min(state.n, d)]);
      const found = await ask({ ask: "shown", setting: settingOf(state), ranks, seed: state.seed });
      const drawn = found.drawn.map((_, index) => index + 1);
      const cut = (values) => ranks.slice(0, values.length);
      const series = [
        { id: "drawn", name: "one training set", label: drawn.length ? "drawn" : "", color: "blue", kind: "dots", x: drawn, y: found.drawn, reach: 0.05 },
        { id: "truth", name: "truth", label: "truth", color: "ink", dash: [1.5, 3.5], x: cut(found.truth), y: found.truth },
        { id: "typical", name: "typical training set", label: found.typical.length ? "typical" : "", color: "red", x: cut(found.typical), y: found.typical, reach: 0.05 },
      ];
      const seen = Math.min(state.n, d);
      return {
        x: common(AXES.rank, [0.9, d * 1.12], grouped),
        y: { label: "variance" },
        series,
        shaded: seen < d ? { from: seen + 0.5, to: d * 1.12, label: ["not in", "any row"] } : null,
        at: null,
        summary: `The truth has ${grouped(d)} directions; the rows show ${grouped(seen)} of them.`,
      };
    },
  },
];

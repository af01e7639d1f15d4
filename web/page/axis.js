// Axes: from numbers to places, and the numbers that are written along them.

import { powerOfTen } from "./numbers.js";

/** A logarithmic axis from `low` to `high`, laid on the pixels from `start` to `end`. */
export class LogAxis {
  constructor(low, high, start, end) {
    this.low = low;
    this.high = high;
    this.start = start;
    this.end = end;
    this.span = Math.log(high / low);
  }

  at(value) {
    return this.start + ((this.end - this.start) * Math.log(value / this.low)) / this.span;
  }

  value(place) {
    return this.low * Math.exp((this.span * (place - this.start)) / (this.end - this.start));
  }

  /** Powers of ten, in one notation; between few of them also 2 and 5 times those. */
  ticks(most) {
    const first = Math.ceil(Math.log10(this.low) - 1e-9);
    const last = Math.floor(Math.log10(this.high) + 1e-9);
    const decades = Math.log10(this.high / this.low);
    if (decades < 0.75) return this.#even(most);
    const plain = first >= -3 && last <= 4;
    const write = (value, exponent) => (plain ? plainly(value) : powerOfTen(exponent));
    const ticks = [];
    if (last - first >= 2 || (decades > 1.6 && last > first)) {
      const every = Math.max(1, Math.ceil((last - first + 1) / most));
      for (let exponent = first; exponent <= last; exponent++) {
        if (exponent % every === 0) ticks.push({ value: 10 ** exponent, text: write(10 ** exponent, exponent) });
      }
      return ticks;
    }
    const factors = decades < 1 ? [1, 2, 3, 5, 7] : [1, 2, 5];
    for (let exponent = first - 1; exponent <= last; exponent++) {
      for (const factor of factors) {
        const value = Number(`${factor}e${exponent}`);
        if (value >= this.low * 0.999 && value <= this.high * 1.001) ticks.push({ value, text: plainly(value) });
      }
    }
    return ticks;
  }

  /** Fine lines between the powers of ten. */
  minor() {
    const marks = [];
    const first = Math.floor(Math.log10(this.low));
    const last = Math.ceil(Math.log10(this.high));
    if (last - first > 7) return marks;
    for (let exponent = first; exponent <= last; exponent++) {
      for (let factor = 2; factor < 10; factor++) {
        const value = factor * 10 ** exponent;
        if (value > this.low && value < this.high) marks.push(value);
      }
    }
    return marks;
  }

  #even(most) {
    const rough = (this.high - this.low) / most;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const ticks = [];
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let index = Math.ceil(this.low / step - 1e-9); index * step <= this.high * (1 + 1e-9); index++) {
      if (index > 0) ticks.push({ value: index * step, text: (index * step).toFixed(digits) });
    }
    return ticks;
  }
}

function plainly(value) {
  return value >= 1 ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, value >= 1e4 ? "\u202f" : "") : String(Number(value.toPrecision(2)));
}

/** The ends of an axis that fits the numbers, with a little room. */
export function fitted(values, room = 0.06) {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (value > 0 && Number.isFinite(value)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (high === 0) return [0.1, 10];
  if (high / low < 1.2) [low, high] = [low / 1.1, high * 1.1];
  const margin = (high / low) ** room;
  return [low / margin, high * margin];
}

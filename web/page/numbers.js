// Numbers as people read them, and numbers on sliders.

const superscripts = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** 10 to a whole power, as in 10⁻². */
export function powerOfTen(exponent) {
  return `10${[...String(exponent)].map((sign) => superscripts[sign]).join("")}`;
}

/** Three significant digits, without an exponent where that is short. */
export function short(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const minus = value < 0 ? "−" : "";
  const exponent = Math.floor(Math.log10(Number(size.toPrecision(digits))));
  if (exponent < -3 || exponent > 5) {
    const mantissa = (size / 10 ** exponent).toPrecision(digits - 1);
    return `${minus}${mantissa} × ${powerOfTen(exponent)}`;
  }
  if (Number.isInteger(size) && size < 1e6) return minus + grouped(size);
  return minus + (exponent >= digits ? grouped(Math.round(size)) : size.toPrecision(digits));
}

/** A number of the server. JSON has only finite ones; the others are words there. */
export function numberOf(given) {
  return { infinity: Infinity, "-infinity": -Infinity, nan: NaN }[given] ?? given;
}

/** A whole number with thin spaces between groups of three digits, from five digits on. */
export function grouped(value) {
  const text = String(Math.round(value));
  return text.length < 5 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** The nearest number with so many significant digits. */
export function rounded(value, digits) {
  return value === 0 ? 0 : Number(value.toPrecision(digits));
}

/** How many times one number is another: "1.3 times", "twelve times". */
export function times(ratio) {
  return ratio >= 9.95 ? `${grouped(ratio)} times` : `${ratio.toPrecision(2)} times`;
}

/** A share in per cent. */
export function percent(share) {
  const value = 100 * share;
  if (value !== 0 && Math.abs(value) < 0.1) return "less than 0.1 %";
  return Math.abs(value) < 9.95 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`;
}

/** So many numbers from one to another, at equal ratios. */
export function ratios(low, high, count) {
  const step = Math.log(high / low) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? high : low * Math.exp(i * step)));
}

/** Whole numbers from one to another, at about equal ratios, with others among them. */
export function wholes(low, high, count, others = []) {
  const found = new Set(ratios(Math.max(1, low), high, count).map((value) => Math.round(value)));
  for (const other of others) found.add(other);
  return [...found].sort((a, b) => a - b);
}

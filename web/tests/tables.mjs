// Tables as people's programs write them, from one set of numbers with seeds.

/** Numbers that look random, always the same (a linear congruence). */
function* random(seed) {
  let state = BigInt(seed);
  for (;;) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    yield Number(state >> 11n) / 2 ** 53;
  }
}

/** Rows about which nothing is special: each column mixes some of a few random numbers. */
export function numbers(rows, columns, seed = 1) {
  const source = random(seed);
  const next = () => source.next().value + source.next().value + source.next().value - 1.5;
  return Array.from({ length: rows }, () => {
    const parts = Array.from({ length: columns }, next);
    return parts.map((part, j) => (part + 0.5 * parts[(j * 3 + 1) % columns]) / (1 + j));
  });
}

const text = (lines) => Buffer.from(`${lines.join("\n")}\n`, "utf8");

/** NumPy's .npy of doubles, or of another type; rows first, or columns first. */
export function npy(rows, { type = "<f8", fortran = false } = {}) {
  const shape = `(${rows.length}, ${rows[0].length})`;
  const head = `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${shape}, }`;
  const padded = head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11) + "\n";
  const size = Number(type[2]);
  const ordered = fortran ? rows[0].map((_, j) => rows.map((row) => row[j])).flat() : rows.flat();
  const data = Buffer.alloc(ordered.length * size);
  const little = type[0] === "<";
  const write = size === 4 ? (little ? "writeFloatLE" : "writeFloatBE") : little ? "writeDoubleLE" : "writeDoubleBE";
  ordered.forEach((value, index) => data[write](value, index * size));
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY\x01\x00", "latin1"), length, Buffer.from(padded, "latin1"), data]);
}

const rows = numbers(40, 5);
const wide = numbers(14, 20, 2);
const header = ["a", "b", "c", "d", "e"];

/** Files by name, with the settings that they need. */
export const TABLES = {
  "plain.csv": { bytes: text(rows.map((row) => row.join(","))) },
  // pandas: an index without a name.
  "pandas.csv": { bytes: text([`,${header}`, ...rows.map((row, i) => `${i},${row}`)]) },
  // R: quotes, and a header that is one cell shorter.
  "write-table.txt": { bytes: text([header.map((name) => `"${name}"`).join(" "), ...rows.map((row, i) => `"${i + 1}" ${row.join(" ")}`)]) },
  // Excel where commas are decimal.
  "excel.csv": { bytes: Buffer.from(`\ufeff${[header.join(";"), ...rows.map((row) => row.map((x) => x.toFixed(6).replace(".", ",")).join(";"))].join("\r\n")}\r\n`, "utf8") },
  "tabs.tsv": { bytes: text(["# from an instrument", header.join("\t"), ...rows.map((row) => row.join("\t"))]) },
  "constant.csv": { bytes: text(rows.map((row) => [7, ...row, 0].join(","))) },
  "few rows, many columns.csv": { bytes: text(wide.map((row) => row.join(","))) },
  "units.csv": { bytes: text(rows.map((row) => row.map((x, j) => x * 10 ** (3 * j)).join(","))), controls: { scale: true }, sets: ["data.scale=columns"] },
  "chosen.csv": { bytes: text(rows.map((row, i) => [`s${i % 8}`, ...row].join(","))), controls: { columns: "1..5", group: "0" }, sets: ["data.columns=1..5", "data.group=0"] },
  "doubles.npy": { bytes: npy(rows) },
  "floats.npy": { bytes: npy(rows, { type: "<f4" }) },
  "fortran-big-endian.npy": { bytes: npy(rows, { type: ">f8", fortran: true }) },
};

/** Files of which nothing can be said, and why is for the command to say. */
export const WRONG = {
  "missing.csv": text(rows.map((row, i) => (i === 7 ? ["", ...row.slice(1)] : row).join(","))),
  "nan.npy": npy([[NaN, 1, 2, 3, 4], ...rows]),
  "few.csv": text(rows.slice(0, 5).map((row) => row.join(","))),
  "equal.csv": text(rows.map(() => "1,2,3")),
  "picture.png": Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
  "cut.npy": npy(rows).subarray(0, 700),
  "empty.csv": Buffer.alloc(0),
};

// Reads the instructions of a WebAssembly module, as far as is needed to name those with a prefix.

const VECTOR = 0xfd;
/** From this number on, vector instructions are relaxed ones. */
const RELAXED = 0x100;

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned number; also skips a signed one. */
  number() {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
      shift += 7;
    }
  }

  numbers(count) {
    for (let i = 0; i < count; i++) this.number();
  }

  list(each) {
    const count = this.number();
    for (let i = 0; i < count; i++) each(i);
  }

  skip(count) {
    this.at += count;
  }

  /** Alignment, offset, and the memory's number if there is one. */
  place() {
    if (this.number() & 64) this.number();
    this.number();
  }
}

/** The numbers that follow the instructions of one byte; what is not here is unknown, and an error. */
function operands(reader, code) {
  if (code === 0x02 || code === 0x03 || code === 0x04 || code === 0x06) return reader.number();
  if (code === 0x0e) {
    reader.list(() => reader.number());
    return reader.number();
  }
  if (code === 0x11) return reader.numbers(2);
  if (code === 0x1c) return reader.list(() => reader.byte());
  if (code >= 0x28 && code <= 0x3e) return reader.place();
  if (code === 0x43) return reader.skip(4);
  if (code === 0x44) return reader.skip(8);
  if (code === 0x41 || code === 0x42) return reader.number();
  const one = [0x0c, 0x0d, 0x10, 0x12, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2];
  if (one.includes(code)) return reader.number();
  const none = [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1];
  if (none.includes(code) || (code >= 0x45 && code <= 0xc4)) return undefined;
  throw new Error(`an instruction that this reader does not know: ${code.toString(16)}`);
}

function bulk(reader) {
  const code = reader.number();
  const counts = { 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1 };
  reader.numbers(counts[code] ?? 0);
}

function vector(reader, counts) {
  const code = reader.number();
  counts.set(code, (counts.get(code) ?? 0) + 1);
  if (code <= 11 || code === 92 || code === 93) reader.place();
  else if (code === 12 || code === 13) reader.skip(16);
  else if (code >= 21 && code <= 34) reader.skip(1);
  else if (code >= 84 && code <= 91) {
    reader.place();
    reader.skip(1);
  }
}

function body(reader, counts) {
  const size = reader.number();
  const end = reader.at + size;
  reader.list(() => {
    reader.number();
    reader.byte();
  });
  while (reader.at < end) {
    const code = reader.byte();
    if (code === VECTOR) vector(reader, counts);
    else if (code === 0xfc) bulk(reader);
    else operands(reader, code);
  }
  if (reader.at !== end) throw new Error("an instruction reaches beyond its function");
}

/** How often each vector instruction stands in a module: `vectors` all of them, `relaxed` those with no fixed result. */
export function vectorInstructions(bytes) {
  const reader = new Reader(bytes);
  reader.skip(8);
  const counts = new Map();
  while (reader.at < bytes.length) {
    const [id, size] = [reader.byte(), reader.number()];
    const end = reader.at + size;
    if (id === 10) reader.list(() => body(reader, counts));
    reader.at = end;
  }
  const sum = (some) => some.reduce((total, [, count]) => total + count, 0);
  const all = [...counts];
  return { vectors: sum(all), relaxed: sum(all.filter(([code]) => code >= RELAXED)) };
}

// The built library: what it imports, and that every browser knows its instructions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { vectorInstructions } from "./instructions.mjs";

const bytes = readFileSync(new URL("../dist/lindiff.wasm", import.meta.url));

test("there are vector instructions, and no relaxed ones", () => {
  const { vectors, relaxed } = vectorInstructions(bytes);
  assert.ok(vectors > 1000, `${vectors} vector instructions`);
  assert.equal(relaxed, 0);
});

test("a relaxed instruction would be found", () => {
  // (func (param v128 v128) (result v128) local.get 0 local.get 1 i8x16.relaxed_swizzle)
  const code = [0x00, 0x20, 0, 0x20, 1, 0xfd, 0x80, 0x02, 0x0b];
  const section = [0x01, code.length, ...code];
  const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, section.length, ...section]);
  assert.deepEqual(vectorInstructions(module), { vectors: 1, relaxed: 1 });
});

test("it asks the page for two functions, and what it is sent over the net stays below 1.2 MB", () => {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  const own = imports.filter(({ module }) => module === "page").map(({ name }) => name);
  assert.deepEqual(own.sort(), ["panicked", "progress"]);
  const others = imports.filter(({ module }) => module !== "page" && !module.startsWith("__wbindgen"));
  assert.deepEqual(others, []);
  assert.ok(gzipSync(bytes, { level: 9 }).length < 1_200_000);
});

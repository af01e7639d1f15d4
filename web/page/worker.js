// Answers questions in a worker, so that the page stays alive. A message is { start: module } once, then
// { id, question, file }; an answer is { id, answer } or { id, failed }, and before it { id, done, all, testLoss } of a forecast.
// After { failed } the worker is of no more use.

let exported;
let current;
let panic;

function read(address, length) {
  return new TextDecoder().decode(new Uint8Array(exported.memory.buffer, address, length));
}

function written(bytes) {
  const address = exported.allocate(bytes.length);
  new Uint8Array(exported.memory.buffer, address, bytes.length).set(bytes);
  return address;
}

const imports = {
  page: {
    progress: (done, all, testLoss) => self.postMessage({ id: current, done, all, testLoss }),
    panicked: (address, length) => (panic = read(address, length)),
  },
};

/** The reader of archives could ask a browser for random numbers, but does not: what it would need is not here. */
function withAbsent(module) {
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] ??= () => {
      throw new Error(`${from}.${name} is not here`);
    };
  }
  return imports;
}

function answer({ id, question, file }) {
  current = id;
  try {
    const asked = new TextEncoder().encode(JSON.stringify(question));
    const bytes = file ? new Uint8Array(file) : null;
    const [place, other] = [written(asked), bytes ? written(bytes) : 0];
    const address = exported.ask(place, asked.length, other, bytes?.length ?? 0);
    self.postMessage({ id, answer: JSON.parse(read(address, exported.answer_length())) });
  } catch (error) {
    self.postMessage({ id, failed: panic ?? String(error.message ?? error) });
  }
}

self.onmessage = async ({ data }) => {
  if (data.start) {
    exported = (await WebAssembly.instantiate(data.start, withAbsent(data.start))).exports;
    self.postMessage({ ready: true });
  } else {
    answer(data);
  }
};

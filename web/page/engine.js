// The library, in workers. Another source of answers, such as a server, would have the same `ask`.

/** An answer that is an error of the library, in its words. */
export class Refused extends Error {}

/** What the page needs from its own folder, or from itself where it is one file. */
const inlined = globalThis.lindiffInlined;

async function compiled() {
  if (!inlined) {
    const response = await fetch(new URL("lindiff.wasm", document.baseURI));
    if (!response.ok) throw new Error(`lindiff.wasm: ${response.status} ${response.statusText}`);
    return WebAssembly.compile(await response.arrayBuffer());
  }
  const text = atob(inlined.wasm);
  return WebAssembly.compile(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
}

function newWorker() {
  if (!inlined) return new Worker(new URL("worker.js", document.baseURI));
  const address = URL.createObjectURL(new Blob([inlined.worker], { type: "text/javascript" }));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}

let code;

/** A worker with the library. It is started when it is first asked, and again after it has failed or was stopped. */
export class Engine {
  #worker = null;
  #waiting = new Map();
  #next = 1;

  async #started() {
    code ??= compiled();
    if (this.#worker) return this.#worker;
    const worker = newWorker();
    this.#worker = new Promise((resolve, reject) => {
      worker.onerror = (event) => {
        reject(new Error(event.message ?? "the worker does not start"));
        this.#fail(event.message);
      };
      worker.onmessage = ({ data }) => {
        if (data.ready) resolve(worker);
        else this.#hear(data);
      };
      code.then((start) => worker.postMessage({ start }), reject);
    });
    this.worker = worker;
    return this.#worker;
  }

  /**
   * The answer to a question. `file` is an ArrayBuffer, which is passed on and then empty here; `progress(done, all, testLoss)`
   * hears how far a long answer is, and the first part of it, which is NaN until it is known.
   */
  async ask(question, { file, progress } = {}) {
    const worker = await this.#started();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      worker.postMessage({ id, question, file }, file ? [file] : []);
    });
  }

  #hear({ id, done, all, testLoss, answer, failed }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (all) return waiting.progress?.(done, all, testLoss);
    if (failed) return this.#fail(failed);
    this.#waiting.delete(id);
    if (answer.error) waiting.reject(new Refused(answer.error));
    else waiting.resolve(answer);
  }

  #fail(message) {
    this.stop(`The computation failed, and was started anew: ${message}`);
  }

  /** Ends all work at once; what was asked fails with this message. */
  stop(message) {
    this.worker?.terminate();
    this.worker = null;
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach(({ reject }) => reject(new Error(message)));
  }
}

// The server that gives the page, where it is `lindiff serve`: what it says of runs.

const served = (document.documentElement.dataset.served ?? "").split(" ");

/** Whether there is a server that reads runs. A static server and a disk have none. */
export const HAS_RUNS = served.includes("runs");
/** Whether the library is there. Only `lindiff serve` can be without it. */
export const HAS_THEORY = !HAS_RUNS || served.includes("theory");

/** The time between two questions, in milliseconds. */
const POLL = 2000;

const address = (what, parameters = {}) => {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return new URL(`api/${what}?${words.join("&")}`, document.baseURI);
};

async function asked(what, parameters) {
  const response = await fetch(address(what, parameters));
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  return response.json();
}

/** All that is shown of a run; `null` if it is gone. */
export const askRun = (id) => asked("run", { id });

/** The tables of a sweep; `null` if it is gone. */
export const askSweep = (id) => asked("sweep", { id });

/** The address of a picture of a run. */
export const pictureOf = (id, { name, changed }) => String(address("picture", { id, name, changed }));

/**
 * The list of runs and sweeps, kept up to date while somebody looks at it. `heard()` is called after each answer, and after
 * each failure.
 */
export class RunNews {
  runs = new Map();
  sweeps = new Map();
  folders = [];
  cutShort = false;
  /** Why the last question has no answer. */
  failure = null;
  #revision = 0;
  #asOf = null;
  #answered = null;
  #timer = null;
  #wanted = false;
  #asking = false;

  constructor(heard) {
    this.heard = heard;
    document.addEventListener("visibilitychange", () => this.#go());
  }

  /** Begins or stops to ask. A hidden page never asks. */
  want(wanted) {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    this.#go();
  }

  /** Whether there was an answer yet. */
  get known() {
    return this.#answered !== null;
  }

  /** How many seconds old the list is. */
  get age() {
    return (performance.now() - this.#answered) / 1000;
  }

  /** How many seconds ago something was, by the clock of the server. */
  since(time) {
    return Math.max(0, this.#asOf + this.age - time);
  }

  #go() {
    clearTimeout(this.#timer);
    if (this.#wanted && !document.hidden && !this.#asking) this.#ask();
  }

  async #ask() {
    this.#asking = true;
    try {
      this.#take(await asked("runs", { after: this.#revision }));
      this.failure = null;
    } catch (error) {
      this.failure = error.message;
    }
    this.#asking = false;
    this.heard();
    if (this.#wanted && !document.hidden) this.#timer = setTimeout(() => this.#go(), POLL);
  }

  #take(news) {
    if (news.all) {
      this.runs.clear();
      this.sweeps.clear();
    }
    for (const run of news.runs) this.runs.set(run.id, run);
    for (const sweep of news.sweeps) this.sweeps.set(sweep.id, sweep);
    this.folders = news.folders;
    this.cutShort = news.cut_short;
    this.#revision = news.revision;
    this.#asOf = news.as_of;
    this.#answered = performance.now();
  }
}

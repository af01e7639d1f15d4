// The page: the state, its URL, and the views that show it.

import { Engine } from "./engine.js";
import { Explore } from "./explore.js";
import { copy } from "./files.js";
import { OwnRows } from "./rows.js";
import { Runs } from "./runs.js";
import { titleOf } from "./sentences.js";
import { HAS_RUNS, HAS_THEORY } from "./server.js";
import { START, fromHash, toHash } from "./state.js";
import { chooseTheme, chosenTheme, restoreTheme } from "./theme.js";

/** The state of the hash. Where there are runs the page begins with them; where there are none, it has no such view. */
function stateOf(hash) {
  const state = fromHash(hash);
  if (state.view === "runs" && !HAS_RUNS) return { ...state, view: START.view };
  return HAS_RUNS && hash.length < 2 ? { ...state, view: "runs" } : state;
}

/** The hash of a state. Where the page begins with runs, an empty one would be theirs. */
function hashOf(state) {
  const hash = toHash(state);
  return HAS_RUNS && hash === "#" ? "#view=explore" : hash;
}

let state = stateOf(location.hash);

restoreTheme();
const $ = (selector) => document.querySelector(selector);

function trouble(message) {
  const box = $("#trouble");
  box.hidden = !message;
  if (message && box.textContent !== message) box.textContent = message;
}

/** Changes a part of the state. Only a final change is written to the URL, so that the back button undoes it. */
function move(part, final) {
  state = { ...state, ...part };
  if (final && hashOf(state) !== hashOf(stateOf(location.hash))) location.hash = hashOf(state);
  show(final);
}

const explore = new Explore($("#explore"), new Engine(), { move, trouble });
const rows = new OwnRows($("#rows"), new Engine(), { move });
const runsView = HAS_RUNS ? new Runs($("#runs"), { move }) : null;
$(".views [data-view=runs]").hidden = !HAS_RUNS;
$("#no-theory").hidden = HAS_THEORY;

function show(final) {
  for (const view of ["explore", "rows", "runs"]) {
    $(`#${view}`).hidden = state.view !== view;
    const link = $(`.views [data-view=${view}]`);
    if (state.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `lindiff: ${titleOf(state)}`;
  runsView?.show(state);
  if (!HAS_THEORY) {
    // Both other views need the library.
    for (const view of ["explore", "rows"]) $(`#${view}`).hidden = true;
    $("#no-theory").hidden = state.view === "runs";
  } else if (state.view === "explore") explore.show(state, final);
}

window.addEventListener("hashchange", () => {
  const next = stateOf(location.hash);
  if (hashOf(next) === hashOf(state)) return;
  state = next;
  show(true);
});

$(".skip").addEventListener("click", (event) => {
  // Its hash would be taken for a state, the one at the start.
  event.preventDefault();
  $("#main").focus();
});
$(".views [data-view=explore]").addEventListener("click", (event) => {
  // Back from the rows to the figures as they were.
  event.preventDefault();
  move({ view: "explore" }, true);
});
$(".views [data-view=rows]").addEventListener("click", (event) => {
  event.preventDefault();
  move({ view: "rows" }, true);
});
$(".views [data-view=runs]").addEventListener("click", (event) => {
  event.preventDefault();
  move({ view: "runs" }, true);
});
$("#copy-link").addEventListener("click", ({ target }) => copy(location.href.replace(/#.*/, "") + hashOf(state), target));

function showTheme() {
  const theme = chosenTheme();
  $("#theme").textContent = { auto: "Auto", light: "Light", dark: "Dark" }[theme];
  $("#theme").setAttribute("aria-label", { auto: "Auto: colours as the system", light: "Light colours", dark: "Dark colours" }[theme]);
}

$("#theme").addEventListener("click", () => {
  chooseTheme({ auto: "light", light: "dark", dark: "auto" }[chosenTheme()]);
  showTheme();
});
showTheme();

document.addEventListener("dragover", (event) => {
  if (!HAS_THEORY || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("over"));
document.addEventListener("drop", (event) => {
  document.body.classList.remove("over");
  const [file] = event.dataTransfer.files;
  if (!file || !HAS_THEORY) return;
  event.preventDefault();
  if (state.view !== "rows") move({ view: "rows" }, true);
  rows.take(file);
});

// The hash is written as this page writes it, whatever the link was.
show(true);
performance.mark("lindiff-shown");

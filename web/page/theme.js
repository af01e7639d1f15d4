// Colours of the pictures, light and dark. They are told apart with any kind of colour blindness (after Okabe and Ito),
// and each line has its own dashes too.

const palettes = {
  light: {
    paper: "#ffffff",
    ink: "#1c1f24",
    soft: "#5a6270",
    grid: "#e7e9ee",
    fine: "#f3f4f7",
    axis: "#9aa1ad",
    marker: "#1c1f24",
    test: "#b84a00",
    train: "#0069a8",
    oracle: "#4a4f58",
    forward: "#93307a",
    backward: "#00735a",
    truth: "#4a4f58",
    shown: "#b84a00",
    drawn: "#0069a8",
  },
  dark: {
    paper: "#14171c",
    ink: "#e9ebef",
    soft: "#a7aebb",
    grid: "#272c35",
    fine: "#1c2027",
    axis: "#667080",
    marker: "#e9ebef",
    test: "#ff9a57",
    train: "#6dbdf2",
    oracle: "#b9bfca",
    forward: "#ea9fd2",
    backward: "#57d3ab",
    truth: "#b9bfca",
    shown: "#ff9a57",
    drawn: "#6dbdf2",
  },
};

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
let printing = false;

/** "auto", "light" or "dark": what was chosen. */
export function chosenTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

/** Chooses a theme; "auto" follows the system. */
export function chooseTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("lindiff-theme", theme);
  } catch {
    // A page from a disk may have no storage: the choice then lasts as long as the page.
  }
  listeners.forEach((listener) => listener());
}

/** Takes up the choice of the last visit. */
export function restoreTheme() {
  try {
    const theme = localStorage.getItem("lindiff-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // See above.
  }
}

/** The colours as they are now. Paper is always light. */
export function palette() {
  const theme = chosenTheme();
  const isDark = !printing && (theme === "dark" || (theme === "auto" && dark.matches));
  return palettes[isDark ? "dark" : "light"];
}

/** Calls the listener whenever the colours change. */
export function onTheme(listener) {
  listeners.add(listener);
}

dark.addEventListener("change", () => listeners.forEach((listener) => listener()));
for (const [event, now] of [
  ["beforeprint", true],
  ["afterprint", false],
]) {
  window.addEventListener(event, () => {
    printing = now;
    listeners.forEach((listener) => listener());
  });
}

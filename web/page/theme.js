// Colours of the pictures, light and dark. They are told apart with any kind of colour blindness, and each line has its own
// dashes too.

// The hues are those of docs/style-of-charts.md; a quantity has one of them everywhere.
const palettes = {
  light: {
    paper: "#ffffff",
    ink: "#22262b",
    soft: "#5b6470",
    grid: "#e3e6ea",
    fine: "#f2f4f6",
    blue: "#0067a8",
    red: "#c8400a",
    green: "#00795a",
    purple: "#b0468a",
    gold: "#bd8a00",
    sky: "#3a9bd8",
  },
  dark: {
    paper: "#15181c",
    ink: "#e6e8eb",
    soft: "#a3acb8",
    grid: "#2b3036",
    fine: "#1e2227",
    blue: "#3f8fe0",
    red: "#ff7f45",
    green: "#2fc08f",
    purple: "#e07fbb",
    gold: "#f0cc55",
    sky: "#8fd6ff",
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

// The command of this checkout, whose numbers the page must give.

import { execFileSync } from "node:child_process";

const program = process.env.LINDIFF;

/** The JSON that a command prints. */
export function json(words, options = {}) {
  const text = execFileSync(program, [...words, "--json", "--quiet"], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"], ...options });
  return JSON.parse(text);
}

/** The error that a command ends with. */
export function failure(words, options = {}) {
  try {
    json(words, options);
  } catch (error) {
    return JSON.parse(error.stderr.trim().split("\n").at(-1)).error.message;
  }
  throw new Error(`${words.join(" ")} did not fail`);
}

/** The words of a command line as the page writes it, without the name of the program. */
export function wordsOf(line) {
  return line.trim().split(/\s+/).slice(1);
}

/** Differences between what the page and the command say, for every key that the command has: none are expected. */
export function differences(page, command, path = "") {
  if (typeof command === "number" && typeof page === "number") {
    const close = Math.abs(page - command) <= 1e-10 * Math.max(1e-3, Math.abs(command));
    return close ? [] : [`${path}: ${page} instead of ${command}`];
  }
  if (command === null || typeof command !== "object") return Object.is(page, command) ? [] : [`${path}: ${page} instead of ${command}`];
  if (page === null || typeof page !== "object") return [`${path}: ${page} instead of ${JSON.stringify(command)}`];
  if (Array.isArray(command) && command.length !== page.length) return [`${path}: ${page.length} instead of ${command.length}`];
  return Object.keys(command).flatMap((key) => differences(page[key], command[key], `${path}.${key}`));
}

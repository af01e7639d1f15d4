// Files that the page gives away. Nothing is sent anywhere: a file goes from the page to the disk.

/** Offers a file for saving. */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Columns as CSV, each number with all of its digits. */
export function csvText(columns) {
  const write = (value) => (value === undefined ? "" : value === Infinity ? "inf" : String(value));
  const rows = columns[0].values.map((_, row) => columns.map((column) => write(column.values[row])).join(","));
  return `${[columns.map((column) => column.name).join(","), ...rows].join("\n")}\n`;
}

/** Copies a text, and says so on the button that was pressed. */
export async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    area.className = "hidden";
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  button.dataset.label ??= button.textContent;
  button.textContent = done ? "Copied" : "Could not be copied";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (button.textContent = button.dataset.label), 1600);
}

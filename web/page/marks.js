// The marks of a chart: lines, dots and bands, their names at the right, and shaded parts.

import { textWidth } from "./scene.js";

/** The size of texts. */
export const TEXT = 12;

/** The index of the place that is nearest to a wanted one, by ratio; `null` if there is none. */
export function nearest(places, wanted) {
  if (!places.length) return null;
  const far = (place) => Math.abs(Math.log(place / wanted));
  return places.reduce((best, place, index) => (far(place) < far(places[best]) ? index : best), 0);
}

/** The runs of points that have a value inside of the frame's width. */
function runs(one, values) {
  const found = [[]];
  one.x.forEach((x, index) => {
    const y = values[index];
    if (y > 0 && Number.isFinite(y)) found.at(-1).push([x, y]);
    else if (found.at(-1).length) found.push([]);
  });
  return found.filter((run) => run.length > 0);
}

/** The shapes of one series. */
export function drawn(one, horizontal, vertical, colors) {
  const place = ([x, y]) => [horizontal.at(x), clipped(vertical, y)];
  if (one.kind === "dots") {
    return runs(one, one.y)
      .flat()
      .map((point) => ({ dot: place(point), radius: one.radius ?? 2, fill: colors[one.color], name: `series ${one.id}` }));
  }
  if (one.kind === "band") {
    const [high, low] = [runs(one, one.high)[0] ?? [], runs(one, one.low)[0] ?? []];
    if (high.length < 2) return [];
    const area = [...high.map(place), ...low.map(place).reverse()];
    return [{ area, fill: colors[one.color], opacity: 0.16, name: `series ${one.id}` }];
  }
  return runs(one, one.y)
    .filter((run) => run.length > 1)
    .map((run) => ({
      line: run.map(place),
      smooth: true,
      stroke: colors[one.color],
      width: 2,
      dash: one.dash,
      name: `series ${one.id}`,
    }));
}

function clipped(vertical, value) {
  const place = vertical.at(value);
  return Math.min(Math.max(place, vertical.end - 4), vertical.start + 4);
}

/** The names of lines at their right ends, moved apart where they would overlap. */
export function endLabels(named, horizontal, vertical, colors) {
  const labels = named
    .map((one) => {
      const last = runs(one, one.y).at(-1)?.at(-1);
      return last && { one, y: clipped(vertical, last[1]) };
    })
    .filter(Boolean)
    .sort((a, b) => a.y - b.y);
  const gap = TEXT + 3;
  for (let pass = 0; pass < 40; pass++) {
    for (let i = 1; i < labels.length; i++) {
      const overlap = gap - (labels[i].y - labels[i - 1].y);
      if (overlap > 0) {
        labels[i - 1].y -= overlap / 2;
        labels[i].y += overlap / 2;
      }
    }
    for (const label of labels) label.y = Math.min(Math.max(label.y, vertical.end + 4), vertical.start - 2);
  }
  return labels.map(({ one, y }) => ({
    text: one.label,
    at: [horizontal.end + 7, y + 4],
    fill: colors[one.color],
    size: TEXT,
    weight: "600",
  }));
}

/** A part of the axis where there is nothing to draw, and why. */
export function shade({ from, to, label }, horizontal, vertical, colors) {
  const [left, right] = [horizontal.at(from), horizontal.at(to)].map((place) => Math.min(Math.max(place, horizontal.start), horizontal.end));
  if (right - left < 2) return [];
  const shapes = [{ box: [left, vertical.end, right - left, vertical.start - vertical.end], fill: colors.soft, opacity: 0.1 }];
  const lines = label.every((line) => textWidth(line, 11) < right - left - 8) ? label : [];
  lines.forEach((line, index) => {
    shapes.push({ text: line, at: [(left + right) / 2, vertical.end + 18 + 14 * index], fill: colors.soft, size: 11, anchor: "middle" });
  });
  return shapes;
}

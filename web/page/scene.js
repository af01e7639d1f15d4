// A picture as a list of shapes, drawn as SVG for the page and its file, or on a canvas for PNG. Shapes:
//   { line: [[x, y], ...], smooth, stroke, width, dash }     { area: [[x, y], ...], fill, opacity }
//   { dot: [x, y], radius, fill, stroke }                    { box: [x, y, width, height], fill, opacity }
//   { text, at: [x, y], fill, size, anchor, weight, turned, halo }

const NS = "http://www.w3.org/2000/svg";
export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

/**
 * The tangents of a curve through points whose x rise. Between two points it neither rises above both nor falls below
 * them (Fritsch and Carlson).
 */
function tangents(points) {
  const last = points.length - 1;
  const slopes = [];
  for (let i = 0; i < last; i++) {
    slopes.push((points[i + 1][1] - points[i][1]) / (points[i + 1][0] - points[i][0]));
  }
  const found = points.map((_, i) => {
    if (i === 0 || i === last) return slopes[Math.min(i, last - 1)];
    const [before, after] = [slopes[i - 1], slopes[i]];
    if (before * after <= 0) return 0;
    const left = points[i][0] - points[i - 1][0];
    const right = points[i + 1][0] - points[i][0];
    const [first, second] = [2 * right + left, right + 2 * left];
    return (first + second) / (first / before + second / after);
  });
  return found;
}

/** The cubic pieces of a curve, each as its two control points and its end. */
function pieces(points) {
  const slopes = tangents(points);
  return points.slice(1).map(([x, y], i) => {
    const [x0, y0] = points[i];
    const third = (x - x0) / 3;
    return [x0 + third, y0 + slopes[i] * third, x - third, y - slopes[i + 1] * third, x, y];
  });
}

const near = (number) => Math.round(number * 100) / 100;

function pathOf(points, smooth) {
  const start = `M${near(points[0][0])},${near(points[0][1])}`;
  if (!smooth || points.length < 3) {
    return start + points.slice(1).map(([x, y]) => `L${near(x)},${near(y)}`).join("");
  }
  return start + pieces(points).map((piece) => `C${piece.map(near).join(",")}`).join("");
}

function element(name, attributes) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  return made;
}

function svgShape(shape) {
  if (shape.line) {
    return element("path", {
      d: pathOf(shape.line, shape.smooth),
      fill: "none",
      stroke: shape.stroke,
      "stroke-width": shape.width ?? 1,
      "stroke-dasharray": shape.dash?.join(" "),
      "stroke-linejoin": "round",
      "stroke-linecap": shape.dash ? "butt" : "round",
      class: shape.name,
    });
  }
  if (shape.area) {
    return element("path", { d: `${pathOf(shape.area)}Z`, fill: shape.fill, "fill-opacity": shape.opacity, class: shape.name });
  }
  if (shape.dot) {
    const [cx, cy] = shape.dot.map(near);
    const stroke = shape.stroke ? { stroke: shape.stroke, "stroke-width": 1.5 } : {};
    return element("circle", { cx, cy, r: shape.radius, fill: shape.fill, ...stroke, class: shape.name });
  }
  if (shape.box) {
    const [x, y, width, height] = shape.box.map(near);
    return element("rect", { x, y, width, height, fill: shape.fill, "fill-opacity": shape.opacity, class: shape.name });
  }
  const [x, y] = shape.at.map(near);
  const text = element("text", {
    x,
    y,
    fill: shape.fill,
    "font-size": shape.size ?? 12,
    "font-weight": shape.weight,
    "text-anchor": shape.anchor,
    transform: shape.turned ? `rotate(-90 ${x} ${y})` : undefined,
    stroke: shape.halo,
    "stroke-width": shape.halo ? 4 : undefined,
    "stroke-linejoin": shape.halo ? "round" : undefined,
    "paint-order": shape.halo ? "stroke" : undefined,
    class: shape.name,
  });
  text.textContent = shape.text;
  return text;
}

/** Draws shapes into an `svg` element, instead of what is there. */
export function drawSvg(svg, shapes, width, height) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("font-family", FONT);
  svg.replaceChildren(...shapes.map(svgShape));
}

/** The text of an SVG file. */
export function svgFile(shapes, width, height, title) {
  const svg = element("svg", { xmlns: NS });
  drawSvg(svg, shapes, width, height);
  const name = element("title", {});
  name.textContent = title;
  svg.prepend(name);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

function canvasShape(context, shape) {
  context.globalAlpha = shape.opacity ?? 1;
  context.setLineDash(shape.dash ?? []);
  context.lineJoin = "round";
  context.lineCap = shape.dash ? "butt" : "round";
  const path = (points, smooth) => {
    context.beginPath();
    context.moveTo(...points[0]);
    if (smooth && points.length > 2) pieces(points).forEach((piece) => context.bezierCurveTo(...piece));
    else points.slice(1).forEach((point) => context.lineTo(...point));
  };
  if (shape.line) {
    path(shape.line, shape.smooth);
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.width ?? 1;
    context.stroke();
  } else if (shape.area) {
    path(shape.area);
    context.fillStyle = shape.fill;
    context.fill();
  } else if (shape.dot) {
    context.beginPath();
    context.arc(...shape.dot, shape.radius, 0, 2 * Math.PI);
    context.fillStyle = shape.fill;
    context.fill();
    if (shape.stroke) {
      context.strokeStyle = shape.stroke;
      context.lineWidth = 1.5;
      context.stroke();
    }
  } else if (shape.box) {
    context.fillStyle = shape.fill;
    context.fillRect(...shape.box);
  } else {
    context.save();
    context.translate(...shape.at);
    if (shape.turned) context.rotate(-Math.PI / 2);
    context.font = `${shape.weight ?? "normal"} ${shape.size ?? 12}px ${FONT}`;
    context.textAlign = { middle: "center", end: "right" }[shape.anchor] ?? "left";
    if (shape.halo) {
      context.strokeStyle = shape.halo;
      context.lineWidth = 4;
      context.strokeText(shape.text, 0, 0);
    }
    context.fillStyle = shape.fill;
    context.fillText(shape.text, 0, 0);
    context.restore();
  }
}

/** A PNG of shapes, with so many pixels for each unit. */
export function pngFile(shapes, width, height, scale) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * scale, height * scale];
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  shapes.forEach((shape) => canvasShape(context, shape));
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

let ruler;

/** The width of a text, in the font of all pictures. */
export function textWidth(text, size = 12, weight = "normal") {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${weight} ${size}px ${FONT}`;
  return ruler.measureText(text).width;
}

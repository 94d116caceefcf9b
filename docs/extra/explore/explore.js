// The controls and the pictures; the formulas are in descent.js, what is shown in scenes.js.
"use strict";

const FIRST_LEVEL = 0.005; // the innermost line of equal cost, above the lowest cost
const GRID = 61;
const BOX = { left: 52, right: 364, top: 10, bottom: 276 }; // the plot in its svg of 380 x 320

const $ = (id) => document.getElementById(id);
const controls = { rate: $("rate"), iterations: $("iterations"), play: $("play"), step: $("step") };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ---- The state, and its text in the address.

const state = { scene: "free", ...SCENES.free.start };

function within(low, value, high, otherwise) {
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : otherwise;
}

/**
 * Take over what a text like "features=own&rate=0.1&iterations=20" says; ignore the rest of it.
 * One that begins with "scene=" names the scene, whose controls are all that can be set.
 */
function read(text) {
  const said = new URLSearchParams(text);
  const number = (key) => (said.get(key) ? Number(said.get(key)) : NaN);
  const name = Object.hasOwn(SCENES, said.get("scene")) ? said.get("scene") : "free";
  if (said.has("scene") || name !== state.scene) {
    Object.assign(state, { scene: name, ...SCENES[name].start });
  }
  const { choice, rates } = SCENES[name];
  if (choice && Object.hasOwn(choice.options, said.get(choice.key))) {
    state.choice = said.get(choice.key);
  }
  if (rates) state.rate = within(rates[0], number("rate"), rates[1], state.rate);
  state.iterations = Math.round(within(0, number("iterations"), MAX_ITERATIONS, state.iterations));
}

function written() {
  const { choice, rates } = SCENES[state.scene];
  return [
    state.scene !== "free" && `scene=${state.scene}`,
    choice && `${choice.key}=${state.choice}`,
    rates && `rate=${state.rate}`,
    `iterations=${state.iterations}`,
  ].filter(Boolean).join("&");
}

// ---- The descents, made once for each setting but the iteration.

let made = {};

function present() {
  const { scene, choice, rate, iterations: t } = state;
  const setting = `${scene} ${choice} ${rate}`;
  if (made.setting !== setting) {
    const descents = SCENES[scene].descents(state).map(followed);
    made = { setting, descents };
    const { lowest } = descents[0].data;
    const options = SCENES[scene].panels.path;
    if (options) {
      const { from = 0, stretched } = options;
      const steps = descents.flatMap((each) => each.steps.slice(from));
      made.view = (stretched ? rectangleAround : squareAround)(steps, lowest.w);
    }
  }
  const { descents, view } = made;
  const chosen = descents.find(({ key }) => key === choice) ?? descents[0];
  return { descents, view, choice, t, ...chosen, now: chosen.steps[t] };
}

/** The class of the k-th descent's lines: those that are not chosen are thin. */
const wayOf = (each, k, { steps }) => `way s${k}${each.steps === steps ? "" : " thin"}`;

const ends = (values) => [Math.min(...values), Math.max(...values)];

/**
 * What the contours show, at every iteration the same: the lowest point and all of these steps,
 * with room around the lowest point and the first of them.
 */
function rectangleAround(steps, w, room) {
  return [0, 1].map((k) => {
    const near = ends([steps[0].w[k], w[k]]);
    const all = ends([...near, ...steps.map((step) => step.w[k])]);
    const margin = room ?? 0.35 * (near[1] - near[0]), reach = 0.06 * (all[1] - all[0]);
    return [Math.min(near[0] - margin, all[0] - reach), Math.max(near[1] + margin, all[1] + reach)];
  });
}

/** The same with one scale for w1 and w2: the path is seen to leave each line at a right angle. */
function squareAround(steps, w) {
  const far = Math.max(...w.map((value, k) => Math.abs(value - steps[0].w[k])));
  // Where the steps begin at the lowest point, there is its own size to go by.
  const wanted = rectangleAround(steps, w, Math.max(0.35 * far, 0.1 * Math.hypot(...w)));
  const perPixel = Math.max(
    (wanted[0][1] - wanted[0][0]) / (BOX.right - BOX.left),
    (wanted[1][1] - wanted[1][0]) / (BOX.bottom - BOX.top),
  );
  const side = (pixels, [low, high]) => {
    const middle = (low + high) / 2, half = (perPixel * pixels) / 2;
    return [middle - half, middle + half];
  };
  return [side(BOX.right - BOX.left, wanted[0]), side(BOX.bottom - BOX.top, wanted[1])];
}

// ---- Drawing.

function add(parent, name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return parent.appendChild(element);
}

const RAISED = { "-": "⁻", ...[..."⁰¹²³⁴⁵⁶⁷⁸⁹"] };

/** Round numbers between low and high; powers of ten on a logarithmic axis. */
function ticks([low, high], logarithmic, about = 5) {
  if (logarithmic) {
    const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
    const by = Math.ceil((last - first + 1) / about);
    const raised = (power) => [...String(power)].map((each) => RAISED[each]).join("");
    const powers = spaced(first, last, last - first + 1).filter((power) => power % by === 0);
    return powers.map((power) => {
      const value = 10 ** power;
      return { value, label: Math.abs(power) < 3 ? String(value) : `10${raised(power)}` };
    });
  }
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((k) => k * power >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, label: value.toFixed(digits).replace("-", "−") };
  });
}

/** An empty plot: axes and their scales, and a layer that is clipped to the frame. */
function plot(svg, x, y, xLabel, yLabel, logarithmic = {}) {
  svg.replaceChildren();
  const { left, right, top, bottom } = BOX;
  const width = right - left, height = bottom - top;
  const share = (value, [low, high], isLogarithmic) =>
    isLogarithmic
      ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value - low) / (high - low);
  const sx = (value) => left + width * share(value, x, logarithmic.x);
  const sy = (value) => bottom - height * share(value, y, logarithmic.y);
  const clip = add(svg, "clipPath", { id: `${svg.id}-frame` });
  add(clip, "rect", { x: left, y: top, width, height });
  const behind = add(svg, "g", {});
  const inside = add(svg, "g", { "clip-path": `url(#${svg.id}-frame)` });
  for (const { value, label } of ticks(x, logarithmic.x)) {
    add(behind, "line", { class: "grid", x1: sx(value), x2: sx(value), y1: top, y2: bottom });
    add(svg, "text", { x: sx(value), y: bottom + 17, "text-anchor": "middle" }, label);
  }
  for (const { value, label } of ticks(y, logarithmic.y)) {
    add(behind, "line", { class: "grid", x1: left, x2: right, y1: sy(value), y2: sy(value) });
    add(svg, "text", { x: left - 6, y: sy(value) + 4, "text-anchor": "end" }, label);
  }
  add(svg, "rect", { class: "frame", x: left, y: top, width, height });
  const name = { class: "axis", "text-anchor": "middle" };
  const across = `translate(${(left + right) / 2} 314)`;
  const upward = `translate(11 ${(top + bottom) / 2}) rotate(-90)`;
  add(svg, "text", { ...name, transform: across }, xLabel);
  add(svg, "text", { ...name, transform: upward }, yLabel);
  const point = ([u, v]) => `${sx(u).toFixed(2)},${sy(v).toFixed(2)}`;
  const points = (list) => list.map(point).join(" ");
  return { sx, sy, inside, points };
}

/**
 * Lines over the iterations, up to t. Each is { values, way }, the way with its classes; `quiet`
 * ones have no mark at t, nor have thin ones. `y` gives the ends of the other axis for the values
 * in sight.
 */
function drawLines(svg, t, lines, label, y, { level, logarithmic = {} } = {}) {
  const end = [10, 20, 50, 100, 200, MAX_ITERATIONS].find((each) => each >= t);
  const first = logarithmic.x ? 1 : 0;
  const range = y(lines.flatMap(({ values }) => values.slice(first, end + 1)));
  const axes = plot(svg, [first, end], range, "iteration t", label, logarithmic);
  const { sx, sy, inside, points } = axes;
  if (level !== undefined) {
    const floor = sy(level);
    add(inside, "line", { class: "lowest", x1: BOX.left, x2: BOX.right, y1: floor, y2: floor });
  }
  lines.forEach(({ values, way, quiet }) => {
    const walked = values.slice(0, t + 1).map((value, k) => [k, value]).slice(first);
    const ink = way.match(/s\d/)[0];
    add(inside, "polyline", { class: way, points: points(walked) });
    if (walked.length > 0 && !way.includes("thin") && !quiet) {
      if (end <= 100 && !logarithmic.x) {
        for (const [k, value] of walked) {
          add(inside, "circle", { class: `iterate ${ink}`, cx: sx(k), cy: sy(value), r: 2.2 });
        }
      }
      add(svg, "circle", { class: `now ${ink}`, cx: sx(t), cy: sy(values[t]), r: 5.5 });
    }
  });
  return axes;
}

function drawCurve(shown, { above, logarithmic, validation }) {
  const { descents, t, steps, now, data } = shown;
  const svg = $("curve"), level = above ? undefined : data.lowest?.J;
  const height = ({ J }) => (above ? J - data.lowest.J : J);
  const lines = descents.map((each, k) =>
    ({ values: each.steps.map(height), way: wayOf(each, k, shown) }));
  const label = above ? "J above the lowest" : "J";
  let said = `Cost over the iterations: ${steps[0].J.toFixed(3)} at the start, ` +
    `${now.J.toFixed(3)} at iteration ${t}.`;
  if (data.lowest) said += ` The lowest cost there is: ${data.lowest.J.toFixed(3)}.`;
  if (descents.length > 1) {
    const { options } = SCENES[state.scene].choice;
    const costs = descents.map(({ key, steps }) => `${options[key]}: ${small(steps[t].J)}`);
    said += ` Of all: ${costs.join("; ")}.`;
  }
  if (above || logarithmic) {
    // Down to where nothing can be told.
    const least = above ? RESOLVED : 1e-20;
    const range = (values) => {
      const [low, high] = ends(values);
      return [Math.max(least, low / 2), Math.max(2 * high, 10 * least)];
    };
    drawLines(svg, t, lines, label, range, { logarithmic: { x: logarithmic, y: true } });
  } else {
    if (validation) {
      lines.push({ values: validationLosses(shown), way: "way s1", quiet: true });
    }
    const axes = drawLines(svg, t, lines, label, (all) => [0, 1.08 * Math.max(...all)], { level });
    if (validation) said += markKept(axes, t, lines[1].values);
  }
  svg.setAttribute("aria-label", said);
}

/** Where early stopping ends the fit, and what it keeps, as far as iteration t tells. */
function markKept({ sx, sy, inside }, t, losses) {
  const { best, end } = stopEarly(losses.slice(0, t + 1), PATIENCE);
  const [x, y] = [sx(best), sy(losses[best])];
  add(inside, "path", { class: "kept", d: `M${x} ${y - 7}l7 7l-7 7l-7 -7Z` });
  let said = ` Validation loss: ${losses[t].toFixed(3)}, the lowest ${losses[best].toFixed(3)} ` +
    `at iteration ${best}.`;
  if (end - best >= PATIENCE) {
    const place = { x1: sx(end), x2: sx(end), y1: BOX.top, y2: BOX.bottom };
    add(inside, "line", { class: "line faint", ...place });
    said += ` The fit ends at iteration ${end}.`;
  }
  return said;
}

function drawCurvature(shown) {
  const values = steepness(shown), { t } = shown;
  const range = (all) => [0, 1.08 * Math.max(2, ...all)];
  drawLines($("curvature"), t, [{ values, way: "way s0" }], "α λ", range, { level: 2 });
  $("curvature").setAttribute(
    "aria-label",
    `Learning rate times the largest curvature: ${short(values[t])} at iteration ${t}, ` +
      `${short(values[Math.max(0, t - 1)])} before. A descent settles below 2.`,
  );
}

function drawGrowth({ steps, t, now }) {
  const lines = [0, 1].map((k) =>
    ({ values: steps.map(({ w }) => w[k]), way: ["way s4", "way s5"][k] }));
  const range = (all) => {
    const [low, high] = ends([0, ...all]), room = 0.06 * (high - low || 1);
    return [low - room, high + room];
  };
  drawLines($("growth"), t, lines, "w₁, w₂", range, { logarithmic: { x: true } });
  $("growth").setAttribute(
    "aria-label",
    `Coefficients over the iterations, on a logarithmic axis: w1 is ${short(now.w[0])} and w2 ` +
      `${short(now.w[1])} at iteration ${t}.`,
  );
}

/** The names of the axes of a letter, with those of the features where they have any. */
const axesOf = (letter, { features }) =>
  ["₁", "₂"].map((index, k) => letter + index + (features ? ` (${features[k]})` : ""));

function drawPath(shown, { trail = Infinity }) {
  const { descents, steps, t, now, data, view } = shown;
  const { X, y: labels, lowest } = data;
  const { sx, sy, inside, points } = plot($("path"), ...view, ...axesOf("w", data));
  const w1s = spaced(...view[0], GRID), w2s = spaced(...view[1], GRID);
  const costs = costsOver(X, labels, w1s, w2s, now.b);
  const highest = Math.max(...costs.map((row) => Math.max(...row)));
  const levels = [];
  for (let above = FIRST_LEVEL; lowest.J + above < highest; above *= 2) {
    levels.push(lowest.J + above);
  }
  for (const level of levels.reverse()) {
    add(inside, "polygon", { class: "level", points: points(outline(w1s, w2s, costs, level)) });
  }
  const since = Math.max(0, t - trail);
  descents.forEach((each, k) => {
    const ws = each.steps.slice(since, t + 1).map((step) => step.w);
    add(inside, "polyline", { class: wayOf(each, k, shown), points: points(ws) });
    const [cx, cy] = [sx(ws.at(-1)[0]), sy(ws.at(-1)[1])];
    if (descents.length > 1) add(inside, "circle", { class: `end s${k}`, cx, cy, r: 4 });
  });
  const ink = `s${descents.findIndex((each) => each.steps === steps)}`;
  for (const step of steps.slice(since, t + 1)) {
    const place = { cx: sx(step.w[0]), cy: sy(step.w[1]), r: 2.6 };
    add(inside, "circle", { class: `iterate ${ink}`, ...place });
  }
  if (since === 0) {
    add(inside, "rect", { class: "first", x: sx(0) - 4, y: sy(0) - 4, width: 8, height: 8 });
  }
  add(inside, "circle", { class: `now ${ink}`, cx: sx(now.w[0]), cy: sy(now.w[1]), r: 5.5 });
  const [x, y] = [sx(lowest.w[0]), sy(lowest.w[1])];
  add(inside, "path", { class: "lowest plus", d: `M${x - 7} ${y}h14M${x} ${y - 7}v14` });
  $("path").setAttribute(
    "aria-label",
    `Path of w over lines of equal cost: from (0, 0) to (${now.w.map(short).join(", ")}) at ` +
      `iteration ${t}. The cost is lowest at (${lowest.w.map(short).join(", ")}).`,
  );
}

/** The part of a convex polygon where value(point) >= 0, and the points where it was cut. */
function cut(polygon, value) {
  const kept = [], cuts = [];
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length], vp = value(p), vq = value(q);
    if (vp >= 0) kept.push(p);
    if (vp >= 0 !== vq >= 0) {
      const share = vp / (vp - vq);
      cuts.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
      kept.push(cuts.at(-1));
    }
  });
  return { kept, cuts };
}

function drawBoundary({ t, now, data }) {
  const { X, y: labels, validation, widest } = data;
  const [x, y] = [0, 1].map((k) => {
    const [low, high] = ends([...X, ...(validation?.X ?? [])].map((row) => row[k]));
    return [low - 0.07 * (high - low), high + 0.07 * (high - low)];
  });
  const { sx, sy, inside, points } = plot($("boundary"), x, y, ...axesOf("x", data));
  const corners = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
  const z = ([x1, x2]) => now.w[0] * x1 + now.w[1] * x2 + now.b;
  if (t > 0) {
    add(inside, "polygon", { class: "side one", points: points(cut(corners, z).kept) });
    add(inside, "polygon", { class: "side zero", points: points(cut(corners, (p) => -z(p)).kept) });
  }
  const marked = (rows, classes, kind) => rows.forEach((row, i) => {
    const u = sx(row[0]), v = sy(row[1]), isOne = classes[i] === 1;
    const name = `${kind} ${isOne ? "one" : "zero"}`;
    if (isOne) add(inside, "circle", { class: name, cx: u, cy: v, r: 3.6 });
    else add(inside, "path", { class: name, d: `M${u} ${v - 4.6}l4.4 8h-8.8Z` });
    const isWrong = kind === "point" && t > 0 && (z(row) > 0) !== isOne;
    if (isWrong) add(inside, "circle", { class: "wrong", cx: u, cy: v, r: 7 });
  });
  if (validation) marked(validation.X, validation.y, "judge");
  marked(X, labels, "point");
  const lineAt = (value, name) => {
    const { cuts } = cut(corners, value);
    if (cuts.length === 2) {
      const [[x1, y1], [x2, y2]] = cuts.map(([u, v]) => [sx(u), sy(v)]);
      add(inside, "line", { class: name, x1, y1, x2, y2 });
    }
  };
  if (widest) {
    for (const level of [-1, 0, 1]) {
      lineAt(([x1, x2]) => widest.w[0] * x1 + widest.w[1] * x2 + widest.b - level, "line dotted");
    }
  }
  if (t > 0) {
    const odds = Math.log(9); // z where a = 0.9
    for (const [level, name] of [[-odds, "line faint"], [odds, "line faint"], [0, "line"]]) {
      lineAt((p) => z(p) - level, name);
    }
  }
  const right = Math.round(now.accuracy * X.length);
  $("boundary").setAttribute(
    "aria-label",
    t === 0
      ? `${X.length} points of two classes; no decision boundary yet, a is 0.5 everywhere.`
      : `Decision boundary ${short(now.w[0])} x1 + ${short(now.w[1])} x2 + ${short(now.b)} = 0: ` +
          `${right} of ${X.length} points are on their side of it.`,
  );
}

/** The graph of one example, from top to bottom, with numbers on its edges. */
function drawGraph(shown) {
  const { data: { X: [[x1, x2]], y: [y] }, now, t, choice } = shown;
  const { plain, moved } = nudgedGraph(shown, choice);
  const svg = $("graph"), nudged = choice !== "none", middle = 190;
  svg.replaceChildren();
  const number = (value) => signed(value, 3);
  const move = (key) => {
    const by = signed(moved[key] - plain[key], 5);
    return !nudged ? "" : by.startsWith("−") ? ` ${by}` : ` +${by}`;
  };
  const wire = (from, to, isOn) => {
    const ends = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
    add(svg, "line", { class: isOn ? "wire on" : "wire", ...ends });
  };
  const label = (x, y, anchor, text, name = "edge") =>
    add(svg, "text", { class: name, x, y, "text-anchor": anchor }, text);
  const node = (x, y, text, half) => {
    const box = { x: x - half, y: y - 15, width: 2 * half, height: 30, rx: 15 };
    add(svg, "rect", { class: "node", ...box });
    label(x, y + 4.5, "middle", text, "axis");
  };

  const inputs = [
    { key: "w1", name: "w₁", value: now.w[0], slope: plain.dw[0] },
    { key: "x1", name: "x₁", value: x1 },
    { key: "b", name: "b", value: now.b, slope: plain.db },
    { key: "x2", name: "x₂", value: x2 },
    { key: "w2", name: "w₂", value: now.w[1], slope: plain.dw[1] },
  ].map((each, k) => ({ ...each, x: 40 + 75 * k }));
  const stages = [
    { v: 150, half: 52, text: "z = w · x + b", forward: ["z", plain.z, "z"],
      backward: `dz ${number(plain.dz)}` },
    { v: 225, half: 40, text: "a = σ(z)", forward: ["a", plain.a, "a"],
      backward: `da ${number(plain.da)}` },
    { v: 300, half: 36, text: "ℓ(a, y)", forward: ["ℓ", plain.loss, "loss"], backward: "1" },
  ];
  // The wires first: what is written lies over them.
  for (const { key, x } of inputs) wire([x, 30], [middle, 150], key === choice);
  for (const { v } of stages) wire([middle, v], [middle, Math.min(v + 75, 358)], nudged);
  wire([70, 300], [middle, 300], false);
  for (const { key, name, value, slope, x } of inputs) {
    // Near the top, where the edges are apart.
    label(x, 66, "middle", number(value + (key === choice ? NUDGE : 0)));
    if (slope !== undefined) label(x, 83, "middle", `d${name} ${number(slope)}`, "edge back");
    node(x, 30, name, 17);
  }
  for (const { v, half, text, forward: [name, value, key], backward } of stages) {
    label(middle - 8, v + 42, "end", `${name} ${number(value)}${move(key)}`);
    label(middle + 8, v + 42, "start", backward, "edge back");
    node(middle, v, text, half);
  }
  label(112, 294, "middle", `y ${y}`);
  node(70, 300, "y", 17);
  svg.setAttribute(
    "aria-label",
    `Computation graph at iteration ${t}. Forward: z = ${number(plain.z)}, a = ` +
      `${number(plain.a)}, loss = ${number(plain.loss)}. Backward: da = ${number(plain.da)}, ` +
      `dz = ${number(plain.dz)}, dw1 = ${number(plain.dw[0])}, dw2 = ${number(plain.dw[1])}, ` +
      `db = ${number(plain.db)}.` +
      (nudged ? ` Nudged, the loss moves by${move("loss")}.` : ""),
  );
}

const DRAWINGS = {
  curve: drawCurve,
  path: drawPath,
  boundary: drawBoundary,
  curvature: drawCurvature,
  growth: drawGrowth,
  graph: drawGraph,
};

const short = (value) => String(Number(value.toPrecision(3)));

// ---- Everything on the page, from the state.

/** The controls, pictures and words that a scene has, and no others. */
function arrange(scene) {
  const { title, look, choice, rates, start, descents, panels } = SCENES[scene];
  for (const part of document.querySelectorAll("[data-only]")) {
    part.hidden = (part.dataset.only === "free") !== (scene === "free");
  }
  $("scene-title").textContent = title;
  $("scene-look").textContent = look ?? "";
  $("scene-twin").href = `../guide/scenes.html#${title.toLowerCase().replaceAll(" ", "-")}`;
  for (const link of document.querySelectorAll("#scene-links a")) {
    if (link.hash === `#scene=${scene}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }

  $("rate-control").hidden = !rates;
  if (rates) {
    const [low, high] = rates.map(Math.log10);
    const step = high - low > 3 ? 0.05 : 0.01;
    Object.assign(controls.rate, { min: low, max: high, step });
  }
  $("choice").hidden = !choice;
  const legend = document.createElement("legend");
  legend.textContent = choice?.legend;
  const isLegend = descents(start).length > 1;
  $("choice").replaceChildren(legend, ...Object.entries(choice?.options ?? {}).map(
    ([value, name], k) => {
      const label = document.createElement("label"), radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: "choice", value });
      radio.addEventListener("change", () => {
        state.choice = value;
        show();
      });
      label.append(radio, ` ${name}`);
      if (isLegend) {
        const box = { class: "swatch", viewBox: "0 0 28 8", "aria-hidden": true };
        const key = add(label, "svg", box);
        add(key, "line", { class: `way s${k}`, x1: 0, x2: 28, y1: 4, y2: 4 });
      }
      return label;
    },
  ));

  for (const name of Object.keys(DRAWINGS)) $(name).closest("figure").hidden = !panels[name];
  $("panels").append(...Object.keys(panels).map((name) => $(name).closest("figure")));
  for (const place of document.querySelectorAll("[data-caption]")) {
    place.hidden = place.dataset.caption !== scene;
  }
}

let arranged;

function show() {
  if (arranged !== state.scene) arrange((arranged = state.scene));
  const shown = present();
  const { now, t, data } = shown;
  const rate = short(state.rate);
  controls.rate.value = Math.log10(state.rate);
  controls.rate.setAttribute("aria-valuetext", rate);
  controls.iterations.value = t;
  $("rate-value").textContent = rate;
  $("iterations-value").textContent = t;
  for (const radio of document.querySelectorAll("[name=choice]")) {
    radio.checked = radio.value === state.choice;
  }
  for (const button of document.querySelectorAll("[data-setting]")) {
    button.setAttribute("aria-pressed", button.dataset.setting === written());
  }
  controls.step.setAttribute("aria-disabled", t === MAX_ITERATIONS);

  for (const [name, options] of Object.entries(SCENES[state.scene].panels)) {
    DRAWINGS[name](shown, options);
  }
  for (const k of [0, 1]) $(`class-${k}`).textContent = data.classes[k];

  $("read-t").textContent = t;
  const cost = (digits) => (now.J < 1e-4 ? now.J.toExponential(3) : now.J.toFixed(digits));
  $("read-J").textContent = cost(6);
  const fixed = (value) => value.toFixed(6).replace(/^-(?=[0.]*$)/, ""); // no negative zero
  $("read-w1").textContent = fixed(now.w[0]);
  $("read-w2").textContent = fixed(now.w[1]);
  $("read-b").textContent = fixed(now.b);
  $("read-gradient").textContent = gradientNorm(now).toPrecision(3);
  $("read-accuracy").textContent = now.accuracy.toFixed(2);
  $("python").textContent =
    `GDLogisticRegression(learning_rate=${state.rate}, max_iter=${t}, tol=0).fit(X, y)`;

  const [word, sentence] = SCENES[state.scene].tell(shown);
  const strong = document.createElement("strong");
  strong.textContent = `${word}.`;
  $("diagnosis").replaceChildren(strong, ` ${sentence}`);
  later(`Iteration ${t}, cost ${cost(4)}. ${word}. ${sentence}`);
}

// What need not follow every movement of a slider: the address, and what a screen reader says.
let waiting = null;

function later(announcement) {
  // While it plays, once in a while; otherwise when the reader has come to rest.
  if (waiting && playing) return void (waiting.announcement = announcement);
  if (waiting) clearTimeout(waiting.timer);
  const { hash } = location;
  const timer = setTimeout(() => {
    $("announcement").textContent = waiting.announcement;
    // A link that has just been followed will be read in a moment.
    if (location.hash === hash) history.replaceState(null, "", `#${written()}`);
    waiting = null;
  }, playing ? 3000 : 300);
  waiting = { timer, announcement };
}

// ---- Controls.

let playing = null;

function pause() {
  clearInterval(playing);
  playing = null;
  controls.play.textContent = "Play";
}

function forward() {
  if (state.iterations < MAX_ITERATIONS) state.iterations++;
  if (state.iterations === MAX_ITERATIONS) pause();
  show();
}

function play() {
  if (state.iterations === MAX_ITERATIONS) state.iterations = 0;
  // Without motion it is a series of still pictures, with time to look at each.
  playing = setInterval(forward, calm.matches ? 1500 : 100);
  controls.play.textContent = "Pause";
  forward();
}

controls.rate.addEventListener("input", () => {
  state.rate = Number((10 ** Number(controls.rate.value)).toPrecision(2));
  show();
});
controls.iterations.addEventListener("input", () => {
  pause();
  state.iterations = Number(controls.iterations.value);
  show();
});
for (const [name, { title }] of Object.entries(SCENES)) {
  const link = document.createElement("a");
  Object.assign(link, { href: `#scene=${name}`, textContent: title });
  $("scene-links").append(link);
}
for (const button of document.querySelectorAll("[data-setting]")) {
  button.addEventListener("click", () => {
    pause();
    read(button.dataset.setting);
    show();
  });
}
controls.play.addEventListener("click", () => (playing ? (pause(), show()) : play()));
controls.step.addEventListener("click", () => {
  pause();
  forward();
});
$("restart").addEventListener("click", () => {
  pause();
  state.iterations = 0;
  show();
});
window.addEventListener("hashchange", () => {
  pause();
  read(location.hash.slice(1));
  show();
});

read(location.hash.slice(1));
show();

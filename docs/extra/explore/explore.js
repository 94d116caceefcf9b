// The controls and the pictures; the formulas are in descent.js, the data in data.js.
"use strict";

const MAX_ITERATIONS = 300;
const SLOWEST = 1e-4, FASTEST = 100; // the ends of the slider
const FIRST_LEVEL = 0.005; // the innermost line of equal cost, above the lowest cost
const GRID = 61;
const BOX = { left: 52, right: 364, top: 10, bottom: 276 }; // the plot in its svg of 380 x 320

const $ = (id) => document.getElementById(id);
const controls = { rate: $("rate"), iterations: $("iterations"), play: $("play"), step: $("step") };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ---- The state, and its text in the address.

const state = { features: "standardized", rate: 1, iterations: 10 };

function within(low, value, high, otherwise) {
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : otherwise;
}

/** Take over what a text like "features=own&rate=0.1&iterations=20" says; ignore the rest of it. */
function read(text) {
  const said = new URLSearchParams(text);
  const number = (key) => (said.get(key) ? Number(said.get(key)) : NaN);
  if (["standardized", "own"].includes(said.get("features"))) state.features = said.get("features");
  state.rate = within(SLOWEST, number("rate"), FASTEST, state.rate);
  state.iterations = Math.round(within(0, number("iterations"), MAX_ITERATIONS, state.iterations));
}

function written() {
  return `features=${state.features}&rate=${state.rate}&iterations=${state.iterations}`;
}

// ---- The descent, made once for each learning rate and version of the features.

let descent = {};

function present() {
  const { features, rate } = state;
  if (descent.features !== features || descent.rate !== rate) {
    const { X, lowest } = DATA[features];
    const steps = descend(X, DATA.y, rate, MAX_ITERATIONS);
    descent = { features, rate, X, lowest, steps, view: squareAround(steps, lowest.w) };
  }
  return { ...descent, t: state.iterations, now: descent.steps[state.iterations] };
}

const ends = (values) => [Math.min(...values), Math.max(...values)];

/**
 * What the contours show: start, lowest point and the whole path, at every iteration the same. With
 * one scale for w1 and w2, so that the path is seen to leave each line at a right angle.
 */
function squareAround(steps, w) {
  const sides = [0, 1].map((k) => {
    const near = [0, w[k]], all = [...near, ...steps.map((step) => step.w[k])];
    return { near: ends(near), all: ends(all) };
  });
  const room = 0.35 * Math.max(...sides.map(({ near }) => near[1] - near[0]));
  const wanted = sides.map(({ near, all }) => {
    const reach = 0.06 * (all[1] - all[0]);
    return [Math.min(near[0] - room, all[0] - reach), Math.max(near[1] + room, all[1] + reach)];
  });
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

/** Round numbers between low and high. */
function ticks([low, high], about = 5) {
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
function plot(svg, x, y, xLabel, yLabel) {
  svg.replaceChildren();
  const { left, right, top, bottom } = BOX;
  const width = right - left, height = bottom - top;
  const sx = (value) => left + (width * (value - x[0])) / (x[1] - x[0]);
  const sy = (value) => bottom - (height * (value - y[0])) / (y[1] - y[0]);
  const clip = add(svg, "clipPath", { id: `${svg.id}-frame` });
  add(clip, "rect", { x: left, y: top, width, height });
  const behind = add(svg, "g", {});
  const inside = add(svg, "g", { "clip-path": `url(#${svg.id}-frame)` });
  for (const { value, label } of ticks(x)) {
    add(behind, "line", { class: "grid", x1: sx(value), x2: sx(value), y1: top, y2: bottom });
    add(svg, "text", { x: sx(value), y: bottom + 17, "text-anchor": "middle" }, label);
  }
  for (const { value, label } of ticks(y)) {
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

function drawCurve({ steps, t, now, lowest }) {
  const end = [10, 20, 50, 100, 200, MAX_ITERATIONS].find((each) => each >= t);
  const highest = Math.max(...steps.slice(0, end + 1).map((step) => step.J));
  const costs = [0, 1.08 * highest];
  const { sx, sy, inside, points } = plot($("curve"), [0, end], costs, "iteration", "J");
  const floor = sy(lowest.J);
  add(inside, "line", { class: "lowest", x1: BOX.left, x2: BOX.right, y1: floor, y2: floor });
  const walked = steps.slice(0, t + 1);
  add(inside, "polyline", { class: "way", points: points(walked.map((step) => [step.t, step.J])) });
  if (end <= 100) {
    for (const step of walked) {
      add(inside, "circle", { class: "iterate", cx: sx(step.t), cy: sy(step.J), r: 2.2 });
    }
  }
  add($("curve"), "circle", { class: "now", cx: sx(t), cy: sy(now.J), r: 5.5 });
  $("curve").setAttribute(
    "aria-label",
    `Cost over the iterations: ${steps[0].J.toFixed(3)} at the start, ${now.J.toFixed(3)} at ` +
      `iteration ${t}. The lowest cost there is: ${lowest.J.toFixed(3)}.`,
  );
}

function drawPath({ steps, t, now, lowest, X, view }) {
  const { sx, sy, inside, points } = plot($("path"), ...view, "w₁ (perimeter)", "w₂ (texture)");
  const w1s = spaced(...view[0], GRID), w2s = spaced(...view[1], GRID);
  const costs = costsOver(X, DATA.y, w1s, w2s, now.b);
  const highest = Math.max(...costs.map((row) => Math.max(...row)));
  const levels = [];
  for (let above = FIRST_LEVEL; lowest.J + above < highest; above *= 2) {
    levels.push(lowest.J + above);
  }
  for (const level of levels.reverse()) {
    add(inside, "polygon", { class: "level", points: points(outline(w1s, w2s, costs, level)) });
  }
  const walked = steps.slice(0, t + 1);
  add(inside, "polyline", { class: "way", points: points(walked.map((step) => step.w)) });
  for (const step of walked) {
    add(inside, "circle", { class: "iterate", cx: sx(step.w[0]), cy: sy(step.w[1]), r: 2.6 });
  }
  add(inside, "rect", { class: "first", x: sx(0) - 4, y: sy(0) - 4, width: 8, height: 8 });
  add(inside, "circle", { class: "now", cx: sx(now.w[0]), cy: sy(now.w[1]), r: 5.5 });
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

function drawBoundary({ t, now, X }) {
  const [x, y] = [0, 1].map((k) => {
    const [low, high] = ends(X.map((row) => row[k]));
    return [low - 0.07 * (high - low), high + 0.07 * (high - low)];
  });
  const names = ["x₁ (perimeter)", "x₂ (texture)"];
  const { sx, sy, inside, points } = plot($("boundary"), x, y, ...names);
  const corners = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
  const z = ([x1, x2]) => now.w[0] * x1 + now.w[1] * x2 + now.b;
  if (t > 0) {
    add(inside, "polygon", { class: "side one", points: points(cut(corners, z).kept) });
    add(inside, "polygon", { class: "side zero", points: points(cut(corners, (p) => -z(p)).kept) });
  }
  X.forEach((row, i) => {
    const u = sx(row[0]), v = sy(row[1]);
    if (DATA.y[i] === 1) add(inside, "circle", { class: "point one", cx: u, cy: v, r: 3.6 });
    else add(inside, "path", { class: "point zero", d: `M${u} ${v - 4.6}l4.4 8h-8.8Z` });
    const wrong = t > 0 && (z(row) > 0) !== (DATA.y[i] === 1);
    if (wrong) add(inside, "circle", { class: "wrong", cx: u, cy: v, r: 7 });
  });
  if (t > 0) {
    const odds = Math.log(9); // z where a = 0.9
    for (const [level, name] of [[-odds, "line faint"], [odds, "line faint"], [0, "line"]]) {
      const { cuts } = cut(corners, (p) => z(p) - level);
      if (cuts.length === 2) {
        const [[x1, y1], [x2, y2]] = cuts.map(([u, v]) => [sx(u), sy(v)]);
        add(inside, "line", { class: name, x1, y1, x2, y2 });
      }
    }
  }
  const right = Math.round(now.accuracy * X.length);
  $("boundary").setAttribute(
    "aria-label",
    t === 0
      ? "100 points of two classes; no decision boundary yet, a is 0.5 everywhere."
      : `Decision boundary ${short(now.w[0])} x1 + ${short(now.w[1])} x2 + ${short(now.b)} = 0: ` +
          `${right} of ${X.length} points are on their side of it.`,
  );
}

const short = (value) => String(Number(value.toPrecision(3)));

// ---- Everything on the page, from the state.

function show() {
  const shown = present();
  const { now, steps, t, lowest } = shown;
  const rate = short(state.rate);
  controls.rate.value = Math.log10(state.rate);
  controls.rate.setAttribute("aria-valuetext", rate);
  controls.iterations.value = t;
  $("rate-value").textContent = rate;
  $("iterations-value").textContent = t;
  for (const radio of document.querySelectorAll("[name=features]")) {
    radio.checked = radio.value === state.features;
  }
  for (const button of document.querySelectorAll("[data-setting]")) {
    button.setAttribute("aria-pressed", button.dataset.setting === written());
  }
  controls.step.setAttribute("aria-disabled", t === MAX_ITERATIONS);

  drawCurve(shown);
  drawPath(shown);
  drawBoundary(shown);

  $("read-t").textContent = t;
  $("read-J").textContent = now.J.toFixed(6);
  $("read-w1").textContent = now.w[0].toFixed(6);
  $("read-w2").textContent = now.w[1].toFixed(6);
  $("read-b").textContent = now.b.toFixed(6);
  $("read-gradient").textContent = gradientNorm(now).toPrecision(3);
  $("read-accuracy").textContent = now.accuracy.toFixed(2);
  $("python").textContent =
    `GDLogisticRegression(learning_rate=${state.rate}, max_iter=${t}, tol=0).fit(X, y)`;

  const [word, sentence] = diagnose(steps, t, state.rate, lowest);
  const strong = document.createElement("strong");
  strong.textContent = `${word}.`;
  $("diagnosis").replaceChildren(strong, ` ${sentence}`);
  later(`Iteration ${t}, cost ${now.J.toFixed(4)}. ${word}. ${sentence}`);
}

// What need not follow every movement of a slider: the address, and what a screen reader says.
let waiting = null;

function later(announcement) {
  // While it plays, once in a while; otherwise when the reader has come to rest.
  if (waiting && playing) return void (waiting.announcement = announcement);
  if (waiting) clearTimeout(waiting.timer);
  const timer = setTimeout(() => {
    $("announcement").textContent = waiting.announcement;
    history.replaceState(null, "", `#${written()}`);
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
for (const radio of document.querySelectorAll("[name=features]")) {
  radio.addEventListener("change", () => {
    state.features = radio.value;
    show();
  });
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

// What can be looked at: for each scene its data, rates, coordinates, pictures, and what they show.
//
//   title, look   what it is called, and what to look for
//   choice        the one choice there is: its key in the address, its legend, its options
//   rates         the ends of the learning rate's slider; without them the rates are given
//   start         what is shown at first
//   panels        the pictures, and what is particular about them
//   descents      what is drawn over one another; that whose key is chosen is also read out
//   tell          what there is to say at iteration t: a word, and a sentence with the numbers
"use strict";

const TUMORS = { classes: ["malignant", "benign"], y: DATA.y };
const MADE_UP = { classes: ["one class", "the other"] };
const tumors = (version, second) =>
  ({ ...TUMORS, ...DATA[version], features: ["perimeter", second] });

// A line with room on both sides separates them: w = (1, -1) and b = 0 has the widest margin, with
// z = -1 and 1 where it ends. The classes lie along it, and their means say little about it.
const SEPARABLE = {
  ...MADE_UP,
  X: [[-4, -3], [-3, -1], [-3, -2], [-2, -1], [-1, 1], [1, 2],
    [-1, -2], [1, -1], [2, 1], [3, 1], [3, 2], [4, 3]],
  y: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1],
  widest: { w: [1, -1], b: 0 },
};

// Every eighth of the tumors to learn from, the others to judge by.
const isTraining = (_, i) => i % 8 === 6;
const isValidation = (_, i) => !isTraining(_, i);
const FEW = {
  ...TUMORS,
  features: ["perimeter", "texture"],
  X: DATA.standardized.X.filter(isTraining),
  y: DATA.y.filter(isTraining),
  validation: { X: DATA.standardized.X.filter(isValidation), y: DATA.y.filter(isValidation) },
};

const ONE = { ...MADE_UP, X: [[2, 3]], y: [1] };

const MAX_ITERATIONS = 300;
const PATIENCE = 10; // the package's default n_iter_no_change
const NUDGE = 0.001; // the course's
const RESOLVED = 1e-8; // the lowest costs in DATA have nine digits

/** A descent with its steps. */
function followed(each) {
  const { data: { X, y }, rate, coordinates = "raw" } = each;
  return { ...each, steps: descend(X, y, rate, MAX_ITERATIONS, COORDINATES[coordinates](X)) };
}

/** The losses of the validation examples, at every step. */
const validationLosses = ({ data: { validation }, steps }) =>
  steps.map(({ w, b }) => costAndGradient(validation.X, validation.y, w, b).J);

/** The learning rate, in units of 1 over the curvature: a descent settles below 2. */
const steepness = ({ data, rate, steps }) =>
  steps.map(({ w, b }) => rate * largestCurvature(hessian(data.X, w, b)));

/** One example forward and backward, as it is and with a variable moved by the nudge. */
function nudgedGraph({ data, now: { w, b } }, nudged) {
  const by = (name) => (name === nudged ? NUDGE : 0);
  const at = (w, b) => forwardAndBackward(data.X[0], data.y[0], w, b);
  return { plain: at(w, b), moved: at([w[0] + by("w1"), w[1] + by("w2")], b + by("b")) };
}

const SCENES = {
  free: {
    title: "Free descent",
    choice: {
      key: "features",
      legend: "Features",
      options: { standardized: "standardized", own: "in their own units" },
    },
    rates: [1e-4, 100],
    start: { choice: "standardized", rate: 1, iterations: 10 },
    panels: { curve: {}, path: {}, boundary: {} },
    descents: ({ choice, rate }) => [{ key: choice, data: tumors(choice, "texture"), rate }],
    tell: ({ steps, t, rate, data }) => diagnose(steps, t, rate, data.lowest),
  },

  cycles: {
    title: "The edge of stability",
    look: "Move the learning rate over 2 / λ, with λ the largest curvature at the lowest cost. " +
      "Just below, the descent settles. Just above, it comes near the lowest cost and is " +
      "driven away, but does not diverge: it ends in a cycle, w on one side of the valley at one " +
      "iteration and on the other at the next, where α λ is above and below 2 in turn.",
    rates: [20, 40],
    start: { rate: 26, iterations: 200 },
    panels: { curve: { above: true }, path: { from: 60, trail: 12 }, curvature: {} },
    descents: ({ rate }) => [{ data: tumors("standardized", "texture"), rate }],
    tell({ steps, t, rate, data: { lowest } }) {
      const limit = `Here 2 / λ is ${lowest.settles.toPrecision(3)}.`;
      const length = cycleLength(steps, t);
      if (length === 0) return ["No cycle so far", `The cost has not come back. ${limit}`];
      if (length === 1) {
        const cost = `The cost is ${steps[t].J.toFixed(4)}`;
        return rate < lowest.settles
          ? ["Settled", `${cost}, and stays. ${limit}`]
          : ["Near the lowest cost", `${cost}, and will not stay. ${limit}`];
      }
      const costs = steps.slice(t + 1 - length, t + 1).map((step) => step.J.toFixed(4));
      return [`A cycle of ${length}`, `The cost is ${costs.join(", ")} in turn. ${limit}`];
    },
  },

  separable: {
    title: "When a line separates",
    look: "The cost has no lowest point: at a constant rate it falls like 1 / t, w₁ and w₂ grow " +
      "like log t (straight lines over a logarithmic axis), and the boundary turns to the line of " +
      "the widest margin, dotted. A huge rate makes the perceptron, which moves only for examples " +
      "on the wrong side, and stops when there are none. A rate that grows as the cost falls " +
      "reaches a cost of 10⁻¹⁰ in a moment.",
    choice: {
      key: "rule",
      legend: "Learning rate",
      options: {
        constant: "1",
        perceptron: "100",
        growing: "0.3 / (1 − exp(−J))",
      },
    },
    start: { choice: "constant", iterations: 150 },
    panels: { curve: { logarithmic: true }, growth: {}, boundary: {} },
    descents: () => [
      { key: "constant", data: SEPARABLE, rate: 1 },
      { key: "perceptron", data: SEPARABLE, rate: 100 },
      { key: "growing", data: SEPARABLE, rate: ({ J }) => 0.3 / -Math.expm1(-J) },
    ],
    tell({ now, t, data: { X, widest } }) {
      if (t === 0) return ["At the start", "w is 0, and every a is 0.5."];
      const wrong = Math.round((1 - now.accuracy) * X.length);
      const angle = angleBetween(now.w, widest.w).toPrecision(2);
      return [
        wrong === 0 ? "Separated" : `${wrong} on the wrong side`,
        `The cost is ${small(now.J)}; w is ${angle}° off the direction of the widest margin.`,
      ];
    },
  },

  coordinates: {
    title: "Four coordinates",
    look: "Four descents on one cost, each at 1 / L of its coordinates, all drawn in w. Perimeter " +
      "and area are nearly one feature. The raw path falls into the valley and creeps along it; " +
      "standardizing changes where it falls in, but not that it creeps, since the valley lies " +
      "across the axes; decorrelated, it goes straight to the lowest cost. In row coordinates the " +
      "path is the raw one: gradient descent does not care from which side it is looked at.",
    choice: {
      key: "coordinates",
      legend: "Coordinates",
      options: {
        raw: "raw",
        standardized: "standardized",
        decorrelated: "decorrelated",
        rows: "rows",
      },
    },
    start: { choice: "decorrelated", iterations: 30 },
    panels: { path: { stretched: true }, curve: { above: true }, boundary: {} },
    descents: () => {
      const data = tumors("correlated", "area");
      const rates = { raw: 0.00827, standardized: 2.01, decorrelated: 1, rows: 0.00827 };
      return Object.entries(rates).map(([key, rate]) => ({ key, data, rate, coordinates: key }));
    },
    tell({ descents, t, data: { lowest } }) {
      const above = descents.map(({ key, steps }) => {
        const height = steps[t].J - lowest.J;
        const told = height < RESOLVED ? "less than 1e−8" : small(height);
        return `${SCENES.coordinates.choice.options[key]} ${told}`;
      });
      return ["Above the lowest cost", `${above.join(", ")}.`];
    },
  },

  stopping: {
    title: "Early stopping",
    look: "12 tumors to learn from, 88 to judge by. The training loss (the line) falls for as long " +
      "as the descent goes on. The validation loss (dashes) falls too, then rises. When there has " +
      "been no new lowest for 10 iterations the fit ends (the upright line) and keeps the iterate " +
      "that had it (the diamond).",
    rates: [0.1, 10],
    start: { rate: 1, iterations: 60 },
    panels: { curve: { validation: true }, boundary: {} },
    descents: ({ rate }) => [{ data: FEW, rate }],
    tell(shown) {
      const losses = validationLosses(shown), { t } = shown;
      const { best, end } = stopEarly(losses, PATIENCE);
      const now = `The validation loss is ${losses[t].toFixed(4)}`;
      if (t < end) return ["Going on", `${now}, the lowest so far ${
        Math.min(...losses.slice(0, t + 1)).toFixed(4)}.`];
      const kept = `keeping iteration ${best}, where it was ${losses[best].toFixed(4)}`;
      return end - best < PATIENCE
        ? ["Not stopped", `${now}. There was no lowest that held for ${PATIENCE} iterations.`]
        : ["Stopped", `${now}. The fit ended at iteration ${end}, ${kept}.`];
    },
  },

  graph: {
    title: "The computation graph",
    look: "One example, x = (2, 3) and y = 1. Forward, downwards, every step makes its number of " +
      "the ones before; backward, upwards, every derivative (in colour) is made of the one after. " +
      "Nudge a variable by 0.001: the loss moves by 0.001 times its derivative. Then let it " +
      "descend: the derivatives shrink.",
    choice: {
      key: "nudge",
      legend: "Nudge by 0.001",
      options: { none: "nothing", w1: "w₁", w2: "w₂", b: "b" },
    },
    rates: [0.01, 1],
    start: { choice: "none", rate: 0.1, iterations: 1 },
    panels: { graph: {}, curve: {} },
    descents: ({ rate }) => [{ data: ONE, rate }],
    tell(shown) {
      const name = shown.choice;
      const { plain, moved } = nudgedGraph(shown, name);
      if (name === "none") {
        return ["As it is", `a is ${plain.a.toFixed(4)}, y is 1, so dz = a − y is ${
          signed(plain.dz, 4)}, and dw₁ = 2 dz, dw₂ = 3 dz, db = dz.`];
      }
      const derivative = { w1: plain.dw[0], w2: plain.dw[1], b: plain.db }[name];
      const label = SCENES.graph.choice.options[name];
      return ["Nudged", `${label} moves by 0.001, and the loss by ${
        signed(moved.loss - plain.loss, 7)}: 0.001 times d${label}, which is ${
        signed(derivative, 4)}.`];
    },
  },
};

/** A number that may be small, with three digits. */
const small = (value) =>
  (value === 0 || value >= 1e-3 ? value.toPrecision(3) : value.toExponential(2)).replaceAll("-", "−");

/** A number with its sign. */
const signed = (value, digits) => value.toFixed(digits).replace("-", "−");

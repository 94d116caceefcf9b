// Logistic regression by gradient descent: the formulas, and nothing of the page.
"use strict";

/** J, dw, db and the accuracy at (w, b), for two features. */
function costAndGradient(X, y, w, b) {
  const m = y.length;
  let J = 0, dw1 = 0, dw2 = 0, db = 0, hits = 0;
  for (let i = 0; i < m; i++) {
    const [x1, x2] = X[i];
    const z = w[0] * x1 + w[1] * x2 + b;
    // -(y log a + (1 - y) log(1 - a)), by exp(-|z|), which cannot overflow.
    const e = Math.exp(-Math.abs(z));
    J += Math.max(z, 0) - y[i] * z + Math.log1p(e);
    const a = (z > 0 ? 1 : e) / (1 + e);
    const dz = a - y[i];
    dw1 += x1 * dz;
    dw2 += x2 * dz;
    db += dz;
    hits += (z > 0) === (y[i] === 1) ? 1 : 0;
  }
  return { J: J / m, dw: [dw1 / m, dw2 / m], db: db / m, accuracy: hits / m };
}

/**
 * The start, w = 0 and b = 0, and the iterates that follow it. The rate is a number, or a function
 * of the step that it leads on from. The descent moves in coordinates v, with (w, b) = M v.
 */
function descend(X, y, rate, iterations, M = RAW) {
  const toGradient = transposed(M);
  let v = [0, 0, 0];
  const steps = [];
  for (let t = 0; t <= iterations; t++) {
    const [w1, w2, b] = applied(M, v);
    const step = { t, w: [w1, w2], b, ...costAndGradient(X, y, [w1, w2], b) };
    steps.push(step);
    const alpha = typeof rate === "function" ? rate(step) : rate;
    const dv = applied(toGradient, [...step.dw, step.db]);
    v = v.map((value, k) => value - alpha * dv[k]);
  }
  return steps;
}

// ---- Coordinates: matrices, as lists of their rows.

const RAW = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];

const applied = (A, v) => A.map((row) => row.reduce((sum, a, k) => sum + a * v[k], 0));
const transposed = (A) => A[0].map((_, j) => A.map((row) => row[j]));
const product = (A, B) => transposed(transposed(B).map((column) => applied(A, column)));
const trace = (A) => A.reduce((sum, row, k) => sum + row[k], 0);

/** The second derivatives of J in (w1, w2, b). */
function hessian(X, w, b) {
  const H = RAW.map((row) => row.map(() => 0));
  for (const [x1, x2] of X) {
    const e = Math.exp(-Math.abs(w[0] * x1 + w[1] * x2 + b));
    const share = e / (1 + e) ** 2 / X.length; // a (1 - a) / m
    const row = [x1, x2, 1];
    for (let j = 0; j < 3; j++) for (let k = 0; k < 3; k++) H[j][k] += share * row[j] * row[k];
  }
  return H;
}

/** The largest eigenvalue of a matrix of second derivatives. */
function largestCurvature(H) {
  // Squared again and again, H is a multiple of the projector on its steepest direction.
  let P = H;
  for (let k = 0; k < 30; k++) {
    const size = trace(P);
    P = P.map((row) => row.map((value) => value / size));
    P = product(P, P);
  }
  return trace(product(H, P)) / trace(P);
}

/** inv(R) of H = R R', R a lower triangle (Cholesky), row by row. */
function inverseRoot(H) {
  const R = H.map((row) => row.map(() => 0)), inverse = H.map((row) => row.map(() => 0));
  const dot = (u, v) => u.reduce((sum, value, k) => sum + value * v[k], 0);
  H.forEach((row, j) => {
    for (let k = 0; k < j; k++) R[j][k] = (row[k] - dot(R[j], R[k])) / R[k][k];
    R[j][j] = Math.sqrt(row[j] - dot(R[j], R[j]));
    const before = applied(transposed(inverse), R[j]);
    inverse[j] = RAW[j].map((one, k) => (one - before[k]) / R[j][j]);
  });
  return inverse;
}

/** M of (w, b) = M v, for the rows of X. */
const COORDINATES = {
  raw: () => RAW,
  /** The coefficients that standardized features would have. */
  standardized(X) {
    const mean = [0, 1].map((k) => X.reduce((sum, row) => sum + row[k], 0) / X.length);
    const spread = mean.map((middle, k) =>
      Math.sqrt(X.reduce((sum, row) => sum + (row[k] - middle) ** 2, 0) / X.length));
    return [
      [1 / spread[0], 0, 0],
      [0, 1 / spread[1], 0],
      [-mean[0] / spread[0], -mean[1] / spread[1], 1],
    ];
  },
  /** Those in which the second derivatives at the start are the identity. */
  decorrelated(X) {
    const S = COORDINATES.standardized(X);
    const H = product(transposed(S), product(hessian(X, [0, 0], 0), S));
    return product(S, transposed(inverseRoot(H)));
  },
  /** Along an orthonormal basis of what the rows span: the eigenvectors of X'X. */
  rows(X) {
    const sum = (j, k) => X.reduce((total, row) => total + row[j] * row[k], 0);
    const angle = Math.atan2(2 * sum(0, 1), sum(0, 0) - sum(1, 1)) / 2;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]];
  },
};

// ---- What the scenes look at.

/**
 * After how many iterations the cost comes back at iteration t: 1 where it stays, 0 where it does
 * not come back. It has to do so twice, to a thousandth.
 */
function cycleLength(steps, t) {
  const same = (s, r) => Math.abs(steps[s].J - steps[r].J) <= 1e-3 * steps[r].J;
  for (let length = 1; length <= 8 && 3 * length <= t; length++) {
    let back = 0;
    while (back < 2 * length && same(t - back, t - back - length)) back++;
    if (back === 2 * length) return length;
  }
  return 0;
}

/** The iteration with the lowest loss, and the one at which there has been none for so long. */
function stopEarly(losses, patience) {
  let best = 0;
  for (let t = 1; t < losses.length; t++) {
    if (losses[t] < losses[best]) best = t;
    else if (t - best >= patience) return { best, end: t };
  }
  return { best, end: losses.length - 1 };
}

/** The angle between two directions, in degrees. */
function angleBetween(u, v) {
  const cos = (u[0] * v[0] + u[1] * v[1]) / (Math.hypot(...u) * Math.hypot(...v));
  return (Math.acos(Math.min(1, cos)) * 180) / Math.PI;
}

/** One example forward, from left to right, and backward, from right to left. */
function forwardAndBackward(x, y, w, b) {
  const z = w[0] * x[0] + w[1] * x[1] + b;
  const a = 1 / (1 + Math.exp(-z));
  const loss = -(y * Math.log(a) + (1 - y) * Math.log(1 - a));
  const da = -y / a + (1 - y) / (1 - a);
  const dz = da * a * (1 - a);
  return { z, a, loss, da, dz, dw: [x[0] * dz, x[1] * dz], db: dz };
}

/** The largest entry of the gradient: what the package's `tol` bounds. */
function gradientNorm({ dw, db }) {
  return Math.max(Math.abs(dw[0]), Math.abs(dw[1]), Math.abs(db));
}

const TOL = 1e-4; // the package's default
const LOOK_BACK = 20; // iterations in which a rise of the cost counts as oscillation
const SLOW = 0.002; // a step that takes less of the way left would need hundreds of its like

/**
 * How a descent with learning rate alpha goes at iteration t: a word for it, and a sentence with
 * the numbers. `lowest` has J where the cost is lowest, and the rate below which a descent settles.
 */
function diagnose(steps, t, alpha, lowest) {
  const now = steps[t];
  if (t === 0) {
    return ["At the start", "w and b are 0, so every a is 0.5 and J is log 2 = 0.693."];
  }
  if (gradientNorm(now) <= TOL) {
    return ["Converged", `No entry of the gradient is larger than ${TOL}.`];
  }
  const recent = steps.slice(Math.max(0, t - LOOK_BACK), t + 1);
  const rises = recent.filter((step, k) => k > 0 && step.J > recent[k - 1].J).length;
  if (rises > 0) {
    const count = recent.length - 1;
    const when = count === 1 ? "the first iteration" : `${rises} of the last ${count} iterations`;
    const limit = `Near the lowest cost, rates below ${lowest.settles.toPrecision(2)} settle`;
    const end = alpha < lowest.settles ? ", and this is one" : ", and this is larger";
    return ["Oscillating", `The cost rose in ${when}. ${limit}${end}.`];
  }
  const before = steps[t - 1];
  const share = (before.J - now.J) / (before.J - lowest.J);
  const way = `The last step took ${(100 * share).toPrecision(2)} % of the way down that was left.`;
  if (share < SLOW) return ["Barely moving", way];
  // Consecutive gradients that point against each other: the step went across the valley.
  if (now.dw[0] * before.dw[0] + now.dw[1] * before.dw[1] + now.db * before.db < 0) {
    return ["Falling in a zigzag", `Each step crosses the valley, the next comes back. ${way}`];
  }
  return ["Falling steadily", way];
}

/** `count` numbers from low to high. */
function spaced(low, high, count) {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** The cost over a grid of (w1, w2), with b as it is; rows go with w2. */
function costsOver(X, y, w1s, w2s, b) {
  return w2s.map((w2) => w1s.map((w1) => costAndGradient(X, y, [w1, w2], b).J));
}

/**
 * The outline of the region in which the cost is at most `level`, as a list of points.
 *
 * The cost is convex, so the region is convex too, and its outline is the points where it cuts the
 * lines of the grid, in the order of their angles around their middle. Where the region reaches
 * the grid's border, the border is part of its outline. Of a region between the lines of the grid
 * nothing can be said: no points.
 */
function outline(w1s, w2s, costs, level) {
  const points = [];
  const last1 = w1s.length - 1, last2 = w2s.length - 1;
  const cut = (low, high) => (level - low) / (high - low);
  let inside = 0;
  for (let j = 0; j <= last2; j++) {
    for (let i = 0; i <= last1; i++) {
      const here = costs[j][i], isIn = here <= level;
      if (isIn) inside++;
      if (isIn && (i === 0 || j === 0 || i === last1 || j === last2)) points.push([w1s[i], w2s[j]]);
      if (i < last1 && isIn !== (costs[j][i + 1] <= level)) {
        points.push([w1s[i] + cut(here, costs[j][i + 1]) * (w1s[i + 1] - w1s[i]), w2s[j]]);
      }
      if (j < last2 && isIn !== (costs[j + 1][i] <= level)) {
        points.push([w1s[i], w2s[j] + cut(here, costs[j + 1][i]) * (w2s[j + 1] - w2s[j])]);
      }
    }
  }
  if (inside < 8) return [];
  const middle = [0, 1].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length);
  const angle = (p) => Math.atan2(p[1] - middle[1], p[0] - middle[0]);
  return points.sort((p, q) => angle(p) - angle(q));
}

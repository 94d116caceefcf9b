"""Many columns: python benchmarks/wide.py [--quick] [--cap SECONDS] [--only TEXT ...] [--json FILE]

Two tables. The first is of time to a given cost, as that of time_to_cost.py, on data with a few
dominant directions and columns of unlike scales, as expression data, spectra and embeddings have:
each solver runs with tol from 1 down to 1e-8, a power of ten apart, until it is within 1e-6 of the
way from start to optimum, or a fit took longer than --cap seconds; its time to a gap is that of its
fastest fit that reached it. ">" stands before the longest fit of a solver that did not.

The second is the course's own loop, 2,000 iterations at a constant rate over 209 images of 12,288
numbers, beside GDLogisticRegression, and by how much costs and coefficients differ.

All threads there are, for everyone. scikit-learn-intelex and glum take part where installed.
"""

import time
import warnings

import numpy as np
from _common import (
    OTHERS,
    add_only,
    chosen,
    duration,
    environment,
    interleaved,
    parser,
    print_environment,
    print_table,
    write_json,
)
from _solvers import OURS, Problem, Solver, make_ours
from _solvers import solvers as all_solvers
from time_to_cost import Attempt, relative_gap

from sklearn_gdlogreg import GDLogisticRegression

GAPS = (1e-2, 1e-4, 1e-6)
TOLS = [10.0**-k for k in range(9)]
MAX_ITER = 20_000


def spectra(n_rows, n_columns, n_classes=2, seed=0):
    """Ten directions that dominate, noise, and a scale for each column."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_rows, 10)) * rng.exponential(size=10)
    X = factors @ rng.normal(size=(10, n_columns)) + rng.normal(size=(n_rows, n_columns))
    z = factors @ rng.normal(size=(10, n_classes))
    y = np.argmax(z + rng.gumbel(size=z.shape), axis=1)
    return X * np.exp(rng.normal(size=n_columns)), y


def counts(n_rows, n_columns, seed=0):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_rows, 8))
    mu = factors @ rng.normal(size=(8, n_columns)) / 3 + rng.normal(size=(n_rows, n_columns)) / 2
    y = (factors[:, 0] + rng.logistic(size=n_rows) > 0).astype(int)
    return rng.poisson(np.exp(np.minimum(mu, 8))).astype(float), y


def embeddings(n_rows, n_columns, n_classes, seed=0):
    """Directions of decreasing length, and a centre for each class; float32."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(n_columns, n_columns))
    mix = mix * np.exp(-np.arange(n_columns) / 80)[:, None] + 0.05 * mix
    centres = rng.normal(size=(n_classes, n_columns))
    y = rng.integers(0, n_classes, n_rows)
    X = (rng.normal(size=(n_rows, n_columns)) + 0.3 * centres[y]) @ mix
    return X.astype(np.float32), y


def images(n_rows=209, side=64, seed=0):
    """Smooth random pictures, darker than grey, in three channels; X = pixels / 255."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(n_rows, 8, 8, 3))
    pictures = np.kron(coarse, np.ones((1, side // 8, side // 8, 1)))
    pictures = 60 + 30 * pictures + 10 * rng.normal(size=pictures.shape)
    y = (coarse[:, 2:6, 2:6].mean(axis=(1, 2, 3)) + rng.normal(size=n_rows) / 20 > 0).astype(int)
    return np.clip(pictures, 0, 255).reshape(n_rows, -1) / 255, y


def problems(quick):
    if quick:
        yield Problem("spectra 100 x 2,000", *spectra(100, 2000), 1.0, 0.0)
        yield Problem("embeddings 2,000 x 128, 10", *embeddings(2000, 128, 10), 1.0, 0.0)
        return
    for C in (0.01, 1.0):
        yield Problem("spectra 200 x 5,000", *spectra(200, 5000), C, 0.0)
        yield Problem("counts 200 x 5,000", *counts(200, 5000), C, 0.0)
        yield Problem("spectra 500 x 20,000", *spectra(500, 20_000), C, 0.0)
        yield Problem("spectra 6,000 x 4,000", *spectra(6000, 4000), C, 0.0)
    for n_classes in (20, 200):
        name = f"embeddings 20,000 x 768, {n_classes}"
        yield Problem(name, *embeddings(20_000, 768, n_classes), 0.01, 0.0)


def solvers(problem):
    """Those that take a thousand columns and more without a matrix of them."""
    names = (OURS, "lbfgs", "newton-cg", "glum lbfgs", "intelex lbfgs")
    return [solver for solver in all_solvers(problem) if solver.name in names]


def measure(problem, cap):
    """For each solver (seconds, gap) of its fits."""
    start = problem.cost(*problem.zeros())
    best = Attempt(Solver(OURS, make_ours), 1e-8, MAX_ITER, threads=None)
    optimum = best.fit(problem, {id(best.solver): (problem.X, problem.y)}).cost
    fits = {}
    for solver in solvers(problem):
        prepared = {id(solver): solver.prepare(problem)}
        for tol in TOLS:
            attempt = Attempt(solver, tol, MAX_ITER, threads=None).fit(problem, prepared)
            while sum(attempt.seconds) < 1 and len(attempt.seconds) < 5:
                attempt.fit(problem, prepared)
            fits.setdefault(solver.name, []).append((min(attempt.seconds), attempt.cost))
            enough = relative_gap(attempt.cost, start, optimum) <= min(GAPS)
            if enough or min(attempt.seconds) > cap:
                break
    optimum = min([optimum, *(cost for tried in fits.values() for _, cost in tried)])
    gaps = {
        name: [(seconds, relative_gap(cost, start, optimum)) for seconds, cost in tried]
        for name, tried in fits.items()
    }
    return {"problem": problem.name, "optimum": optimum, "fits": gaps}


def time_to(tried, gap):
    """The fastest of some fits that came so near, and whether there is one; else the longest."""
    reached = [seconds for seconds, found in tried if found <= gap]
    return (min(reached), True) if reached else (max(seconds for seconds, _ in tried), False)


def print_times(result):
    rows = []
    for name, tried in result["fits"].items():
        cells, ratios = [], []
        for gap in GAPS:
            seconds, reached = time_to(tried, gap)
            ours, ours_reached = time_to(result["fits"][OURS], gap)
            mark = "" if reached else "> "
            cells.append(mark + duration(seconds))
            ratios.append(f"{mark}{seconds / ours:.2f}" if ours_reached else "-")
        rows.append([name, *cells, *ratios])
    print(f"\n{result['problem']}; J* = {result['optimum']:.6g}")
    print_table(
        ["time to a gap of", *(f"{gap:.0e}" for gap in GAPS), *(f"/ ours {g:.0e}" for g in GAPS)],
        rows,
    )


def course_loop(X, y, learning_rate, n_steps):
    """The course's vectorized loop: every cost, and where it ends."""
    w, b, m, costs = np.zeros(X.shape[1]), 0.0, len(X), []
    for _ in range(n_steps):
        z = X @ w + b
        a = 1 / (1 + np.exp(-z))
        costs.append(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))
        dz = (a - y) / m
        w, b = w - learning_rate * (dz @ X), b - learning_rate * dz.sum()
    return np.array(costs), w


def print_course(quick):
    X, y = images(60 if quick else 209)
    n_steps, rate = (200 if quick else 2000), 0.005
    clf = GDLogisticRegression(rate, max_iter=n_steps, tol=0)
    seconds = interleaved(
        {"loop": lambda: course_loop(X, y, rate, n_steps), "ours": lambda: clf.fit(X, y)},
        repeats=1 if quick else 3,
    )
    loop, ours = (float(np.median(seconds[name])) for name in ("loop", "ours"))
    costs, w = course_loop(X, y, rate, n_steps)
    of_w = np.abs(clf.coef_[0] - w).max() / np.abs(w).max()
    of_costs = np.abs(clf.loss_curve_[:-1] - costs).max()
    print(f"\n{X.shape[0]} x {X.shape[1]:,} images, {n_steps:,} iterations at {rate}")
    print_table(
        ["loop", "ours", "loop / ours", "costs differ by", "coefficients, of the largest, by"],
        [[duration(loop), duration(ours), f"{loop / ours:.1f}", f"{of_costs:.0e}", f"{of_w:.0e}"]],
    )
    return {"loop": loop, "ours": ours, "costs": of_costs, "coefficients": of_w}


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--cap", type=float, metavar="SECONDS", help="longest fit; 30, quick 1")
    add_only(options, "problems")
    arguments = options.parse_args()
    cap = arguments.cap or (1.0 if arguments.quick else 30.0)
    found = environment()
    print_environment(found)
    start = time.perf_counter()
    results = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for problem in problems(arguments.quick):
            if chosen(problem.name, arguments.only):
                results.append(measure(problem, cap))
                print_times(results[-1])
        course = print_course(arguments.quick) if chosen("images", arguments.only) else None
    OTHERS.print()
    print(f"in {duration(time.perf_counter() - start)}")
    write_json(arguments.json, found, {"cap": cap, "results": results, "course": course})


if __name__ == "__main__":
    main()

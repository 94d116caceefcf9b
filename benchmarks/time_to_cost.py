"""Time to a given cost: python benchmarks/time_to_cost.py [--quick] [--data FILE] [--figures DIR]

How long a whole `fit` takes to come within a relative gap of the lowest cost,

    gap = (J - J*) / (J0 - J*) = 1e-2, 1e-4, 1e-6        J0 at w = 0, b = 0; J* the optimum

for GDLogisticRegression and for every solver of the same problem: scikit-learn's, and those of
glum, skglm and celer where they are installed. All are treated alike:

- Each runs with tol from 1e3 down to 1e-12, a power of ten apart, then thirds of that where a
  gap was first reached; max_iter doubles until it no longer binds. Any of these runs may count.
- A solver gets, for each gap, its fastest run that reaches it: the two fastest settings are fitted
  again, in turns with those of all other solvers, and the better median is the solver's time.
- A solver that calls BLAS or OpenMP runs with one thread and with all there are, and gets the
  better: on few cores, two threads that wait for each other stall when another process is busy.
- The cost of all of them is computed by one function, on the X that was given, in float64.
- A solver is given up when one fit took longer than --cap seconds: ">" then stands in front of
  its longest fit, and ratios count it with that. "x": it converged to something else. Solvers that
  may go on for minutes first fit in a process of their own, which is ended after 3 times that long.
- J* is the lowest cost of all runs there are, a few long ones made for it among them; the table
  says whose it was, and how near to it the best of another solver came.

liblinear and celer cannot leave the intercept unpenalized: each also runs with the intercept's
column scaled up 30 times, which makes that penalty tiny. Fits are warmed up first (skglm compiles).
"""

import importlib
import itertools
import math
import time
import warnings
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    chosen,
    correlated,
    digits_eight_vs_rest,
    duration,
    environment,
    geometric_mean,
    neighbours,
    parser,
    print_environment,
    print_table,
    small_sets,
    svmlight,
    text_like,
    write_json,
)
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient

GAPS = (1e-2, 1e-4, 1e-6)
# A run this close cannot be told from the optimum, and a tighter tol is of no use to any gap.
CLOSE_ENOUGH = min(GAPS) / 30
TOLS = [10.0**k for k in range(3, -13, -1)]
FIRST_MAX_ITER = 100
# Methods that build a matrix of this many rows and columns, or more, are not run.
HESSIAN_LIMIT = 5000
INTERCEPT_SCALES = (1.0, 30.0)
OURS = "ours"
# Those of which one fit may take minutes at a tight tol, and how many times the cap they may.
MAY_TAKE_MINUTES, LONGEST_OF_CAP = ("liblinear", "skglm", "celer"), 3
ONE_THREAD_ONLY = ("liblinear", "sag", "saga", "skglm", "celer")
SKLEARN_L2 = ("lbfgs", "newton-cg", "newton-cholesky", "liblinear", "sag", "saga")
SKLEARN_L1 = ("saga", "liblinear")


# ---------------------------------------------------------------------------- problems


@dataclass
class Problem:
    """One data set with one penalty; y is 0 ... K - 1."""

    data: str
    X: object
    y: np.ndarray
    C: float
    l1_ratio: float

    @property
    def name(self):
        return f"{self.data}, C={self.C:g}" + (", L1" if self.l1_ratio else "")

    @property
    def binary(self):
        return self.y.max() == 1

    @property
    def n_coefficients(self):
        return self.X.shape[1] * (1 if self.binary else self.y.max() + 1)

    def zeros(self):
        outputs = self.n_coefficients // self.X.shape[1]
        return np.zeros((outputs, self.X.shape[1])), np.zeros(outputs)

    def cost(self, coef, intercept):
        coef, intercept = np.atleast_2d(coef).astype(float), np.ravel(intercept).astype(float)
        J, _, _ = cost_and_gradient(self.X, self.y, coef, intercept)
        l1 = np.abs(coef).sum() * self.l1_ratio
        l2 = np.square(coef).sum() * (1 - self.l1_ratio) / 2
        return J + (l1 + l2) / (self.C * len(self.y))


def problems(data, quick):
    wide_sets = []
    if quick:
        sets = [*small_sets(["breast cancer"])]
        sets += [("text-like 1,000 x 1,500", *text_like(1000, 1500)), correlated(5000, 30)]
        Cs = {0.0: (1.0,), 1.0: (1.0,)}
    else:
        sets = [*small_sets(), digits_eight_vs_rest()]
        sets += [correlated(), ("text-like 20,000 x 30,000", *text_like())]
        wide_sets = [neighbours(2000, 2000), neighbours(500, 5000)]
        Cs = {0.0: (1.0, 100.0), 1.0: (0.1, 1.0, 100.0)}
    sets += [] if data is None else svmlight(data)
    for l1_ratio in (0.0, 1.0):
        if quick and l1_ratio:
            sets = sets[1:3]
        for C in Cs[l1_ratio]:
            for name, X, y in [*sets, *(wide_sets if l1_ratio else [])]:
                yield Problem(name, X, y, C, l1_ratio)


# ---------------------------------------------------------------------------- solvers


@dataclass
class Solver:
    """An estimator that can be fitted to a problem with a tol and a max_iter.

    `make(problem, tol, max_iter)` gives it; `prepare` the X and y that it likes best, made before
    the clock starts; `coefficients(model)` what it found; `threads` None stands for all.
    """

    name: str
    make: object
    prepare: object = lambda problem: (problem.X, problem.y)
    coefficients: object = lambda model: (model.coef_, model.intercept_)
    threads: int | None = 1


def solvers(problem):
    """All that can solve it; several of one name are variants, of which the better counts."""
    for solver in single_threaded(problem):
        yield solver
        if solver.name not in ONE_THREAD_ONLY:
            yield replace(solver, threads=None)


def single_threaded(problem):
    yield Solver(OURS, make_ours)
    square = problem.n_coefficients < HESSIAN_LIMIT
    for name in SKLEARN_L1 if problem.l1_ratio else SKLEARN_L2:
        if name == "newton-cholesky" and not square:
            continue
        if name != "liblinear":
            yield Solver(name, partial(make_sklearn, name))
        elif problem.binary:
            for scale in INTERCEPT_SCALES:
                yield Solver(name, partial(make_sklearn, name, intercept_scaling=scale))
    if not problem.binary:
        return
    if not problem.l1_ratio and installed("glum"):
        for name in ("irls-ls", "lbfgs"):
            if name == "lbfgs" or square:
                yield Solver(f"glum {name}", partial(make_glum, name), as_floats)
    if problem.l1_ratio and installed("skglm"):
        yield Solver("skglm", make_skglm, by_columns)
    if problem.l1_ratio and installed("celer"):
        for scale in INTERCEPT_SCALES:
            yield Solver(
                "celer",
                make_celer,
                partial(with_constant_column, scale),
                partial(split_constant_column, scale),
            )


def installed(package):
    try:
        importlib.import_module(package)
    except ImportError:
        return False
    return True


def make_ours(problem, tol, max_iter):
    return GDLogisticRegression(C=problem.C, l1_ratio=problem.l1_ratio, tol=tol, max_iter=max_iter)


def make_sklearn(solver, problem, tol, max_iter, **options):
    return LogisticRegression(
        C=problem.C,
        l1_ratio=problem.l1_ratio,
        solver=solver,
        tol=tol,
        max_iter=max_iter,
        random_state=0,
        **options,
    )


def make_glum(solver, problem, tol, max_iter):
    from glum import GeneralizedLinearRegressor

    return GeneralizedLinearRegressor(
        family="binomial",
        alpha=1 / (problem.C * len(problem.y)),
        l1_ratio=0,
        solver=solver,
        gradient_tol=tol,
        max_iter=max_iter,
    )


def make_skglm(problem, tol, max_iter):
    from skglm import SparseLogisticRegression

    return SparseLogisticRegression(
        alpha=1 / (problem.C * len(problem.y)), tol=tol, max_iter=max_iter
    )


def make_celer(problem, tol, max_iter):
    from celer import LogisticRegression as CelerLogisticRegression

    return CelerLogisticRegression(C=problem.C, tol=tol, max_iter=max_iter)


def as_floats(problem):
    """glum's labels are numbers."""
    return problem.X, problem.y.astype(float)


def by_columns(problem):
    """Coordinate descent reads columns."""
    X = problem.X
    return (sparse.csc_matrix(X) if sparse.issparse(X) else np.asfortranarray(X)), problem.y


def with_constant_column(scale, problem):
    column = np.full((len(problem.y), 1), scale)
    X, y = by_columns(problem)
    if sparse.issparse(X):
        return sparse.csc_matrix(sparse.hstack([X, column])), y
    return np.asfortranarray(np.hstack([X, column])), y


def split_constant_column(scale, model):
    coef = np.ravel(model.coef_)
    return coef[:-1], coef[-1] * scale


# ---------------------------------------------------------------------------- runs


@dataclass
class Attempt:
    """One setting of one solver: how long its fits took, and where they ended."""

    solver: Solver
    tol: float
    max_iter: int
    seconds: list = field(default_factory=list)
    costs: list = field(default_factory=list)
    n_iter: int = 0

    def fit(self, problem, prepared):
        model = self.solver.make(problem, self.tol, self.max_iter)
        X, y = prepared[id(self.solver)]
        with threadpool_limits(self.solver.threads):
            start = time.perf_counter()
            model.fit(X, y)
            self.seconds.append(time.perf_counter() - start)
        self.costs.append(problem.cost(*self.solver.coefficients(model)))
        # celer does not tell; its own limit is never reached here.
        self.n_iter = int(np.max(getattr(model, "n_iter_", 0)))
        return self

    def ends_within(self, seconds, problem, prepared):
        """Whether a fit does, tried in another process; if not, this is what is known of it."""
        if self.solver.name not in MAY_TAKE_MINUTES:
            return True
        process = get_context("fork").Process(target=self.fit, args=(problem, prepared))
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            process.join()
            self.seconds, self.costs = [seconds], [math.inf]
            return False
        return True

    @property
    def at_limit(self):
        return self.n_iter >= self.max_iter

    @property
    def cost(self):
        """The highest of its fits: all of them are to reach the gap."""
        return max(self.costs)


def explore(solver, problem, prepared, cap, reached):
    """Attempts from a loose tol to a tight one; `reached(cost)` is the tightest gap reached."""
    # Compilers, thread pools and imports have their turn before the clock. celer does not keep to
    # any number of iterations.
    first = Attempt(solver, 1e-2, 2)
    if solver.name == "celer" and not first.ends_within(LONGEST_OF_CAP * cap, problem, prepared):
        yield first
        return
    first.fit(problem, prepared)
    max_iter, coarse = FIRST_MAX_ITER, []

    def attempt(tol):
        """The attempts at one tol, the last of which converged if time allowed it."""
        nonlocal max_iter
        while True:
            latest = Attempt(solver, tol, max_iter)
            if not latest.ends_within(LONGEST_OF_CAP * cap, problem, prepared):
                yield latest
                return
            latest.fit(problem, prepared)
            while sum(latest.seconds) < 0.05 and len(latest.seconds) < 3:
                latest.fit(problem, prepared)  # one reading of a short time says little
            yield latest
            if not latest.at_limit or min(latest.seconds) > cap:
                return
            max_iter *= 2

    for tol in TOLS:
        tried = list(attempt(tol))
        yield from tried
        coarse.append(tried[-1])
        if min(tried[-1].seconds) > cap or reached(tried[-1].cost) <= CLOSE_ENOUGH:
            break
    for before, after in itertools.pairwise(coarse):
        crosses = any(reached(after.cost) <= gap < reached(before.cost) for gap in GAPS)
        if crosses and min(after.seconds) <= cap:
            for third in (1 / 3, 2 / 3):
                yield from attempt(before.tol * 10**-third)


def long_runs(problem, seconds):
    """(name, cost) of runs made to find J*, each as long as `seconds` allow."""
    candidates = [Solver(OURS, make_ours)]
    if problem.l1_ratio:
        names = ("liblinear", "skglm")
        candidates += [solver for solver in solvers(problem) if solver.name in names]
    elif problem.n_coefficients <= 1000:
        candidates += [Solver("newton-cholesky", partial(make_sklearn, "newton-cholesky"))]
    else:
        candidates += [Solver("lbfgs", partial(make_sklearn, "lbfgs"))]
    for solver in candidates:
        prepared = {id(solver): solver.prepare(problem)}
        if solver.name == "skglm":
            Attempt(solver, 1e-2, 2).fit(problem, prepared)  # what it compiles, processes inherit
        max_iter = 500
        while True:
            run = Attempt(solver, 1e-10, max_iter)
            if not run.ends_within(seconds, problem, prepared):
                break
            run.fit(problem, prepared)
            if not run.at_limit or 4 * run.seconds[0] > seconds:
                break
            max_iter *= 4
        if math.isfinite(run.cost):
            yield solver.name, run.cost


def measure(problem, cap, most_repeats):
    """The result of one problem: times of every solver to every gap, and all its attempts."""
    start = problem.cost(*problem.zeros())
    found = list(long_runs(problem, max(3 * cap, 1.0)))
    preliminary = min(cost for _, cost in found)

    everyone = list(solvers(problem))
    prepared = {id(solver): solver.prepare(problem) for solver in everyone}
    attempts = []
    for solver in everyone:
        reached = partial(relative_gap, start=start, optimum=preliminary)
        attempts += explore(solver, problem, prepared, cap, reached)
    found += [(attempt.solver.name, attempt.cost) for attempt in attempts]
    whose, optimum = min(found, key=lambda entry: entry[1])
    second = min(cost for name, cost in found if name != whose)

    def gap_of(attempt):
        return relative_gap(attempt.cost, start, optimum)

    names = list(dict.fromkeys(solver.name for solver in everyone))
    own = {name: [a for a in attempts if a.solver.name == name] for name in names}
    finalists = {
        (name, gap): sorted(
            (a for a in own[name] if gap_of(a) <= gap), key=lambda a: min(a.seconds)
        )[:2]
        for name in names
        for gap in GAPS
    }
    again(
        problem,
        prepared,
        most_repeats,
        {id(a): a for best in finalists.values() for a in best}.values(),
    )

    times = {}
    for (name, gap), best in finalists.items():
        # Where a fit depends on the clock, a repetition may have missed the gap.
        best = [a for a in best if gap_of(a) <= gap]
        longest = max(min(a.seconds) for a in own[name])
        times.setdefault(name, {})[gap] = {
            "seconds": min((float(np.median(a.seconds)) for a in best), default=longest),
            "reached": bool(best),
            "capped": longest > cap,
        }
    return {
        "problem": problem.name,
        "shape": list(problem.X.shape),
        "J0": start,
        "optimum": optimum,
        "optimum_by": whose,
        "second_best_gap": relative_gap(second, start, optimum),
        "times": times,
        "attempts": [
            {
                "solver": a.solver.name,
                "threads": a.solver.threads or "all",
                "tol": a.tol,
                "max_iter": a.max_iter,
                "n_iter": a.n_iter,
                "seconds": float(np.median(a.seconds)),
                "fits": len(a.seconds),
                "gap": gap_of(a),
            }
            for a in attempts
        ],
    }


def relative_gap(cost, start, optimum):
    return (cost - optimum) / (start - optimum)


def again(problem, prepared, most_repeats, finalists):
    """Fit them all again, in turns; the exploration's readings, made one by one, are dropped."""
    wanted = {id(a): int(np.clip(1.5 / min(a.seconds), 1, most_repeats)) for a in finalists}
    for attempt in finalists:
        # A fit of many seconds is read once more only: both readings count.
        if wanted[id(attempt)] > 1:
            attempt.seconds.clear()
    for turn in range(max(wanted.values(), default=0)):
        for attempt in finalists:
            if turn < wanted[id(attempt)]:
                attempt.fit(problem, prepared)


# ---------------------------------------------------------------------------- the report


def print_result(result):
    by = f"J* by {result['optimum_by']}, another's best within {result['second_best_gap']:.0e}"
    print(f"\n{result['problem']}: {' x '.join(f'{n:,}' for n in result['shape'])}; {by}")
    print_table(
        ["time to a gap of", *(f"{gap:.0e}" for gap in GAPS), *(f"/ ours {g:.0e}" for g in GAPS)],
        [
            [
                name,
                *(cell(times[gap]) for gap in GAPS),
                *(ratio_cell(result, name, gap) for gap in GAPS),
            ]
            for name, times in result["times"].items()
        ],
    )


def cell(time_to_gap):
    if time_to_gap["reached"]:
        return duration(time_to_gap["seconds"])
    return ("> " if time_to_gap["capped"] else "x ") + duration(time_to_gap["seconds"])


def ratio(result, names, gap):
    """The fastest of `names` over ours, and whether that is only a lower bound; None if no ratio.

    A solver that never gets there counts with its longest fit: it needs at least that.
    """
    ours = result["times"][OURS][gap]
    theirs = [result["times"][name][gap] for name in names if name in result["times"]]
    if not theirs or not ours["reached"]:
        return None
    fastest = min(theirs, key=lambda entry: entry["seconds"])
    if any(entry["reached"] for entry in theirs):
        fastest = min(
            (entry for entry in theirs if entry["reached"]), key=lambda entry: entry["seconds"]
        )
    return fastest["seconds"] / ours["seconds"], not fastest["reached"]


def ratio_cell(result, name, gap):
    found = ratio(result, [name], gap)
    return "-" if found is None else f"{'> ' if found[1] else ''}{found[0]:.2f}"


def summary(results):
    """Geometric means and worst cases of (rival's time / ours)."""
    l1 = [result for result in results if result["problem"].endswith("L1")]
    l2 = [result for result in results if not result["problem"].endswith("L1")]
    comparisons = {
        "lbfgs": (l2, ["lbfgs"]),
        "fastest of scikit-learn": (l2, SKLEARN_L2),
        "glum irls-ls": (l2, ["glum irls-ls"]),
        "glum lbfgs": (l2, ["glum lbfgs"]),
        "L1: saga": (l1, ["saga"]),
        "L1: fastest of scikit-learn": (l1, SKLEARN_L1),
        "L1: skglm": (l1, ["skglm"]),
        "L1: celer": (l1, ["celer"]),
    }
    for title, (cases, names) in comparisons.items():
        for gap in GAPS:
            found = {r["problem"]: ratio(r, names, gap) for r in cases}
            found = {problem: entry for problem, entry in found.items() if entry}
            if found:
                worst = min(found, key=lambda problem: found[problem][0])
                yield {
                    "rival": title,
                    "gap": gap,
                    "geometric_mean": geometric_mean([value for value, _ in found.values()]),
                    "cases": len(found),
                    "lower_bounds": sum(bound for _, bound in found.values()),
                    "worst": found[worst][0],
                    "worst_case": worst,
                }


def print_summary(rows, results):
    print("\nTheir time / ours (above 1: ours is faster)")
    print_table(
        ["rival", "gap", "geometric mean", "cases", "of them >", "worst", "worst case"],
        [
            [
                row["rival"],
                f"{row['gap']:.0e}",
                f"{row['geometric_mean']:.2f}",
                row["cases"],
                row["lower_bounds"],
                f"{row['worst']:.2f}",
                row["worst_case"],
            ]
            for row in rows
        ],
    )
    for result in results:
        missed = [f"{g:.0e}" for g, entry in result["times"][OURS].items() if not entry["reached"]]
        if missed:
            print(f"ours did not reach, and no ratio counts: {result['problem']}: {missed}")


def draw(result, folder):
    """Gap against time: for each solver, the lowest gap that it had by then."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name in result["times"]:
        runs = sorted((a["seconds"], a["gap"]) for a in result["attempts"] if a["solver"] == name)
        seconds, gaps = np.transpose(runs)
        lowest = np.maximum(np.minimum.accumulate(gaps), CLOSE_ENOUGH / 10)
        width = 2.5 if name == OURS else 1.2
        axes.step(seconds, lowest, where="post", label=name, linewidth=width, marker=".")
    for gap in GAPS:
        axes.axhline(gap, color="0.8", linewidth=0.8, zorder=0)
    axes.set(title=result["problem"], xscale="log", yscale="log")
    axes.set(xlabel="seconds of fit", ylabel="(J - J*) / (J0 - J*)")
    axes.legend(fontsize="small")
    plain = "".join(c if c.isalnum() else "_" for c in result["problem"])
    figure.savefig(folder / f"{plain}.png", dpi=120)


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--data", metavar="FILE", type=Path, help="an svmlight file to add")
    options.add_argument("--figures", metavar="DIR", type=Path, help="draw cost against time there")
    options.add_argument("--cap", type=float, metavar="SECONDS", help="longest fit; 10, quick 0.1")
    options.add_argument(
        "--only",
        nargs="+",
        metavar="TEXT",
        default=[""],
        help="problems that have one in their name",
    )
    options.add_argument("--l2-only", action="store_true", help="no problems with an L1 penalty")
    arguments = options.parse_args()
    cap = arguments.cap or (0.1 if arguments.quick else 10.0)
    if arguments.figures is not None:
        arguments.figures.mkdir(parents=True, exist_ok=True)

    found = environment()
    print_environment(found)
    print(f"a solver is given up after a fit longer than {cap:g} s: then > its longest fit")
    results = []
    try:
        for problem in problems(arguments.data, arguments.quick):
            named = chosen(problem.name, arguments.only)
            if not named or (arguments.l2_only and problem.l1_ratio):
                continue
            # How runs end is what is measured; their warnings would cost time and say it again.
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results.append(measure(problem, cap, most_repeats=3 if arguments.quick else 11))
            print_result(results[-1])
            if arguments.figures is not None:
                draw(results[-1], arguments.figures)
    except KeyboardInterrupt:
        print(f"\ninterrupted after {len(results)} problems")
    ratios = [row for row in summary(results) if math.isfinite(row["geometric_mean"])]
    print_summary(ratios, results)
    OTHERS.print()
    write_json(arguments.json, found, {"cap": cap, "ratios": ratios, "results": results})


if __name__ == "__main__":
    main()

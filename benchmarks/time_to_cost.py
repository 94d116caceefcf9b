"""Time to a given cost: python benchmarks/time_to_cost.py [--quick] [--data FILE] [--figures DIR]

How long a whole `fit` takes to come within a relative gap of the lowest cost,

    gap = (J - J*) / (J0 - J*) = 1e-2, 1e-4, 1e-6        J0 at w = 0, b = 0; J* the optimum

for GDLogisticRegression and for every solver of the same problem: scikit-learn's, and those of
scikit-learn-intelex, glum, liblinear-official, skglm, celer and adelie where they are installed
(`_solvers.py` has them all, as their authors would set them). All are treated alike:

- Each runs with tol from 1e3 down to 1e-12, a power of ten apart, then half of that where a
  gap was first reached; max_iter doubles until it no longer binds. Any of these runs may count.
- A solver that uses threads has one in these runs, and all there are in its fastest to each gap,
  once more: on few cores, two threads that wait for each other may stall, for seconds on small
  data, where all have one.
- A solver gets, for each gap, its fastest run that reaches it: the fastest setting, and another
  that is not much slower, are fitted again, in turns with those of all other solvers, and the
  better median is the solver's time. Those far behind ours are read less often.
- The cost of all of them is computed by one function, on the X that was given, in float64.
- A solver is given up when one fit took longer than --cap seconds: ">" then stands in front of
  its longest fit, and ratios count it with that. "x": it converged to something else. Solvers that
  may go on for minutes are fitted in a process of their own, which is ended at the cap.
- J* is the lowest cost of all runs there are, a few long ones made for it among them; the table
  says whose it was, and how near to it the best of another solver came.

scikit-learn's liblinear and celer cannot leave the intercept unpenalized: each also runs with the
intercept's column scaled up 30 times, which makes that penalty tiny. Fits are warmed up first, on
few rows (skglm compiles).
"""

import itertools
import math
import time
import warnings
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import Pipe, get_context
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    add_only,
    chosen,
    correlated,
    digits_eight_vs_rest,
    duration,
    environment,
    geometric_mean,
    neighbours,
    one_hot,
    parser,
    print_environment,
    print_table,
    rare_class,
    small_sets,
    svmlight,
    text_like,
    write_json,
)
from _solvers import (
    OTHERS_L1,
    OTHERS_L2,
    OURS,
    SKLEARN_L1,
    SKLEARN_L2,
    SMALL,
    Problem,
    Solver,
    solvers,
)
from threadpoolctl import ThreadpoolController

GAPS = (1e-2, 1e-4, 1e-6)
# A run this close cannot be told from the optimum, and a tighter tol is of no use to any gap.
CLOSE_ENOUGH = min(GAPS) / 30
TOLS = [10.0**k for k in range(3, -13, -1)]
FIRST_MAX_ITER = 10
# Seconds that a fit in a process of its own is given, whatever it may take.
LEAST_LIMIT = 0.25
# A solver whose cost is the same at three such values has converged.
FAIRLY_TIGHT = 1e-4
# How many times as long as the fastest setting another may take that is read again, too; how many
# times as long as ours all may take that are read for as long as ours.
NOT_MUCH_SLOWER, FAR_BEHIND = 1.5, 3


# ---------------------------------------------------------------------------- problems


def problems(data, quick):
    wide_sets = []
    if quick:
        sets = [*small_sets(["breast cancer"])]
        sets += [("text-like 1,000 x 1,500", *text_like(1000, 1500)), correlated(5000, 30)]
        Cs = {0.0: (1.0,), 1.0: (1.0,)}
    else:
        sets = [*small_sets(), digits_eight_vs_rest()]
        sets += [correlated(), ("text-like 20,000 x 30,000", *text_like())]
        # The optimum of the first is dense, and so is its Hessian.
        sets += [neighbours(2000, 500, kept=500), neighbours(5000, 800, correlation=0.0, kept=20)]
        sets += [one_hot(), rare_class()]
        wide_sets = [neighbours(2000, 2000), neighbours(500, 5000)]
        Cs = {0.0: (1.0, 100.0), 1.0: (0.1, 1.0, 100.0)}
    sets += [] if data is None else svmlight(data)
    for l1_ratio in (0.0, 1.0):
        if quick and l1_ratio:
            sets = sets[1:3]
        for C in Cs[l1_ratio]:
            for name, X, y in [*sets, *(wide_sets if l1_ratio else [])]:
                yield Problem(name, X, y, C, l1_ratio)


# ---------------------------------------------------------------------------- runs


@dataclass
class Attempt:
    """One setting of one solver: how long its fits took, and where they ended."""

    solver: Solver
    tol: float
    max_iter: int
    threads: int | None = 1
    seconds: list = field(default_factory=list)
    costs: list = field(default_factory=list)
    n_iter: int = 0

    def fit(self, problem, prepared):
        model = self.solver.make(problem, self.tol, self.max_iter, self.threads)
        X, y = prepared[id(self.solver)]
        with libraries().limit(limits=self.threads):
            start = time.perf_counter()
            model.fit(X, y)
            self.seconds.append(time.perf_counter() - start)
        self.costs.append(problem.cost(*self.solver.coefficients(model)))
        # Those that do not tell have no limit, or one that is never reached here.
        self.n_iter = int(np.max(getattr(model, "n_iter_", 0)))
        return self

    def fit_within(self, limit, problem, prepared):
        """Fit, where it may go on for minutes in a process of its own, which is ended in time."""
        if not self.solver.may_go_on:
            return self.fit(problem, prepared)
        here, there = Pipe(duplex=False)

        def fit():
            self.fit(problem, prepared)
            there.send((self.seconds[-1], self.costs[-1], self.n_iter))

        process = get_context("fork").Process(target=fit)
        process.start()
        # To start a process takes longer than some fits, and is no part of them.
        if here.poll(max(limit, LEAST_LIMIT)):
            seconds, cost, self.n_iter = here.recv()
        else:
            seconds, cost = max(limit, LEAST_LIMIT), math.inf
        process.kill()
        process.join()
        self.seconds.append(seconds)
        self.costs.append(cost)
        return self

    def read_well(self, problem, prepared):
        """One reading of a short time says little, and one of a new process nothing."""
        while math.isfinite(self.cost) and sum(self.seconds) < 0.05 and len(self.seconds) < 3:
            self.fit(problem, prepared)
        return self

    @property
    def at_limit(self):
        return self.n_iter >= self.max_iter

    @property
    def cost(self):
        """The highest of its fits: all of them are to reach the gap."""
        return max(self.costs)


@cache
def libraries():
    """Those with threads; all solvers have been imported when it is asked for the first time."""
    return ThreadpoolController()


def explore(solver, problem, prepared, cap, reached):
    """Attempts from a loose tol to a tight one; `reached(cost)` is the tightest gap reached."""
    few = problem.few_rows()
    Attempt(solver, 1e-2, 2).fit(few, {id(solver): solver.prepare(few)})
    max_iter, coarse = FIRST_MAX_ITER, []

    def ends():
        """Whether the fit before says that the next will not go on for minutes."""
        short = bool(coarse) and min(coarse[-1].seconds) < cap / 100
        return short and reached(coarse[-1].cost) < 0.5

    def attempt(tol):
        """The attempts at one tol, the last of which converged if time allowed it."""
        nonlocal max_iter
        while True:
            latest = Attempt(solver, tol, max_iter)
            if ends():
                latest.fit(problem, prepared)
            else:
                latest.fit_within(cap, problem, prepared)
            yield latest.read_well(problem, prepared)
            if not latest.at_limit or min(latest.seconds) >= cap:
                return
            max_iter *= 2

    for tol in TOLS:
        tried = list(attempt(tol))
        yield from tried
        coarse.append(tried[-1])
        if min(tried[-1].seconds) >= cap or reached(tried[-1].cost) <= CLOSE_ENOUGH:
            break
        if tol < FAIRLY_TIGHT and len({attempt.cost for attempt in coarse[-3:]}) == 1:
            break  # it has converged, to something else
    for before, after in itertools.pairwise(coarse):
        crosses = any(reached(after.cost) <= gap < reached(before.cost) for gap in GAPS)
        if crosses and min(after.seconds) < cap:
            yield from attempt(before.tol * 10**-0.5)


def on_all_threads(tried, problem, prepared, cap, reached):
    """The settings that were the fastest to a gap, once more."""
    chosen = {}
    for gap in GAPS:
        there = [a for a in tried if reached(a.cost) <= gap]
        if there:
            best = min(there, key=lambda a: min(a.seconds))
            chosen[id(best)] = best
    for a in chosen.values():
        more = replace(a, threads=None, seconds=[], costs=[])
        yield more.fit_within(cap, problem, prepared).read_well(problem, prepared)


def long_runs(problem, everyone, prepared, limit):
    """(name, cost) of runs made to find J*, each as long as `limit` seconds allow."""
    accurate = [OURS]
    if problem.l1_ratio:
        accurate += ["adelie", "skglm"]
    else:
        accurate += ["newton-cholesky" if problem.n_coefficients <= 1000 else "lbfgs"]
    for solver in {solver.name: solver for solver in everyone}.values():
        if solver.name not in accurate:
            continue
        max_iter = 500
        while True:
            run = Attempt(solver, 1e-10, max_iter).fit_within(limit, problem, prepared)
            yield solver.name, run.cost
            if not run.at_limit or 4 * run.seconds[0] > limit:
                break
            max_iter *= 4


def measure(problem, cap, most_repeats):
    """The result of one problem: times of every solver to every gap, and all its attempts."""
    start = problem.cost(*problem.zeros())
    everyone = list(solvers(problem))
    prepared = {id(solver): solver.prepare(problem) for solver in everyone}
    found = list(long_runs(problem, everyone, prepared, max(3 * cap, 1.0)))
    reached = partial(relative_gap, start=start, optimum=min(cost for _, cost in found))
    attempts = []
    for solver in everyone:
        # Where another variant got there, one that takes much longer is of no use.
        there = [
            min(a.seconds)
            for a in attempts
            if a.solver.name == solver.name and reached(a.cost) <= min(GAPS)
        ]
        useful = min([cap, *(NOT_MUCH_SLOWER * seconds for seconds in there)])
        tried = list(explore(solver, problem, prepared, useful, reached))
        attempts += tried
        if solver.threads and np.prod(problem.X.shape) > SMALL:
            attempts += on_all_threads(tried, problem, prepared, useful, reached)
    found += [(attempt.solver.name, attempt.cost) for attempt in attempts]
    whose, optimum = min(found, key=lambda entry: entry[1])
    second = min(cost for name, cost in found if name != whose)

    def gap_of(attempt):
        return relative_gap(attempt.cost, start, optimum)

    names = list(dict.fromkeys(solver.name for solver in everyone))
    own = {name: [a for a in attempts if a.solver.name == name] for name in names}
    finalists = {
        (name, gap): fastest([a for a in own[name] if gap_of(a) <= gap])
        for name in names
        for gap in GAPS
    }
    again(problem, prepared, most_repeats, finalists)

    times = {}
    for (name, gap), best in finalists.items():
        # Where a fit depends on the clock, a repetition may have missed the gap.
        best = [a for a in best if gap_of(a) <= gap]
        # With all threads another process may have held it up.
        longest = max(min(a.seconds) for a in own[name] if a.threads == 1)
        times.setdefault(name, {})[gap] = {
            "seconds": min((float(np.median(a.seconds)) for a in best), default=longest),
            "reached": bool(best),
            "capped": longest >= cap,
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
                "threads": a.threads or "all",
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


def fastest(attempts):
    """The fastest one, and the second if a better reading might make it the first."""
    first, *others = sorted(attempts, key=lambda a: min(a.seconds))[:2] or [None]
    if first is None:
        return []
    return [first, *(a for a in others if min(a.seconds) < NOT_MUCH_SLOWER * min(first.seconds))]


def again(problem, prepared, most_repeats, finalists):
    """Fit them all again, in turns; the exploration's readings, made one by one, are dropped."""
    wanted = {}
    for (_, gap), best in finalists.items():
        ours = min((min(a.seconds) for a in finalists[OURS, gap]), default=math.inf)
        for a in best:
            enough = 0.3 if min(a.seconds) < FAR_BEHIND * ours else 0.1
            turns = int(np.clip(enough / min(a.seconds), 0, most_repeats))
            wanted[id(a)] = max(turns, wanted.get(id(a), 0))
    chosen = {id(a): a for best in finalists.values() for a in best}
    for key, attempt in chosen.items():
        # Of long fits the reading there is counts, too, or alone.
        if wanted[key] > 1:
            attempt.seconds.clear()
    for turn in range(max(wanted.values(), default=0)):
        for key, attempt in chosen.items():
            if turn < wanted[key]:
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
        **{name: (l2, [name]) for name in OTHERS_L2},
        "fastest of all": (l2, [*SKLEARN_L2, *OTHERS_L2]),
        "L1: saga": (l1, ["saga"]),
        "L1: fastest of scikit-learn": (l1, SKLEARN_L1),
        **{f"L1: {name}": (l1, [name]) for name in OTHERS_L1},
        "L1: fastest of all": (l1, [*SKLEARN_L1, *OTHERS_L1]),
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
    add_only(options, "problems")
    options.add_argument("--penalty", choices=("l1", "l2"), help="problems with this one alone")
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
            penalty = "l1" if problem.l1_ratio else "l2"
            if not named or arguments.penalty not in (None, penalty):
                continue
            # How runs end is what is measured; their warnings would cost time and say it again.
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results.append(measure(problem, cap, most_repeats=3 if arguments.quick else 7))
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

"""What of the runs a page shows: a function of what they found makes Markdown, a table or words.

Nothing is chosen here but what is shown, and in which order: columns are the solvers that took
part, so that a new one comes by itself, and one that was not there leaves no column.
"""

import itertools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from figures.markdown import (
    fenced,
    listed,
    printed,
    prose,
    provenance,
    table,
    times,
    where_and_when,
)
from figures.runs import ROOT

# How a duration, a cell and a ratio look is the benchmarks' own.
sys.path.append(str(ROOT / "benchmarks"))
from _common import duration, geometric_mean
from evaluation import print_results
from scaling import print_grid
from time_to_cost import OURS, SKLEARN_L1, SKLEARN_L2, cell, ratio
from wide import time_to

# Not finite numbers are text in JSON.
COARSE, MIDDLE, FINE = GAPS = ("0.01", "0.0001", "1e-06")
GAP_NAMES = dict(zip(GAPS, ("1e-2", "1e-4", "1e-6"), strict=True))


@dataclass(frozen=True)
class View:
    """A function of what `runs` found; `told`: by whom a line says how the figures came about."""

    runs: tuple
    text: Callable
    told: Callable | None


VIEWS = {}


def view(name, *runs, told=provenance):
    def add(function):
        VIEWS[name] = View(runs, function, told)
        return function

    return add


def render(name, kept):
    """The Markdown of a view; `kept(run)` is what a run found."""
    shown = VIEWS[name]
    found = [kept(run) for run in shown.runs]
    text = shown.text(*found)
    if shown.told:
        text += "\n\n" + shown.told([each["environment"] for each in found])
    return text


# ---------------------------------------------------------------------------- time to a cost


def solvers_of(results):
    """Of any problem, in the order of the benchmark."""
    return list(dict.fromkeys(name for result in results for name in result["times"]))


def cell_of(result, solver, gap=MIDDLE):
    return cell(result["times"][solver][gap]) if solver in result["times"] else ""


def by_name(results):
    return {result["problem"]: result for result in results}


def plain(result):
    """Its name without its size, which has a column of its own."""
    return result["problem"].replace(" " + size(result), "")


def size(result):
    return " x ".join(f"{n:,}" for n in result["shape"])


def times_of_all(found, without=()):
    results = found["results"]
    solvers = [name for name in solvers_of(results) if name not in without]
    return table(
        ["data", "rows x columns", *solvers],
        [[plain(r), size(r), *(cell_of(r, name) for name in solvers)] for r in results],
    )


@view("time-to-cost-l2", "time-to-cost-l2")
def time_to_cost_l2(found):
    return times_of_all(found)


@view("time-to-cost-l1", "time-to-cost-l1")
def time_to_cost_l1(found):
    return times_of_all(found)


def selected(found, titles, solvers):
    """Of some problems, under other names."""
    results = by_name(found["results"])
    return [
        [title, *(cell_of(results[name], solver) for solver in solvers)]
        for name, title in titles.items()
    ]


@view("time-to-cost-readme", "time-to-cost-l2", "wide", told=where_and_when)
def time_to_cost_readme(found, wide):
    titles = {
        "breast cancer, raw, C=1": "breast cancer, raw",
        "wine, raw, C=1": "wine, raw, 3 classes",
        "digits, raw, C=1": "digits, raw, 10 classes",
        "digits, standardized, C=1": "digits, standardized",
        "make_classification 100,000 x 100, C=1": "100,000 x 100, correlated",
        "text-like 20,000 x 30,000, C=1": "20,000 x 30,000, sparse",
    }
    wanted = (OURS, "lbfgs", "newton-cholesky", "saga")
    solvers = [name for name in wanted if name in solvers_of(found["results"])]
    title = "500 x 20,000, correlated ([wide](docs/benchmarks.md#wide-data))"
    fits = wide_fits(wide)["spectra 500 x 20,000, C=1"]
    row = [title, *(wide_cell(fits, name, MIDDLE) for name in solvers)]
    header = ["data", "GDLogisticRegression", *solvers[1:]]
    return table(header, [*selected(found, titles, solvers), row])


@view("time-to-cost-comparison", "time-to-cost-l2")
def time_to_cost_comparison(found):
    titles = {
        name: name
        for name in (
            "breast cancer, raw, C=1",
            "breast cancer, standardized, C=1",
            "digits, standardized, C=1",
        )
    }
    titles |= {
        "make_classification 100,000 x 100, C=1": "100,000 x 100, correlated, C=1",
        "text-like 20,000 x 30,000, C=1": "20,000 x 30,000, sparse, C=1",
        "a9a, sparse, C=1": "a9a, sparse, C=1",
    }
    left_out = ("newton-cg", "sag", "glum lbfgs")
    solvers = [name for name in solvers_of(found["results"]) if name not in left_out]
    return table(["data", *solvers], selected(found, titles, solvers))


@dataclass(frozen=True)
class Ratios:
    """Of the times of one rival, or of the fastest of several, over ours, by problem."""

    values: dict
    bounds: int

    @classmethod
    def of(cls, results, names, gap):
        found = {r["problem"]: ratio(r, names, gap) for r in results}
        found = {problem: entry for problem, entry in found.items() if entry}
        return cls({p: value for p, (value, _) in found.items()}, sum(b for _, b in found.values()))

    @property
    def mean(self):
        return times(geometric_mean(list(self.values.values())))

    @property
    def cell(self):
        """The mean, which is a lower bound if one of them is."""
        return f"> {self.mean}" if self.bounds else self.mean

    @property
    def words(self):
        return f"{'at least ' if self.bounds else ''}{self.mean} times"

    @property
    def worst(self):
        return min(self.values, key=self.values.get)


def out_of(ratios, found):
    """How many of the problems have a ratio: those on which ours came to the gap."""
    n = len(found["results"])
    few = len(ratios.values) < n
    return f"{len(ratios.values)}" + (f" of {n}, those on which ours got there," if few else "")


def ratios_of(found, of_sklearn):
    results = found["results"]
    rivals = {name: [name] for name in solvers_of(results) if name != OURS}
    of_sklearn = [name for name in of_sklearn if name in rivals]
    at = list(rivals).index(of_sklearn[-1]) + 1
    title = f"the fastest of scikit-learn's {len(of_sklearn)} in each case"
    entries = [*rivals.items()]
    entries.insert(at, (title, of_sklearn))
    rows = []
    for name, solvers in entries:
        by_gap = {gap: Ratios.of(results, solvers, gap) for gap in GAPS}
        middle = by_gap[MIDDLE]
        if not middle.values:
            continue
        few = len(middle.values) < len(results)
        rows.append(
            [
                f"{name} ({len(middle.values)} problems)" if few else name,
                *(ratios.cell if ratios.values else "" for ratios in by_gap.values()),
                f"{middle.values[middle.worst]:.2f}, {middle.worst}",
            ]
        )
    header = ["rival", "geometric mean at a gap of 1e-2", "1e-4", "1e-6", "smallest at 1e-4"]
    return table(header, rows)


@view("ratios-l2", "time-to-cost-l2", told=None)
def ratios_l2(found):
    return ratios_of(found, list(SKLEARN_L2))


@view("ratios-l1", "time-to-cost-l1", told=None)
def ratios_l1(found):
    return ratios_of(found, list(SKLEARN_L1))


def sooner(results):
    """Whoever comes to a gap of 1e-4 before ours: {problem: solvers}."""

    def is_sooner(result, solver):
        theirs, ours = result["times"][solver][MIDDLE], result["times"][OURS][MIDDLE]
        return theirs["reached"] and (theirs["seconds"] < ours["seconds"] or not ours["reached"])

    found = {r["problem"]: [s for s in r["times"] if is_sooner(r, s)] for r in results}
    return {problem: solvers for problem, solvers in found.items() if solvers}


@view("sooner-l2", "time-to-cost-l2", told=None)
def sooner_l2(found):
    return sentence_of_sooner(found)


@view("sooner-l1", "time-to-cost-l1", told=None)
def sooner_l1(found):
    return sentence_of_sooner(found)


def sentence_of_sooner(found):
    results, n = by_name(found["results"]), len(found["results"])
    parts = [
        f"on {problem} ({cell_of(results[problem], OURS)}) "
        + listed([f"{solver} ({cell_of(results[problem], solver)})" for solver in solvers])
        for problem, solvers in sooner(found["results"]).items()
    ]
    if not parts:
        return prose(f"On none of these {n} problems is another one faster.")
    return prose(
        f"On {len(parts)} of these {n} problems another one is faster: {'; '.join(parts)}."
    )


def fastest(found):
    return Ratios.of(found["results"], list(SKLEARN_L2), MIDDLE)


def loses(ratios):
    """How often it is the faster one, in words."""
    n = sum(value < 1 for value in ratios.values.values())
    return f"the faster one on {n} of them" if n else "never the faster one"


@view("ratios-readme", "time-to-cost-l2", told=None)
def ratios_readme(found):
    lbfgs = Ratios.of(found["results"], ["lbfgs"], MIDDLE)
    return prose(
        f"Over {out_of(lbfgs, found)} such problems lbfgs, the default, takes {lbfgs.words} as "
        f"long in the geometric mean, and is {loses(lbfgs)}; the fastest of scikit-learn's "
        f"{len(SKLEARN_L2)} solvers, chosen for each problem, {fastest(found).words}."
    )


@view("ratios-comparison", "time-to-cost-l2", told=None)
def ratios_comparison(found):
    results = found["results"]
    lbfgs, best = Ratios.of(results, ["lbfgs"], MIDDLE), fastest(found)
    text = (
        f"Over {out_of(lbfgs, found)} problems lbfgs takes {lbfgs.words} as long in the "
        f"geometric mean, the fastest of scikit-learn's {len(SKLEARN_L2)} solvers, chosen for each "
        f"problem, {best.words}. The smallest ratio to that one is "
        f"{best.values[best.worst]:.2f}, on {best.worst}."
    )
    others = [name for name in solvers_of(results) if name not in (OURS, *SKLEARN_L2)]
    parts = []
    for name in others:
        ratios = Ratios.of(results, [name], MIDDLE)
        if ratios.values:
            parts.append(f"{name} {ratios.words} on {len(ratios.values)} of them")
    return prose(text + (f" Of others, {listed(parts)}." if parts else ""))


@view("milliseconds", "time-to-cost-l2", told=None)
def milliseconds(found):
    """Of the fastest solver on small standardized data, in the median of the data sets."""
    fastest = sorted(
        min(t[MIDDLE]["seconds"] for t in result["times"].values() if t[MIDDLE]["reached"])
        for result in found["results"]
        if re.fullmatch(r"(breast cancer|wine|iris), standardized, C=1", result["problem"])
    )
    return f"{float(f'{1e3 * fastest[len(fastest) // 2]:.2g}'):g} ms"


# ---------------------------------------------------------------------------- wide data


def wide_fits(found):
    return {result["problem"]: result["fits"] for result in found["results"]}


def wide_problems(found):
    return {name: fits for each in found for name, fits in wide_fits(each).items()}


def wide_cell(fits, solver, gap):
    if solver not in fits:
        return ""
    seconds, reached = time_to(fits[solver], float(gap))
    return ("" if reached else "> ") + duration(seconds)


@view("wide", "wide")
def wide(*found):
    problems = wide_problems(found)
    solvers = list(dict.fromkeys(name for fits in problems.values() for name in fits))
    rows = []
    for problem, fits in problems.items():
        for title, gap in ((problem, MIDDLE), ("", FINE)):
            cells = (wide_cell(fits, name, gap) for name in solvers)
            rows.append([title, GAP_NAMES[gap], *cells])
    return table(["data", "gap", *solvers], rows)


@view("wide-sooner", "wide", told=None)
def wide_sooner(*found):
    parts = []
    for (problem, fits), gap in itertools.product(wide_problems(found).items(), GAPS):
        ours, ours_reached = time_to(fits[OURS], float(gap))
        tried = {solver: time_to(fits[solver], float(gap)) for solver in fits}
        won = [
            f"{solver} ({duration(seconds)})"
            for solver, (seconds, reached) in tried.items()
            if reached and (seconds < ours or not ours_reached)
        ]
        if won:
            of_ours = wide_cell(fits, OURS, gap)
            parts.append(f"to {GAP_NAMES[gap]} on {problem} ({of_ours}) {listed(won)}")
    if not parts:
        return prose("None of these is faster than ours, to a gap of 1e-2, 1e-4 or 1e-6.")
    return prose(f"Faster than ours is, of gaps of 1e-2, 1e-4 and 1e-6, {'; '.join(parts)}.")


@view("course-loop", "wide", told=None)
def course_loop(found):
    course = found["course"]
    return prose(
        "The course's own loop, 209 images of 12,288 numbers and 2,000 iterations at a constant "
        f"rate, takes {duration(course['loop'])} in NumPy and {duration(course['ours'])} in `fit`, "
        "which spends much of it on the largest entries of the gradients; the coefficients differ "
        f"by {course['coefficients']:.0e} of the largest, the costs by {course['costs']:.0e}."
    )


# ---------------------------------------------------------------------------- one evaluation


@view("evaluation", "evaluation")
def evaluation(found):
    return fenced(printed(print_results, found["evaluation"]))


def evaluation_of(found, data, threads=1):
    (row,) = (
        row for row in found["evaluation"] if (row["data"], row["threads"]) == (data, threads)
    )
    return row


@view("two-passes", "evaluation", told=None)
def two_passes(found):
    row = evaluation_of(found, "1,000,000 x 50")
    return f"{duration(row['ours'])} in one pass and {duration(row['numpy'])} in two"


@view("loops", "loops")
def loops(found):
    return fenced(found["printed"].rstrip())


@view("scaling", "scaling")
def scaling(found):
    grids = found["scaling"].items()
    return fenced(
        *(printed(print_grid, name, grid["points"], grid["slopes"]) for name, grid in grids)
    )


# ---------------------------------------------------------------------------- searches


def sweep_cell(row):
    if row is None:
        return ""
    return ("" if row["reached"] else "> ") + duration(row["seconds"])


def sweep_table(results, without):
    searches = list(dict.fromkeys(name for result in results for name in result["rows"]))
    searches = [name for name in searches if name not in without]
    family = "LogisticRegressionCV, "
    seen = [name for name in searches if name.startswith(family)]
    header = [name.removeprefix(family) if name in seen[1:] else name for name in searches]
    return table(
        ["data", *header],
        [
            [result["case"], *(sweep_cell(result["rows"].get(name)) for name in searches)]
            for result in results
        ],
    )


def with_penalty(found, l1):
    return [result for result in found["results"] if result["case"].endswith(", L1") == l1]


@view("sweep-l2", "sweep")
def sweep_l2(found):
    return sweep_table(with_penalty(found, l1=False), ("GDGridSearchCV", "GridSearchCV, lbfgs"))


@view("sweep-l1", "sweep", told=None)
def sweep_l1(found):
    return sweep_table(with_penalty(found, l1=True), ("GDGridSearchCV", "GridSearchCV, liblinear"))


@view("sweep-ratios", "sweep", told=None)
def sweep_ratios(found):
    ratios, bounds = {}, 0
    for result in found["results"]:
        ours = result["rows"]["GDLogisticRegressionCV"]
        theirs = [
            row
            for name, row in result["rows"].items()
            if not name.startswith("GD") and not name.endswith("ours")
        ]
        # As in the times to a cost: who never gets there counts where nobody else does.
        theirs = [row for row in theirs if row["reached"]] or theirs
        fastest = min(theirs, key=lambda row: row["seconds"])
        if ours["reached"]:
            ratios[result["case"]] = fastest["seconds"] / ours["seconds"]
            bounds += not fastest["reached"]
    if not ratios:
        return prose("GDLogisticRegressionCV did not get there.")
    least = min(ratios, key=ratios.get)
    return prose(
        f"The fastest of the others, chosen for each of {len(ratios)} rows, takes "
        f"{'at least ' if bounds else ''}{times(geometric_mean(list(ratios.values())))} times as "
        f"long in the geometric mean, and least on {least}, {ratios[least]:.2f} times."
    )


@view("grid-search", "grid-search")
def grid_search(found):
    rows = []
    for search in found["searches"]:
        ours, theirs, halving = (
            search[name] for name in ("GDGridSearchCV", "GridSearchCV", "HalvingGridSearchCV")
        )
        most, factor = search["max_iter"], times(theirs["seconds"] / ours["seconds"])
        rows.append(
            [
                search["case"],
                f"{most // 10:,} ... {most:,}",
                duration(ours["seconds"]),
                f"{duration(theirs['seconds'])}, {factor} times",
                duration(halving["seconds"]),
                f"{halving['best_score']:.5f}, {ours['best_score']:.5f}",
            ]
        )
    header = ["data", "iterations", "GDGridSearchCV", "GridSearchCV", "HalvingGridSearchCV"]
    return table([*header, "its best score, and the grid's"], rows)


@view("grid-search-memory", "grid-search", told=None)
def grid_search_memory(found):
    searches = found["searches"]
    grown = [
        f"{search['case']}: {search['GDGridSearchCV']['megabytes']:.0f} MB (GridSearchCV "
        f"{search['GridSearchCV']['megabytes']:.0f} MB)"
        for search in searches
    ]
    difference = max(float(search["difference"]) for search in searches)
    equal = f"agreed to {difference:.0e}" if difference else "were equal"
    return prose(
        f"All scores of the first two {equal}. By how much memory grew at its peak, over all "
        f"processes, on {'; on '.join(grown)}."
    )


# ---------------------------------------------------------------------------- watching


@view("watching", "watching")
def watching(found):
    titles = {
        "bare descent": "bare descent, the generator",
        "tested": "tested: what any stopping rule needs",
        "fit": "`fit`, with its history",
        "+ path": "and `store_path=True`",
        "+ progress": "and `verbose=1`, as lines",
        "+ moving line": "and `verbose=1`, in a terminal",
        "+ validation": "and early stopping, a tenth of the rows besides",
        "+ callback": "and a callback that asks for nothing",
        "+ ProgressBar": "and scikit-learn's `ProgressBar`, 1,000 iterations",
        "+ checkpoint": "and `Checkpoint(every=100)`",
    }
    steps = found["watching"]
    bare, tested = steps["bare descent"], steps["tested"]
    return table(
        ["", "a step takes", "of a bare descent", "of one that looks at the largest entry"],
        [
            [titles[name], duration(step), f"{step / bare:.2f}", f"{step / tested:.2f}"]
            for name, step in steps.items()
        ],
    )


# ---------------------------------------------------------------------------- large data


@view("memory-map", "memory-map")
def memory_map(found):
    titles = {
        "read(), from the disk": "reading the file once from the disk",
        "a step, from the disk": "a step, the file on the disk",
        "read(), from the page cache": "reading it from the page cache, `read()`",
        "through the map, 2 threads": "summing its bytes through the map, 2 threads",
        "a step": "a step, the file in the page cache",
    }
    rows = [
        [title, duration(found[name]), f"{found['bytes'] / found[name] / 1e9:.2f}"]
        for name, title in titles.items()
    ]
    return table(["", "time", "GB/s"], rows)


@view("memory-map-fit", "memory-map", told=None)
def memory_map_fit(found):
    same = found["a twentieth, mapped and loaded: the same bits"]
    return prose(
        f"The fit took {duration(found['fit'])} and "
        f"{found['peak memory of its own'] / 1e6:.0f} MB; on a twentieth of the rows its "
        f"coefficients are {'' if same else 'not '}those of arrays in memory to the last bit."
    )


SHOWN_PARTITIONS = (4, 8, 64, 256)


def milli(seconds):
    """Milliseconds, without the unit."""
    return f"{float(f'{1e3 * seconds:.2g}'):g}"


@view("dask-scaling", "dask-scaling")
def dask_scaling(found):
    rows = []
    for name, title in (("small", "10,000 x 10"), ("large", "1,000,000 x 50")):
        measured = found[name]
        one, two = (row["seconds"] for row in measured if "partitions" not in row)
        arrays = f"arrays: {milli(one)} on one thread, {milli(two)} on two"
        rows.append([f"**{title}** ({arrays})", *[""] * (len(SHOWN_PARTITIONS) + 1)])
        ours = {}
        for row in measured:
            if "partitions" in row:
                ours.setdefault(row["where"], {})[row["partitions"]] = row
        for where, by_partitions in ours.items():
            cells = [milli(by_partitions[n]["seconds"]) for n in SHOWN_PARTITIONS]
            rival = next(
                (row["dask-ml"] for row in by_partitions.values() if row.get("dask-ml")), None
            )
            title = "1 process" if where == "1 processes" else where
            rows.append([title, *cells, milli(rival) if rival else ""])
    first, *others = SHOWN_PARTITIONS
    return table(["", f"partitions: {first}", *others, "dask-ml"], rows)


@dataclass(frozen=True)
class Paper:
    """What is measured of a step on a cluster, rounded as an estimate should be."""

    per_gigabyte: float
    per_worker: float
    per_partition: float
    there: int
    back: int

    @classmethod
    def of(cls, found):
        small, large = found["small"], found["large"]
        (one,) = (row["seconds"] for row in large if row["where"] == "arrays, 1")
        by_processes = {row["where"]: row["seconds"] for row in small if row.get("partitions") == 4}
        per_worker = (by_processes["4 processes"] - by_processes["1 processes"]) / 3
        setup = max(row["seconds a partition"] for row in found["setup"])
        p, (there, back) = next(iter(found["messages"].items()))
        return cls(
            per_gigabyte=float(f"{one / 0.4:.2g}"),
            per_worker=float(f"{per_worker:.1g}"),
            per_partition=float(f"{setup:.1g}"),
            there=round(there - 8 * int(p), -2),
            back=round(back - 8 * int(p), -2),
        )


@view("dask-paper", "dask-scaling", told=None)
def dask_paper(found):
    paper = Paper.of(found)
    partitions = [row["partitions"] for row in found["setup"]]
    words = prose(
        f"From what is measured: a step costs {paper.per_gigabyte:g} s a GB and thread; "
        f"{1e3 * paper.per_worker:g} ms for each worker that reports to one (calls overlap little "
        f"in Python); a message of about {paper.there} + 8 p bytes to every worker, and one of "
        f"{paper.back} + 8 p back; and setting up {1e3 * paper.per_partition:g} ms for each "
        f"partition, all of it in Dask's one scheduler ({min(partitions)} to {max(partitions):,} "
        "partitions)."
    )
    step, wait = 4 * paper.per_gigabyte / 4, 3 * 16 * paper.per_worker
    sent = 1000 * (paper.there + paper.back + 2 * 8 * 50)
    setup = 1e3 * paper.per_partition
    rows = table(
        ["", ""],
        [
            ["arithmetic of a step", f"4 GB x {paper.per_gigabyte:g} s / 4 threads = {step:g} s"],
            [
                "messages of a step",
                f"3 levels of 16 x {1e3 * paper.per_worker:g} ms = {wait:.2f} s; "
                f"{sent / 1e6:.1f} MB in all",
            ],
            ["50 steps", f"{50 * (step + wait):.0f} s"],
            [
                "setting up, partitions of 100 MB",
                f"40,000 x {setup:g} ms = {40_000 * paper.per_partition:.0f} s",
            ],
            [
                "setting up, partitions of 1 GB",
                f"4,000 x {setup:g} ms = {4000 * paper.per_partition:.0f} s",
            ],
        ],
    )
    scale = "10^10 rows of 50 float64 columns are 4 TB: 4 GB on each of 1,000 workers of 4 threads."
    return f"{words}\n\n{scale}\n\n{rows}"


# ---------------------------------------------------------------------------- how it compares


@view("compared", "grid-search", "sweep", "dask-scaling", "evaluation")
def compared(grid, swept, dask, evaluated):
    (search,) = (each for each in grid["searches"] if each["case"] == "7,000 x 28")
    (sweep,) = (each["rows"] for each in swept["results"] if each["case"] == "100,000 x 100")
    (on_dask,) = (
        row
        for row in dask["large"]
        if row["where"] == "2 processes" and row["partitions"] == SHOWN_PARTITIONS[0]
    )

    def beside(row):
        others = {"NumPy": row["numpy"], "MLPClassifier": row["MLP"]}
        return ", ".join(f"{name} {duration(seconds)}" for name, seconds in others.items())

    large, small = (evaluation_of(evaluated, data) for data in ("1,000,000 x 50", "569 x 30"))
    rows = [
        [
            "100 candidates x 5 folds, 7,000 x 28 ([search](grid_search.md))",
            duration(search["GDGridSearchCV"]["seconds"]),
            f"GridSearchCV {duration(search['GridSearchCV']['seconds'])}",
        ],
        [
            "20 values of C x 5 folds, 100,000 x 100 ([search](grid_search.md))",
            sweep_cell(sweep["GDLogisticRegressionCV"]),
            f"LogisticRegressionCV, lbfgs {sweep_cell(sweep['LogisticRegressionCV, lbfgs'])}",
        ],
        [
            "a step on Dask, 1,000,000 x 50, 2 processes, 4 partitions ([Dask](large_data.md))",
            duration(on_dask["seconds"]),
            f"dask-ml {duration(on_dask['dask-ml'])}" if on_dask.get("dask-ml") else "",
        ],
        [
            "a step of gradient descent, 1,000,000 x 50, 1 thread ([evaluation](benchmarks.md))",
            duration(large["ours"]),
            beside(large),
        ],
        ["the same on 569 x 30", duration(small["ours"]), beside(small)],
    ]
    return table(["", "ours", "the other"], rows)


NOTES = {
    "LogisticRegression": "[^sklearn]",
    "SGDClassifier": "[^sgd]",
    "MLPClassifier": "[^mlp]",
    "mlxtend": "[^mlxtend]",
    "dask-ml": "[^dask]",
    "skglm": "[^skglm]",
    "Spark MLlib": "[^spark]",
}
# What its documentation says: it was not run.
CUML = {
    "The descent": ["no"] * 6,
    "The problem": ["L2, L1, elastic net", "not run", "yes", "yes", "yes", "yes", "not run"],
    "Data and tools": ["not run", "no", "no", "by cuml.accel[^accel]", "not run"],
}
SPARK_TOOLS = ["not run", "no", "no", "by onnxmltools[^onnx]", "not one of scikit-learn's"]


def features(title, told=None):
    def text(found):
        rows = found["tables"][title]
        columns = list(next(iter(rows.values())))
        first = title == "The descent"
        lines = [
            [model + (NOTES.get(model, "") if first else ""), *cells.values()]
            for model, cells in rows.items()
        ]
        if title == "Data and tools" and "Spark MLlib" in found["tables"]["The descent"]:
            lines.append(["Spark MLlib", *SPARK_TOOLS])
        if title in CUML:
            lines.append(["cuML[^cuml]", *CUML[title]])
        return table(["", *columns], lines)

    return text


for title, name in {
    "The descent": "features-descent",
    "The problem": "features-problem",
    "When it goes wrong": "features-wrong",
    "Data and tools": "features-tools",
}.items():
    view(name, "features", told=None)(features(title))


@view("features-versions", "features", told=None)
def features_versions(found):
    return provenance([found["environment"]])


# ---------------------------------------------------------------------------- promises


@view("accuracy", "accuracy")
def accuracy(found):
    rows = [
        [what, relative_to, f"{errors['float32']:.2f}", f"{errors['float64']:.2f}"]
        for what, (relative_to, errors) in found["accuracy"].items()
    ]
    return table(["", "error relative to", "float32", "float64"], rows)

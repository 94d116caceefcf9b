"""Growth of time and memory: python benchmarks/scaling.py [--quick] [--json FILE]

Against the numbers of rows, columns and classes and the density of sparse X:

    constant    time of an iteration with a constant learning rate: one evaluation of cost and
                gradient. Fits of N iterations less fits of none, in turns, divided by N; medians.
    auto        the same of the default, learning_rate="auto": its line search and whatever it
                learns about X on the way are shared out over the iterations.
    fit         a fit of no iteration: checking X and y, the first cost and gradient.
    peak        memory that a default fit needs beyond X and y: the largest resident set during it
                less that before (Linux: VmHWM, reset before the fit), in a process of its own
                that has fitted a small problem before. In brackets, % of X.
    arrays      the same by tracemalloc, which sees NumPy's arrays but not the BLAS's buffers or
                the stacks of threads.

The slope is that of a line through the logarithms: 1 is linear growth. The second is that of the
larger half of the sizes, where what a fit costs once and caches matter less.
"""

import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    duration,
    environment,
    interleaved,
    parser,
    print_environment,
    print_table,
    random_rows,
    seconds_of,
    write_json,
)
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression

ITERATIONS_OF_A_FIT = 20
MEGABYTE = 1e6


def grids(quick):
    """What grows: {its name: [the arguments of `problem`, ...]}"""
    most, shrink = (4, 10) if quick else (6, 1)
    rows = [10_000, 30_000, 100_000, 300_000, 1_000_000][: most - 1]
    columns = [25, 50, 100, 200, 400, 800][:most]
    classes = [2, 3, 5, 10, 20, 40][:most]
    densities = [0.001, 0.003, 0.01, 0.03, 0.1][: most - 1]
    n_rows = 20_000 // (2 if quick else 1)
    return {
        "rows": [{"rows": m, "columns": 50} for m in rows],
        "columns": [{"rows": n_rows, "columns": n} for n in columns],
        "classes": [{"rows": n_rows, "columns": 50, "classes": k} for k in classes],
        "density": [{"rows": n_rows, "columns": 5000 // shrink, "density": d} for d in densities],
    }


def problem(rows, columns, classes=2, density=None, seed=0):
    rng = np.random.default_rng(seed)
    if density is None:
        X, y = random_rows(rows, columns, seed=seed)
    else:
        X = sparse.random(rows, columns, density, format="csr", rng=rng)
        X = sparse.csr_matrix(X)
        z = X @ rng.standard_normal(columns)
        y = (rng.random(rows) < 1 / (1 + np.exp(-4 * z / z.std()))).astype(int)
    if classes > 2:
        # In halves: noise in z keeps the classes from being separable.
        z = X @ rng.standard_normal((columns, classes)) / np.sqrt(columns)
        y = np.argmax(z + rng.gumbel(size=z.shape), axis=1)
    return X, y


def size_of(X):
    """Bytes."""
    if sparse.issparse(X):
        return X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
    return X.nbytes


def time_of_iterations(X, y, budget):
    def fit(learning_rate, n_iter):
        return lambda: GDLogisticRegression(
            learning_rate=learning_rate, C=1.0, max_iter=n_iter, tol=0
        ).fit(X, y)

    fit(0.01, 1)()
    step = max(seconds_of(fit(0.01, 4)) - seconds_of(fit(0.01, 0)), 4e-5) / 4
    n = int(np.clip(budget / 10 / step, 4, 200))
    fits = {
        "constant": fit(0.01, n),
        "auto": fit("auto", n),
        "constant, none": fit(0.01, 0),
        "auto, none": fit("auto", 0),
    }
    repeats = int(np.clip(budget / sum(map(seconds_of, fits.values())), 3, 9))
    seconds = interleaved(fits, repeats=repeats, warm_up=False)
    times = {
        name: float(np.median(seconds[name] - seconds[f"{name}, none"])) / n
        for name in ("constant", "auto")
    }
    return {**times, "fit": float(np.median(seconds["auto, none"])), "iterations": n}


# ---------------------------------------------------------------------------- memory


def memory_in_a_process(arguments):
    """What `report_memory` finds, in a new process."""
    # With a fixed threshold, malloc gives every large array that was freed back to the system:
    # none of what made X can be used again unseen.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0"}
    command = [sys.executable, "-W", "ignore", __file__, "--memory-of", json.dumps(arguments)]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(output.stdout.splitlines()[-1])


def report_memory(arguments):
    """Bytes that a fit needs beyond X, printed as JSON; the process has no other purpose."""
    X, y = problem(**arguments)
    small = {**arguments, "rows": min(2000, arguments["rows"])}

    def fit(X, y):
        GDLogisticRegression(C=1.0, max_iter=ITERATIONS_OF_A_FIT, tol=0).fit(X, y)

    fit(*problem(**small))  # code, threads and the BLAS's buffers
    before = resident_set()
    fit(X, y)
    peak = None if before is None else resident_set_peak() - before
    # Afterwards: following every allocation takes memory, too.
    tracemalloc.start()
    fit(X, y)
    arrays = tracemalloc.get_traced_memory()[1]
    print(json.dumps({"peak": peak, "arrays": arrays, "X": size_of(X)}))


def resident_set():
    """Bytes in memory now, the peak being reset to it; None where only Linux could tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return None


def resident_set_peak():
    return _status("VmHWM")


def _status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


# ---------------------------------------------------------------------------- the report


def slopes(x, y):
    """Of log y against log x: over all points, and over the larger half of x."""
    x, y = np.log(x), np.log(np.maximum(y, 1e-12))
    half = len(x) // 2
    return [float(np.polyfit(x[start:], y[start:], 1)[0]) for start in (0, half)]


def measure(arguments, budget):
    X, y = problem(**arguments)
    times = time_of_iterations(X, y, budget)
    entries = X.nnz if sparse.issparse(X) else X.size
    del X, y
    return {**arguments, "entries": entries, **times, **memory_in_a_process(arguments)}


def in_megabytes(count, whole):
    if count is None:
        return "-"
    return f"{count / MEGABYTE:.1f} MB ({100 * count / whole:.0f}%)"


def print_grid(name, points, grown):
    print()
    print_table(
        [name, "X", "constant", "auto", "fit", "peak beyond X", "arrays"],
        [
            [
                f"{point[name]:,}",
                f"{point['X'] / MEGABYTE:.1f} MB",
                *(duration(point[way]) for way in ("constant", "auto", "fit")),
                in_megabytes(point["peak"], point["X"]),
                in_megabytes(point["arrays"], point["X"]),
            ]
            for point in points
        ],
    )
    for way, (whole, upper) in grown.items():
        print(f"  {way:10} log-log slope {whole:5.2f}, larger half {upper:5.2f}")


def growth(name, points):
    """The slopes of one grid, by what is measured."""
    # The sigmoid of two classes is another function than the softmax of three.
    points = [point for point in points if name != "classes" or point["classes"] > 2]
    x = [point[name] for point in points]
    ways = ["constant", "auto", "fit", "arrays"]
    ways += ["peak"] if all(point["peak"] for point in points) else []
    return {way: slopes(x, [point[way] for point in points]) for way in ways}


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--memory-of", metavar="JSON", help="for the benchmark's own processes")
    arguments = options.parse_args()
    warnings.simplefilter("ignore")  # none of these fits is meant to converge
    if arguments.memory_of:
        return report_memory(json.loads(arguments.memory_of))

    found = environment()
    print_environment(found)
    results = {}
    for name, grid in grids(arguments.quick).items():
        points = [measure(point, 0.5 if arguments.quick else 6) for point in grid]
        grown = growth(name, points)
        print_grid(name, points, grown)
        results[name] = {"points": points, "slopes": grown}
    OTHERS.print()
    write_json(arguments.json, found, {"scaling": results})


if __name__ == "__main__":
    main()

"""Seconds per iteration on Dask: python benchmarks/dask_scaling.py

A constant learning rate, medians over the iterations of a fit. A small X shows what an iteration
costs beside its arithmetic; a large one, what is left of the machine. dask-ml's
LogisticRegression(solver="gradient_descent") stands beside it where dask-ml is installed.
"""

import logging
import pickle
import time
import warnings

import dask
import dask.array as da
import numpy as np
from _common import OTHERS, environment, parser, print_environment, random_rows, write_json
from distributed import Client, LocalCluster, wait

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._objective.cross_entropy import Sigmoid
from sklearn_gdlogreg._objective.in_memory import added
from sklearn_gdlogreg._objective.objective import cost_and_gradient_in
from sklearn_gdlogreg.dask import DaskGDLogisticRegression

SIZES = {"small": (10_000, 10), "large": (1_000_000, 50)}
PARTITIONS = (4, 8, 16, 64, 256)
PROCESSES = (1, 2, 4)
SETUPS = (64, 256, 1024, 4096)


def seconds_per_iteration(clf, X, y):
    clf.fit(X, y)
    return float(np.median(np.diff(clf.seconds_)))


def of_dask_ml(X, y, n_iter):
    """Whole fits of two lengths: what setting up takes is in both."""
    try:
        from dask_ml.linear_model import LogisticRegression
    except ImportError:
        return None
    times = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for length in (1, 1 + n_iter):
            model = LogisticRegression(solver="gradient_descent", max_iter=length, tol=0)
            start = time.perf_counter()
            model.fit(X, y)
            times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / n_iter


def lazy(shape, n_partitions):
    """Partitions of random_rows, each made by the worker that has it."""
    m, n = shape
    lengths = np.diff(np.linspace(0, m, n_partitions + 1).astype(int))
    rows = [dask.delayed(random_rows)(length, n, seed=i) for i, length in enumerate(lengths)]
    X = [da.from_delayed(each[0], (k, n), float) for each, k in zip(rows, lengths, strict=True)]
    y = [da.from_delayed(each[1], (k,), int) for each, k in zip(rows, lengths, strict=True)]
    return dask.persist(da.concatenate(X), da.concatenate(y))


def measure(shape, n_iter):
    options = {"learning_rate": 0.1, "max_iter": n_iter, "tol": 0, "n_jobs": 2}
    X, y = random_rows(*shape)
    rows = []
    for n_jobs in (1, 2):
        clf = GDLogisticRegression(**{**options, "n_jobs": n_jobs})
        rows.append({"where": f"arrays, {n_jobs}", "seconds": seconds_per_iteration(clf, X, y)})
        print_row(rows[-1])
    for processes in (None, *PROCESSES):
        with start(processes):
            for n_partitions in PARTITIONS:
                data = lazy(shape, n_partitions)
                clf = DaskGDLogisticRegression(**options)
                row = {
                    "where": "threads" if processes is None else f"{processes} processes",
                    "partitions": n_partitions,
                    "seconds": seconds_per_iteration(clf, *data),
                }
                if n_partitions == PARTITIONS[0]:
                    row["dask-ml"] = of_dask_ml(*data, 10)
                rows.append(row)
                print_row(row)
    return rows


def measure_setup():
    """Seconds for each partition until the first step, of partitions with next to no rows."""
    rows = []
    with start(2):
        for n_partitions in SETUPS:
            X = da.random.default_rng(0).normal(size=(100 * n_partitions, 10), chunks=(100, -1))
            X, y = dask.persist(X, (X[:, 0] > 0).astype(int))
            wait([X, y])
            begin = time.perf_counter()
            DaskGDLogisticRegression(0.1, max_iter=1, tol=0).fit(X, y)
            seconds = (time.perf_counter() - begin) / n_partitions
            rows.append({"partitions": n_partitions, "seconds a partition": seconds})
            print(f"{n_partitions:6} partitions: {seconds * 1e3:.1f} ms for each")
    return rows


def message_bytes(p):
    """Of what a step sends to a worker and gets back, for p features."""
    w, b = np.zeros(p), np.float64(0)
    there = pickle.dumps((cost_and_gradient_in, (Sigmoid, w, b), added, ()))
    return len(there), len(pickle.dumps((1.0, w, b)))


class start:
    """A cluster of so many processes of one thread each, or Dask's threads for None."""

    def __init__(self, processes):
        self.processes = processes

    def __enter__(self):
        if self.processes is None:
            self.opened = [dask.config.set(scheduler="threads")]
            return
        cluster = LocalCluster(
            n_workers=self.processes,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=logging.ERROR,
        )
        self.opened = [cluster, Client(cluster)]

    def __exit__(self, *error):
        for each in reversed(self.opened):
            each.__exit__(*error) if self.processes is None else each.close()


def print_row(row):
    peer = row.get("dask-ml")
    print(
        f"{row['where']:14}{row.get('partitions', ''):>11}{row['seconds'] * 1e3:12.2f} ms"
        + (f"{peer * 1e3:12.1f} ms" if peer else "")
    )


if __name__ == "__main__":
    arguments = parser(__doc__).parse_args()
    machine = environment()
    print_environment(machine)
    found = {}
    for name, shape in SIZES.items():
        if arguments.quick and name == "large":
            continue
        print(f"\n{shape[0]:,} x {shape[1]}")
        print(f"{'':14}{'partitions':>11}{'iteration':>15}{'dask-ml':>15}")
        found[name] = measure(shape, 200 if name == "small" else 40)
    if not arguments.quick:
        print("\nsetting up, 2 processes")
        found["setup"] = measure_setup()
    found["messages"] = {p: message_bytes(p) for p in (10, 1000)}
    for p, (there, back) in found["messages"].items():
        print(f"a message of a step, {p} features: {there} bytes there, {back} back")
    OTHERS.print()
    write_json(arguments.json, machine, found)

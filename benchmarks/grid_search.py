"""Grid search: python benchmarks/grid_search.py [--quick] [--data FILE] [--json FILE]

A search over 10 learning rates x 10 numbers of iterations (100 ... 1,000) x 5 folds, tol=0:
GDGridSearchCV against GridSearchCV on the same estimator, both with n_jobs=2, and against
HalvingGridSearchCV over the learning rates with max_iter as its resource.

- Workers are started before the clock. The searches run in turns, and medians are given; where
  GridSearchCV takes longer than half a minute, once.
- On a large file (--data) the iterations are 10 ... 100: GridSearchCV would take ten times as long
  for the others, and so would ours.
- Memory is the largest sum over this process and its workers (proportional set size where shared
  pages count once), sampled every 20 ms, beyond what they held before.
"""

import os
import threading
import time
import warnings
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    duration,
    environment,
    parser,
    print_environment,
    print_table,
    small_sets,
    svmlight,
    write_json,
)
from joblib import Parallel, delayed
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression

N_JOBS = 2
RATES = np.logspace(-3, 0, 10)


class PeakMemory:
    """The largest sum of the memory of this process and its children, beyond that at entry."""

    def __enter__(self):
        self.start = self.peak = self._now()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    @property
    def megabytes(self):
        return (self.peak - self.start) / 2**20

    def _watch(self):
        while not self.done.wait(0.02):
            self.peak = max(self.peak, self._now())

    @staticmethod
    def _now():
        own = os.getpid()
        return sum(_proportional(pid) for pid in (own, *_children(own)))


def _children(pid):
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            yield int(folder.name)


def _proportional(pid):
    """Bytes in memory; a page that several processes share counts for each in part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def cases(quick, data):
    """Name, estimator, X, y and the largest number of iterations."""
    most = 100 if quick else 1000
    X, y = make_classification(7000, 28, n_informative=14, random_state=0)
    yield "7,000 x 28", GDLogisticRegression(tol=0), StandardScaler().fit_transform(X), y, most
    _, X, y = next(small_sets(["breast cancer"]))
    scaled = make_pipeline(StandardScaler(), GDLogisticRegression(tol=0))
    yield "breast cancer, StandardScaler pipeline", scaled, X, y, most
    if data is not None:
        for name, X, y in svmlight(data):
            if name.endswith("dense"):
                yield name, GDLogisticRegression(tol=0), X, y, 10 if quick else 100


def searches(estimator, most):
    name = "" if isinstance(estimator, GDLogisticRegression) else "gdlogisticregression__"
    rates = {f"{name}learning_rate": RATES}
    grid = {**rates, f"{name}max_iter": np.arange(1, 11) * (most // 10)}
    yield "GDGridSearchCV", GDGridSearchCV(estimator, grid, n_jobs=N_JOBS, refit=False)
    yield "GridSearchCV", GridSearchCV(estimator, grid, n_jobs=N_JOBS, refit=False)
    yield (
        "HalvingGridSearchCV",
        HalvingGridSearchCV(
            estimator,
            rates,
            resource=f"{name}max_iter",
            max_resources=most,
            min_resources=most // 10,
            n_jobs=N_JOBS,
            refit=False,
            random_state=0,
        ),
    )


def measure(estimator, X, y, most, repeats):
    Parallel(n_jobs=N_JOBS)(delayed(time.sleep)(0.1) for _ in range(N_JOBS))
    rows = {name: {"seconds": []} for name, _ in searches(estimator, most)}
    for turn in range(repeats):
        for name, search in searches(estimator, most):
            row = rows[name]
            if turn and row["seconds"][0] > 30:
                continue
            if turn == 0 and name == "GDGridSearchCV":
                search.fit(X, y)  # imports in the workers
            with PeakMemory() as memory:
                start = time.perf_counter()
                search.fit(X, y)
                row["seconds"].append(time.perf_counter() - start)
            row["megabytes"] = max(memory.megabytes, row.get("megabytes", 0.0))
            row["best_score"] = float(search.best_score_)
            row["scores"] = search.cv_results_["mean_test_score"]
    ours, theirs = (rows[name].pop("scores") for name in ("GDGridSearchCV", "GridSearchCV"))
    rows["HalvingGridSearchCV"].pop("scores")
    difference = float(np.abs(ours - theirs).max())
    for row in rows.values():
        row["seconds"] = float(np.median(row["seconds"]))
    return rows, difference


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--data", metavar="FILE", type=Path, help="an svmlight file to add")
    arguments = options.parse_args()
    warnings.simplefilter("ignore")
    found = environment()
    print_environment(found)
    results = []
    for case, estimator, X, y, most in cases(arguments.quick, arguments.data):
        rows, difference = measure(estimator, X, y, most, repeats=1 if arguments.quick else 3)
        print(f"\n{case}: 10 rates x 10 iteration counts up to {most:,} x 5 folds; scores of the")
        print(f"first two differ by at most {difference:.1e}")
        ours = rows["GDGridSearchCV"]["seconds"]
        print_table(
            ["search", "seconds", "/ ours", "peak memory", "best score"],
            [
                [
                    name,
                    duration(row["seconds"]),
                    f"{row['seconds'] / ours:.1f}",
                    f"{row['megabytes']:.0f} MB",
                    f"{row['best_score']:.5f}",
                ]
                for name, row in rows.items()
            ],
        )
        results.append({"case": case, "max_iter": most, "difference": difference, **rows})
    OTHERS.print()
    write_json(arguments.json, found, {"searches": results})


if __name__ == "__main__":
    main()

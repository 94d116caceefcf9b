"""A search over C: python benchmarks/sweep.py [--quick] [--cap SECONDS] [--only TEXT ...]

20 values of C from 1e-4 to 1e4 x 5 folds (L1: 9 values from 1e-2 to 1e2), by the mean loss on the
examples that are held out: GDLogisticRegressionCV and GDGridSearchCV; LogisticRegressionCV with
each solver that fits the case; GridSearchCV over LogisticRegression, over that of
scikit-learn-intelex where it is installed and fits by its own code, and over GDLogisticRegression.

All at equal accuracy: each runs with tol from 1e-2 down, a power of ten apart, until the mean loss
of every fold at every C is within 1e-4 of the optimum's (ours at tol=1e-9), or a search took longer
than --cap seconds; then three times more, with one process and with two, workers started before the
clock, and the faster median counts. ">" stands before the longest search of one that did not get
there.
"""

import time
import warnings
from pathlib import Path

import numpy as np
from _common import (
    OTHERS,
    add_only,
    chosen,
    duration,
    environment,
    geometric_mean,
    parser,
    print_environment,
    print_table,
    seconds_of,
    small_sets,
    svmlight,
    write_json,
)
from _solvers import Problem, installed, known_to_sklearn, runs_onedal
from joblib import Parallel, delayed
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from wide import embeddings

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDLogisticRegressionCV

TOLS = [10.0**-k for k in range(2, 10)]
SAME = 1e-4
MAX_ITER = 10_000
CS = np.logspace(-4, 4, 20)
FEWER = np.logspace(-2, 2, 9)
OURS = "GDLogisticRegressionCV"


def cases(quick, data):
    """Name, X, y, values of C and l1_ratio."""
    _, X, y = next(small_sets(["breast cancer"]))
    standardized = StandardScaler().fit_transform(X)
    yield "breast cancer, standardized", standardized, y, CS, 0.0
    yield "breast cancer, standardized, L1", standardized, y, FEWER, 1.0
    if quick:
        return
    yield "breast cancer, raw", X, y, CS, 0.0
    _, X, y = next(small_sets(["digits"]))
    yield "digits, standardized", StandardScaler().fit_transform(X), y, CS, 0.0
    X, y = make_classification(7000, 28, n_informative=14, n_classes=5, random_state=0)
    yield "7,000 x 28, 5 classes", X, y, CS, 0.0
    X, y = make_classification(100_000, 100, n_informative=30, random_state=0)
    yield "100,000 x 100", X, y, CS, 0.0
    if data is not None:
        for name, X, y in svmlight(data):
            yield name, X, y, CS, 0.0
            if name.endswith("sparse"):
                yield f"{name}, L1", X, y, FEWER, 1.0
    yield "embeddings 20,000 x 768, 20", *embeddings(20_000, 768, 20), FEWER, 0.0


def searches(Cs, few):
    """Functions of (tol, n_jobs) that make a search, by name; `few` is a problem of its kind."""
    l1_ratio = few.l1_ratio
    scored = {"scoring": "neg_log_loss", "cv": 5}
    gd = {"max_iter": MAX_ITER, "l1_ratio": l1_ratio}

    def ours(tol, n_jobs):
        return GDLogisticRegressionCV(
            Cs=Cs, l1_ratios=[l1_ratio], tol=tol, max_iter=MAX_ITER, n_jobs=n_jobs, refit=False,
            **scored,
        )  # fmt: skip

    def grid(kind, estimator, **options):
        return lambda tol, n_jobs: kind(
            estimator(tol=tol, **options), {"C": Cs}, n_jobs=n_jobs, refit=False, **scored
        )

    def theirs(solver, **options):
        return lambda tol, n_jobs: LogisticRegressionCV(
            Cs=Cs, l1_ratios=[l1_ratio], solver=solver, tol=tol, max_iter=MAX_ITER, n_jobs=n_jobs,
            refit=False, use_legacy_attributes=False, **scored, **options,
        )  # fmt: skip

    yield OURS, ours
    yield "GDGridSearchCV", grid(GDGridSearchCV, GDLogisticRegression, **gd)
    yield "GridSearchCV, ours", grid(GridSearchCV, GDLogisticRegression, **gd)
    solvers = ["lbfgs", "newton-cg", "newton-cholesky"]
    if l1_ratio:
        newest = [name for name in ("newton-cd", "newton-cd-gram") if known_to_sklearn(name, few)]
        solvers = ["liblinear", "saga", *newest] if few.binary else ["saga", *newest]
    for solver in solvers:
        yield f"LogisticRegressionCV, {solver}", theirs(solver)
    if "liblinear" in solvers:
        # It penalizes the intercept; next to not at all where its column is so large.
        yield "LogisticRegressionCV, liblinear, 1 as 30", theirs("liblinear", intercept_scaling=30)
    best = {"solver": solvers[0], "max_iter": MAX_ITER, "l1_ratio": l1_ratio}
    yield f"GridSearchCV, {solvers[0]}", grid(GridSearchCV, LogisticRegression, **best)
    if installed("sklearnex") and runs_onedal(few):
        from sklearnex.linear_model import LogisticRegression as IntelexLogisticRegression

        intelex = grid(GridSearchCV, IntelexLogisticRegression, max_iter=MAX_ITER)
        yield "GridSearchCV, intelex lbfgs", intelex


def losses(search):
    """The mean loss of every fold at every C."""
    if hasattr(search, "scores_"):
        return -search.scores_[:, 0]
    folds = range(search.n_splits_)
    return -np.array([search.cv_results_[f"split{k}_test_score"] for k in folds])


def measure(X, y, Cs, l1_ratio, cap, repeats):
    """By name: seconds, whether the losses are those of the optimum, tol, processes."""
    optimum = losses(GDLogisticRegressionCV(
        Cs=Cs, l1_ratios=[l1_ratio], tol=1e-9, max_iter=20_000, cv=5, refit=False
    ).fit(X, y))  # fmt: skip
    Parallel(n_jobs=2)(delayed(time.sleep)(0.1) for _ in range(2))
    found = {}
    few = Problem("", X, y, 1.0, l1_ratio).few_rows()
    for name, make in searches(Cs, few):
        make(TOLS[0], 2).fit(X[::20], y[::20])  # imports in the workers
        for tol in TOLS:
            search = make(tol, 2)
            first = seconds_of(lambda: search.fit(X, y))  # noqa: B023
            reached = bool(np.abs(losses(search) - optimum).max() <= SAME)
            if reached or first > cap:
                break
        seconds, n_jobs = first, 2
        if reached and first <= cap:
            medians = {}
            for jobs in (None, 2):
                runs = [seconds_of(lambda: make(tol, jobs).fit(X, y)) for _ in range(repeats)]  # noqa: B023
                medians[jobs] = float(np.median(runs))
            n_jobs = min(medians, key=medians.get)
            seconds = medians[n_jobs]
        found[name] = {"seconds": seconds, "reached": reached, "tol": tol, "n_jobs": n_jobs}
        print(".", end="", flush=True)
    print()
    return found


def main():
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--data", metavar="FILE", type=Path, help="an svmlight file to add")
    options.add_argument("--cap", type=float, metavar="SECONDS", help="longest search; 60, quick 5")
    add_only(options, "cases")
    arguments = options.parse_args()
    cap = arguments.cap or (5.0 if arguments.quick else 60.0)
    warnings.simplefilter("ignore")
    found = environment()
    print_environment(found)
    results, ratios = [], []
    for case, X, y, Cs, l1_ratio in cases(arguments.quick, arguments.data):
        if not chosen(case, arguments.only):
            continue
        rows = measure(X, y, Cs, l1_ratio, cap, repeats=1 if arguments.quick else 3)
        ours = rows[OURS]["seconds"]
        print(f"{case}: {len(Cs)} values of C x 5 folds")
        print_table(
            ["search", "seconds", "/ ours", "tol", "processes"],
            [
                [
                    name,
                    ("" if row["reached"] else "> ") + duration(row["seconds"]),
                    f"{row['seconds'] / ours:.2f}",
                    f"{row['tol']:.0e}",
                    row["n_jobs"] or 1,
                ]
                for name, row in rows.items()
            ],
        )
        rivals = [row["seconds"] for name, row in rows.items() if "GD" not in name]
        ratios.append(min(rivals) / ours)
        mean = geometric_mean(ratios)
        print(
            f"fastest rival / ours: {ratios[-1]:.2f}; geometric mean so far: {mean:.2f}\n",
            flush=True,
        )
        results.append({"case": case, "rows": rows})
    OTHERS.print()
    write_json(arguments.json, found, {"cap": cap, "results": results})


if __name__ == "__main__":
    main()

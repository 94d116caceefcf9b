"""What each implementation offers: python tools/features.py [--verbose] [--json FILE]

Prints the tables of docs/comparison.md. A check is a function of a `Model`: it fits, looks at what
came out, and says it in a word or two. A model that cannot be asked (no such parameter, no such
method, X refused) raises: "no", and --verbose says why. Models whose package is not installed are
left out; Spark needs Java as well, and runs on one thread of this machine.

The penalty is LogisticRegression's with C=1 for all of them, unless a check says otherwise; all
else is left at its default. What a model found is judged by one function,

    gap = (J - J*) / (J0 - J*)        J0 at w = 0, b = 0; J* the lowest cost there is

with the penalty in J.
"""

import argparse
import contextlib
import importlib.metadata
import logging
import math
import platform
import re
import sys
import tempfile
import tracemalloc
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.special import softmax
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient

# The line about the machine is that of the benchmarks.
sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from _common import environment, write_json

LOG = logging.getLogger("features")
NOT_OFFERED = (AttributeError, TypeError, ValueError, NotImplementedError, AssertionError)


# ---------------------------------------------------------------------------- models


@dataclass
class Model:
    """One implementation: `make(m, C, **parameters)` gives an estimator for m rows.

    `names` translates max_iter, tol and learning_rate into its own parameters, None where it has
    none; `start(model, X, y)` is where it starts, `again` what a second fit needs to go on from
    the first; `lazy` ones are given Dask arrays.
    """

    name: str
    package: str
    make: object
    names: dict
    start: object = lambda model, X, y: (np.zeros(X.shape[1]), 0.0)
    again: object = None
    lazy: bool = False

    def __call__(self, m, C=1.0, **wanted):
        missing = [name for name in wanted if self.names.get(name, name) is None]
        if missing:
            raise TypeError(f"no parameter {missing[0]}")
        return self.make(m, C, **{self.names.get(name, name): wanted[name] for name in wanted})

    def has(self, parameter):
        return self.names.get(parameter) is not None


def ours(m, C, **wanted):
    return GDLogisticRegression(C=C, **wanted)


def logistic(m, C, l1_ratio=0.0, **wanted):
    solver = "saga" if l1_ratio else "lbfgs"
    return LogisticRegression(C=C, l1_ratio=l1_ratio, solver=solver, **wanted)


def sgd(m, C, l1_ratio=0.0, eta0=None, **wanted):
    if eta0 is not None:
        wanted |= {"learning_rate": "constant", "eta0": eta0}
    penalty = (
        {"penalty": None} if math.isinf(C) else {"penalty": "elasticnet", "alpha": 1 / (C * m)}
    )
    return SGDClassifier(loss="log_loss", l1_ratio=l1_ratio, random_state=0, **penalty, **wanted)


def mlp(m, C, learning_rate_init=None, **wanted):
    batch = min(200, m)  # its default
    if learning_rate_init is not None:
        batch = m
        wanted |= {
            "learning_rate_init": learning_rate_init,
            "solver": "sgd",
            "batch_size": m,
            "momentum": 0,
            "shuffle": False,
        }
    # Every batch pays alpha / (2 batch) |w|^2 beside the mean of its losses.
    return MLPClassifier(hidden_layer_sizes=(), alpha=batch / (C * m), random_state=0, **wanted)


def mlxtend(m, C, eta=None, **wanted):
    from mlxtend.classifier import LogisticRegression

    if eta is not None:  # its gradient is a sum over the rows
        wanted["eta"] = eta / m
    return LogisticRegression(l2_lambda=1 / C, random_seed=0, **wanted)


def dask_ml(m, C, l1_ratio=0.0, **wanted):
    from dask_ml.linear_model import LogisticRegression

    if l1_ratio not in (0.0, 1.0):
        wanted |= {"penalty": "elastic_net"}
    elif l1_ratio:
        wanted |= {"penalty": "l1"}
    return LogisticRegression(C=min(C, 1e12), **wanted)


def skglm(m, C, l1_ratio=0.0, **wanted):
    from skglm import SparseLogisticRegression

    return SparseLogisticRegression(alpha=1 / (C * m), l1_ratio=l1_ratio, **wanted)


def spark(m, C, l1_ratio=0.0, **wanted):
    Spark.session()  # pyspark makes nothing without one
    return Spark(regParam=1 / (C * m), elasticNetParam=l1_ratio, **wanted)


class Spark:
    """pyspark.ml's LogisticRegression with fit and predict_proba on arrays.

    Its standardization changes what is penalized, unless it is turned off.
    """

    def __init__(self, **parameters):
        from pyspark.ml.classification import LogisticRegression

        self.estimator = LogisticRegression(standardization=False, **parameters)

    def fit(self, X, y, sample_weight=None):
        columns = ["label", "features"]
        rows = zip(map(float, y), self.vectors(X), strict=True)
        if sample_weight is not None:
            columns.append("weight")
            rows = [(*row, float(s)) for row, s in zip(rows, sample_weight, strict=True)]
            self.estimator.setWeightCol("weight")
        model = self.estimator.fit(self.session().createDataFrame(list(rows), columns))
        self.model = model
        self.coef_, self.intercept_ = model.coefficientMatrix.toArray(), model.interceptVector
        self.intercept_ = self.intercept_.toArray()
        self.n_iter_ = model.summary.totalIterations
        self.objectiveHistory = np.array(model.summary.objectiveHistory)
        return self

    def predict_proba(self, X):
        return np.array([self.model.predictProbability(row) for row in self.vectors(X)])

    @staticmethod
    def vectors(X):
        from pyspark.ml.linalg import Vectors

        if sparse.issparse(X):
            return [Vectors.sparse(X.shape[1], row.indices, row.data) for row in X]
        return [Vectors.dense(row) for row in X]

    @staticmethod
    def session():
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        found = builder.getOrCreate()
        found.sparkContext.setLogLevel("WARN")
        return found


def mlp_start(model, X, y):
    """Random: the smallest rate leaves it where it was."""
    nowhere, _ = fitted(model, model(len(y), learning_rate=1e-300, max_iter=1), X, y)
    w, b = coefficients(nowhere, X.shape[1])
    return w[0], b[0]


def mlxtend_start(model, X, y):
    return np.random.RandomState(0).normal(scale=0.01, size=X.shape[1]), 0.0


def named(learning_rate=None, max_iter="max_iter", tol="tol"):
    return {"learning_rate": learning_rate, "max_iter": max_iter, "tol": tol}


MODELS = [
    Model("GDLogisticRegression", "sklearn-gdlogreg", ours, named("learning_rate")),
    Model("LogisticRegression", "scikit-learn", logistic, named()),
    Model("SGDClassifier", "scikit-learn", sgd, named("eta0")),
    Model("MLPClassifier", "scikit-learn", mlp, named("learning_rate_init"), mlp_start),
    Model(
        "mlxtend",
        "mlxtend",
        mlxtend,
        named("eta", "epochs", None),
        mlxtend_start,
        again={"init_params": False},
    ),
    Model("dask-ml", "dask-ml", dask_ml, named(), lazy=True),
    Model("skglm", "skglm", skglm, named()),
    Model("Spark MLlib", "pyspark", spark, named(max_iter="maxIter")),
]


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


# ---------------------------------------------------------------------------- fits


def raw():
    return load_breast_cancer(return_X_y=True)


def standardized():
    X, y = raw()
    return StandardScaler().fit_transform(X), y


def fitted(model, estimator, X, y, **fit_parameters):
    """Fitted, with the warnings that came."""
    if model.lazy:
        import dask.array as da

        chunks = (-(-len(y) // 2), X.shape[1])
        X, y = da.from_array(X, chunks=chunks), da.from_array(np.asarray(y), chunks=chunks[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y, **fit_parameters)
    # What will change in another version says nothing about the fit.
    other = FutureWarning | DeprecationWarning | PendingDeprecationWarning
    return estimator, [w.message for w in caught if not issubclass(w.category, other)]


def coefficients(estimator, n_columns):
    """coef of shape (outputs, columns) and intercept, wherever the estimator keeps them."""
    if hasattr(estimator, "coefs_"):
        coef, intercept = estimator.coefs_[0].T, estimator.intercepts_[0]
    elif hasattr(estimator, "w_"):
        coef, intercept = estimator.w_, estimator.b_
    else:
        coef, intercept = estimator.coef_, estimator.intercept_
    return np.reshape(coef, (-1, n_columns)), np.ravel(intercept)


def gap(X, y, estimator, C=1.0, l1_ratio=0.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rounding ends it before tol
        best = GDLogisticRegression(C=C, l1_ratio=l1_ratio, tol=1e-12, max_iter=100_000).fit(X, y)
    coef, intercept = coefficients(estimator, X.shape[1])
    if not (np.isfinite(coef).all() and np.isfinite(intercept).all()):
        return math.nan
    J, _, _ = cost_and_gradient(X, y, coef, intercept)
    J += (l1_ratio * abs(coef).sum() + (1 - l1_ratio) * (coef**2).sum() / 2) / (C * len(y))
    start, lowest = best.loss_curve_[0], best.loss_curve_.min()
    return max(0.0, J - lowest) / (start - lowest)


def iterations(estimator):
    for name in ("n_iter_", "epochs"):
        if hasattr(estimator, name):
            return int(np.max(getattr(estimator, name)))
    return None


def yes(answer):
    return "yes" if answer else "no"


# ---------------------------------------------------------------------------- the descent


def constant_rate(model):
    """Are 100 steps at the rate 0.1 those of NumPy's loop from the same start?"""
    X, y = standardized()
    m = len(y)
    estimator, _ = fitted(model, model(m, learning_rate=0.1, max_iter=100), X, y)
    w, b = model.start(model, X, y)
    for _ in range(100):
        dz = (1 / (1 + np.exp(-(X @ w + b))) - y) / m
        w, b = w - 0.1 * (X.T @ dz + w / m), b - 0.1 * dz.sum()
    coef, intercept = coefficients(estimator, X.shape[1])
    same = max(abs(w - coef[0]).max(), abs(b - intercept[0])) < 1e-10
    return "yes" if same else "no, a row a step" if model.make is sgd else "no"


def kept(model):
    """The fitted attributes that have a number for each of the iterations."""
    X, y = standardized()
    estimator, _ = fitted(model, model(len(y)), X, y)
    n = iterations(estimator)
    found = [
        f"`{name}`"
        for name, value in vars(estimator).items()
        if n
        and n > 1
        and np.ndim(value) == 1
        and n <= len(value) <= n + 1
        and len(value) not in (X.shape[1], 2)
    ]
    return ", ".join(found) or "no"


def stages(model):
    return yes(any(name.startswith("staged_") for name in dir(model(2))))


def early_stopping(model):
    """Which curve it decides by; SGDClassifier keeps none, and its documentation says accuracy."""
    X, y = standardized()
    estimator, _ = fitted(model, model(len(y), early_stopping=True), X, y)
    return "on the loss" if hasattr(estimator, "validation_loss_curve_") else "on accuracy"


def callbacks(model):
    return yes(hasattr(model(2), "set_callbacks"))


def warm_start(model):
    """Does a second fit of three iterations end lower than the first?"""
    X, y = standardized()
    on = {} if model.again else {"warm_start": True}
    estimator, _ = fitted(model, model(len(y), max_iter=3, **on), X, y)
    first = gap(X, y, estimator)
    estimator, _ = fitted(model, estimator, X, y, **(model.again or {}))
    return "yes" if gap(X, y, estimator) < first else "ignored"


# ---------------------------------------------------------------------------- the problem


def long(model):
    """As long a fit as it can make: dask-ml takes a tenth of a second for each iteration."""
    tol = {"tol": 1e-10} if model.has("tol") else {}
    return {"max_iter": 1000 if model.lazy else 100_000, **tol}


def tightest(model):
    """The gap of a long fit."""
    X, y = standardized()
    found = gap(X, y, fitted(model, model(len(y), **long(model)), X, y)[0])
    return "not finite" if math.isnan(found) else f"{found:.0e}" if found > 1e-10 else "< 1e-10"


def penalties(model):
    """With which of them, and C=0.1, does a long fit come within 1 % of the optimum?"""
    X, y = standardized()
    found = []
    for name, l1_ratio in (("L2", 0.0), ("L1", 1.0), ("elastic net", 0.5)):
        with contextlib.suppress(*NOT_OFFERED):
            wanted = {"l1_ratio": l1_ratio} if l1_ratio else {}
            estimator, _ = fitted(model, model(len(y), C=0.1, **wanted, **long(model)), X, y)
            if gap(X, y, estimator, C=0.1, l1_ratio=l1_ratio) < 0.01:
                found.append(name)
    return ", ".join(found) or "none"


def multinomial(model):
    """Are the probabilities of three classes the softmax of the linear functions?"""
    X, y = load_iris(return_X_y=True)
    estimator, _ = fitted(model, model(len(y)), X, y)
    coef, intercept = coefficients(estimator, X.shape[1])
    z = X @ coef.T + intercept
    if z.shape[1] != 3:
        return "no, without an error"
    P = np.asarray(estimator.predict_proba(X))
    return "yes" if np.allclose(P, softmax(z, axis=1), atol=1e-6) else "one against the rest"


def sample_weight(model):
    """Is it taken, and does it change the model?"""
    X, y = standardized()
    weighted, _ = fitted(model, model(len(y)), X, y, sample_weight=1.0 + np.arange(len(y)) % 2)
    whole, _ = fitted(model, model(len(y)), X, y)
    a, b = (coefficients(estimator, X.shape[1])[0] for estimator in (weighted, whole))
    return "yes" if abs(a - b).max() > 0 else "ignored"


def class_weight(model):
    X, y = standardized()
    (even, _), (uneven, _) = (
        fitted(model, model(len(y), **p), X, y) for p in ({}, {"class_weight": {0: 1, 1: 9}})
    )
    a, b = (coefficients(e, X.shape[1])[1] for e in (even, uneven))
    return "yes" if abs(a - b).max() > 0 else "ignored"


def sparse_rows(model):
    """Does it fit a CSR matrix, to a model that agrees with that of the array?"""
    X, y = standardized()
    (dense, _), (stored, _) = (
        fitted(model, model(len(y)), form, y) for form in (X, sparse.csr_matrix(X))
    )
    signs = []
    for estimator in (dense, stored):
        coef, intercept = coefficients(estimator, X.shape[1])
        signs.append(X @ coef[0] + intercept[0] > 0)
    return yes(np.mean(signs[0] == signs[1]) > 0.95)


def float32(model):
    X, y = standardized()
    estimator, _ = fitted(model, model(len(y)), X.astype(np.float32), y)
    return yes(coefficients(estimator, X.shape[1])[0].dtype == np.float32)


# ---------------------------------------------------------------------------- what goes wrong


def raw_data(model):
    X, y = raw()
    estimator, said = fitted(model, model(len(y)), X, y)
    found = gap(X, y, estimator)
    coef, intercept = coefficients(estimator, X.shape[1])
    accuracy = np.mean((X @ coef[0] + intercept[0] > 0) == y)
    text = "not finite" if math.isnan(found) else f"{found:.1e}"
    return f"{text} / {accuracy:.3f} / {warned(said)}"


def warned(said):
    """NumPy's RuntimeWarning is of a formula that overflowed, and does not know of the fit."""
    if not said:
        return "silent"
    return "NumPy warns" if all(isinstance(w, RuntimeWarning) for w in said) else "warning"


def too_short(model):
    X, y = standardized()
    return warned(fitted(model, model(len(y), max_iter=2), X, y)[1])


def too_far(model):
    """The learning rate 1 on raw data: the cost rises."""
    if not model.has("learning_rate"):
        return "-"
    X, y = raw()
    return warned(fitted(model, model(len(y), learning_rate=1.0, max_iter=50), X, y)[1])


def separable(model):
    """Without a penalty there is no optimum: is that said?"""
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]] * 25), np.array([0, 0, 1, 1] * 25)
    _, said = fitted(model, model(len(y), C=math.inf), X, y)
    return "names it" if re.search("separable", " ".join(map(str, said))) else warned(said)


def estimator_checks(model):
    """How many of scikit-learn's checks fail."""
    estimator = GDLogisticRegression() if model.make is ours else model(100)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    failed = [result["check_name"] for result in results if result["status"] == "failed"]
    LOG.info("%s fails %s", model.name, failed)
    return f"{len(failed)} of {len(results)} fail" if failed else f"all {len(results)} pass"


# ---------------------------------------------------------------------------- data and tools


def mapped(model):
    """Memory that a fit takes beside a memory-mapped float32 X, in multiples of it."""
    if model.lazy:
        return "-"
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        X = np.lib.format.open_memmap(path, "w+", np.float32, (200_000, 50))
        X[:] = rng.normal(size=X.shape)
        y = (X[:, 0] + rng.logistic(size=len(X)) > 0).astype(int)
        X.flush()
        X = np.load(path, mmap_mode="r")
        tracemalloc.start()
        fitted(model, model(len(y), max_iter=3), X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return f"{peak / X.nbytes:.1f} x X"


def partial_fit(model):
    return yes(hasattr(model(2), "partial_fit"))


def array_api(model):
    return yes(get_tags(model(2)).array_api_support)


def onnx(model):
    """skl2onnx knows the classes of scikit-learn alone."""
    from skl2onnx import to_onnx

    X, y = standardized()
    estimator, _ = fitted(model, model(len(y)), X, y)
    through = hasattr(estimator, "to_sklearn")
    try:
        to_onnx(estimator.to_sklearn() if through else estimator, X[:1])
    except RuntimeError as error:
        LOG.info("%s, onnx: %s", model.name, type(error).__name__)
        return "no"
    return "by `to_sklearn()`" if through else "yes"


TABLES = {
    "The descent": {
        "constant rate, full batch": constant_rate,
        "kept for every iteration": kept,
        "staged predictions": stages,
        "early stopping": early_stopping,
        "callbacks": callbacks,
        "warm start": warm_start,
    },
    "The problem": {
        "penalties": penalties,
        "gap of a long fit": tightest,
        "softmax": multinomial,
        "sample_weight": sample_weight,
        "class_weight": class_weight,
        "sparse X": sparse_rows,
        "float32 kept": float32,
    },
    "When it goes wrong": {
        "raw data: gap / accuracy / says": raw_data,
        "max_iter=2": too_short,
        "learning rate 1, raw data": too_far,
        "separable, no penalty": separable,
    },
    "Data and tools": {
        "memory beside a mapped X": mapped,
        "partial_fit": partial_fit,
        "array API": array_api,
        "ONNX": onnx,
        "check_estimator": estimator_checks,
    },
}


def answer(check, model):
    try:
        return check(model)
    except NOT_OFFERED as error:
        LOG.info("%s, %s: %s: %s", model.name, check.__name__, type(error).__name__, error)
        return "no"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What each implementation offers.")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="only these")
    parser.add_argument("--verbose", action="store_true", help="say why a cell is no")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every cell there")
    options = parser.parse_args()
    found, tables = environment(), {}
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO if options.verbose else logging.WARNING)
    models = [
        model
        for model in MODELS
        if version(model.package) and (not options.models or model.name in options.models)
    ]
    packages = dict.fromkeys(["numpy", *(model.package for model in models)])
    print(f"Python {platform.python_version()}, ", end="")
    print(", ".join(f"{package} {version(package)}" for package in packages))
    for title, checks in TABLES.items():
        print(f"\n{title}\n\n| | {' | '.join(checks)} |\n|{'---|' * (len(checks) + 1)}")
        for model in models:
            if model.make is spark and title == "Data and tools":
                continue  # what wraps it here is not Spark's
            cells = [answer(check, model) for check in checks.values()]
            tables.setdefault(title, {})[model.name] = dict(zip(checks, cells, strict=True))
            print(f"| {model.name} | {' | '.join(cells)} |", flush=True)
    write_json(options.json, found, {"tables": tables})

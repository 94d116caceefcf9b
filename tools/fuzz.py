"""Random calls of fit and predict: python tools/fuzz.py [--calls 10000] [--seed 0]

Every call must end in a correct fit or in a ValueError or TypeError whose message says what is
wrong; never in another exception, in a warning that is not ours, in an estimator that is half
fitted, or too late. Prints what did not, each with the seed that makes it again; the exit status is
the number of them.
"""

import argparse
import collections
import datetime
import sys
import time
import warnings
from decimal import Decimal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

from sklearn_gdlogreg import GDLogisticRegression

# What a message may name: the culprit is one of what was passed.
NAMED = (
    "X",
    "y",
    "sample_weight",
    "sample weight",
    "weight",
    "coef_init",
    "intercept_init",
    "learning_rate",
    "max_iter",
    "tol",
    "C",
    "l1_ratio",
    "class",
    "label",
    "coordinates",
    "cost",
    "features",
    "array",
    "Classification",
    "float",
    "complex",
    "dtype",
    "DType",
)
SECONDS = 20


KINDS = (
    *["normal"] * 12,
    *("tiny", "huge", "denormal", "constant", "integers", "nan"),
    *("inf", "mixed scales", "zeros", "bool"),
)
FORMS = (
    *["array"] * 40,
    *("float32", "float16", "F", "list", "csr", "csc", "coo", "object", "ragged", "masked"),
    *("complex", "datetime", "string", "3d", "1d", "memoryview", "read-only", "strided", "None"),
    *("decimal", "longdouble", "structured", "matrix", "negative strides", "big-endian"),
)


def values(rng, shape):
    """Numbers of one of many kinds."""
    kind = rng.choice(KINDS)
    X = rng.normal(size=shape)
    if kind == "tiny":
        X *= 1e-300
    elif kind == "huge":
        X *= 1e307
    elif kind == "denormal":
        X *= 5e-324
    elif kind == "constant":
        X[...] = rng.choice([0.1, 1e9, -3.0, 1e308])
    elif kind == "integers":
        X = rng.integers(-3, 4, shape)
    elif kind in ("nan", "inf") and X.size:
        X.flat[rng.integers(X.size)] = {"nan": np.nan, "inf": -np.inf}[kind]
    elif kind == "mixed scales" and X.ndim == 2:
        X *= 10.0 ** rng.integers(-200, 200, shape[1])
    elif kind == "zeros":
        X[...] = 0
    elif kind == "bool":
        X = X > 0
    return X


def make_X(rng):
    m = int(rng.choice([0, 1, 2, 3, *[7, 20, 60, 300] * 5]))
    n = int(rng.choice([0, *[1, 2, 5, 40] * 8]))
    X = values(rng, (m, n))
    form = str(rng.choice(FORMS))
    with np.errstate(all="ignore"):
        return m, _in_form(X, form), form


def _in_form(X, form):
    if form == "float32":
        return X.astype(np.float32)
    if form == "float16":
        return X.astype(np.float16)
    if form == "F":
        return np.asfortranarray(X)
    if form == "list":
        return X.tolist()
    if form in ("csr", "csc", "coo"):
        return getattr(sparse, f"{form}_array")(np.asarray(X, dtype=float))
    if form == "object":
        return X.astype(object)
    if form == "ragged":
        return [row[: 1 + i % 2] for i, row in enumerate(X.tolist())]
    if form == "masked":
        return np.ma.masked_array(X, X == 0)
    if form == "complex":
        return X + 1j
    if form == "datetime":
        return np.full(X.shape, np.datetime64("2024-01-01"))
    if form == "string":
        return X.astype(str)
    if form == "3d":
        return X[None]
    if form == "1d":
        return X.ravel()
    if form == "memoryview":
        return memoryview(np.ascontiguousarray(X))
    if form == "read-only":
        X.flags.writeable = False
        return X
    if form == "strided":
        return np.repeat(X, 2, axis=1)[:, ::2]
    if form == "None":
        return None
    if form == "decimal":
        return np.array([[Decimal(float(value)) for value in row] for row in X.tolist()], object)
    if form == "longdouble":
        return X.astype(np.longdouble)
    if form == "structured":
        return np.zeros(len(X), dtype=[("a", float)])
    if form == "matrix":
        return sparse.csr_matrix(np.asarray(X, dtype=float))
    if form == "negative strides":
        return X[::-1, ::-1]
    if form == "big-endian":
        return X.astype(">f8")
    return X


def make_y(rng, m):
    m = max(0, m + int(rng.choice([1, -1, *[0] * 40])))
    y = rng.integers(0, int(rng.choice([1, *[2] * 12, *[3] * 4, 5, 200])), m)
    form = rng.choice(
        ["int"] * 30
        + ["str", "float", "bool", "object", "continuous", "nan", "column", "2d", "list", "None"]
        + ["bytes", "datetime", "mixed", "huge", "negative", "complex", "set"]
    )
    forms = {
        "str": lambda: np.char.add("c", y.astype(str)),
        "float": lambda: y.astype(float),
        "bool": lambda: y > 0,
        "object": lambda: y.astype(str).astype(object),
        "continuous": lambda: rng.normal(size=m),
        "nan": lambda: np.where(y == 0, np.nan, y),
        "column": lambda: y[:, None],
        "2d": lambda: np.column_stack([y, y]),
        "list": y.tolist,
        "None": lambda: None,
        "bytes": lambda: y.astype("S"),
        "datetime": lambda: np.array([datetime.date(2024, 1, 1 + int(v) % 28) for v in y], object),
        "mixed": lambda: np.array([str(v) if v else 0 for v in y], object),
        "huge": lambda: y * 2**61,
        "negative": lambda: -y,
        "complex": lambda: y + 1j,
        "set": lambda: set(y.tolist()),
    }
    return forms.get(form, lambda: y)(), form


def make_weight(rng, m):
    forms = [lambda: None] * 30
    forms += [
        lambda: rng.random(m),
        lambda: rng.integers(0, 3, m),
        lambda: np.zeros(m),
        lambda: -rng.random(m),
        lambda: rng.random(m) * 1e308,
        lambda: rng.random(m) * 1e-320,
        lambda: np.full(m, np.nan),
        lambda: rng.random(m + 1),
        lambda: rng.random((m, 2)),
        lambda: "heavy",
        lambda: 2.0,
        lambda: rng.random(m).tolist(),
    ]
    return forms[rng.integers(len(forms))]()


PARAMETERS = {
    "learning_rate": ["auto"] * 6
    + [0.1, 1, 1e300, 1e-320, "lipschitz", "backtracking", "barzilai-borwein", "adaptive", "silver"]
    + [-1, 0, np.nan, np.inf, None, "fast", lambda t: 0.1, lambda t: "x", lambda t: -1, [0.1]],
    "max_iter": [5, 20, 0, 1, 3] * 3 + [-1, 2.5, None, True, "many"],
    "tol": [1e-4, 0, 1e-12, 1e300] * 3 + [-1, np.nan, None, "x"],
    "C": [np.inf, 1.0, 1e-300, 1e300, 1e-10, 10] * 3 + [0, -1, np.nan, "x", None],
    "l1_ratio": [0.0, 0.0, 1.0, 0.5] * 3 + [-1, 2, np.nan, None, "x"],
    "penalty_factors": [None, {0: 0}, {0: 0.0, 1: 5.0}, {0: 1e300, 1: 1e-300}, [1.0, 2.0]] * 2
    + [{0: -1}, {0: np.nan}, {99: 1}, {"a": 1}, {0: [1]}, "x", 3.0, {None: 1}],
    "bounds": [None, (0, None), (None, 0), (-1, 1), (0, 0), (1, 2), {0: (0, None)}] * 2
    + [Bounds(0, 1), {0: (1e300, None)}, {0: (-1e-320, 1e-320)}, (np.zeros(2), np.ones(2))]
    + [
        (2, 1),
        (np.nan, 1),
        (np.inf, np.inf),
        {99: (0, 1)},
        {0: 1},
        "x",
        [1],
        (0, "a"),
        {"a": (0, 1)},
    ],
    "fit_intercept": [True, False] * 4 + [None, "no"],
    "class_weight": [None] * 8
    + ["balanced", {0: 2.0}, {0: 0}, {0: 0, 1: 0}, {0: -1}, {"c0": 1e308}, {0: np.nan}, "x", [1]],
    "coordinates": ["auto"] * 6 + ["raw", "standardized", "decorrelated", "polar", None],
    "early_stopping": [False] * 6 + [True, None],
    "validation_fraction": [0.1] * 6 + [0.5, 1, 3, 0, 1.5, -0.1, None],
    "n_iter_no_change": [10] * 4 + [1, 0, None],
    "store_path": [False] * 4 + [True, 2, 0, -1, "x"],
    "n_jobs": [None] * 6 + [1, 2, -1, 0, "all"],
    "warm_start": [False] * 6 + [True, None],
}


def make_options(rng):
    """Most of them the defaults: each call breaks few things."""
    options = {"max_iter": 10}
    for name in rng.choice(list(PARAMETERS), size=rng.choice([0, 0, 1, 1, 2, 3, 5]), replace=False):
        options[str(name)] = PARAMETERS[name][rng.integers(len(PARAMETERS[name]))]
    return options


def make_start(rng, n):
    if rng.random() < 0.9:
        return {}
    forms = [
        {"coef_init": rng.normal(size=(1, n))},
        {"coef_init": rng.normal(size=(3, n)) * 1e200, "intercept_init": [0.0, 0.0, 0.0]},
        {"coef_init": np.full((1, n), np.nan)},
        {"coef_init": "zero"},
        {"intercept_init": [1.0]},
        {"intercept_init": 1e400},
    ]
    return forms[rng.integers(len(forms))]


def check(seed):
    """What was wrong about a random call; None if nothing was."""
    rng = np.random.default_rng(seed)
    m, X, form = make_X(rng)
    y, labels = make_y(rng, m)
    weight = make_weight(rng, m)
    options = make_options(rng)
    n = X.shape[1] if getattr(X, "ndim", 0) == 2 else 2
    start = make_start(rng, n)
    clf = GDLogisticRegression(**options)
    began = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            clf.fit(X, y, sample_weight=weight, **start)
    except (ValueError, TypeError) as error:
        if any(name.endswith("_") for name in vars(clf)):
            return f"half fitted: {[name for name in vars(clf) if name.endswith('_')]}"
        message = str(error)
        if not any(name in message for name in (*NAMED, *options)):
            return f"a message that names nothing: {type(error).__name__}: {message}"
        return None
    except BaseException as error:
        return f"{type(error).__name__}: {error} ({form}, {labels}, {options})"
    seconds = time.perf_counter() - began
    if seconds > SECONDS:
        return f"took {seconds:.0f} s ({form}, {options})"
    for warning in caught:
        ours = issubclass(warning.category, ConvergenceWarning | DataConversionWarning)
        known = (
            "has no effect",
            "have no effect",
            "The number of unique classes is greater than 50%",
        )
        if not ours and not any(text in str(warning.message) for text in known):
            where = f"{warning.filename}:{warning.lineno}"
            if form in ("complex", "masked", "float16", "longdouble") or labels == "complex":
                continue  # NumPy's, of the conversion
            return f"{warning.category.__name__}: {warning.message} ({where}; {form}, {options})"
    try:
        return _check_fit(clf, X, y, weight, start, options, form)
    except Exception as error:
        return f"after the fit, {type(error).__name__}: {error} ({form}, {labels}, {options})"


def _check_fit(clf, X, y, weight, start, options, form):
    if not (np.isfinite(clf.coef_).all() and np.isfinite(clf.loss_curve_).all()):
        return f"not finite ({form}, {options})"
    if isinstance(clf.bounds, tuple):
        low, high = (-np.inf if clf.bounds[0] is None else clf.bounds[0], clf.bounds[1])
        if not (clf.coef_ >= low).all() or (high is not None and not (clf.coef_ <= high).all()):
            return f"coefficients beyond their bounds ({form}, {options})"
    if len(clf.loss_curve_) != clf.n_iter_[0] + 1:
        return "curves of another length than n_iter_"
    proba = clf.predict_proba(X)
    if not (np.isfinite(proba).all() and (proba >= 0).all() and (proba <= 1).all()):
        return f"probabilities that are none ({form}, {options})"
    if not np.allclose(proba.sum(axis=1), 1, atol=1e-5):
        return f"probabilities that do not sum to 1 ({form}, {options})"
    if not set(clf.predict(X).tolist()) <= set(clf.classes_.tolist()):
        return "a class that there is not"
    if not np.isfinite(clf.predict_log_proba(X)).all():
        return f"log-probabilities that are not finite ({form}, {options})"
    if not (clf.early_stopping or callable(clf.learning_rate) or clf.warm_start or start):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = clone(clf).fit(X, y, sample_weight=weight)
        if not np.array_equal(again.coef_, clf.coef_):
            return f"another fit has other bits ({form}, {options})"
    return None


def run(calls, seed=0):
    """[(seed, what was wrong)] of so many calls."""
    found = ((number, check(number)) for number in range(seed, seed + calls))
    return [(number, wrong) for number, wrong in found if wrong]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--calls", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    arguments = options.parse_args()
    start = time.perf_counter()
    wrong = run(arguments.calls, arguments.seed)
    kinds = collections.Counter(text[:60] for _, text in wrong)
    for number, text in wrong[:60]:
        print(f"seed {number}: {text[:400]}")
    for kind, count in kinds.most_common(20):
        print(f"{count:6} {kind}")
    print(
        f"{arguments.calls:,} calls from seed {arguments.seed} in "
        f"{time.perf_counter() - start:.0f} s: {len(wrong)} ended as none should"
    )
    sys.exit(min(len(wrong), 100))

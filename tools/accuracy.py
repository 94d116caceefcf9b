"""Errors against 50-digit arithmetic: python tools/accuracy.py [--quick] [--json FILE]

The largest error of every formula on the way from the margins z to the gradient, in units of the
dtype's epsilon (1.2e-7 for float32, 2.2e-16 for float64; one rounding is half of it). The margins
are seeded: of all sizes from 1e-300 to 1e300 (float32: 1e-36 to 1e36), and densely where exp(-|z|)
is not 0. The exact values come from decimal arithmetic, 50 digits of them right.

What an error is relative to stands beside it. A difference cannot be more exact than its terms:
dz = a - y is compared with 1, the sums dw and db with the sums of (a + y) |x| and a + y, the prox
with what it is given. The logarithm of a sum that is nearly 1 is as exact as that sum, and
exp(z_k - max z) as exact as that difference. In J, dw and db every row has one feature that is not
0, and the coefficients are powers of 2: so the margins are exact, and the errors are those of what
comes after w . x.
"""

import sys
import warnings
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._objective.cross_entropy import Sigmoid, Softmax
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.penalty import ElasticNet

# The options and the line about the machine are those of the benchmarks.
sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))
from _common import environment, parser, print_environment, write_json

DIGITS = 60
DTYPES = (np.float32, np.float64)
CLASSES = 4

# ---------------------------------------------------------------------------- exact values

decimals = np.frompyfunc(lambda x: Decimal(float(x)), 1, 1)
exp = np.frompyfunc(lambda x: x.exp(), 1, 1)


def _log1p(t):
    with localcontext() as context:
        context.prec = 2 * DIGITS  # 1 + t keeps 60 digits of t down to 1e-60; below, log is t
        return t if t < Decimal(10) ** -DIGITS else (1 + t).ln()


log1p = np.frompyfunc(_log1p, 1, 1)


def exact_sigmoid(z):
    """1 - a and a; their logarithms."""
    e = exp(-abs(z))
    small, large, rest = e / (1 + e), 1 / (1 + e), log1p(e)
    positive = z > 0
    a = np.array([np.where(positive, small, large), np.where(positive, large, small)])
    below = abs(z)
    log_a = -np.array([rest + np.where(positive, below, 0), rest + np.where(positive, 0, below)])
    return a, log_a


def exact_softmax(z):
    """a and its logarithm, for z of shape (K, m); how far every z is below the largest."""
    rows = np.arange(z.shape[1])
    first = z.argmax(axis=0)
    below = z[first, rows] - z
    e = exp(-below)
    a = e / e.sum(axis=0)
    e[first, rows] = Decimal(0)
    return a, -(below + log1p(e.sum(axis=0))), below


def exact_loss(z, y):
    """Of every row; its derivative dz; the absolute terms that this is the difference of."""
    if z.ndim == 1:
        a, log_a = exact_sigmoid(z)
        one = decimals(y == 1)
        return -np.where(y == 1, log_a[1], log_a[0]), a[1] - one, a[1] + one
    a, log_a, _ = exact_softmax(z)
    one = decimals(np.arange(len(z))[:, None] == y)
    return -log_a[y, np.arange(len(y))], a - one, a + one


# ---------------------------------------------------------------------------- errors


def error(found, expected, relative_to, dtype):
    """The largest, in epsilons; below the smallest normal number, of what is relative to that."""
    found, least = np.asarray(found), Decimal(float(np.finfo(dtype).tiny))
    if not np.isfinite(found).all():
        return np.inf
    errors = abs(decimals(found) - expected) / np.maximum(relative_to, least)
    return float(np.max(np.atleast_1d(errors))) / float(np.finfo(dtype).eps)


def sizes(dtype):
    """The largest margin, as a power of 10, and one whose exp(-|z|) is 0."""
    smallest = float(np.finfo(dtype).smallest_subnormal)
    return {np.float32: 36, np.float64: 300}[dtype], -1.05 * np.log(smallest)


def margins(rng, shape, dtype):
    """Half of them of all sizes, the others where exp(-|z|) is not 0."""
    power, end = sizes(dtype)
    z = rng.normal(size=shape) * 10.0 ** rng.uniform(-power, power, shape[-1])
    z[..., ::2] = rng.uniform(-end, end, z[..., ::2].shape) * rng.random(z[..., ::2].shape[-1])
    return z.astype(dtype)


def of_losses(rng, m, dtype):
    """The loss, dz and the probabilities of margins."""
    z, y = margins(rng, (m,), dtype), rng.integers(0, 2, m)
    Z, one = decimals(z), Decimal(1)
    expected_loss, expected_dz, _ = exact_loss(Z, y)
    a, log_a = exact_sigmoid(Z)
    loss, dz = Sigmoid.cross_entropy(z, y.astype(dtype))
    yield "loss, sigmoid", "itself", error(loss, expected_loss, expected_loss, dtype)
    yield "dz, sigmoid", "1", error(dz, expected_dz, one, dtype)
    yield "probabilities, sigmoid", "itself", error(Sigmoid.probabilities(z), a, a, dtype)
    found = Sigmoid.log_probabilities(z)
    yield "log-probabilities, sigmoid", "itself", error(found, log_a, -log_a, dtype)

    z, y = margins(rng, (CLASSES, m), dtype), rng.integers(0, CLASSES, m)
    Z = decimals(z)
    expected_loss, expected_dz, _ = exact_loss(Z, y)
    a, log_a, below = exact_softmax(Z)
    loss, dz = Softmax.cross_entropy(z, y)
    at_least_1 = np.maximum(expected_loss, one)
    yield "loss, softmax", "itself or 1", error(loss, expected_loss, at_least_1, dtype)
    yield "dz, softmax", "1", error(dz, expected_dz, one, dtype)
    scale = a * np.maximum(below, one)
    yield (
        "probabilities, softmax",
        "itself, times max z - z_k or 1",
        error(Softmax.probabilities(z), a, scale, dtype),
    )
    at_least_1 = np.maximum(-log_a, one)
    found = Softmax.log_probabilities(z)
    yield "log-probabilities, softmax", "itself or 1", error(found, log_a, at_least_1, dtype)


def of_penalties(rng, m, dtype):
    """The prox at and around its threshold, and the value of the elastic net."""
    power = sizes(dtype)[0] / 4
    learning_rate, l1 = (float(dtype(10.0 ** rng.uniform(-power, power))) for _ in range(2))
    scale = (10.0 ** rng.uniform(-power, power, m)).astype(dtype)
    near = 1 + rng.choice([-1, 1], m) * 10.0 ** rng.uniform(-8, 3, m)
    u = (learning_rate * l1 * scale * near).astype(dtype)
    found = ElasticNet(l1=l1).prox(u, learning_rate, scale)
    threshold = Decimal(learning_rate) * Decimal(l1) * decimals(scale)
    U = decimals(u)
    expected = np.where(U > 0, 1, -1) * np.maximum(abs(U) - threshold, Decimal(0))
    yield "prox", "what it is given", error(found, expected, abs(U), dtype)

    w = (rng.normal(size=50) * 10.0 ** rng.uniform(-power, power)).astype(dtype)
    l2 = float(10.0 ** rng.uniform(-power, power))
    W = decimals(w)
    expected = Decimal(l1) * abs(W).sum() + Decimal(l2) / 2 * (W * W).sum()
    found = ElasticNet(l1=l1, l2=l2).value(w)
    yield "penalty of 50 coefficients", "itself", error(found, expected, expected, dtype)


def problem(rng, m, n_classes, size, dtype):
    """Rows whose margins, of about this size, are no roundings."""
    n = 3
    y = np.append(np.arange(n_classes), rng.integers(0, n_classes, m - n_classes))
    X = np.zeros((m, n), dtype)
    X[np.arange(m), rng.integers(0, n, m)] = (rng.normal(size=m) * size).astype(dtype)
    outputs = () if n_classes == 2 else (n_classes,)
    w = rng.choice([-1.0, 1.0], (*outputs, n)) * 2.0 ** rng.integers(-3, 4, (*outputs, n))
    return X, y, w.astype(dtype), outputs


def of_objectives(rng, m, dtype, n_classes):
    """J, dw and db of an elastic net; log-probabilities of a model."""
    name = "sigmoid" if n_classes == 2 else "softmax"
    power, end = sizes(dtype)
    size = 10.0 ** rng.uniform(-power, power) if rng.random() < 0.5 else end * rng.random()
    X, y, w, outputs = problem(rng, m, n_classes, size, dtype)
    s = rng.uniform(0.1, 3, m) if rng.random() < 0.5 else None
    C, l1_ratio = 10.0 ** rng.uniform(-2, 2), 0.5
    objective = Objective.in_memory(X, y, n_classes, C=C, l1_ratio=l1_ratio, sample_weight=s)
    J, dw, db = objective.cost_and_gradient(w, np.zeros(outputs, dtype))

    X_, W, S = decimals(X), decimals(w), decimals(np.ones(m) if s is None else s)
    share, strength = S / S.sum(), 1 / Decimal(C) / S.sum()
    l1, l2 = strength * Decimal(l1_ratio), strength * (1 - Decimal(l1_ratio))
    Z = (X_ @ W.T).T
    losses, dz, terms = exact_loss(Z, y)
    cost = (share * losses).sum() + l1 * abs(W).sum() + l2 / 2 * (W * W).sum()
    scale, of = (cost, "itself") if n_classes == 2 else (max(cost, Decimal(1)), "itself or 1")
    yield f"J, {name}", of, error(J, cost, scale, dtype)
    of = "the sum of absolute terms"
    scale = (share * terms) @ abs(X_) + l2 * abs(W)
    yield f"dw, {name}", of, error(dw, (share * dz) @ X_ + l2 * W, scale, dtype)
    yield f"db, {name}", of, error(db, (share * dz).sum(-1), (share * terms).sum(-1), dtype)

    clf = GDLogisticRegression(coordinates="raw", max_iter=0)
    clf.fit(X, y, coef_init=w)
    _, log_a, *_ = exact_sigmoid(Z) if n_classes == 2 else exact_softmax(Z)
    scale, of = -log_a, "itself"
    if n_classes > 2:
        scale, of = np.maximum(scale, Decimal(1)), "itself or 1"
    found = clf.predict_log_proba(X).T
    yield f"predict_log_proba, {name}", of, error(found, log_a, scale, dtype)


def measure(quick=False, seed=0):
    """The largest errors: {what: (what it is relative to, {dtype: error})}."""
    m, turns = (300, 10) if quick else (5000, 200)
    results = {}
    with localcontext() as context, np.errstate(under="ignore"), warnings.catch_warnings():
        context.prec = DIGITS
        warnings.simplefilter("ignore", ConvergenceWarning)
        for dtype in DTYPES:
            rng = np.random.default_rng(seed)
            found = [*of_losses(rng, m, dtype)]
            for _ in range(turns):
                found += of_penalties(rng, 100, dtype)
                for n_classes in (2, CLASSES):
                    found += of_objectives(rng, 100, dtype, n_classes)
            name = np.dtype(dtype).name
            for what, relative_to, largest in found:
                _, errors = results.setdefault(what, (relative_to, {}))
                errors[name] = max(largest, errors.get(name, 0.0))
    return results


def main():
    arguments = parser(__doc__.splitlines()[0]).parse_args()
    found = environment()
    print_environment(found)
    results = measure(arguments.quick)
    print("| | error relative to | float32 | float64 |")
    print("|---|---|---|---|")
    for what, (relative_to, errors) in results.items():
        print(f"| {what} | {relative_to} | {errors['float32']:.2f} | {errors['float64']:.2f} |")
    write_json(arguments.json, found, {"accuracy": results})


if __name__ == "__main__":
    main()

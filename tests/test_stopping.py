"""At the default tol a model is as good as its user takes it to be, whatever the data."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from sklearn_gdlogreg import GDLogisticRegression

SHAPES = [(150, 20), (150, 300), (120, 900), (300, 50), (300, 250)]


def example(kind, m, n, n_classes, seed):
    """Rows to learn from, their labels, and new rows of the same kind."""
    rng = np.random.default_rng(seed)
    total = m + 1000
    factors = rng.normal(size=(total, 8)) @ rng.normal(size=(8, n)) / 3
    mu = factors * rng.choice([0.3, 1.0]) + rng.normal(size=(total, n)) / 2
    z = mu @ rng.normal(size=(n, n_classes))
    y = np.argmax(z * rng.choice([1, 3, 30]) / z.std() + rng.gumbel(size=z.shape), axis=1)
    if kind == "counts":
        X = rng.poisson(np.exp(np.minimum(mu, 8))).astype(float)
    elif kind == "lognormal":
        X = np.exp(mu)
    elif kind == "wild units":
        X = mu * 10.0 ** rng.uniform(-3, 3, n) + 10.0 ** rng.uniform(-3, 3, n)
    elif kind == "one-hot":
        values = [rng.integers(0, k, total) for k in rng.integers(2, 30, max(1, n // 15))]
        X = np.hstack([np.eye(v.max() + 1)[v] for v in values])
    else:
        X = mu
    return X[:m], y[:m], X[m:]


def cost(clf, X, y):
    z = clf.decision_function(X)
    z = np.column_stack([np.zeros(len(z)), z]) if z.ndim == 1 else z
    losses = np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), np.searchsorted(clf.classes_, y)]
    return losses.mean() + np.sum(clf.coef_**2) / (2 * clf.C * len(y))


@pytest.mark.parametrize("kind", ["plain", "counts", "lognormal", "wild units", "one-hot"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_the_cost_and_the_labels_of_new_rows_are_those_of_the_optimum(kind, shape, n_classes, C):
    """Within 1e-3 of the way; 1% of the labels, or no more than LogisticRegression changes."""
    X, y, new = example(kind, *shape, n_classes, seed=sum(shape) * n_classes + int(C))
    optimum = GDLogisticRegression(C=C, tol=1e-9, max_iter=5000).fit(X, y)
    assert optimum.stop_reason_ == "converged"
    default = GDLogisticRegression(C=C).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = LogisticRegression(C=C).fit(X, y)
    way = np.log(len(default.classes_)) - cost(optimum, X, y)
    assert cost(default, X, y) - cost(optimum, X, y) < 1e-3 * way
    expected = optimum.predict(new)
    changed, changed_by_theirs = (np.mean(c.predict(new) != expected) for c in (default, theirs))
    assert changed < max(0.01, changed_by_theirs + 1e-9)


@pytest.mark.parametrize("kind", ["plain", "counts", "lognormal", "wild units", "one-hot"])
@pytest.mark.parametrize("shape", [(150, 20), (300, 50)], ids=str)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("C", [0.1, 1.0, 100.0])
def test_with_l1_the_cost_is_as_near_to_the_optimum_as_tol_says(kind, shape, n_classes, C):
    """tol / 10 of the cost, within the factor of ten that estimates of it are good for."""
    X, y, _ = example(kind, *shape, n_classes, seed=sum(shape) * n_classes + int(C))
    optimum = GDLogisticRegression(C=C, l1_ratio=1.0, tol=1e-9, max_iter=5000).fit(X, y)
    assert optimum.stop_reason_ == "converged"
    default = GDLogisticRegression(C=C, l1_ratio=1.0).fit(X, y)
    assert default.stop_reason_ == "converged"
    assert default.loss_curve_[-1] < (1 + default.tol) * optimum.loss_curve_[-1]


def far_out(kind, seed):
    """Data of which a few rows decide the mean and the deviation of every column."""
    rng = np.random.default_rng(seed)
    X, y = load_breast_cancer(return_X_y=True)
    if kind.startswith("one row"):
        X[rng.integers(len(X))] *= float(kind.split()[-1])
    elif kind == "four rows":
        X[[0, 7, 100, 300]] *= 1e3
    elif kind == "sentinels":
        X[rng.random(X.shape) < 0.02] = 99999
    else:
        heavy = kind == "lognormal"
        z = rng.normal(0, 5, (600, 5)) if heavy else np.log(rng.pareto(0.6, (2000, 6)))
        X, y = np.exp(z), (z[:, 0] + rng.logistic(size=len(z)) > np.median(z[:, 0])).astype(int)
    return X, y


@pytest.mark.parametrize(
    "kind", ["one row 1e3", "one row 1e5", "four rows", "sentinels", "lognormal", "pareto"]
)
@pytest.mark.parametrize("seed", range(4))
def test_rows_far_out_do_not_end_the_descent_in_silence(kind, seed):
    """Newton's method with scikit-learn's Cholesky is the reference."""
    X, y = far_out(kind, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = GDLogisticRegression(C=1.0).fit(X, y)
        theirs = LogisticRegression(solver="newton-cholesky", tol=1e-9, max_iter=500).fit(X, y)
    excess = cost(ours, X, y) / cost(theirs, X, y) - 1
    # Where not even rounding can be overcome, it is said (stop_reason_ "max_iter" or "stalled").
    assert excess < 1e-3 or ours.stop_reason_ != "converged"
    if kind in ("one row 1e3", "four rows", "lognormal"):
        assert excess < 1e-3
        assert ours.n_iter_[0] < 150

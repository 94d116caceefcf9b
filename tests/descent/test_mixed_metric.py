"""A metric that mixes the classes: it is the second derivative, and its step is the argmin."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_iris, load_wine

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression
from sklearn_gdlogreg._descent.decorrelation import Decorrelation
from sklearn_gdlogreg._descent.learning_rate import rule_for
from sklearn_gdlogreg._descent.mixed_metric import MixedMetric
from sklearn_gdlogreg._descent.plan import plan_for, standardized
from sklearn_gdlogreg._objective.objective import Objective

from .test_decorrelation import one_hot
from .test_metric import assert_optimal

PENALTIES = [{"C": 0.5, "l1_ratio": 1.0}, {"C": 0.5, "l1_ratio": 0.4}]


def made(X, y, rng, **options):
    """The objective, the metric at a point, and the point and the gradient in it."""
    objective = Objective.in_memory(X, y, y.max() + 1, **options)
    w = rng.normal(size=(*objective.outputs, X.shape[1])) * (rng.random(X.shape[1]) < 0.7)
    b = rng.normal(size=objective.outputs)
    b -= b.mean()
    metric = Decorrelation(objective, standardized(objective), may_mix=True).at(w, b)
    assert isinstance(metric, MixedMetric)
    _, dw, db = objective.cost_and_gradient(w, b)
    return objective, metric, metric.pack(w, b), metric.pull_back(dw, db)


def product(objective, metric, s):
    """The second derivative times s, both in the coordinates of the metric."""
    v, c = s[:, :-1] * metric.scale, s[:, -1] - s[:, :-1] * metric.scale @ metric.standardized.mean
    _, w, b = metric.made_at
    return metric.pull_back(*objective.hessian_product(w, b)(v, c))


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("variation", ["plain", "weights", "sparse"])
def test_lengths_are_those_of_the_second_derivative(variation, penalty, multiclass, weights, rng):
    X, y = multiclass
    X = sparse.csr_array(X) if variation == "sparse" else X
    options = penalty | ({"sample_weight": weights} if variation == "weights" else {})
    objective, metric, v, _ = made(X, y, rng, **options)
    s = rng.normal(size=v.shape)
    s -= s.mean(axis=0)
    Hs = product(objective, metric, s)
    # Up to the floors under eigenvalues.
    assert float(metric.squared_length(s)) == pytest.approx(np.vdot(s, Hs), rel=1e-6)
    assert float(metric.squared_length_of_gradient(Hs)) == pytest.approx(np.vdot(s, Hs), rel=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("rate", [0.1, 1.0, 30.0])
def test_the_step_is_the_argmin(rate, penalty, multiclass, rng):
    """H (u - v) + alpha dv is a subgradient of -alpha * l1 * |w|, and 0 for the intercepts."""
    objective, metric, v, dv = made(*multiclass, rng, **penalty)
    u = metric.moved(v, dv, rate, objective.penalty)
    slope = product(objective, metric, u - v) + rate * dv
    threshold = np.broadcast_to(rate * objective.penalty.l1 * metric.scale, (3, 4))
    near = 1e-6 * np.abs(u - v).max()  # what all classes have in common has a floor under it
    assert_allclose(slope[:, -1], 0, atol=near)
    zero = u[:, :-1] == 0
    assert (np.abs(slope[:, :-1]) <= threshold + near)[zero].all()
    assert_allclose(slope[:, :-1][~zero], -(threshold * np.sign(u[:, :-1]))[~zero], atol=near)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("variation", ["plain", "weights", "no intercept", "sparse"])
def test_the_optimum_is_that_of_standardized_coordinates(variation, penalty, multiclass, weights):
    X, y = multiclass
    X = sparse.csr_array(X) if variation == "sparse" else X
    weights = weights if variation == "weights" else None
    options = penalty | {"fit_intercept": variation != "no intercept"}
    options |= {"tol": 1e-9, "max_iter": 50_000}
    ours, theirs = (
        GDLogisticRegression(coordinates=name, **options).fit(X, y, weights)
        for name in ("auto", "standardized")
    )
    assert ours.coordinates_ == "decorrelated"
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)
    assert ours.n_iter_[0] < theirs.n_iter_[0]


@pytest.mark.parametrize("load", [load_iris, load_wine])
@pytest.mark.parametrize("C", [0.1, 1.0, 100.0])
def test_raw_data_converge_in_few_steps_to_the_optimum(load, C):
    X, y = load(return_X_y=True)
    clf = GDLogisticRegression(C=C, l1_ratio=1.0).fit(X, y)
    assert clf.stop_reason_ == "converged"
    assert clf.n_iter_[0] < 50
    best = GDLogisticRegression(C=C, l1_ratio=1.0, tol=1e-9, max_iter=1000).fit(X, y)
    assert clf.loss_curve_[-1] <= (1 + 1e-5) * best.loss_curve_[-1]


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_dependent_columns_are_no_obstacle(l1_ratio, rng):
    """One-hot columns beside an intercept, a duplicated, a mirrored, a constant, an empty one."""
    X, _ = one_hot(rng)
    X = np.column_stack([X, X[:, 0], -X[:, 1], np.ones(300), np.zeros(300)])
    y = (X @ rng.normal(size=12) + rng.logistic(size=300) > 0) * rng.integers(1, 3, 300)
    clf = GDLogisticRegression(C=1.0, l1_ratio=l1_ratio, tol=1e-8, max_iter=5000).fit(X, y)
    assert clf.coordinates_ == "decorrelated"
    assert_optimal(clf, X, y, 1.0, l1_ratio, atol=1e-7)
    assert (clf.coef_[:, -2:] == 0).all()


@pytest.mark.parametrize("m", [1000, 20_000])
def test_features_that_a_sample_misses_are_curved_too(m, rng):
    X = rng.normal(size=(m, 5))
    X[:, 4] = 0
    X[rng.choice(m, 5, replace=False), 4] = 1
    y = np.argmax(X[:, :3] + rng.gumbel(size=(m, 3)), axis=1)
    clf = GDLogisticRegression(C=0.1, l1_ratio=0.5, tol=1e-7, max_iter=1000).fit(X, y)
    assert clf.stop_reason_ == "converged"
    assert clf.n_iter_[0] < 100
    assert_optimal(clf, X, y, 0.1, 0.5, atol=1e-6)


def test_who_mixes_the_classes(multiclass, binary, rng):
    def mixes(X, y, rule="auto", coordinates="auto", l1_ratio=1.0):
        objective = Objective.in_memory(X, y, y.max() + 1, C=1.0, l1_ratio=l1_ratio)
        return plan_for(objective, rule_for(rule), coordinates).decorrelation.mixes

    assert mixes(*multiclass)
    assert mixes(*multiclass, "backtracking", "decorrelated")
    # A rate that is safe is one for each class alone.
    assert not mixes(*multiclass, "lipschitz", "decorrelated")
    assert not mixes(*multiclass, l1_ratio=0.0)
    assert not mixes(*binary)
    assert not mixes(rng.normal(size=(150, 40)), multiclass[1])


def test_a_resumed_descent_goes_on_to_the_last_bit(multiclass, tmp_path):
    path = tmp_path / "run.npz"
    options = {"C": 1.0, "l1_ratio": 1.0, "tol": 0}
    whole = GDLogisticRegression(**options, max_iter=20).fit(*multiclass)
    begun = GDLogisticRegression(**options, max_iter=11).set_callbacks(Checkpoint(path, every=11))
    begun.fit(*multiclass)
    resumed = GDLogisticRegression(**options, max_iter=20).fit(*multiclass, resume_from=path)
    assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    assert_array_equal(resumed.coef_, whole.coef_)


def test_any_number_of_threads_gives_the_same_bits(rng):
    X = rng.normal(size=(60_000, 12))
    y = (X @ rng.normal(size=12) + rng.logistic(size=60_000) > 0) * rng.integers(1, 3, 60_000)
    models = [
        GDLogisticRegression(C=0.001, l1_ratio=0.9, max_iter=10, tol=0, n_jobs=n).fit(X, y)
        for n in (1, 2, 3)
    ]
    for clf in models:
        assert clf.coordinates_ == "decorrelated"
        assert_array_equal(clf.coef_, models[0].coef_)

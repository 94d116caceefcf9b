"""An L1 penalty in the metric of the second derivative: the step, its length, where it ends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient
from sklearn_gdlogreg._descent.decorrelation import Decorrelation
from sklearn_gdlogreg._descent.metric import Metric
from sklearn_gdlogreg._descent.plan import standardized
from sklearn_gdlogreg._objective.objective import Objective

from .test_decorrelation import one_hot

PENALTIES = [{"C": 0.5, "l1_ratio": 1.0}, {"C": 0.5, "l1_ratio": 0.4}]


def made(X, y, rng, shared=False, **options):
    """The metric at a point, the matrix of every class there, the point and the gradient."""
    objective = Objective.in_memory(X, y, y.max() + 1, **options)
    decorrelation = Decorrelation(objective, standardized(objective))
    decorrelation.shared = shared
    w = rng.normal(size=(*objective.outputs, X.shape[1])) * (rng.random(X.shape[1]) < 0.7)
    b = np.asarray(rng.normal(size=objective.outputs))
    metric = decorrelation.at(w, b)
    mean, scale = decorrelation.standardized.mean, decorrelation.standardized.scale
    H, weight = objective.hessian_blocks(w, b, mean, scale, decorrelation.sample, shared)
    if shared:
        H = H * (weight / weight.mean())[:, None, None]
    _, dw, db = objective.cost_and_gradient(w, b)
    H = np.broadcast_to(H, (w.size // w.shape[-1], *H.shape[-2:]))
    return objective, metric, H, metric.pack(w, b), metric.pull_back(dw, db)


DATA = [("binary", False), ("multiclass", False), ("multiclass", True)]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("data", "shared"), DATA)
@pytest.mark.parametrize("rate", [0.1, 1.0, 30.0])
def test_the_step_is_the_argmin(rate, data, shared, penalty, rng, request):
    """H (u - v) + alpha dv is a subgradient of -alpha * l1 * |w|, and 0 for the intercept."""
    objective, metric, H, v, dv = made(*request.getfixturevalue(data), rng, shared, **penalty)
    assert isinstance(metric, Metric)
    u = metric.moved(v, dv, rate, objective.penalty)
    threshold = rate * objective.penalty.l1 * metric.scale
    for u_k, v_k, dv_k, H_k in zip(*map(np.atleast_2d, (u, v, dv)), H, strict=True):
        slope = H_k @ (u_k - v_k) + rate * dv_k
        # The floor under small eigenvalues is the square root of the rounding.
        near = 1e-7 * np.abs(u_k - v_k).max()
        assert abs(slope[-1]) < near
        zero = u_k[:-1] == 0
        assert (np.abs(slope[:-1]) <= threshold + near)[zero].all()
        assert_allclose(slope[:-1][~zero], -(threshold * np.sign(u_k[:-1]))[~zero], atol=near)


@pytest.mark.parametrize(("data", "shared"), DATA)
def test_lengths_are_those_of_the_second_derivative(data, shared, rng, request):
    _, metric, H, v, _ = made(*request.getfixturevalue(data), rng, shared, C=1.0, l1_ratio=1.0)
    s = rng.normal(size=v.shape)
    Hs = np.einsum("kij,kj->ki", H, np.atleast_2d(s)).reshape(s.shape)
    # Up to the floor under small eigenvalues.
    assert float(metric.squared_length(s)) == pytest.approx(np.vdot(s, Hs), rel=1e-6)
    assert float(metric.squared_length_of_gradient(Hs)) == pytest.approx(np.vdot(s, Hs), rel=1e-6)


def test_the_point_and_the_gradient_are_those_of_standardized_coordinates(binary, rng):
    _, metric, _, v, _ = made(*binary, rng, C=1.0, l1_ratio=1.0)
    w, b = metric.unpack(v)
    assert_array_equal(metric.standardized.pack(w, b), metric.pack(w, b))
    assert_array_equal(metric.standardized.pull_back(w, b), metric.pull_back(w, b))
    assert_array_equal(metric.scale, metric.standardized.scale)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("data", "shared"), DATA)
def test_a_quadratic_falls_no_deeper_than_is_said(data, shared, penalty, rng, request):
    """dv . s + s' H s / (2 alpha) + l1 * (|v + s| - |v|), by its value at other points."""
    objective, metric, H, v, dv = made(*request.getfixturevalue(data), rng, shared, **penalty)
    rate, l1 = 3.0, objective.penalty.l1 * metric.scale
    v[..., 0] = 0
    best = metric.moved(v, dv, rate, objective.penalty) - v

    def rise(s):
        Hs = np.einsum("kij,kj->ki", H, np.atleast_2d(s)).reshape(s.shape)
        farther = (l1 * (np.abs(v + s) - np.abs(v))[..., :-1]).sum()
        return np.vdot(dv, s) + np.vdot(s, Hs) / (2 * rate) + farther

    fall = metric.fall(v, dv, rate, objective.penalty)
    # The floor under small eigenvalues is the square root of the rounding.
    assert fall == pytest.approx(-rise(best), rel=1e-6)
    assert fall > 0
    for size in (1e-3, 0.1, 1.0):
        for _ in range(20):
            s = best + size * np.abs(best).max() * rng.normal(size=v.shape)
            assert fall > -rise(s)


def converged(X, y, coordinates="decorrelated", weights=None, **options):
    options = {"tol": 1e-9, "max_iter": 50_000} | options
    clf = GDLogisticRegression(coordinates=coordinates, **options).fit(X, y, weights)
    assert clf.stop_reason_ in ("converged", "stalled")
    assert clf.coordinates_ == coordinates
    return clf


def assert_optimal(clf, X, y, C, l1_ratio, atol):
    """The optimality conditions, in the units of columns of spread 1; no reference is needed."""
    coef, intercept = clf.coef_, clf.intercept_
    if len(clf.classes_) == 2:
        coef, intercept = coef[0], intercept[0]
    _, dw, db = cost_and_gradient(X, y, coef, intercept)
    strength = 1 / (C * len(y))
    dw += strength * (1 - l1_ratio) * coef
    l1 = strength * l1_ratio
    kept = coef != 0
    assert_allclose(dw[kept], -l1 * np.sign(coef[kept]), atol=atol)
    assert np.abs(dw[~kept]).max(initial=0) <= l1 + atol
    if clf.fit_intercept:
        assert_allclose(db, 0, atol=atol)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("variation", ["plain", "weights", "no intercept", "sparse"])
def test_the_optimum_is_that_of_standardized_coordinates(
    variation, data, penalty, weights, request
):
    X, y = request.getfixturevalue(data)
    X = sparse.csr_array(X) if variation == "sparse" else X
    options = penalty | {"fit_intercept": variation != "no intercept"}
    weights = weights if variation == "weights" else None
    ours, theirs = (
        converged(X, y, name, weights, **options) for name in ("decorrelated", "standardized")
    )
    # A gradient of 1e-9 over a smallest curvature of about 1e-2.
    assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
    assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)
    assert ours.n_iter_[0] < theirs.n_iter_[0]


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_dependent_columns_are_no_obstacle(n_classes, l1_ratio, rng):
    """One-hot columns beside an intercept, a duplicated, a mirrored, a constant, an empty one."""
    X, _ = one_hot(rng)
    X = np.column_stack([X, X[:, 0], -X[:, 1], np.ones(300), np.zeros(300)])
    y = (X @ rng.normal(size=12) + rng.logistic(size=300) > 0) * rng.integers(1, n_classes, 300)
    clf = converged(X, y, C=1.0, l1_ratio=l1_ratio, tol=1e-8)
    assert_optimal(clf, X, y, 1.0, l1_ratio, atol=1e-7)
    assert (clf.coef_[:, -2:] == 0).all()


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_float32_comes_as_near_as_it_can(data, request):
    X, y = request.getfixturevalue(data)
    clf = converged(X.astype(np.float32), y, C=0.5, l1_ratio=1.0, tol=1e-5)
    assert clf.coef_.dtype == np.float32
    assert_optimal(clf, X, y, 0.5, 1.0, atol=1e-4)


def test_coefficients_that_a_strong_penalty_forbids_are_exactly_zero(binary):
    X, y = binary
    clf = converged(X, y, C=1e-3, l1_ratio=1.0)
    assert (clf.coef_ == 0).all()
    assert clf.intercept_[0] == pytest.approx(np.log(y.mean() / (1 - y.mean())), abs=1e-6)


def test_without_an_intercept_none_appears(multiclass):
    clf = GDLogisticRegression(C=1.0, l1_ratio=1.0, fit_intercept=False, max_iter=20, tol=0)
    assert (clf.fit(*multiclass).intercept_ == 0).all()


BENCHMARKS = {"cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}


@pytest.mark.parametrize(
    ("name", "C"),
    [
        ("cancer", 0.1),
        ("cancer", 1.0),
        ("cancer", 100.0),
        ("wine", 0.1),
        ("wine", 1.0),
        ("digits", 1.0),
    ],
)
def test_raw_data_converge_to_a_hundred_thousandth_of_the_cost(name, C):
    X, y = BENCHMARKS[name](return_X_y=True)
    options = {"C": C, "l1_ratio": 1.0, "coordinates": "decorrelated"}
    clf = GDLogisticRegression(**options).fit(X, y)
    assert clf.stop_reason_ == "converged"
    best = GDLogisticRegression(**options, tol=1e-8, max_iter=1000).fit(X, y)
    assert clf.loss_curve_[-1] <= (1 + 1e-5) * best.loss_curve_[-1]


@pytest.mark.parametrize("rule", ["lipschitz", "silver", "backtracking", "adaptive"])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_other_rules_arrive_too(rule, data, request):
    X, y = request.getfixturevalue(data)
    clf = converged(X, y, learning_rate=rule, C=0.5, l1_ratio=1.0, tol=1e-6)
    assert_optimal(clf, X, y, 0.5, 1.0, atol=1e-5)


def test_auto_takes_the_metric_for_any_number_of_classes(binary, multiclass, rng):
    for X, y in (binary, multiclass):
        assert GDLogisticRegression(C=1.0, l1_ratio=0.5).fit(X, y).coordinates_ == "decorrelated"
    # Where each class has a lasso of its own, when the descent has cost as much without.
    many = np.hstack([multiclass[0], rng.normal(size=(150, 30))])  # 102 coefficients
    objective = Objective.in_memory(many, multiclass[1], 3, C=1.0, l1_ratio=0.5)
    first_at = Decorrelation(objective, standardized(objective)).first_at
    options = {"C": 1.0, "l1_ratio": 0.5, "tol": 0}
    for n_steps, name in ((first_at, "standardized"), (first_at + 1, "decorrelated")):
        clf = GDLogisticRegression(**options, max_iter=n_steps).fit(many, multiclass[1])
        assert clf.coordinates_ == name


@pytest.mark.parametrize("C", [1.0, 1e4])
def test_what_the_classes_have_in_common_takes_few_steps(C, rng):
    """A penalty that is next to nothing still decides it, and the loss does not resist it."""
    X = rng.normal(size=(2000, 30))
    scores = 3 * X @ rng.normal(size=(30, 4)) / np.sqrt(30) + rng.gumbel(size=(2000, 4))
    clf = GDLogisticRegression(C=C, l1_ratio=1.0, tol=1e-7).fit(X, scores.argmax(axis=1))
    assert clf.stop_reason_ == "converged"
    assert clf.n_iter_[0] < 60
    assert_optimal(clf, X, scores.argmax(axis=1), C, 1.0, atol=1e-6)


def test_any_number_of_threads_gives_the_same_bits(rng):
    X = rng.normal(size=(60_000, 12))
    y = (X @ rng.normal(size=12) + rng.logistic(size=60_000) > 0) * rng.integers(1, 3, 60_000)
    models = [
        GDLogisticRegression(
            C=0.001, l1_ratio=0.9, max_iter=12, tol=0, n_jobs=n, coordinates="decorrelated"
        ).fit(X, y)
        for n in (1, 2, 3)
    ]
    for clf in models:
        assert clf.coordinates_ == "decorrelated"
        assert_array_equal(clf.coef_, models[0].coef_)
        assert_array_equal(clf.loss_curve_, models[0].loss_curve_)


def test_where_lassos_are_many_times_an_evaluation_standardized_coordinates_come_first(rng):
    few, many = (
        Objective.in_memory(rng.normal(size=(m, 300)), np.arange(m) % 2, 2, C=1.0, l1_ratio=1.0)
        for m in (400, 20_000)
    )
    few, many = (Decorrelation(each, standardized(each)) for each in (few, many))
    assert few.price_of_step > 10 > 1 > many.price_of_step
    assert few.first_at > few.price
    assert many.first_at == 0


def test_a_feature_whose_rows_are_all_sure_is_still_curved(rng):
    """By a part of its threshold: without, a step would move it a million times too far."""
    X = np.column_stack([rng.normal(size=(300, 3)), np.arange(300) < 2])
    y = (X[:, 0] + X[:, 3] + rng.logistic(size=300) > 0).astype(int)
    objective = Objective.in_memory(X, y, 2, C=1.0, l1_ratio=1.0)
    decorrelation = Decorrelation(objective, standardized(objective))
    metric = decorrelation.at(np.array([0.0, 0.0, 0.0, 60.0]), np.float64(0.0))
    curvature = metric.reduced.diagonal() + metric.coupling**2 * metric.of_intercept
    threshold = objective.penalty.l1 * metric.scale
    assert curvature[3] == pytest.approx(0.3 * threshold[3], rel=1e-6)
    assert (curvature[:3] > 10 * threshold[:3]).all()


def test_a_weak_penalty_on_digits_leaves_no_rate_behind():
    """Some pixels are in few rows of a class, which are soon sure."""
    X, y = load_digits(return_X_y=True)
    clf = GDLogisticRegression(C=100.0, l1_ratio=1.0, max_iter=100, tol=0).fit(X, y)
    assert clf.coordinates_ == "decorrelated"
    assert clf.learning_rates_[-40:].min() > 1e-3


def test_a_step_that_was_looked_at_is_made_once(binary, rng, monkeypatch):
    objective, metric, _, v, dv = made(*binary, rng, C=0.5, l1_ratio=1.0)
    made_for, solved = [], Metric.solved
    monkeypatch.setattr(
        Metric, "solved", lambda self, *at: made_for.append(at[2]) or solved(self, *at)
    )
    rate, longer = 0.5, 2.0
    fall = metric.fall(v, dv, rate, objective.penalty)
    there = metric.moved(v, dv, rate, objective.penalty)
    assert metric.moved(v, dv, rate, objective.penalty) is there
    assert made_for == [rate]
    assert metric.fall(v, dv, longer, objective.penalty) > fall
    assert made_for == [rate, longer]
    # Of another point it says nothing.
    assert metric.moved(v.copy(), dv, longer, objective.penalty) is not there
    assert made_for == [rate, longer, longer]

"""A descent in the row space is the descent over the columns, seen from other axes."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, cost_and_gradient, descend
from sklearn_gdlogreg._descent import plan, row_space

from ..helpers import first, fitted, message_of

# Iterates differ by the rounding of some hundred operations, on numbers of order 1.
ROUNDING = 1e-10


@pytest.fixture
def wide(rng):
    """Correlated columns, five times as many as rows."""
    X = rng.normal(size=(90, 6)) @ rng.normal(size=(6, 450)) + rng.normal(size=(90, 450))
    return X / 10 + rng.normal(size=450) / 20, rng.integers(0, 2, 90)


@pytest.fixture
def over_columns(monkeypatch):
    """Makes fits as they would be without a row space."""

    def fit(function, *args, **options):
        with monkeypatch.context() as patched:
            patched.setattr(plan, "pays", lambda objective: False)
            return function(*args, **options)

    return fit


def spaces(X, y, *args, **options):
    """In what space each of some steps was."""
    return [step.space for step in first(30, descend(X, y, *args, **options))]


def assert_same_descent(a, b, atol=ROUNDING):
    assert_allclose(a.loss_curve_, b.loss_curve_, rtol=atol)
    assert_allclose(a.learning_rates_, b.learning_rates_, rtol=atol)
    scale = max(1.0, b.gradient_norms_.max())
    assert_allclose(a.gradient_norms_, b.gradient_norms_, atol=atol * scale)
    assert_allclose(a.coef_, b.coef_, atol=atol * max(1.0, np.abs(b.coef_).max()))
    assert_allclose(a.intercept_, b.intercept_, atol=atol * max(1.0, np.abs(b.intercept_).max()))


RULES = [0.05, lambda t: 0.1 / t**0.3, "lipschitz", "silver", "backtracking", "adaptive"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_rule_has_the_iterates_of_the_columns(rule, n_classes, wide, rng, over_columns):
    X, y = wide[0], rng.integers(0, n_classes, 90)
    options = {"C": 3.0, "max_iter": 70, "tol": 0, "coordinates": "raw"}
    assert spaces(X, y, rule, coordinates="raw")[0] is not None
    ours = fitted(X, y, rule, **options)
    # The search for a first rate and eigenvalues by Lanczos are exact to 1e-6 only.
    atol = 1e-4 if rule in ("lipschitz", "silver") else 1e-8
    assert_same_descent(ours, over_columns(fitted, X, y, rule, **options), atol)


VARIATIONS = {
    "no penalty": lambda X, y, w: (X, {"C": np.inf}),
    "no intercept": lambda X, y, w: (X, {"fit_intercept": False}),
    "weights": lambda X, y, w: (X, {"sample_weight": w}),
    "class weights": lambda X, y, w: (X, {"class_weight": "balanced"}),
    "columns first": lambda X, y, w: (np.asfortranarray(X), {}),
    "every other column": lambda X, y, w: (np.repeat(X, 2, axis=1)[:, ::2], {}),
    "duplicated rows": lambda X, y, w: (X[np.arange(len(X)) // 3], {}),
    "collinear rows": lambda X, y, w: (X[:10][np.arange(len(X)) % 10] * (1 + w[:, None]), {}),
    "rank one": lambda X, y, w: (np.outer(w - 1, X[0]), {}),
    "zero rows": lambda X, y, w: (X * (np.arange(len(X)) % 2)[:, None], {}),
    "one row far out": lambda X, y, w: (X * np.where(np.arange(len(X)) == 3, 30, 1)[:, None], {}),
    "off centre": lambda X, y, w: (X + 2.0, {"max_iter": 20}),
    "early stopping": lambda X, y, w: (X, {"early_stopping": True, "random_state": 0}),
    "path": lambda X, y, w: (X, {"store_path": 7}),
    "sparse": lambda X, y, w: (sparse.csr_array(X), {}),
    "thinly sparse": lambda X, y, w: (sparse.csr_array(X * (np.abs(X) > 0.3)), {"C": 0.5}),
}


@pytest.mark.parametrize("variation", VARIATIONS)
def test_the_iterates_are_those_of_the_columns(variation, wide, rng, over_columns):
    weights = rng.integers(0, 4, 90).astype(float)
    X, options = VARIATIONS[variation](*wide, weights)
    fit_options = {"sample_weight": options.pop("sample_weight", None)}
    clf = GDLogisticRegression(0.05, **{"C": 3.0, "max_iter": 60, "tol": 0} | options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # separable, without a penalty
        ours = clf.fit(X, wide[1], **fit_options)
        attributes = dict(vars(ours))
        theirs = over_columns(clf.fit, X, wide[1], **fit_options)
    for name in ("loss_curve_", "coef_", "intercept_", "gradient_norms_", "n_iter_"):
        assert_allclose(attributes[name], getattr(theirs, name), atol=1e-9, rtol=1e-9)
    for name in ("coef_path_", "validation_loss_curve_"):
        if name in attributes:
            assert_allclose(attributes[name], getattr(theirs, name), atol=1e-9)


def test_rows_without_weight_are_not_looked_at(wide):
    X, y = wide
    weights = np.ones(len(X))
    weights[::7] = 0
    X[::7] = 1e300
    with_them = GDLogisticRegression(0.05, C=1, max_iter=40, tol=0).fit(X, y, weights)
    kept = weights > 0
    without = GDLogisticRegression(0.05, C=1, max_iter=40, tol=0).fit(X[kept], y[kept])
    assert_same_descent(with_them, without)


def test_float32_rows_are_descended_in_float64_and_come_back_as_float32(wide, over_columns):
    X, y = wide[0].astype(np.float32), wide[1]
    ours = fitted(X, y, 0.05, max_iter=60, tol=0)
    exact = over_columns(fitted, X.astype(np.float64), y, 0.05, max_iter=60, tol=0)
    assert ours.coef_.dtype == np.float32
    assert_allclose(ours.coef_, exact.coef_, atol=1e-6)  # some roundings of float32
    assert_allclose(ours.loss_curve_, exact.loss_curve_, rtol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("rule", [0.05, "auto"])
def test_a_start_outside_the_span_is_kept_as_it_is(rule, n_classes, wide, rng, over_columns):
    X, y = wide[0], rng.integers(0, n_classes, 90)
    shape = (450,) if n_classes == 2 else (n_classes, 450)
    w, b = rng.normal(size=shape), rng.normal(size=shape[:-1])
    start = {"coef_init": w, "intercept_init": b}
    steps = first(40, descend(X, y, rule, C=3.0, **start))
    assert steps[0].space is not None
    assert_allclose(steps[0].coef, w, atol=1e-12)
    assert_allclose(steps[0].intercept, b, atol=1e-12)
    if rule == "auto":
        expected = over_columns(first, 100, descend(X, y, rule, C=3.0, **start))
        assert_allclose(steps[-1].cost, expected[-1].cost, rtol=1e-6)
        return
    expected = over_columns(lambda: first(40, descend(X, y, rule, C=3.0, **start)))
    for ours, theirs in zip(steps, expected, strict=True):
        assert_allclose(ours.coef, theirs.coef, atol=ROUNDING)
        assert_allclose(ours.gradient[0], theirs.gradient[0], atol=ROUNDING)
        assert_allclose(ours.gradient[1], theirs.gradient[1], atol=ROUNDING)


@pytest.mark.parametrize("coordinates", ["auto", "decorrelated"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_gradient_is_that_of_the_columns_in_any_coordinates(coordinates, n_classes, wide, rng):
    X, y = wide[0] + 3.0, rng.integers(0, n_classes, 90)
    for step in first(12, descend(X, y, "auto", C=2.0, coordinates=coordinates)):
        assert step.space is not None
        J, dw, db = cost_and_gradient(X, y, step.coef, step.intercept)
        l2 = 1 / (2.0 * len(X))
        assert_allclose(step.cost, J + l2 / 2 * np.sum(step.coef**2), rtol=1e-9)
        assert_allclose(step.gradient[0], dw + l2 * step.coef, atol=1e-9)
        assert_allclose(step.gradient[1], db, atol=1e-9)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decorrelated_there_it_finds_the_minimum_of_the_columns(penalty, n_classes, wide, rng):
    """At the minimum l2 w = -sum of share dz x: no solver is needed to see that."""
    X, y = wide[0], rng.integers(0, n_classes, 90)
    clf = fitted(X, y, C=penalty, tol=1e-9)
    assert clf.coordinates_ == "decorrelated"
    a = clf.predict_proba(X)
    dz = (a[:, 1] - y)[None] if n_classes == 2 else (a - np.eye(n_classes)[y]).T
    assert_allclose(clf.coef_, -penalty * dz @ X, atol=2e-6 * np.abs(clf.coef_).max())
    assert_allclose(dz.sum(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_columns_of_wild_units_are_told_apart(offset, wide):
    """Products of rows alone would lose the small columns beside the large ones."""
    X, y = wide
    X = (X + offset) * 10.0 ** np.linspace(-3, 6, X.shape[1])
    clf = fitted(X, y, C=1.0, tol=1e-9)
    dz = clf.predict_proba(X)[:, 1] - y
    centred = X - X.mean(axis=0)
    off = np.abs(clf.coef_[0] + dz @ centred)
    # What tol leaves of the gradient is in units of the columns.
    assert (off < 1e-7 * len(X) * centred.std(axis=0)).all()
    # The small columns have digits of their own, though w is 1e-8 of the others' there.
    small = centred.std(axis=0) < 1
    assert (off[small] < 1e-3 * (np.abs(dz) @ np.abs(centred))[small]).all()


@pytest.mark.parametrize("scale", [1e-120, 1e120])
def test_rows_whose_products_no_number_holds_are_descended_over_the_columns(scale, wide):
    X, y = wide
    steps = first(3, descend(X * scale, y, "auto", C=1 / scale / scale))
    assert steps[-1].space is None
    assert np.isfinite(steps[-1].cost)


def test_a_high_price_is_paid_when_as_much_has_been_spent(wide, monkeypatch, over_columns):
    X, y = wide
    monkeypatch.setattr(plan, "price", lambda objective: 200.0)
    for rule in (0.05, "auto"):
        steps = first(230, descend(X, y, rule, C=100.0))
        entered = [step.space is not None for step in steps]
        assert entered.index(True) == 201
        assert all(entered[201:])
    options = {"C": 3.0, "max_iter": 260, "tol": 0}
    ours = fitted(X, y, 0.05, **options)
    assert_same_descent(ours, over_columns(fitted, X, y, 0.05, **options), 1e-9)


def test_it_is_left_alone_where_it_does_not_pay(wide, rng, tmp_path):
    X, y = wide
    for options in ({"C": 1.0, "l1_ratio": 0.5}, {"C": 1.0, "coordinates": "standardized"}, {}):
        assert set(spaces(X, y, "auto", **options)) == {None}
    square = rng.normal(size=(200, 210)), rng.integers(0, 2, 200)
    assert set(spaces(*square, 0.1)) == {None}
    small = rng.normal(size=(20, 60)), rng.integers(0, 2, 20)
    assert set(spaces(*small, "auto", C=1.0)) == {None}
    few = sparse.csr_array(X * (np.abs(X) > 1.2))
    assert few.nnz < 2 * 90**2
    assert set(spaces(few, y, 0.1)) == {None}
    mapped = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", X.dtype, X.shape)
    mapped[:] = X
    assert set(spaces(mapped, y, 0.1)) == {None}


@pytest.mark.parametrize("rule", [0.05, "auto", "backtracking"])
@pytest.mark.parametrize("price", [0.0, 30.0])
def test_a_resumed_descent_has_the_bits_of_the_uninterrupted_one(
    rule, price, wide, rng, tmp_path, monkeypatch
):
    monkeypatch.setattr(plan, "price", lambda objective: price)
    monkeypatch.setattr(plan, "HIGH_PRICE", 0)
    monkeypatch.setattr(plan, "PRICE_OF_MANY_STEPS", 0)
    X, y = wide
    start = rng.normal(size=(1, 450))
    clf = GDLogisticRegression(rule, C=50.0, max_iter=45, tol=0, store_path=2)
    whole = clf.fit(X, y, coef_init=start)
    expected = dict(vars(whole))
    for every in (7, 40):
        path = tmp_path / f"{every}.npz"
        part = GDLogisticRegression(rule, C=50.0, max_iter=every + 3, tol=0, store_path=2)
        part.set_callbacks(Checkpoint(path, every=every)).fit(X, y, coef_init=start)
        resumed = GDLogisticRegression(rule, C=50.0, max_iter=45, tol=0, store_path=2)
        resumed.fit(X, y, resume_from=path)
        curves = ("loss_curve_", "gradient_norms_", "learning_rates_", "coef_path_")
        for name in ("coef_", "intercept_", *curves):
            assert np.array_equal(getattr(resumed, name), expected[name], equal_nan=True), name


@pytest.mark.parametrize("rule", [0.05, "auto"])
def test_any_number_of_threads_gives_the_same_bits(rule, rng):
    X, y = rng.normal(size=(200, 9000)), rng.integers(0, 2, 200)
    one, three = (fitted(X, y, rule, max_iter=10, tol=0, n_jobs=n) for n in (1, 3))
    assert np.array_equal(one.coef_, three.coef_)
    assert np.array_equal(one.gradient_norms_, three.gradient_norms_)


@pytest.mark.parametrize("tol", [0.5, 0.03, 0.002])
def test_it_stops_where_the_columns_would(tol, wide, over_columns):
    X, y = wide
    options = {"C": 0.1, "max_iter": 3000, "tol": tol}
    ours, theirs = fitted(X, y, 0.1, **options), over_columns(fitted, X, y, 0.1, **options)
    assert ours.stop_reason_ == theirs.stop_reason_ == "converged"
    assert_same_descent(ours, theirs)


def test_a_rate_that_is_too_large_is_explained_in_the_units_of_the_columns(wide, over_columns):
    X, y = wide
    for options in ({"C": 1.0}, {"C": 1.0, "coordinates": "decorrelated"}):
        rate = 50.0 if len(options) > 1 else 5.0
        clf = GDLogisticRegression(rate, max_iter=20, **options)
        assert "the learning rate is too large" in message_of(clf, X, y)
    clf = GDLogisticRegression(5.0, C=1.0, max_iter=20)
    assert message_of(clf, X, y) == over_columns(message_of, clf, X, y)


def test_the_span_itself_is_that_of_the_rows(wide):
    step = first(1, descend(*wide, 0.1))[0]
    space = step.space
    basis = space.coef(np.eye(90))
    assert_allclose(basis @ basis.T, np.eye(90), atol=1e-8)  # the square root of rounding
    assert_allclose((space.U * space.S) @ basis, wide[0], atol=1e-12)
    assert row_space.price(step.space.objective) > 0

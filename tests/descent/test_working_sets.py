"""Working sets of an L1 penalty: which columns are in them, what stands still, where it ends."""

from itertools import islice

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, cost_and_gradient, descend
from sklearn_gdlogreg._descent.learning_rate import rule_for
from sklearn_gdlogreg._descent.plan import plan_for, standardized
from sklearn_gdlogreg._descent.working_sets import (
    FEWEST,
    GROWTH,
    MANY_COLUMNS,
    WorkingSet,
    WorkingSets,
)
from sklearn_gdlogreg._objective.objective import Objective

from .test_metric import assert_optimal

L1 = {"C": 0.2, "l1_ratio": 1.0}
PENALTIES = [L1, {"C": 0.2, "l1_ratio": 0.7}]


@pytest.fixture
def many(rng):
    """Neighbouring columns are much alike; few of them tell the classes apart."""
    m, n = 300, 600
    X = rng.normal(size=(m, n))
    for j in range(1, n):
        X[:, j] = 0.9 * X[:, j - 1] + 0.44 * X[:, j]
    w = np.where(rng.random(n) < 0.02, rng.normal(size=n), 0)
    y = (X @ w + 0.5 * rng.logistic(size=m) > 0).astype(int)
    return X * rng.uniform(0.5, 2, n) + rng.normal(size=n), y


def steps_of(X, y, n_steps, **options):
    return list(islice(descend(X, y, "auto", **L1 | options), n_steps))


def fitted(X, y, coordinates="auto", weights=None, **options):
    options = {"tol": 1e-10, "max_iter": 20_000, **L1} | options
    clf = GDLogisticRegression(coordinates=coordinates, **options).fit(X, y, weights)
    assert clf.stop_reason_ in ("converged", "stalled")
    return clf


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("variation", ["plain", "weights", "no intercept", "sparse"])
def test_the_optimum_is_that_of_standardized_coordinates(variation, penalty, many, rng):
    X, y = many
    X = sparse.csr_array(X * (rng.random(X.shape) < 0.3)) if variation == "sparse" else X
    weights = rng.integers(0, 4, len(y)).astype(float) if variation == "weights" else None
    options = penalty | {"fit_intercept": variation != "no intercept"}
    sets, alone = (fitted(X, y, name, weights, **options) for name in ("auto", "standardized"))
    assert sets.coordinates_ == "decorrelated"
    assert sets.n_iter_[0] < alone.n_iter_[0] / 2
    # Costs are flat at the optimum: of the coefficients fewer digits are known.
    assert_allclose(sets.loss_curve_[-1], alone.loss_curve_[-1], rtol=1e-12)
    assert_allclose(sets.coef_, alone.coef_, atol=1e-6)
    assert_array_equal(sets.coef_ == 0, alone.coef_ == 0)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_at_the_end_the_optimality_conditions_hold_on_all_columns(dtype, penalty, many):
    X, y = many
    tol = 1e-8 if dtype == np.float64 else 1e-5
    clf = fitted(X.astype(dtype), y, tol=tol, **penalty)
    assert clf.coordinates_ == "decorrelated"
    assert 0 < np.count_nonzero(clf.coef_) < X.shape[1] / 2
    # In the units of X, whose columns' deviations are up to 2.
    assert_optimal(clf, X, y, atol=10 * tol, **penalty)


def test_a_column_that_matters_last_is_found(rng):
    """It is told by what two hundred others leave over, and by no gradient at the start."""
    X = rng.normal(size=(400, 300))
    X[:, 0] -= X[:, 1:250].sum(axis=1) / 10
    X[:, 0] /= X[:, 0].std()
    y = (X[:, :250].sum(axis=1) / 5 + rng.logistic(size=400) > 0).astype(int)
    clf = fitted(X, y, C=10.0)
    assert_optimal(clf, X, y, 10.0, 1.0, atol=1e-8)


def test_columns_beside_the_set_stand_still(many):
    steps = steps_of(*many, 8)
    sets = [step.coordinates for step in steps]
    assert not isinstance(sets[0], WorkingSet)
    for here, there, own in zip(steps, steps[1:], sets[1:], strict=False):
        assert isinstance(own, WorkingSet)
        still = np.setdiff1d(np.arange(600), own.columns)
        assert len(still)
        assert (here.coef[still] == 0).all()
        assert (there.coef[still] == 0).all()


def test_a_set_holds_what_is_kept_and_the_largest_violations(many):
    X, y = many
    objective = Objective.in_memory(X, y, 2, **L1)
    made = WorkingSets(objective, standardized(objective))
    here = steps_of(X, y, 3)[-1]
    own = made.at(here.coef, here.intercept, 2, here.gradient)
    violations = objective.penalty.violation(here.wb[:-1], here.dwb[:-1], own.scale)
    others = np.setdiff1d(np.arange(600), own.columns)
    kept = np.flatnonzero(here.coef)
    assert np.isin(kept, own.columns).all()
    entered = np.setdiff1d(own.columns, kept)
    assert violations[entered].min() >= violations[others].max()
    assert len(own.columns) == len(kept) + max(FEWEST, int(GROWTH * len(kept)))
    assert_array_equal(np.diff(own.columns) > 0, True)


def test_a_set_is_made_anew_once_the_largest_violation_is_beside_it(many):
    steps = steps_of(*many, 9)
    of_sets = [step.coordinates for step in steps]
    penalty = Objective.in_memory(*many, 2, **L1).penalty
    for here, after in zip(steps[1:], of_sets[2:], strict=False):
        violations = penalty.violation(here.wb[:-1], here.dwb[:-1], here.coordinates.scale)
        inside = max(violations[here.coordinates.columns].max(), abs(here.dwb[-1]))
        if violations.max() > inside:
            assert after is not here.coordinates
            assert violations.argmax() in after.columns


def test_without_a_gradient_the_same_set_is_made(many):
    X, y = many
    here = steps_of(X, y, 4)[-1]
    objective = Objective.in_memory(X, y, 2, **L1)
    made = WorkingSets(objective, standardized(objective))
    given, own = (made.at(here.coef, here.intercept, 3, each) for each in (here.gradient, None))
    assert_array_equal(given.columns, own.columns)
    assert_array_equal(given.metric.reduced, own.metric.reduced)


def test_what_is_to_be_had_counts_the_columns_that_stand_still(many):
    X, y = many
    step = steps_of(X, y, 2)[-1]
    penalty = Objective.in_memory(X, y, 2, **L1).penalty
    beside = np.setdiff1d(np.arange(600), step.coordinates.columns)[0]
    dwb = step.dwb.copy()
    dwb[beside] += 0.1
    before, after = (step.coordinates.fall(step.wb, each, 1.0, penalty) for each in (step.dwb, dwb))
    assert after > before > 0


def test_any_number_of_threads_gives_the_same_bits(rng):
    X = rng.normal(size=(3000, 1000)) + rng.normal(size=(3000, 1))
    y = (X[:, :5].sum(axis=1) + rng.logistic(size=3000) > 0).astype(int)
    models = [
        GDLogisticRegression(C=0.01, l1_ratio=1.0, max_iter=8, tol=0, n_jobs=n).fit(X, y)
        for n in (1, 2, 3)
    ]
    for clf in models:
        assert clf.coordinates_ == "decorrelated"
        assert_array_equal(clf.coef_, models[0].coef_)
        assert_array_equal(clf.loss_curve_, models[0].loss_curve_)


@pytest.mark.parametrize("kind", ["cheap", "dear", "hardly correlated"])
@pytest.mark.parametrize("at", [1, 4, 7, 25])
def test_a_resumed_descent_goes_on_to_the_last_bit(kind, at, many, rng, tmp_path):
    X, y = many
    if kind == "dear":  # a standardized descent, whose next set is waited for
        X = sparse.csr_array(X * (rng.random(X.shape) < 0.01))
    if kind == "hardly correlated":
        X = rng.normal(size=(1500, 250))
        y = (X[:, :9].sum(axis=1) + rng.logistic(size=1500) > 0).astype(int)
    path = tmp_path / "run.npz"
    options = {"max_iter": 30, "tol": 0, **L1}
    whole = GDLogisticRegression(**options).fit(X, y)
    begun = GDLogisticRegression(**options | {"max_iter": at})
    begun.set_callbacks(Checkpoint(path, every=at)).fit(X, y)
    resumed = GDLogisticRegression(**options).fit(X, y, resume_from=path)
    assert_array_equal(resumed.loss_curve_, whole.loss_curve_)
    assert_array_equal(resumed.coef_, whole.coef_)


def test_prices_decide(sparse_rows, rng):
    """Of rows with few entries a pass costs less than a matrix of a hundred columns."""
    y = np.arange(3000) % 2
    text = Objective.in_memory(sparse_rows(3000, 2000, density=2e-3), y, 2, **L1)
    X = rng.normal(size=(3000, 500)) + rng.normal(size=(3000, 1))
    dense = Objective.in_memory(X, y, 2, **L1)
    at = np.zeros(2000), np.float64(0.0)
    assert WorkingSets(text, standardized(text)).at(*at).name == "standardized"
    assert WorkingSets(text, standardized(text), True).at(*at).name == "decorrelated"
    w, b = np.zeros(500), np.float64(0.0)
    made = WorkingSets(dense, standardized(dense))
    assert isinstance(made.at(w, b), WorkingSet)
    # Where many are kept, a step costs as much as many: not before as many were made.
    w[:400] = 0.01
    assert made.at(w, b, 2).name == "standardized"
    assert isinstance(made.at(w, b, 1000), WorkingSet)


def test_the_correlation_is_that_of_the_columns(many, rng):
    X, y = many
    objective = Objective.in_memory(X, y, 2, **L1)
    made = WorkingSets(objective, standardized(objective))
    R = np.corrcoef(X, rowvar=False)
    # Of one random vector.
    assert made.correlation == pytest.approx(np.square(R).sum() / len(R) - 1, rel=0.3)


def test_columns_that_are_hardly_correlated_are_first_descended_without_sets(rng):
    X = rng.normal(size=(3000, 300))
    y = (X[:, :5].sum(axis=1) + rng.logistic(size=3000) > 0).astype(int)
    objective = Objective.in_memory(X, y, 2, **L1)
    made = WorkingSets(objective, standardized(objective))
    at = np.zeros(300), np.float64(0.0)
    assert made.at(*at).name == "standardized"
    assert isinstance(made.at(*at, 1000), WorkingSet)
    wanted = WorkingSets(objective, standardized(objective), whatever_they_cost=True)
    assert isinstance(wanted.at(*at), WorkingSet)


def test_who_takes_sets(many, rng, tmp_path):
    X, y = many
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")

    def decorrelation(X, y, rule="auto", coordinates="auto", **options):
        objective = Objective.in_memory(X, y, y.max() + 1, **L1 | options)
        return plan_for(objective, rule_for(rule), coordinates).decorrelation

    assert isinstance(decorrelation(X, y), WorkingSets)
    assert isinstance(decorrelation(X, y, "backtracking", "decorrelated"), WorkingSets)
    for other in (
        decorrelation(X, y, "lipschitz", "decorrelated"),  # which would not notice another set
        decorrelation(X, y, l1_ratio=0.0),
        decorrelation(mapped, y),  # which may be larger than memory
        decorrelation(X[:, : MANY_COLUMNS - 1], y),
        decorrelation(X, y + np.arange(len(y)) % 2),
    ):
        assert not isinstance(other, WorkingSets)


def test_one_row_far_out_is_measured_for(many):
    """Columns are standardized anew in the set, and its metric is still true."""
    X, y = many
    X = X.copy()
    X[0, :300] *= 1e6
    clf = GDLogisticRegression(**L1, max_iter=500).fit(X, y)
    assert clf.stop_reason_ == "converged"
    _, dw, _ = cost_and_gradient(X[1:], y[1:], clf.coef_[0], clf.intercept_[0])
    assert np.isfinite(dw).all()

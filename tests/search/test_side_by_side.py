"""Descents side by side are the descents one by one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._search.side_by_side import _ordinary, descend_side_by_side

SETTINGS = [
    {"learning_rate": 0.01, "C": 1.0, "l1_ratio": 0.0},
    {"learning_rate": 0.1, "C": 0.1, "l1_ratio": 0.5},
    {"learning_rate": 0.5, "C": np.inf, "l1_ratio": 0.0},
    {"learning_rate": 0.3, "C": 10.0, "l1_ratio": 1.0},
]
STOPS = [{0, 5, 20}, {7, 30}, {5, 30}, {100}]


# Not converged at max_iter, as some are meant to be.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("tol", [0.0, 0.01])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("weighted", ["none", "all alike", "different"])
@pytest.mark.parametrize("storage", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_each_is_the_descent_it_would_be_alone(
    tol, n_classes, weighted, storage, fit_intercept, rng
):
    X, y = storage(rng.normal(size=(200, 4))), rng.integers(0, n_classes, 200)
    drawn = rng.uniform(size=(4, 200))
    weights = {"none": [None] * 4, "all alike": [drawn[0]] * 4, "different": [None, *drawn[1:]]}
    weights = weights[weighted]
    objectives = [
        Objective.in_memory(
            X,
            y,
            n_classes,
            C=setting["C"],
            l1_ratio=setting["l1_ratio"],
            sample_weight=s,
            fit_intercept=fit_intercept,
        )
        for setting, s in zip(SETTINGS, weights, strict=True)
    ]
    rates = [setting["learning_rate"] for setting in SETTINGS]
    found = descend_side_by_side(objectives, rates, STOPS, tol)
    for setting, s, stops, ends in zip(SETTINGS, weights, STOPS, found, strict=True):
        for max_iter in stops:
            alone = GDLogisticRegression(
                max_iter=max_iter, tol=tol, fit_intercept=fit_intercept, **setting
            )
            alone.fit(X, y, sample_weight=s)
            end = ends[max_iter]
            # A hundred steps, each rounded at 1e-16 of numbers of size 1.
            assert_allclose(np.atleast_2d(end.coef), alone.coef_, atol=1e-13)
            assert_allclose(np.atleast_1d(end.intercept), alone.intercept_, atol=1e-13)
            assert (end.t, end.stop_reason) == (alone.n_iter_[0], alone.stop_reason_)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_without_weight_in_some_or_all_of_them(n_classes, rng):
    X, y = rng.normal(size=(200, 4)), rng.integers(0, n_classes, 200)
    weights = rng.uniform(size=(2, 200))
    weights[:, :5] = weights[0, 5:50] = weights[1, 30:60] = 0
    objectives = [Objective.in_memory(X, y, n_classes, sample_weight=s) for s in weights]
    found = descend_side_by_side(objectives, [0.1, 0.5], [{10}, {10}], 0.0)
    for s, rate, ends in zip(weights, [0.1, 0.5], found, strict=True):
        here = s > 0
        alone = GDLogisticRegression(rate, max_iter=10, tol=0).fit(X[here], y[here], s[here])
        assert_allclose(np.atleast_2d(ends[10].coef), alone.coef_, atol=1e-13)


def test_several_blocks_and_threads_give_the_same_bits(rng):
    X, y = rng.normal(size=(60_000, 12)), rng.integers(0, 2, 60_000)
    found = []
    for n_jobs in (1, 2, 3):
        objectives = [Objective.in_memory(X, y, 2, C=C, n_jobs=n_jobs) for C in (1.0, 0.01)]
        assert len(objectives[0].rows.parts) > 1
        ends = descend_side_by_side(objectives, [0.1, 0.5], [{5}, {3, 5}], 0.0)
        found.append([ends[0][5], ends[1][3], ends[1][5]])
    for ends in found[1:]:
        for a, b in zip(found[0], ends, strict=True):
            assert np.array_equal(a.coef, b.coef)
            assert np.array_equal(a.intercept, b.intercept)


def test_numbers_beyond_judgement_are_left_to_a_descent_alone(binary):
    X, y = binary
    objectives = [Objective.in_memory(X, y, 2, C=C) for C in (1e-3, 1.0)]
    found = descend_side_by_side(objectives, [1e3, 0.1], [{10, 2000}, {10, 2000}], 0.0)
    assert found[0] is None
    assert found[1][2000].t == 2000
    assert np.isfinite(found[1][2000].coef).all()


@pytest.mark.parametrize(("rate", "t"), [(1e3, 50), (1e3, 51), (3e4, 30), (3e4, 31)])
def test_a_cost_beyond_the_numbers_is_never_judged(rate, t, binary):
    """A coefficient 7 * rate times as large at every step, of another sign at every step."""
    X, y = binary
    objectives = [Objective.in_memory(X * [1, 0, 0, 0], y, 2, C=1e-3)]
    assert descend_side_by_side(objectives, [rate], [{5}], 0.0)[0] is not None
    assert descend_side_by_side(objectives, [rate], [{t}], 0.0)[0] is None


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e30, -1e30, 1e300, -1e300])
def test_ordinary_coefficients_have_finite_costs(size, dtype, storage):
    top = float(np.finfo(dtype).max)
    size = max(-top, min(size, top))
    X = np.zeros((3, 100), dtype)
    X[:, :-1] = size
    limit = _ordinary(storage(X))
    assert 0 < limit**2 * 100 < top
    assert limit * abs(size) * 100 < top
    assert limit > 1e10 or abs(size) > 1


def test_a_descent_that_stands_still_ends_and_the_others_go_on(binary):
    X, y = binary
    objectives = [Objective.in_memory(X, y, 2, C=C) for C in (1e-3, 1e3, 1e-2)]
    stops = [{4000, 5000}] * 3
    found = descend_side_by_side(objectives, [0.05, 1e-4, 0.1], stops, 1e-300)
    for ends, C, rate in zip(found, (1e-3, 1e3, 1e-2), [0.05, 1e-4, 0.1], strict=True):
        alone = GDLogisticRegression(rate, C=C, tol=0, max_iter=5000).fit(X, y)
        assert_allclose(ends[5000].coef, alone.coef_[0], rtol=1e-9)
    assert [ends[5000].stop_reason for ends in found] == ["stalled", "max_iter", "stalled"]
    assert found[0][4000].t == found[0][5000].t < 4000
    assert found[1][4000].t == 4000
    assert found[2][4000].t == found[2][5000].t < 4000


@pytest.mark.parametrize("label", [0, 1])
def test_the_intercept_alone_may_keep_a_descent_from_its_end(label, rng):
    X, y = rng.normal(size=(50, 2)) * 1e-6, np.full(50, label)
    y[0] = 1 - label
    (ends,) = descend_side_by_side([Objective.in_memory(X, y, 2)], [1.0], [{1000}], 0.01)
    alone = GDLogisticRegression(1.0, tol=0.01).fit(X, y)
    assert ends[1000].t == alone.n_iter_[0] > 1


@pytest.mark.parametrize("sign", [1, -1])
def test_a_feature_alone_may_keep_a_descent_from_its_end(sign, rng):
    y = np.arange(50) % 2
    X = sign * (y - 0.5 + rng.normal(size=50))[:, None]
    (ends,) = descend_side_by_side([Objective.in_memory(X, y, 2)], [1.0], [{1000}], 0.05)
    alone = GDLogisticRegression(1.0, tol=0.05).fit(X, y)
    assert ends[1000].t == alone.n_iter_[0] > 1


def test_columns_of_which_nothing_is_stored(rng):
    X, y = sparse.csr_array((20, 3)), np.arange(20) % 2
    (ends,) = descend_side_by_side([Objective.in_memory(X, y, 2)], [0.1], [{3}], 0.0)
    assert (ends[3].coef == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype, binary):
    X, y = binary
    (ends,) = descend_side_by_side(
        [Objective.in_memory(X.astype(dtype), y, 2, C=1.0)], [0.1], [{3}], 0.0
    )
    assert ends[3].coef.dtype == dtype


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_step_that_changes_nothing_ends_its_descent_alone(binary):
    X, y = binary
    rates = [0.3, 0.001]
    # No rounding leaves a gradient of 1e-30; at 0.3 there are steps enough to come to the end.
    objectives = [Objective.in_memory(X, y, 2, C=0.01) for _ in rates]
    found = descend_side_by_side(objectives, rates, [{3000}, {3000}], 1e-30)
    reasons = []
    for rate, ends in zip(rates, found, strict=True):
        alone = GDLogisticRegression(rate, C=0.01, tol=1e-30, max_iter=3000).fit(X, y)
        assert_allclose(ends[3000].coef, alone.coef_[0], rtol=1e-12)
        assert ends[3000].stop_reason == alone.stop_reason_
        reasons.append(alone.stop_reason_)
    assert reasons == ["stalled", "max_iter"]

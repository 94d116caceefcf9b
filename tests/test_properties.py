"""Laws for any data, rule, penalty, dtype and storage; hypothesis looks for exceptions."""

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._descent.learning_rate import RULES

# The same examples in every run: a failure is one that everybody sees.
laws = settings(max_examples=60, deadline=None, derandomize=True)

# The order of a sum is a rounding; a few iterations let it grow, most where steps are fitted to
# differences of gradients. Beyond that the law would be that of chaos.
CLOSE = {np.float64: 1e-7, np.float32: 2e-2}


class Problem:
    """X, y, weights and an estimator, whose data are easily changed."""

    def __init__(self, seed, m, n, n_classes, dtype, storage, weighted, options):
        rng = np.random.default_rng(seed)
        self.rng, self.dtype, self.storage = rng, dtype, storage
        y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, m)])
        X = rng.normal(size=(len(y), n)) + rng.normal(size=(n_classes, n))[y]
        X[rng.random(X.shape) < 0.3] = 0
        self.X, self.y = X.astype(dtype), y
        self.weights = rng.integers(1, 4, len(y)).astype(float) if weighted else None
        self.clf = GDLogisticRegression(tol=0, **options)

    def fit(self, X=None, y=None, weights=None, storage=None, **parameters):
        """Fitted to the data, or to others in their place."""
        X = self.X if X is None else X
        y = self.y if y is None else y
        weights = self.weights if weights is None else weights
        clf = clone(self.clf).set_params(**parameters)
        return clf.fit(STORAGES[storage or self.storage](X), y, sample_weight=weights)

    def assert_same(self, found, expected, factor=1.0):
        """The same coefficients and costs, to the rounding of sums in another order."""
        close = factor * CLOSE[self.dtype]
        scale = max(np.abs(expected.coef_).max(), np.abs(expected.intercept_).max(), 1e-3)
        assert_allclose(found.coef_, expected.coef_, rtol=0, atol=close * scale)
        assert_allclose(found.intercept_, expected.intercept_, rtol=0, atol=close * scale)
        assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=close)


STORAGES = {"dense": np.asarray, "F": np.asfortranarray, "csr": sparse.csr_array}

PENALTIES = {}, {"C": 1.0}, {"C": 0.3, "l1_ratio": 1.0}, {"C": 1.0, "l1_ratio": 0.4}


@st.composite
def problems(draw, rules=("auto", 0.1, *RULES), dtypes=(np.float64, np.float32), max_iter=6):
    options = draw(st.sampled_from(PENALTIES)) | {
        "learning_rate": draw(st.sampled_from(rules)),
        "fit_intercept": draw(st.booleans()),
        "max_iter": max_iter,
    }
    return Problem(
        seed=draw(st.integers(0, 2**32 - 1)),
        m=draw(st.integers(8, 60)),
        n=draw(st.integers(1, 6)),
        n_classes=draw(st.integers(2, 4)),
        dtype=draw(st.sampled_from(dtypes)),
        storage=draw(st.sampled_from(sorted(STORAGES))),
        weighted=draw(st.booleans()),
        options=options,
    )


@laws
@given(problem=problems())
def test_the_order_of_rows_does_not_matter(problem):
    order = problem.rng.permutation(len(problem.y))
    weights = None if problem.weights is None else problem.weights[order]
    found = problem.fit(problem.X[order], problem.y[order], weights)
    problem.assert_same(found, problem.fit())


@laws
@given(problem=problems())
def test_the_order_of_columns_does_not_matter(problem):
    order = problem.rng.permutation(problem.X.shape[1])
    found = problem.fit(problem.X[:, order])
    found.coef_ = found.coef_[:, np.argsort(order)]
    problem.assert_same(found, problem.fit())


@laws
@given(problem=problems(), power=st.integers(-20, 20))
def test_auto_gives_the_same_probabilities_in_any_unit(problem, power):
    # A penalty is in the units of X; a power of 2 is no rounding.
    options = {"learning_rate": "auto", "C": np.inf, "l1_ratio": 0.0, "coordinates": "standardized"}
    scaled = problem.X.copy()
    scaled[:, 0] *= 2.0**power
    expected, found = problem.fit(**options), problem.fit(scaled, **options)
    assert_allclose(
        found.predict_proba(scaled), expected.predict_proba(problem.X), atol=CLOSE[problem.dtype]
    )


@laws
@given(problem=problems())
def test_a_row_of_no_weight_is_not_there(problem):
    weights = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    wild = 50 * problem.rng.normal(size=(3, problem.X.shape[1])).astype(problem.dtype)
    X = np.concatenate([wild, problem.X])
    found = problem.fit(X, np.concatenate([[0, 1, 0], problem.y]), np.append([0.0] * 3, weights))
    problem.assert_same(found, problem.fit(weights=weights))


@laws
@given(problem=problems())
def test_a_weight_may_be_split_over_copies(problem):
    weights = np.ones(len(problem.y)) if problem.weights is None else problem.weights
    twice = np.concatenate([problem.X, problem.X]), np.concatenate([problem.y, problem.y])
    found = problem.fit(*twice, np.concatenate([0.25 * weights, 0.75 * weights]))
    problem.assert_same(found, problem.fit(weights=weights))


@laws
@given(problem=problems())
def test_names_of_classes_do_not_matter(problem):
    names = np.array(["a", "b", "c", "d"])
    found, expected = problem.fit(y=names[problem.y]), problem.fit()
    assert_array_equal(found.coef_, expected.coef_)
    assert_array_equal(found.predict(problem.X), names[expected.predict(problem.X)])


@laws
@given(problem=problems(dtypes=(np.float64,)))
def test_the_order_of_classes_turns_the_coefficients_round(problem):
    found, expected = problem.fit(y=problem.y.max() - problem.y), problem.fit()
    if len(expected.classes_) == 2:
        found.coef_, found.intercept_ = -found.coef_, -found.intercept_
    else:
        found.coef_, found.intercept_ = found.coef_[::-1], found.intercept_[::-1]
    problem.assert_same(found, expected)


@laws
@given(problem=problems())
def test_how_X_is_stored_does_not_matter(problem):
    expected = problem.fit(storage="dense")
    for storage in ("F", "csr"):
        problem.assert_same(problem.fit(storage=storage), expected)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "X.npy", problem.X)
        mapped = np.load(Path(folder) / "X.npy", mmap_mode="r")
        assert_array_equal(problem.fit(mapped, storage="dense").coef_, expected.coef_)
        del mapped


@laws
@given(problem=problems())
def test_nor_whether_it_lies_in_partitions(problem):
    dask = pytest.importorskip("dask")
    da = pytest.importorskip("dask.array")
    from sklearn_gdlogreg.dask import DaskGDLogisticRegression

    length = int(problem.rng.integers(3, 40))
    X, y = da.from_array(problem.X, chunks=(length, -1)), da.from_array(problem.y, chunks=length)
    weights = problem.weights
    weights = None if weights is None else da.from_array(weights, chunks=length)
    clf = DaskGDLogisticRegression(**problem.clf.get_params())
    with dask.config.set(scheduler="synchronous"):
        clf.fit(X, y, sample_weight=weights)
    problem.assert_same(clf, problem.fit(storage="dense"))


@laws
@given(problem=problems())
def test_refits_clones_pickles_and_threads_give_the_same_bits(problem):
    clf = problem.fit()
    path = clf.coef_, clf.loss_curve_
    for other in (problem.fit(), problem.fit(n_jobs=3), pickle.loads(pickle.dumps(clf))):
        assert_array_equal(other.coef_, path[0])
        assert_array_equal(other.loss_curve_, path[1])
    X = STORAGES[problem.storage](problem.X)
    proba = pickle.loads(pickle.dumps(clf)).predict_proba(X)
    assert_array_equal(proba, clf.predict_proba(X))


@laws
@given(problem=problems(rules=("lipschitz", 0.1, "silver"), dtypes=(np.float32,)))
def test_float32_differs_by_its_rounding(problem):
    X = problem.X.astype(np.float64)
    single, double = problem.fit(), problem.fit(X)
    # A dozen roundings of 6e-8 for each of six steps, of terms not much larger than the result.
    scale = max(1.0, np.abs(double.coef_).max())
    assert_allclose(single.coef_, double.coef_, rtol=0, atol=2e-5 * scale)


@pytest.mark.filterwarnings("ignore:The cost rose")
@laws
@given(problem=problems(rules=(0.05, 0.5, 3.0)))
def test_two_warm_started_halves_are_one_descent(problem):
    X = STORAGES[problem.storage](problem.X)
    halves = clone(problem.clf).set_params(max_iter=3, warm_start=True)
    for _ in range(2):
        halves.fit(X, problem.y, sample_weight=problem.weights)
    whole = problem.fit()
    assert_array_equal(halves.coef_, whole.coef_)
    assert_array_equal(halves.intercept_, whole.intercept_)


@laws
@given(problem=problems())
def test_probabilities_are_probabilities(problem):
    clf = problem.fit()
    X = STORAGES[problem.storage](1e4 * problem.X)
    proba, log_proba = clf.predict_proba(X), clf.predict_log_proba(X)
    assert ((proba >= 0) & (proba <= 1)).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(log_proba).all()


@laws
@given(problem=problems(rules=("lipschitz",), max_iter=25))
def test_no_step_of_one_over_L_increases_the_cost(problem):
    costs = problem.fit().loss_curve_
    rounding = 20 * np.finfo(problem.dtype).eps
    assert (np.diff(costs) <= rounding * np.abs(costs[:-1])).all()

"""Decision values: probabilities for every finite row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._data.decisions import decision_values as decisions

pytestmark = pytest.mark.sklearn

LARGEST = {np.float64: 1.7e308, np.float32: float(np.float32(3.4e38))}


def model(coef, intercept, dtype=np.float64):
    """As if it had been fitted to these coefficients."""
    classes = max(2, len(coef))
    clf = GDLogisticRegression(max_iter=0)
    clf.fit(np.zeros((classes, np.shape(coef)[1]), dtype), np.arange(classes))
    clf.coef_, clf.intercept_ = np.array(coef, dtype), np.array(intercept, dtype)
    return clf


@pytest.mark.parametrize("dtype", LARGEST)
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("n_rows", [1, 3])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_probabilities_are_numbers_for_every_finite_row(dtype, storage, n_rows, data):
    values = st.floats(-LARGEST[dtype], LARGEST[dtype], width=dtype(0).itemsize * 8)
    X = data.draw(arrays(dtype, (4, 3), elements=values))
    coef = data.draw(arrays(dtype, (n_rows, 3), elements=values))
    intercept = data.draw(arrays(dtype, n_rows, elements=values))
    clf = model(coef, intercept, dtype)
    X = storage(X)
    proba, log_proba = clf.predict_proba(X), clf.predict_log_proba(X)
    assert ((proba >= 0) & (proba <= 1)).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(log_proba).all()
    assert (log_proba <= 0).all()
    assert np.isfinite(clf.decision_function(X)).all()
    assert_array_equal(proba[np.arange(4), clf.predict(X)], proba.max(axis=1))


def test_terms_that_overflow_and_cancel():
    clf = model([[2.0**1000, -(2.0**1000)]], [0.0])
    # 2^1040 - 2^1040 is 0, 2^1040 - 2^1041 negative; in float64 they are nan.
    assert_array_equal(clf.predict_proba([[2.0**40, 2.0**40]]), [[0.5, 0.5]])
    assert_array_equal(clf.predict([[1e10, 2e10], [2e10, 1e10], [1.0, 2.0]]), [0, 1, 0])
    clf = model([[1e300, 0], [0, 1e300], [-1e300, 0]], [0.0, 0.0, 0.0])
    assert_array_equal(clf.predict([[1e300, 2e300], [2e300, 1e300], [-1e300, -2e300]]), [1, 0, 2])


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("entry", [0.0, 5e-324, 2e-313, 1e-300])
@pytest.mark.parametrize("coefficient", [0.0, 5e-324, 1e308])
def test_denormal_rows_beside_an_intercept_near_the_largest_number(coefficient, entry, storage):
    clf = model([[coefficient] * 3], [1e308])
    # A multiple of the value: what is beyond a quarter of the largest number is put there.
    z = clf.decision_function(storage(np.full((4, 3), entry)))
    assert_allclose(z, np.finfo(float).max / 4, rtol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_the_largest_intercept_beside_the_smallest(size, storage, sign):
    clf = model(np.eye(3) * 1e-100, [sign * 1e308, 1e-300, -1e-300])
    z = clf.decision_function(storage(np.diag([1.0, 2.0, 3.0]) * size))
    assert_allclose(z[:, 0], sign * np.finfo(float).max / 4, rtol=1e-12)
    # What is left of the others, in the same proportion, is next to nothing.
    assert (np.abs(z[:, 1:]) <= 1e-3 * np.abs(z[:, :1])).all()


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_sparsified_coefficients_decide_the_same_beyond_the_numbers(storage):
    clf = model(
        [[2.0**1000, 0.0], [0.0, 2.0**1000], [-(2.0**1000), 2.0**990]], [0.0, 1e308, -1e308]
    )
    X = storage(np.array([[2.0**40, 2.0**41], [1.0, 0.0], [2.0**23, 2.0**22]]))
    dense = clf.decision_function(X.toarray() if sparse.issparse(X) else X)
    assert np.isfinite(dense).all()
    assert_allclose(clf.decision_function(X), dense, rtol=1e-12)
    for i in range(3):  # every row as if it were alone
        assert_allclose(clf.decision_function(X[i : i + 1]), dense[i : i + 1], rtol=1e-12)
    assert_allclose(clf.sparsify().decision_function(X), dense, rtol=1e-12)


def test_no_rows_have_no_decision_values():
    assert decisions(np.empty((0, 2)), np.ones((1, 2)), np.zeros(1)).shape == (0,)


def test_where_nothing_overflows_nothing_is_touched(multiclass):
    X, y = multiclass
    clf = GDLogisticRegression(C=1.0).fit(X, y)
    assert_array_equal(clf.decision_function(X), X @ clf.coef_.T + clf.intercept_)


def test_a_zero_row_of_extreme_coefficients_gets_the_intercept():
    clf = model([[1.7e308, -1.7e308]], [0.5])
    assert_allclose(clf.decision_function([[0.0, 0.0]]), [0.5])
    assert_allclose(clf.predict_proba(sparse.csr_array((1, 2)))[0, 1], 1 / (1 + np.exp(-0.5)))

"""Means and deviations of the columns, at any size of the numbers, whatever X is stored in."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_gdlogreg._check import quiet
from sklearn_gdlogreg._objective.moments import moments
from sklearn_gdlogreg._objective.rows import sampled

from .helpers import objective


@pytest.mark.parametrize("m", [1, 37, 40_000])
def test_moments_are_numpys_for_any_number_of_blocks(m, rng):
    X = rng.normal(size=(m, 5)) * [1, 1e-3, 1e3, 1, 0] + [0, 1, 1e6, -5, 3]
    s = rng.uniform(size=m)
    mean, deviation = objective(X, np.resize([0, 1], m), s).moments
    assert_allclose(mean, np.average(X, axis=0, weights=s), rtol=1e-12)
    expected = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=s))
    # The constant column's deviation is the rounding of its mean.
    assert_allclose(deviation, expected, rtol=1e-9, atol=1e-14)


def test_moments_of_more_columns_than_a_batch_has_entries(rng):
    X = rng.normal(size=(3, 70_000))
    mean, deviation = objective(X, np.array([0, 1, 0])).moments
    assert_allclose(mean, X.mean(axis=0), rtol=1e-9, atol=1e-12)
    assert_allclose(deviation, X.std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_moments_at_the_edges_of_the_numbers(storage, rng):
    # The squares of the second are denormal, of the fourth too large in sum alone.
    scales = np.array([1e-300, 1e-159, 1.0, 1e154, 1e300])
    # Half of the entries are 0, which sparse columns do not store.
    Z = rng.normal(size=(50, 5)) * (rng.uniform(size=(50, 5)) < 0.5)
    mean, deviation = objective(storage(Z * scales), np.resize([0, 1], 50)).moments
    assert_allclose(mean / scales, Z.mean(axis=0), rtol=1e-12)
    assert_allclose(deviation / scales, Z.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_moments_of_a_sample_are_those_of_its_rows(storage, weights, rng):
    Z = rng.normal(size=(150, 4)) * (rng.uniform(size=(150, 4)) < 0.5) + [0, 0, 1e9, 0]
    scales = np.array([1e-300, 1.0, 1.0, 1e300])
    J = objective(storage(Z * scales), np.resize([0, 1], 150), weights)
    rows = sampled(0, 150, 4)
    share = (weights / weights.sum())[rows]
    with quiet():
        mean, deviation = moments(J.rows, 4, share.sum())
    expected = np.average(Z[rows], axis=0, weights=share)
    assert_allclose(mean / scales, expected, rtol=1e-12)
    variance = np.average((Z[rows] - expected) ** 2, axis=0, weights=share)
    assert_allclose(deviation / scales, np.sqrt(variance), rtol=1e-6)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("size", [1e-300, 1e-3, 1.0])
def test_moments_are_those_of_the_rows_with_a_weight(size, storage, rng):
    """Whatever the others hold, in columns that are constant, small or plain."""
    X = np.column_stack([np.full(50, size), rng.normal(size=(50, 2)) * size])
    y, others = np.resize([0, 1], 53), np.full((3, 3), np.finfo(float).max)
    weights = np.repeat([1.0, 0.0], [50, 3])
    beside = objective(storage(np.vstack([X, others])), y, weights).moments
    for left, right in zip(beside, objective(storage(X), y[:50]).moments, strict=True):
        assert_allclose(left, right, rtol=1e-12, atol=1e-15 * size)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_column_does_not_deviate_by_the_rounding_of_its_mean(storage, dtype, weights):
    X = np.full((150, 2), [0.1, 1e9], dtype)
    mean, deviation = objective(storage(X), np.resize([0, 1], 150), weights).moments
    assert (deviation <= np.finfo(dtype).eps * mean).all()


@pytest.mark.parametrize(("m", "density"), [(150, 0.1), (10_000, 0.9)])
def test_sparse_moments_are_those_of_the_dense_matrix(m, density, weights, sparse_rows):
    X = sparse_rows(m, 20, density)
    y = np.resize([0, 1], m)
    for s in (None, np.resize(weights, m)):
        dense, found = objective(X.toarray(), y, s), objective(X, y, s)
        for left, right in zip(found.moments, dense.moments, strict=True):
            assert_allclose(left, right, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(("dtype", "light"), [(np.float32, 1e-25), (np.float64, 1e-170)])
def test_a_column_of_rows_that_hardly_count_has_a_deviation(dtype, light, storage, rng):
    """Entries over their weighted mean, squared, would be infinite."""
    X = rng.normal(size=(200, 2))
    X[:100, 1], X[100:, 1] = 0, 5
    weights = np.repeat([1.0, light], 100)
    _, deviation = objective(storage(X.astype(dtype)), np.resize([0, 1], 200), weights).moments
    # Of light rows a share p has the entries: their variance is 25 p (1 - p).
    assert_allclose(deviation[1], 5 * np.sqrt(light), rtol=1e-5)

"""The p x p problem of a step between bounds: no direction leads lower from its solution."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import lsq_linear

from sklearn_gdlogreg._descent.box import bounded_lasso
from sklearn_gdlogreg._descent.lasso import lasso
from sklearn_gdlogreg._objective.penalty import slopes


def problem(rng, n, rank=None, spread=1.0):
    """A matrix, nearly singular where its rank is small, and the linear term."""
    A = rng.normal(size=(rank or 2 * n, n)) * np.exp(spread * rng.normal(size=n))
    H = A.T @ A + 1e-9 * np.diag(np.square(A).sum(axis=0))
    return H, H @ rng.normal(size=n) + 0.1 * np.sqrt(np.diag(H)) * rng.normal(size=n)


def box(rng, n, H):
    """Bounds of all kinds: infinite ones, 0, both sides of 0, one side, and a single point."""
    unit = 1 / np.sqrt(np.diag(H))
    low = rng.choice([-np.inf, 0, -0.3, 0.2], n) * unit
    wide = rng.choice([np.inf, 0.5, 1.0, 0.0], n) * unit
    finite = np.where(np.isinf(low), rng.choice([0, -0.5, -0.2, 0.3], n) * unit, low)
    return low, finite + wide


@pytest.mark.parametrize("kind", ["regular", "singular", "unlike scales"])
@pytest.mark.parametrize("seed", range(60))
def test_no_direction_leads_lower(kind, seed):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 25)
    H, q = problem(rng, n, n // 2 + 1 if kind == "singular" else None, 3.0 * (kind[0] == "u"))
    low, high = box(rng, n, H)
    threshold = rng.choice([0.0, 0.05, 1.0], n) * np.sqrt(np.diag(H))
    x = bounded_lasso(H, q, threshold, low, high, np.clip(rng.normal(size=n), low, high))
    assert ((low <= x) & (x <= high)).all()
    below, above = slopes(x, threshold, low, high)
    slope = H @ x - q
    # Solutions of equations are off by the condition, at most 1e9 times the rounding.
    near = 1e-6 * (np.abs(q) + np.sqrt(np.diag(H)))
    assert (slope + below <= near).all()
    assert (slope + above >= -near).all()


@pytest.mark.parametrize("seed", range(20))
def test_without_thresholds_it_is_bounded_least_squares(seed):
    rng = np.random.default_rng(seed)
    n = 12
    A, b = rng.normal(size=(30, n)), rng.normal(size=30)
    low, high = np.sort(rng.normal(size=(2, n)) / 3, axis=0)
    found = bounded_lasso(A.T @ A, A.T @ b, np.zeros(n), low, high, np.clip(np.zeros(n), low, high))
    expected = lsq_linear(A, b, (low, high), tol=1e-14, method="bvls").x
    assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_without_bounds_it_is_the_lasso(seed):
    rng = np.random.default_rng(seed)
    H, q = problem(rng, 15)
    threshold = 0.3 * np.abs(q) + 1e-3
    no_bound = np.full(15, np.inf)
    found = bounded_lasso(H, q, threshold, -no_bound, no_bound, np.zeros(15))
    expected = lasso(H, q, threshold, np.zeros(15))
    assert_allclose(found, expected, atol=1e-9)
    assert_array_equal(found == 0, expected == 0)


def test_from_the_solution_on_nothing_moves(rng):
    H, q = problem(rng, 10)
    low, high = box(rng, 10, H)
    x = bounded_lasso(H, q, np.zeros(10), low, high, np.clip(np.zeros(10), low, high))
    again = bounded_lasso(H, q, np.zeros(10), low, high, x)
    # The solution of the same equations.
    assert_allclose(again, x, rtol=1e-12, atol=1e-14)

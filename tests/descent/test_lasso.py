"""The lasso on a matrix: its optimality conditions, whatever the matrix and the start are."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg._descent import lasso as lasso_module
from sklearn_gdlogreg._descent.lasso import lasso


def independent(rng, m, n):
    return rng.normal(size=(m, n))


def repeated(rng, m, n):
    """Columns that are others, or others with the opposite sign."""
    return rng.normal(size=(m, n))[:, rng.integers(0, n, n)] * rng.choice([-1, 1], n)


def cumulated(rng, m, n):
    """Columns that are nearly others, on scales a million times apart."""
    return np.cumsum(rng.normal(size=(m, n)), axis=1) * 10.0 ** rng.uniform(-3, 3, n)


def one_hot(rng, m, n):
    """Columns that add up to a constant one."""
    return np.eye(n)[rng.integers(0, n, m)] - 1 / n


def definite(X):
    """X'X / m, with what keeps a matrix of dependent columns definite."""
    H = X.T @ X / len(X)
    H[np.diag_indices(len(H))] += 1.5e-8 * H.diagonal().max() or 1
    return H


def random_lasso(kind, rng):
    m, n = rng.integers(2, 60), rng.integers(1, 50)
    H = definite(kind(rng, m, n))
    q = H @ rng.normal(size=n) * rng.choice([0, 1, 100]) + rng.normal(size=n) * H.diagonal().max()
    threshold = 10.0 ** rng.uniform(-4, 0.5) * np.abs(q).max() * rng.uniform(0.1, 1, n)
    x = rng.normal(size=n) * (rng.random(n) < 0.5) * rng.choice([0, 1, 1000])
    return H, q, threshold, x


def violation(H, q, threshold, x):
    slope = H @ x - q
    apart = np.maximum(np.abs(slope) - threshold, 0)
    return np.where(x == 0, apart, np.abs(slope + threshold * np.sign(x)))


@pytest.mark.parametrize("kind", [independent, repeated, cumulated, one_hot])
def test_the_optimality_conditions_hold_from_any_start(kind, rng):
    for _ in range(200):
        H, q, threshold, x = random_lasso(kind, rng)
        found = lasso(H, q, threshold, x)
        # What the terms of the slope are rounded to.
        rounding = 1e-13 * (np.abs(q).max() + (np.abs(H) @ np.abs(found)).max())
        assert violation(H, q, threshold, found).max() <= rounding


def test_it_is_the_lowest_of_the_minima_of_all_signs(rng):
    for _ in range(20):
        H, q = definite(rng.normal(size=(6, 4))), rng.normal(size=4)
        threshold = rng.uniform(0.1, 1, 4)
        costs = []
        for signs in itertools.product([-1, 0, 1], repeat=4):
            on = np.flatnonzero(signs)
            x = np.zeros(4)
            x[on] = np.linalg.solve(H[np.ix_(on, on)], (q - threshold * signs)[on])
            costs.append(x @ H @ x / 2 - q @ x + threshold @ np.abs(x))
        x = lasso(H, q, threshold, np.zeros(4))
        assert x @ H @ x / 2 - q @ x + threshold @ np.abs(x) == pytest.approx(min(costs), rel=1e-12)


def test_of_a_diagonal_matrix_it_is_the_soft_threshold():
    q, threshold = np.array([3.0, -3.0, 0.5, -0.5]), np.array([1.0, 2.0, 1.0, 0.0])
    found = lasso(np.diag([1.0, 2.0, 1.0, 4.0]), q, threshold, np.zeros(4))
    assert_allclose(found, [2.0, -0.5, 0.0, -0.125], rtol=1e-15)


def test_without_a_threshold_it_is_the_solution_of_equations(rng):
    H, q = definite(rng.normal(size=(30, 5))), rng.normal(size=5)
    assert_allclose(lasso(H, q, np.zeros(5), np.zeros(5)), np.linalg.solve(H, q), rtol=1e-10)


def test_what_is_found_is_found_again_from_there(rng):
    H, q, threshold, x = random_lasso(repeated, rng)
    found = lasso(H, q, threshold, x)
    assert_array_equal(found == 0, lasso(H, q, threshold, found) == 0)
    assert_allclose(lasso(H, q, threshold, found), found, rtol=1e-6, atol=1e-9)


def test_its_arguments_are_left_as_they_are(rng):
    arguments = random_lasso(cumulated, rng)
    copies = [each.copy() for each in arguments]
    lasso(*arguments)
    for argument, copied in zip(arguments, copies, strict=True):
        assert_array_equal(argument, copied)


def test_a_matrix_that_is_not_definite_is_an_error():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        lasso(np.ones((2, 2)), np.array([1.0, 2.0]), np.zeros(2), np.zeros(2))


@pytest.mark.parametrize("where", [0, 1])
def test_what_is_not_finite_comes_to_an_end(where):
    arguments = [np.eye(3), np.ones(3), np.full(3, 0.1), np.zeros(3)]
    arguments[where] = arguments[where] * np.nan
    with np.errstate(invalid="ignore"):
        lasso(*arguments)


def test_many_entries_come_to_zero_in_few_solutions(rng, monkeypatch):
    """Where all that cross 0 cannot be put there at once, nor are they one by one."""
    n, threshold = 200, np.full(200, 0.3)
    H = 0.999 ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    solutions, solved = [], lasso_module._solved
    monkeypatch.setattr(
        lasso_module, "_solved", lambda *of_signs: solutions.append(1) or solved(*of_signs)
    )
    for _ in range(5):
        x = rng.normal(size=n) + 0.5
        q = H @ x
        found = lasso(H, q, threshold, x)
        assert np.count_nonzero(found) < n - 50
        assert violation(H, q, threshold, found).max() < 1e-12 * np.abs(q).max()
    assert len(solutions) < 5 * 30

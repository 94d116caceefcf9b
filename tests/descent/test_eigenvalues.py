"""The largest curvature, and the bound of it that gives the largest safe rate."""

import numpy as np
import pytest

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._descent.eigenvalues import lambda_max, lipschitz
from sklearn_gdlogreg._objective.objective import Objective

from .helpers import problem_at, problem_of


def test_lipschitz_bounds_the_curvature_everywhere_and_is_reached(binary, rng):
    X, y = binary
    problem = problem_of(X, y, C=0.5)
    L = lipschitz(problem.objective, problem.coordinates)
    ones = np.column_stack([X, np.ones(len(X))])
    l2 = 1 / (0.5 * len(X)) * np.diag([1, 1, 1, 1, 0])
    expected = np.linalg.eigvalsh(ones.T @ ones / (4 * len(X)) + l2).max()
    # At w = 0, where a (1 - a) = 1/4 for every row, the bound is the curvature itself.
    assert expected <= L <= expected * (1 + 1e-4)
    assert lambda_max(problem.objective, problem.coordinates, np.zeros(4), 0.0) <= L
    for _ in range(10):
        w, b = rng.normal(size=4), rng.normal()
        assert lambda_max(problem.objective, problem.coordinates, w, b) < L


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("C", [np.inf, 1.0, 1e-6])
def test_the_safe_rate_is_safe(C, unit, coordinates, fit_intercept, multiclass):
    """At most 1 / lambda_max, whatever X is measured in, and however strong the penalty."""
    X, y = multiclass
    problem = problem_of(X * unit, y, coordinates, C=C, fit_intercept=fit_intercept)
    # L itself is up to 1e-5 above lambda_max.
    assert problem.safe_learning_rate * problem.lipschitz <= 1 + 2e-5
    # A line search begins there too, but where the Hessian of each class is the identity: with 1.
    expected = 1 if coordinates == "decorrelated" else problem.safe_learning_rate
    assert problem.first_learning_rate == expected


@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
def test_lipschitz_bounds_the_curvature_wherever_the_descent_starts(coordinates, multiclass, rng):
    """A map of its own for each class, if it is not made at 0."""
    X, y = multiclass
    objective = Objective.in_memory(X, y, 3, C=0.5)
    w, b = rng.normal(size=(3, 4)), rng.normal(size=3)
    problem = problem_at(objective, w, b, coordinates)
    for share in (0, 0.5, 1):
        found = lambda_max(objective, problem.coordinates, share * w, share * b)
        assert found <= problem.lipschitz


def test_curvature_is_that_of_the_hessian_in_any_coordinates(multiclass, rng):
    X, y = multiclass
    w, b = rng.normal(size=(3, 4)), rng.normal(size=3)
    for coordinates in ("raw", "standardized"):
        problem = problem_of(X, y, coordinates, C=0.5)
        columns = []
        for e in np.eye(15):
            v, c = problem.coordinates.unpack(e.reshape(3, 5))
            product = problem.objective.hessian_product(w, b)(v, c)
            columns.append(problem.coordinates.pull_back(*product).ravel())
        expected = np.linalg.eigvalsh(np.array(columns)).max()
        found = lambda_max(problem.objective, problem.coordinates, w, b)
        assert found == pytest.approx(expected, rel=1e-5)


def test_the_curvature_of_nothing_is_nothing():
    X = np.zeros((4, 2))
    problem = problem_of(X, np.array([0, 1, 0, 1]), fit_intercept=False)
    assert problem.lipschitz == 0


def test_refits_in_float32_are_equal_to_the_last_bit(binary):
    """Where the second derivative is nearly the identity, Lanczos restarts with other vectors."""
    X, y = binary
    models = [
        GDLogisticRegression("lipschitz", coordinates="decorrelated", tol=0, max_iter=5)
        .fit(X.astype(np.float32), y)
        for _ in range(8)
    ]  # fmt: skip
    assert len({model.coef_.tobytes() for model in models}) == 1

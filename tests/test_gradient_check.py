"""The gradient check finds right gradients right, and wrong ones wrong."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import _course, check_gradient


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_formulas_pass(data, weighted, request, weights, rng):
    X, y = request.getfixturevalue(data)
    K = len(np.unique(y))
    shape = (4,) if K == 2 else (K, 4)
    coef, intercept = rng.normal(size=shape), rng.normal(size=shape[:-1])
    check = check_gradient(X, y, coef, intercept, sample_weight=weights if weighted else None)
    assert check.difference < 1e-7
    assert len(check.table) == coef.size + max(1, intercept.size)
    assert check.table[0][0] == ("coef[0]" if K == 2 else "coef[0, 0]")
    assert check.table[-1][0] == ("intercept" if K == 2 else "intercept[2]")
    assert str(check).count("\n") == len(check.table)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_difference_is_relative_to_both_or_to_the_largest(sign, binary, rng):
    X, y = binary
    X = sign * np.column_stack([X, np.full(150, 1e-9)])
    check = check_gradient(X, y, sign * rng.normal(size=5), -0.5, nudge=0.1)
    formula, nudged, difference = np.array([row[1:] for row in check.table]).T
    size = np.maximum(abs(formula) + abs(nudged), 1e-3 * abs(formula).max())
    assert_allclose(difference, abs(formula - nudged) / size, rtol=1e-12)
    assert check.difference == difference.max()


def test_a_derivative_near_zero_is_measured_by_the_largest(binary):
    X, y = binary
    check = check_gradient(np.column_stack([X, np.full(150, 1e-9)]), y, np.ones(5), 0.5)
    assert check.difference < 1e-7


def test_integers_are_numbers(binary):
    for coef, intercept in (([1, -2, 0, 3], 0.5), ([1.0, -2.0, 0.0, 3.0], 1)):
        assert check_gradient(*binary, coef, intercept).difference < 1e-7


def test_lists_and_float32_are_checked_in_float64(binary):
    X, y = binary
    assert check_gradient(X.tolist(), y.tolist(), [1.0] * 4, 0.5).difference < 1e-7
    assert check_gradient(X.astype(np.float32), y, np.ones(4), 0.5).difference < 1e-7


@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_coefficient_is_nudged_by_more(sign, binary):
    X, y = binary
    check = check_gradient(X * 1e-6, y, np.full(4, sign * 1e6), 0.0)
    _, formula, nudged, _ = zip(*check.table[:4], strict=True)
    assert_allclose(nudged, formula, rtol=1e-8)


def test_a_gradient_of_zeros_is_right():
    check = check_gradient(np.zeros((2, 1)), [0, 1], [0.0], 0.0)
    assert check.difference == 0


def test_the_tables_columns_stand_below_each_other(binary):
    check = check_gradient(*binary, np.ones(4), 0.0)
    assert len({len(line) for line in str(check).splitlines()}) == 1


def test_a_wrong_formula_fails(binary, monkeypatch):
    right = _course.cost_and_gradient

    def wrong(*args):
        J, dw, db = right(*args)
        return J, dw * 1.001, db

    monkeypatch.setattr(_course, "cost_and_gradient", wrong)
    check = check_gradient(*binary, np.ones(4), 0.5)
    assert 4e-4 < check.difference < 6e-4
    assert check.table[-1][3] < 1e-7  # the intercept's is right


def test_given_arrays_are_not_moved(binary):
    coef, intercept = np.ones((1, 4)), np.zeros(1)
    check_gradient(*binary, coef, intercept)
    assert (coef == 1).all()
    assert (intercept == 0).all()


@pytest.mark.parametrize("nudge", [0, -1e-5, np.inf, "small", True])
def test_the_nudge_must_be_a_positive_number(nudge, binary):
    with pytest.raises(ValueError, match="nudge must be a positive, finite number"):
        check_gradient(*binary, np.ones(4), 0.0, nudge=nudge)

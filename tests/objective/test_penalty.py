"""The elastic net: value, gradient, prox and optimality, against their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import check_grad, minimize_scalar

from sklearn_gdlogreg._objective.penalty import ElasticNet


def test_values_worked_by_hand():
    penalty = ElasticNet(l1=0.5, l2=3.0)
    w = np.array([2.0, -1.0, 0.0])
    assert penalty.value(w) == 0.5 * 3 + 3 / 2 * 5
    assert_array_equal(penalty.gradient(w), [6.0, -3.0, 0.0])


def test_C_and_l1_ratio_are_logistic_regressions():
    """C * sum(s loss) + r(w), divided by C * sum(s)."""
    penalty = ElasticNet.from_C(C=0.5, l1_ratio=0.25, total_weight=8.0)
    assert penalty.l1 == 0.25 / (0.5 * 8)
    assert penalty.l2 == 0.75 / (0.5 * 8)
    assert not ElasticNet.from_C(C=np.inf, l1_ratio=0.5, total_weight=8.0)


def test_no_penalty_of_an_infinite_weight_is_zero_not_nan():
    assert ElasticNet().value(np.array([np.inf])) == 0


def test_gradient_matches_finite_differences(rng):
    penalty = ElasticNet(l2=0.7)
    # Forward differences of a quadratic: accurate to the square root of the rounding.
    assert check_grad(penalty.value, penalty.gradient, rng.normal(size=5)) < 1e-6


@pytest.mark.parametrize("u", [-2.0, -0.3, 0.0, 0.2, 1.5])
def test_prox_minimizes_what_it_should(u):
    """prox(u) = argmin |v - u|^2 / (2 alpha) + l1 * scale * |v|."""
    penalty, learning_rate, scale = ElasticNet(l1=0.5), 0.8, 1.7
    found = penalty.prox(np.array([u]), learning_rate, scale)[0]
    expected = minimize_scalar(
        lambda v: (v - u) ** 2 / (2 * learning_rate) + 0.5 * scale * abs(v),
        bounds=(-3, 3),
        options={"xatol": 1e-10},
    ).x
    # A minimum is located to the square root of the rounding of its value.
    assert found == pytest.approx(expected, abs=1e-6)


def test_violation_is_the_distance_to_the_subdifferential():
    penalty, scale = ElasticNet(l1=0.5), np.array([1.0, 2.0, 1.0, 1.0, 2.0])
    u = np.array([0.0, 0.0, 0.0, 1.0, -1.0])
    du = np.array([0.4, 1.2, -0.7, -0.5, 0.25])
    # |0.4| < 0.5; |1.2| - 2 * 0.5; |-0.7| - 0.5; -0.5 + 0.5; 0.25 - 2 * 0.5
    assert_allclose(penalty.violation(u, du, scale), [0, 0.2, 0.2, 0, 0.75], atol=1e-15)


def test_violation_without_l1_is_the_gradient():
    du = np.array([0.4, -1.2])
    assert_array_equal(ElasticNet(l2=1.0).violation(np.zeros(2), du, 1.0), np.abs(du))


@pytest.mark.parametrize("C", [5e-324, 1e-320, 1e-300, 1.0, np.inf])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_coefficients_of_zero_cost_nothing_for_every_C(C, l1_ratio):
    assert ElasticNet.from_C(C, l1_ratio, total_weight=0.01).value(np.zeros(3)) == 0


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 1.0])
def test_without_its_common_part_a_feature_costs_the_least(l2, n_classes, rng):
    penalty = ElasticNet(l1=0.5, l2=l2)
    w = rng.normal(size=(n_classes, 50)) * (rng.random((n_classes, 50)) < 0.7)
    common = penalty.common_part(w)
    for j in range(50):
        least = penalty.value(w[:, j] - common[j])
        # The function is convex: from its minimum it rises to both sides, or is flat.
        for aside in (-1e-3, 1e-3):
            assert least <= penalty.value(w[:, j] - common[j] + aside) * (1 + 1e-14)


def test_where_the_common_part_is_any_of_an_interval_it_is_the_nearest_to_zero():
    w = np.array([[-1.0, 1.0, -4.0], [0.0, 2.0, -3.0], [0.5, 3.0, -2.0], [2.0, 4.0, -1.0]])
    # Between the second and the third of four.
    assert_array_equal(ElasticNet(l1=1.0).common_part(w), [0.0, 2.0, -2.0])


def test_the_soft_threshold_is_that_of_an_l1_penalty_and_of_no_subclass_that_has_another():
    class Other(ElasticNet):
        def prox(self, u, learning_rate, scale):
            return np.maximum(u, 0)

    assert ElasticNet(l1=0.1).has_soft_threshold
    assert not ElasticNet(l2=0.1).has_soft_threshold
    assert not Other(l1=0.1).has_soft_threshold


def test_factors_multiply_what_each_feature_pays():
    factors = np.array([0.0, 1.0, 4.0])
    penalty = ElasticNet.from_C(C=0.5, l1_ratio=0.25, total_weight=8.0, factors=factors)
    assert_array_equal(penalty.l1, factors * 0.25 / (0.5 * 8))
    assert_array_equal(penalty.l2, factors * 0.75 / (0.5 * 8))
    w = np.array([5.0, -2.0, 1.0])
    assert penalty.value(w) == pytest.approx(0.25 * (0.25 * (2 + 4) + 0.75 / 2 * (4 + 4)))
    assert (
        check_grad(lambda w: penalty.value(w) - penalty.l1 @ np.abs(w), penalty.gradient, w) < 1e-6
    )


@pytest.mark.parametrize("dtype", ["f", "d"])
@pytest.mark.parametrize("C", [1e-300, 1e300])
def test_factors_of_any_size_leave_strengths_finite_and_in_their_dtype(C, dtype):
    factors = np.array([1e-30, 1.0, 1e30], dtype)
    strongest = float(np.sqrt(np.finfo(dtype).max))
    penalty = ElasticNet.from_C(C, 0.5, 1.0, strongest, factors)
    for strengths in (penalty.l1, penalty.l2):
        assert np.isfinite(strengths).all()
        assert strengths.dtype == dtype


@pytest.mark.parametrize("l1", [0.0, 0.4])
@pytest.mark.parametrize("ends", [(-1.0, 0.5), (0.2, 0.7), (-0.7, -0.2), (0.0, np.inf), (0.3, 0.3)])
@pytest.mark.parametrize("u", [-2.0, -0.3, 0.0, 0.2, 1.5])
def test_the_prox_between_bounds_is_the_lowest_there(u, ends, l1):
    low, high = (np.array([end]) for end in ends)
    penalty, rate, scale = ElasticNet(l1=l1, low=low, high=high), 0.8, np.array([1.7])
    found = penalty.prox(np.array([u]), rate, scale)
    points = np.linspace(max(low[0] / scale[0], -3), min(high[0] / scale[0], 3), 10_001)
    values = (points - u) ** 2 / (2 * rate) + l1 * scale[0] * np.abs(points)
    # The grid is so fine.
    assert found[0] == pytest.approx(points[values.argmin()], abs=1e-3)
    # No direction that the bounds allow leads lower: what is left of the slope is the violation.
    slope = (found - u) / rate
    assert_allclose(penalty.violation(found, slope, scale), 0, atol=1e-12)


def test_at_a_bound_the_violation_is_of_slopes_that_lead_inside():
    low, high = np.zeros(4), np.ones(4)
    penalty = ElasticNet(low=low, high=high)
    u, du = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.3, -0.3, 0.3, -0.3])
    assert_allclose(penalty.violation(u, du, 1.0), [0, 0.3, 0.3, 0])
    with_l1 = ElasticNet(l1=0.1, low=low, high=high)
    assert_allclose(with_l1.violation(u, du, 1.0), [0, 0.2, 0.4, 0])


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_what_classes_have_in_common_is_taken_off_as_far_as_bounds_let_it(n_classes, l2, rng):
    w = rng.normal(size=(n_classes, 50))
    low, high = w - rng.exponential(size=w.shape) / 4, w + rng.exponential(size=w.shape) / 4
    penalty = ElasticNet(l1=0.5, l2=l2, low=low, high=high)
    common = penalty.common_part(w)
    assert ((low <= w - common + 1e-15) & (w - common <= high + 1e-15)).all()
    for j in range(50):
        least = penalty.value(w[:, j] - common[j])
        for aside in (-1e-3, 1e-3):
            there = w[:, j] - common[j] + aside
            if ((low[:, j] <= there) & (there <= high[:, j])).all():
                assert least <= penalty.value(there) * (1 + 1e-14)


def test_a_coefficient_may_grow_where_neither_penalty_nor_bound_is_in_its_way():
    low, high = np.array([-np.inf, 0.0, -np.inf, 0.0]), np.array([np.inf, np.inf, 1.0, 1.0])
    down, up = ElasticNet(low=low, high=high).may_grow((4,))
    assert_array_equal(down, [True, False, True, False])
    assert_array_equal(up, [True, True, False, False])
    down, up = ElasticNet(l2=np.array([0.0, 1.0])).may_grow((3, 2))
    assert_array_equal(down, [[True, False]] * 3)
    assert_array_equal(up, down)

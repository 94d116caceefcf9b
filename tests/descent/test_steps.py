"""The descent on real costs: what a step is, and what it can never do."""

import itertools
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg import cost_and_gradient, descend
from sklearn_gdlogreg._descent.learning_rate import RULES
from sklearn_gdlogreg._descent.steps import Problem, begin, violation
from sklearn_gdlogreg._objective.objective import Objective

from ..helpers import first
from .helpers import problem_of


def test_step_0_is_the_start_and_t_counts_the_updates(binary):
    steps = first(4, descend(*binary, 0.1))
    assert [step.t for step in steps] == [0, 1, 2, 3]
    assert_array_equal(steps[0].coef, np.zeros(4))
    assert steps[0].intercept == 0
    assert steps[0].cost == pytest.approx(np.log(2), rel=1e-15)
    assert np.isnan(steps[0].learning_rate)
    assert {step.learning_rate for step in steps[1:]} == {0.1}
    assert first(2, descend(*binary))[1].learning_rate == 0.1


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_constant_rate_is_the_courses_update_to_the_last_bit(data, weighted, weights, request):
    X, y = request.getfixturevalue(data)
    s = weights if weighted else None
    for here, there in itertools.pairwise(first(20, descend(X, y, 0.1, sample_weight=s))):
        dw, db = here.gradient
        assert_array_equal(there.coef, here.coef - 0.1 * dw)
        assert_array_equal(there.intercept, here.intercept - 0.1 * db)


@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_a_step_tells_the_cost_and_gradient_of_where_it_stands(rule, coordinates, binary):
    for step in first(6, descend(*binary, rule, coordinates=coordinates)):
        J, dw, db = cost_and_gradient(*binary, step.coef, step.intercept)
        assert step.cost == pytest.approx(J, rel=1e-14)
        assert_allclose(step.gradient[0], dw, rtol=1e-12, atol=1e-15)
        assert_allclose(step.gradient[1], db, rtol=1e-12, atol=1e-15)


def test_earlier_steps_are_not_changed_by_later_ones(binary):
    steps = descend(*binary, 0.1)
    kept = [(step, step.coef.copy()) for step in first(10, steps)]
    for step, coef in kept:
        assert_array_equal(step.coef, coef)


PENALTIES = [{}, {"C": 0.1}, {"C": 0.1, "l1_ratio": 1.0}, {"C": 0.1, "l1_ratio": 0.5}]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("coordinates", ["raw", "standardized", "decorrelated"])
def test_a_rate_of_at_most_two_over_L_never_increases_the_cost(
    penalty, data, coordinates, weights, request
):
    X, y = request.getfixturevalue(data)
    problem = problem_of(X, y, coordinates, weights, **penalty)
    # The prox keeps this law for rates up to 2 / L too (Beck, First-order methods, Lemma 10.4).
    for share in (0.3, 1.0, 1.999):
        steps = begin(
            problem.objective,
            np.zeros((*problem.objective.outputs, 4)),
            np.zeros(problem.objective.outputs),
            learning_rate=share / problem.lipschitz,
            coordinates=coordinates,
        ).steps()
        costs = [step.cost for step in first(60, steps)]
        assert costs[-1] < costs[0]
        # Rounding of a cost near 1.
        assert np.diff(costs).max() <= 1e-15


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_reaches_the_minimum_of_every_penalty(rule, penalty, data, request):
    X, y = request.getfixturevalue(data)
    objective = Objective.in_memory(X, y, y.max() + 1, sample_weight=None, **penalty)
    steps = begin(
        objective,
        np.zeros((3, 4) if data == "multiclass" else 4),
        np.zeros(3 if data == "multiclass" else ()),
        learning_rate=rule,
        coordinates="raw",
    ).steps()
    for step in steps:
        violated = violation(step, objective.penalty)
        if violated <= 1e-7:
            break
        assert step.t < 5000, f"{rule} still violates optimality by {violated}"


@pytest.mark.parametrize("rule", ["auto", "backtracking", "barzilai-borwein"])
@pytest.mark.parametrize("penalty", [{"C": 1.0}, {"C": 1.0, "l1_ratio": 0.5}])
def test_line_searches_are_not_stopped_by_the_rounding_of_the_cost(rule, penalty, binary):
    """At a gradient of 1e-13, costs differ by 1e-26 of themselves: no cost can tell."""
    X, y = binary
    objective = Objective.in_memory(X, y, 2, sample_weight=None, **penalty)
    steps = begin(
        objective,
        np.zeros(4),
        np.zeros(()),
        learning_rate=rule,
        coordinates="auto",
    ).steps()
    assert any(
        violation(step, objective.penalty) <= 1e-13 for step in itertools.islice(steps, 1000)
    )


@pytest.mark.parametrize("x", [[0.5], [0.5, 0.0]])
@pytest.mark.parametrize("coordinates", ["raw", "standardized"])
def test_it_is_one_over_the_curvature_where_a_single_direction_is_curved(coordinates, x):
    """A constant column beside the intercept: (1, x) times its transpose, over 4."""
    problem = problem_of(np.tile(x, (4, 1)), np.array([0, 1, 0, 1]), coordinates)
    curvature = {"raw": (1 + 0.5**2) / 4, "standardized": 1 / 4}[coordinates]
    assert problem.first_learning_rate == pytest.approx(1 / curvature, rel=1e-12)
    assert problem.lipschitz == pytest.approx(curvature, rel=2e-5)


@pytest.mark.parametrize("coordinates", ["raw", "standardized"])
@pytest.mark.parametrize("C", [0.02, 0.2, 10.0])
def test_violation_is_the_largest_entry(C, coordinates, multiclass, rng):
    X, y = multiclass
    problem = problem_of(X, y, coordinates, C=C, l1_ratio=1.0)
    l1 = problem.penalty.l1 * problem.coordinates.scale
    some, none = rng.normal(size=(3, 4)) * [[0.0], [1.0], [1.0]], np.zeros((3, 4))
    for w, b in ((some, [0, 0, 0]), (none, [2, 0, 0]), (none, [-2, 0, 0])):
        step = problem.start(w, np.array(b, float))
        u, du, db = step.wb[:, :-1], step.dwb[:, :-1], step.dwb[:, -1]
        entries = np.where(u == 0, np.maximum(abs(du) - l1, 0), abs(du + l1 * np.sign(u)))
        expected = max(*entries.ravel(), *abs(db))
        assert violation(step, problem.penalty) == pytest.approx(expected, rel=1e-12)


def test_violation_bounds_what_a_prox_step_still_moves(multiclass):
    """0 at the minimum of an L1 penalty, where the gradient itself is not 0."""
    X, y = multiclass
    objective = Objective.in_memory(X, y, 3, sample_weight=None, C=0.05, l1_ratio=1.0)
    steps = begin(
        objective,
        np.zeros((3, 4)),
        np.zeros(3),
        learning_rate="auto",
        coordinates="auto",
    ).steps()
    step = next(step for step in steps if violation(step, objective.penalty) <= 1e-12)
    moved = Problem(objective, step.coordinates).move(step, 1.0)
    assert_allclose(moved.wb, step.wb, atol=1e-11)
    assert (step.coef == 0).any()
    assert np.abs(step.gradient[0]).max() > 1e-3


def test_overflow_is_no_runtime_warning(binary):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rule in (1e300, "lipschitz", "auto"):
            first(5, descend(X * 1e200, y, rule, C=1e-3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [0.1, *RULES])
def test_a_descent_can_go_on_for_ever_at_the_minimum(rule, dtype):
    X = np.array([[1], [1], [-1], [-1]], dtype)
    step = first(3000, descend(X, [0, 1, 0, 1], rule, C=0.1))[-1]
    assert step.cost == pytest.approx(np.log(2), rel=1e-6)
    assert np.isfinite(step.learning_rate)


@pytest.mark.parametrize("rule", ["auto", "lipschitz"])
def test_the_sum_of_features_near_the_largest_number_does_not_overflow(rule, binary):
    X, y = binary
    steps = first(20, descend(np.where(X > 0, 1.7e308, -1.7e308), y, rule))
    assert np.isfinite(steps[0].gradient[0]).all()
    assert (steps[-1].cost < 0.69) == (rule == "auto")


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_relieved_of_what_the_classes_share_a_step_is_what_it_would_be_there(
    l1_ratio, multiclass, rng
):
    problem = problem_of(*multiclass, "decorrelated", C=0.1, l1_ratio=l1_ratio)
    w, b = rng.normal(size=(3, 4)), rng.normal(size=3)
    here = problem.start(w, b)
    relieved = problem.relieved(here)
    J, dw, db = problem.objective.cost_and_gradient(relieved.w, b)
    assert relieved.cost == pytest.approx(J, rel=1e-14)
    assert relieved.cost < here.cost
    assert_allclose(relieved.dw, dw, rtol=1e-12, atol=1e-15)
    assert_allclose(relieved.db, db, rtol=1e-12, atol=1e-15)

"""The rules, on costs whose every step can be worked out by hand."""

import itertools
import math
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg._descent.coordinates import Raw
from sklearn_gdlogreg._descent.learning_rate import (
    LIMITS,
    Adaptive,
    Backtracking,
    BarzilaiBorwein,
    Constant,
    Schedule,
    inverse,
    silver,
)
from sklearn_gdlogreg._descent.plan import Plan
from sklearn_gdlogreg._descent.steps import Descent, Step


class Quadratic:
    """J = sum(curvature * wb^2) / 2, with the little of a Problem that a descent needs."""

    coordinates = Raw()
    objective = SimpleNamespace(rows=SimpleNamespace(holding_blas=nullcontext, close=lambda: None))

    def __init__(self, *curvature, dtype=float):
        self.curvature = np.array(curvature, dtype)

    def at(self, t, wb, learning_rate):
        J = float(np.sum(self.curvature * wb**2) / 2)
        return Step(t, wb, 0.0, J, None, None, learning_rate, wb, self.curvature * wb, Raw())

    def move(self, here, learning_rate):
        return self.at(here.t + 1, here.wb - learning_rate * here.dwb, learning_rate)

    def run(self, rule, n, start=None, first=1.0):
        start = np.ones(len(self.curvature)) if start is None else np.array(start)
        self.first_learning_rate = self.safe_learning_rate = first
        here = self.at(0, start, math.nan)._replace(memory=rule.init(self))
        steps = Descent(Plan(self.objective, self.coordinates), rule, self, here).steps()
        return [next(steps) for _ in range(n + 1)]


def rates(steps):
    return [step.learning_rate for step in steps[1:]]


def test_constant_multiplies_the_distance_by_one_minus_alpha_times_curvature():
    steps = Quadratic(2.0).run(Constant(0.1), 5)
    assert_allclose([step.wb[0] for step in steps], 0.8 ** np.arange(6), rtol=1e-15)


def test_schedule_is_asked_for_t_from_one_on():
    steps = Quadratic(2.0).run(Schedule(lambda t: 1 / t), 4)
    assert rates(steps) == [1, 1 / 2, 1 / 3, 1 / 4]


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, None, "0.1", [0.1]])
def test_schedule_names_the_iteration_of_a_bad_rate(value):
    with pytest.raises(ValueError, match=r"learning_rate\(3\) returned"):
        Quadratic(1.0).run(Schedule(lambda t: value if t == 3 else 0.1), 5)


def test_silver_values_of_the_paper():
    rho = 1 + math.sqrt(2)
    expected = [math.sqrt(2), 2, math.sqrt(2), 1 + rho, math.sqrt(2), 2, math.sqrt(2), 1 + rho**2]
    assert_allclose([silver(1 / 4)(t) * 4 for t in range(1, 9)], expected, rtol=1e-15)


@pytest.mark.parametrize("k", [3, 6])
def test_silver_reaches_its_proven_rate_after_2_to_k_minus_1_steps(k):
    """J - J* <= L |w0|^2 / (2 sqrt(1 + 4 rho^(2k) - 3)): Altschuler and Parrilo, Theorem 1.1."""
    n = 2**k - 1
    for curvature in (1.0, 0.3, 0.01):
        last = Quadratic(curvature).run(Schedule(silver(1.0)), n)[-1]
        assert last.cost <= 1 / (1 + math.sqrt(4 * (1 + math.sqrt(2)) ** (2 * k) - 3))


def test_backtracking_halves_until_the_cost_falls_enough_then_doubles():
    # From (1, 1), rates of 8, 4 and 2 raise the cost; 1 leads to (-1, 1/2), from 5/4 to 17/16.
    steps = Quadratic(2.0, 0.5).run(Backtracking(), 30, first=8.0)
    assert steps[1].learning_rate == 1.0
    assert steps[1].cost == 17 / 16
    ratios = np.array(rates(steps)[1:]) / rates(steps)[:-1]
    assert set(np.log2(ratios)) <= {1.0, 0.0, -1.0, -2.0}
    for here, there in itertools.pairwise(steps):
        armijo = 1e-4 * there.learning_rate * np.vdot(here.dwb, here.dwb)
        # The last steps differ by less than the rounding that the rule allows for.
        assert there.cost <= here.cost - armijo + 1e-15 * here.cost


def test_barzilai_borwein_takes_the_two_formulas_in_turn():
    curvature = np.array([1.0, 3.0])
    steps = Quadratic(*curvature).run(BarzilaiBorwein(), 4, start=[1.0, -2.0], first=0.1)
    for k in (2, 3, 4):
        s = steps[k - 1].wb - steps[k - 2].wb
        y = curvature * s
        expected = (s @ s) / (s @ y) if (k - 1) % 2 else (s @ y) / (y @ y)
        assert steps[k].learning_rate == pytest.approx(expected, rel=1e-12)


def test_barzilai_borwein_solves_a_quadratic_far_faster_than_the_best_constant():
    problem = Quadratic(1.0, 10.0, 100.0, 1000.0)
    fast = problem.run(BarzilaiBorwein(), 60, first=1e-3)[-1]
    slow = problem.run(Constant(2 / 1001), 60)[-1]
    assert fast.cost < 1e-6 * slow.cost


def test_barzilai_borwein_never_exceeds_the_largest_of_the_last_ten_costs():
    # Curvatures so unlike that without this bound, or with 11 costs, some steps exceed it.
    steps = Quadratic(*np.geomspace(1, 1e5, 6)).run(BarzilaiBorwein(), 300, first=1.0)
    costs = [step.cost for step in steps]
    assert any(after > before for before, after in itertools.pairwise(costs))
    for t in range(1, len(costs)):
        assert costs[t] <= max(costs[max(0, t - 10) : t])


def test_barzilai_borwein_stays_put_at_the_minimum():
    steps = Quadratic(1.0, 2.0).run(BarzilaiBorwein(), 5, start=[0.0, 0.0], first=0.5)
    assert [step.cost for step in steps] == [0.0] * 6
    assert rates(steps) == [0.5] * 5


@pytest.mark.parametrize("curvature", [(1.0, 5.0), (1.0, 1.5)])
def test_adaptive_follows_its_formula(curvature):
    steps = Quadratic(*curvature).run(Adaptive(), 12, start=[1.0, 1.0], first=0.05)
    alpha, theta = 0.05, 1 / 3
    for k in range(1, 12):
        step = np.linalg.norm(steps[k].wb - steps[k - 1].wb)
        L = np.linalg.norm(steps[k].dwb - steps[k - 1].dwb) / step
        curved = max(2 * alpha**2 * L**2 - 1, 0)
        following = min(
            math.sqrt(2 / 3 + theta) * alpha, alpha / math.sqrt(curved) if curved else math.inf
        )
        theta, alpha = following / alpha, following
        assert steps[k + 1].learning_rate == pytest.approx(alpha, rel=1e-12)


def test_adaptive_finds_the_curvature_by_itself():
    last = Quadratic(100.0, 400.0).run(Adaptive(), 150, first=1e-9)[-1]
    assert last.cost < 1e-12


def test_no_rate_small_enough_ends_the_descent():
    """A cost that is finite at the start alone."""

    class Cliff(Quadratic):
        def at(self, t, wb, learning_rate):
            step = super().at(t, wb, learning_rate)
            return step if t == 0 else step._replace(cost=math.inf)

    for rule in (Backtracking(), BarzilaiBorwein()):
        steps = Cliff(1.0).run(rule, 1)
        assert not math.isfinite(steps[1].cost)
        smallest = 1 / LIMITS[np.dtype(float)]
        assert smallest / 2 <= steps[1].learning_rate <= 2 * smallest


@pytest.mark.parametrize("rule", [Backtracking(), BarzilaiBorwein()])
def test_a_start_from_which_no_step_leads_down_ends_the_descent(rule):
    """At the tip of |wb|, with 1 as its slope."""

    class Tip(Quadratic):
        def at(self, t, wb, learning_rate):
            slope = np.where(wb < 0, -1.0, 1.0)
            return Step(t, wb, 0.0, float(abs(wb[0])), None, None, learning_rate, wb, slope, Raw())

    assert math.isnan(Tip(1.0).run(rule, 1, start=[0.0])[1].cost)


@pytest.mark.parametrize("rule", [Backtracking(), BarzilaiBorwein()])
def test_a_line_search_halves_its_way_out_of_infinite_costs(rule):
    """A cost that is finite near the start: 1 / 16 is the first half of a half that stays there."""

    class Wall(Quadratic):
        def at(self, t, wb, learning_rate):
            step = super().at(t, wb, learning_rate)
            return step if wb > 0.9 else step._replace(cost=math.inf)

    assert rates(Wall(1.0).run(rule, 1)) == [1 / 16]


@pytest.mark.parametrize("rule", [Backtracking(), BarzilaiBorwein()])
def test_a_line_search_does_not_leap_over_a_kink(rule):
    """A slope of 1 down to 0.99 and of -0.9 below, where a step of 1 from 1 ends higher up."""

    class Kink(Quadratic):
        def at(self, t, wb, learning_rate):
            cost, slope = max((wb[0] - 0.99, 1.0), (-0.9 * (wb[0] - 0.99), -0.9))
            return Step(t, wb, 0.0, cost, None, None, learning_rate, wb, np.array([slope]), Raw())

    start, there = Kink(1.0).run(rule, 1)
    assert there.cost < start.cost


@pytest.mark.parametrize(("unit", "start"), [(1e-200, 1.0), (1e200, 1.0), (1e200, 1e-200)])
def test_barzilai_borwein_goes_on_where_no_float_holds_a_square(unit, start):
    problem = Quadratic(unit, 2 * unit)
    steps = problem.run(BarzilaiBorwein(), 200, start=[start, start], first=0.1 / unit)
    assert np.abs(steps[-1].wb).max() < 1e-6 * start


def test_rules_keep_nothing_between_descents():
    """The same rule object serves two descents, and each is as if it were alone."""
    for rule in (Backtracking(), BarzilaiBorwein(), Adaptive()):
        first = Quadratic(1.0, 5.0).run(rule, 10)
        second = Quadratic(1.0, 5.0).run(rule, 10)
        assert rates(first) == rates(second)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_is_a_finite_learning_rate_for_any_curvature(dtype):
    dtype = np.dtype(dtype)
    assert inverse(4.0, dtype) == 0.25
    assert inverse(0.25, dtype) == 4.0
    assert inverse(0.0, dtype) == 1.0
    for curvature in (math.inf, 1e-320):
        learning_rate = inverse(curvature, dtype)
        assert 0 < dtype.type(learning_rate) < math.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [Backtracking(), BarzilaiBorwein(), Adaptive()])
def test_growing_rates_stay_finite_where_nothing_moves(rule, dtype):
    steps = Quadratic(1.0, dtype=dtype).run(rule, 1200, start=np.zeros(1, dtype))
    assert all(step.cost == 0 for step in steps)
    assert 0 < dtype(steps[-1].learning_rate) < math.inf

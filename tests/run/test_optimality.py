"""What tells how far a step is from the optimum, and what it leaves to be looked at later."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import GDLogisticRegression, descend
from sklearn_gdlogreg._descent.row_space import AT_ONCE
from sklearn_gdlogreg._objective.penalty import ElasticNet
from sklearn_gdlogreg._run.optimality import LateGradients, to_be_had
from sklearn_gdlogreg._run.run import Record

from ..helpers import first


class At(NamedTuple):
    t: int
    wb: None
    dwb: np.ndarray
    coordinates: SimpleNamespace
    memory: tuple


def step_at(t, dwb, since=0, hessian_is_identity=True, memory=()):
    coordinates = SimpleNamespace(
        since=since,
        hessian_is_identity=hessian_is_identity,
        fall=lambda wb, dwb, learning_rate, penalty: learning_rate / 2 * np.vdot(dwb, dwb),
    )
    return At(t, None, np.array(dwb), coordinates, memory)


def records_of(rates, measured=True):
    return [Record(1.0, 1.0, rate, 0.0, measured) for rate in [np.nan, *rates]]


def test_what_is_to_be_had_of_a_parabola_is_what_lies_below():
    """J = c / 2 x^2 has the gradient c x, the best rate 1 / c, and J itself is to be had."""
    curvature, x = 0.2, 3.0
    left = to_be_had(step_at(1, [curvature * x]), records_of([1 / curvature]), ElasticNet())
    assert left == pytest.approx(curvature / 2 * x**2)


def test_of_the_last_ten_rates_in_these_coordinates_the_longest_counts():
    rates = [10.0, *np.arange(1.0, 13.0)[::-1] / 10]  # 1.2 in iteration 2, 0.1 in iteration 13
    records = records_of(rates)
    assert to_be_had(step_at(13, [1.0]), records, ElasticNet()) == 1.0 / 2
    assert to_be_had(step_at(13, [1.0], 9), records, ElasticNet()) == 0.4 / 2
    assert to_be_had(step_at(0, [2.0]), records[:1], ElasticNet()) == 4 / 2
    # Coordinates that make the bowl round in some directions alone must have been tried for ten.
    records = records_of(rates, measured=False)
    assert to_be_had(step_at(13, [1.0], 9, False), records, ElasticNet()) == np.inf
    assert to_be_had(step_at(13, [1.0], 3, False), records, ElasticNet()) == 1.0 / 2


def test_where_a_map_is_no_longer_true_nothing_is_known():
    """The first is of a bound, and may be out by four times more; the softmax's by twice."""
    for rate, since, shape, known in [
        (2.5, 1, (3,), False), (1.9, 1, (3,), True), (2.5, 0, (3,), True), (8.5, 0, (3,), False),
        (2.5, 1, (2, 3), True), (4.5, 1, (2, 3), False),
    ]:  # fmt: skip
        step = step_at(3, np.ones(shape), since)
        left = to_be_had(step, records_of([1.0, rate, 1.0]), ElasticNet())
        assert np.isfinite(left) == known


def test_the_estimate_is_of_the_size_of_the_truth(binary):
    """Within a factor of ten, where a map has made the bowl round."""
    X, y = binary
    optimum = GDLogisticRegression(C=1.0, tol=1e-12).fit(X, y).loss_curve_[-1]
    steps = first(6, descend(X, y, "auto", C=1.0))
    records = records_of([step.learning_rate for step in steps[1:]])
    for step in steps[1:]:
        left = step.cost - optimum
        if left > 1e-12:
            found = to_be_had(step, records, ElasticNet(l2=1 / len(X)))
            assert left / 10 < found < 10 * left


def test_with_kinks_the_last_forty_rates_count_also_of_earlier_maps():
    # 50 in iteration 2, 1 in iteration 51
    records = records_of([10.0, *np.arange(1.0, 51.0)[::-1]])
    kinks = ElasticNet(l1=1.0)
    assert to_be_had(step_at(51, [1.0]), records, kinks) == 40 / 2
    assert to_be_had(step_at(51, [1.0], 45), records, kinks) == 40 / 2


def test_rates_in_other_units_do_not_count():
    """Those before the first metric say nothing of it; nor the other way round."""
    records = records_of([600.0, 500.0], measured=False) + records_of([2.0])[1:]
    kinks = ElasticNet(l1=1.0)
    assert to_be_had(step_at(3, [1.0], 2), records, kinks) == 2 / 2
    assert to_be_had(step_at(3, [1.0], 0, False), records, kinks) == 600 / 2


def test_where_the_next_step_falls_far_enough_no_longer_one_is_looked_at():
    looked, records, kinks = [], records_of([7.0, 1.0]), ElasticNet(l1=1.0)
    step = step_at(2, [1.0], memory=(3.0, 0.5))
    fall = step.coordinates.fall
    step.coordinates.fall = lambda *at: looked.append(at[2]) or fall(*at)
    assert to_be_had(step, records, kinks, enough=1.0) == 3 / 2
    assert looked == [3.0]
    assert to_be_had(step, records, kinks, enough=2.0) == 7 / 2
    assert looked == [3.0, 3.0, 7.0]
    # One that is longer than all before has met less curvature.
    assert to_be_had(step._replace(memory=(9.0,)), records, kinks, enough=9.0) == 9 / 2


@pytest.fixture
def steps(rng):
    X, y = rng.normal(size=(80, 500)), rng.integers(0, 2, 80)
    found = first(150, descend(X, y, 0.01, C=1.0))
    assert found[0].space is not None
    return found


def largest(step):
    dw, db = step.gradient
    return max(np.abs(dw).max(), abs(db))


def test_the_largest_entries_are_those_of_the_columns_and_come_at_once(steps):
    late = LateGradients(tol=0)
    asked = [late.add(step, np.linalg.norm(step.dwb)) for step in steps[: AT_ONCE + 5]]
    assert [t for t, now in enumerate(asked, 1) if now] == [AT_ONCE]
    found = late.largest_entries()
    assert [t for t, _ in found] == [step.t for step in steps[: AT_ONCE + 5]]
    expected = [largest(step) for step in steps[: AT_ONCE + 5]]
    assert_allclose([value for _, value in found], expected, rtol=1e-10)
    assert late.largest_entries() == []


@pytest.mark.parametrize("share", [1e-9, 0.2, 0.5, 0.9])
def test_no_step_within_tol_is_passed_by(share, steps):
    sizes = [largest(step) for step in steps]
    tol = sizes[0] * share
    late, looked = LateGradients(tol), []
    for step, size in zip(steps, sizes, strict=True):
        now = late.add(step, np.linalg.norm(step.dwb))
        assert now or size > tol
        if now:
            looked.append(step.t)
            late.largest_entries()
        if size <= tol:
            break
    if share < 1e-6:  # far from it none is looked at alone
        assert looked == [AT_ONCE - 1, 2 * AT_ONCE - 1]

"""The descent on real costs: what a step is, and what it can never do."""

import itertools
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient, descend
from sklearn_gdlogreg._descent.eigenvalues import lambda_max, lipschitz
from sklearn_gdlogreg._descent.learning_rate import RULES, rule_for
from sklearn_gdlogreg._descent.plan import plan_for
from sklearn_gdlogreg._descent.steps import Problem, begin, violation
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._run.run import Run


def first(n, steps):
    return list(itertools.islice(steps, n))


def problem_of(X, y, coordinates="raw", sample_weight=None, **options):
    objective = Objective.in_memory(X, y, y.max() + 1, sample_weight=sample_weight, **options)
    w, b = np.zeros((*objective.outputs, objective.n)), np.zeros(objective.outputs)
    return problem_at(objective, w, b, coordinates)


def problem_at(objective, w, b, coordinates):
    """The problem as a descent with a constant rate sees it that starts from (w, b)."""
    plan = plan_for(objective, rule_for("lipschitz"), coordinates)
    return Problem(objective, plan.coordinates_at_start(w, b))


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
    if coordinates == "decorrelated" and penalty.get("l1_ratio"):
        pytest.skip("refused: see test_decorrelation")
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
        )
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
    )
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
    )
    assert any(
        violation(step, objective.penalty) <= 1e-13 for step in itertools.islice(steps, 1000)
    )


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


@pytest.mark.parametrize("x", [[0.5], [0.5, 0.0]])
@pytest.mark.parametrize("coordinates", ["raw", "standardized"])
def test_it_is_one_over_the_curvature_where_a_single_direction_is_curved(coordinates, x):
    """A constant column beside the intercept: (1, x) times its transpose, over 4."""
    problem = problem_of(np.tile(x, (4, 1)), np.array([0, 1, 0, 1]), coordinates)
    curvature = {"raw": (1 + 0.5**2) / 4, "standardized": 1 / 4}[coordinates]
    assert problem.first_learning_rate == pytest.approx(1 / curvature, rel=1e-12)
    assert problem.lipschitz == pytest.approx(curvature, rel=2e-5)


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


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_second_derivative_is_symmetric(data, fit_intercept, rng, request):
    X, y = request.getfixturevalue(data)
    objective = Objective.in_memory(X, y, y.max() + 1, C=2.0, fit_intercept=fit_intercept)
    shape = (*objective.outputs, 4)
    at = rng.normal(size=shape), rng.normal(size=shape[:-1])
    for product in (objective.hessian_product(*at), objective.hessian_bound_product()):
        (v, c), (u, d) = ((rng.normal(size=shape), rng.normal(size=shape[:-1])) for _ in range(2))
        (Hv, Hc), (Hu, Hd) = product(v, c), product(u, d)
        left, right = np.vdot(u, Hv) + np.vdot(d, Hc), np.vdot(v, Hu) + np.vdot(c, Hd)
        assert left == pytest.approx(right, rel=1e-12)


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


@pytest.mark.parametrize(
    ("rate", "ended"), [(0.5, "converged"), (1e3, "diverged"), (0.01, "max_iter")]
)
def test_a_run_up_to_an_earlier_max_iter_is_the_run_with_that_max_iter(rate, ended, binary):
    X, y = binary
    options = {"learning_rate": rate, "coordinates": "raw"}

    def run(max_iter, kept=()):
        objective = Objective.in_memory(X, y, 2, C=1e-2)
        steps = begin(objective, np.zeros(4), np.zeros(()), **options)
        run = Run(objective, rule_for(rate), max_iter=max_iter, tol=1e-2, kept=kept)
        return run.follow(steps)

    whole = run(500, kept=range(501))
    assert whole.stop_reason == ended
    for max_iter in {0, 1, 5, whole.last.t - 1, whole.last.t, 500}:
        cut, alone = whole.until(max_iter), run(max_iter)
        assert cut.stop_reason == alone.stop_reason
        assert cut.costs == alone.costs
        assert cut.last.t == cut.chosen.t == alone.last.t
        assert_array_equal(cut.chosen.coef, alone.chosen.coef)


def test_a_descent_ends_where_the_violation_is_tol_itself(binary):
    whole = GDLogisticRegression(0.1, max_iter=10, tol=0).fit(*binary)
    clf = GDLogisticRegression(0.1, tol=whole.gradient_norms_[5]).fit(*binary)
    assert (clf.n_iter_[0], clf.stop_reason_) == (5, "converged")


@pytest.mark.parametrize(
    "options",
    [
        {"C": 0.1, "l1_ratio": 0.5},
        {"C": 0.1, "l1_ratio": 1.0, "learning_rate": "adaptive"},
        {"C": 0.5, "fit_intercept": False, "learning_rate": "auto"},
        {"coordinates": "standardized", "n_jobs": 2},
    ],
)
def test_the_estimator_is_at_every_step_where_descend_is(options, binary, weights):
    X, y = binary
    for step in first(4, descend(X, y, **{"learning_rate": 0.1} | options, sample_weight=weights)):
        clf = GDLogisticRegression(**{"learning_rate": 0.1} | options, max_iter=step.t, tol=0)
        clf.fit(X, y, sample_weight=weights)
        assert_array_equal(clf.coef_, [step.coef])
        assert_array_equal(clf.intercept_, [step.intercept])


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
    )
    step = next(step for step in steps if violation(step, objective.penalty) <= 1e-12)
    moved = Problem(objective, step.coordinates).move(step, 1.0)
    assert_allclose(moved.wb, step.wb, atol=1e-11)
    assert (step.coef == 0).any()
    assert np.abs(step.gradient[0]).max() > 1e-3


def test_standardized_descent_is_the_raw_descent_of_standardized_features(binary):
    X, y = binary
    X = X * [1, 100, 0.01, 1] + [0, 5000, 0, 3]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    inside = first(15, descend(X, y, 0.5, coordinates="standardized"))
    outside = first(15, descend(Z, y, 0.5, coordinates="raw"))
    for left, right in zip(inside, outside, strict=True):
        assert left.cost == pytest.approx(right.cost, rel=1e-12)
        assert_allclose(left.coef * X.std(axis=0), right.coef, rtol=1e-10, atol=1e-14)


def test_without_an_intercept_features_are_measured_from_zero(binary):
    X, y = binary
    rms = np.sqrt(np.mean(X**2, axis=0))
    inside = first(15, descend(X, y, 0.5, coordinates="standardized", fit_intercept=False))
    outside = first(15, descend(X / rms, y, 0.5, coordinates="raw", fit_intercept=False))
    for left, right in zip(inside, outside, strict=True):
        assert left.cost == pytest.approx(right.cost, rel=1e-12)
        assert left.intercept == 0


def test_descend_starts_where_it_is_told(binary):
    middle = first(6, descend(*binary, 0.1))[5]
    resumed = descend(*binary, 0.1, coef_init=middle.coef, intercept_init=middle.intercept)
    straight = first(11, descend(*binary, 0.1))[10]
    assert_array_equal(first(6, resumed)[5].coef, straight.coef)


def test_a_generator_leaves_its_callers_floating_point_state_alone(binary):
    before = np.geterr()
    for step in descend(*binary, 0.1):
        assert np.geterr() == before
        if step.t == 3:
            break


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "'learning_rate' parameter"),
        ({"learning_rate": "fast"}, "'learning_rate' parameter"),
        ({"learning_rate": np.nan}, "'learning_rate' parameter"),
        ({"C": 0.0}, "'C' parameter"),
        ({"l1_ratio": 1.5}, "'l1_ratio' parameter"),
        ({"coordinates": "polar"}, "'coordinates' parameter"),
        ({"C": 10**400}, "C is too large for a float"),
        ({"learning_rate": 10**400}, "learning_rate is too large for a float"),
        ({"coef_init": [1.0]}, r"coef_init must have the shape \(4,\)"),
        (
            {"intercept_init": 1.0, "fit_intercept": False},
            "fit_intercept=False keeps the intercept at 0",
        ),
        ({"coef_init": [1e308] * 4}, "cost at the start is not finite"),
        ({"coef_init": [1e200] * 4, "C": 1.0}, "cost at the start is not finite"),
    ],
)
def test_bad_input_is_refused_at_the_call(options, message, binary):
    with pytest.raises(ValueError, match=message):
        descend(*binary, **options)


def test_overflow_is_no_runtime_warning(binary):
    X, y = binary
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rule in (1e300, "lipschitz", "auto"):
            first(5, descend(X * 1e200, y, rule, C=1e-3))


def test_all_classes_must_be_there():
    X = np.arange(6.0)[:, None]
    with pytest.raises(ValueError, match=r"labels 0 and 1; got \[0, 2\]"):
        descend(X, [0, 2, 0, 2, 0, 2])
    assert next(descend(X, [0, 2, 0, 2, 0, 1])).coef.shape == (3, 1)
    assert next(descend(X, np.array([0, 1, 0, 1, 0, 1], dtype=object))).coef.shape == (1,)


def test_the_courses_layout_is_recognized():
    with pytest.raises(ValueError, match=r"shape \(2, 6\) and y \(1, 6\).*pass X.T"):
        descend(np.ones((2, 6)), [[0, 1, 0, 1, 0, 1]])


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


def test_refits_in_float32_are_equal_to_the_last_bit(binary):
    """Where the second derivative is nearly the identity, Lanczos restarts with other vectors."""
    X, y = binary
    models = [
        GDLogisticRegression("lipschitz", coordinates="decorrelated", tol=0, max_iter=5)
        .fit(X.astype(np.float32), y)
        for _ in range(8)
    ]  # fmt: skip
    assert len({model.coef_.tobytes() for model in models}) == 1

"""Gradient descent: one step after another, for ever. When to stop is the caller's business."""

from collections.abc import Generator
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from .._check import quiet
from .._objective.objective import Objective
from .._objective.penalty import ElasticNet
from .coordinates import Coordinates, join
from .eigenvalues import lipschitz
from .learning_rate import Memory, Rule, inverse, rule_for
from .plan import Plan, plan_for
from .row_space import RowSpace


class Step(NamedTuple):
    """Where the descent stands after t iterations.

    Attributes
    ----------
    t : int
        The number of iterations made; 0 is the start.
    w : ndarray of shape (n_features,) or (n_classes, n_features)
    b : float or ndarray of shape (n_classes,)
    cost : float
        J(w, b), the penalty included.
    dw, db : ndarray
        The gradient, shaped as w and b; of all but the L1 penalty, which has none.
    learning_rate : float
        The alpha of the iteration that led here; nan at the start.
    wb, dwb : ndarray
        The point and its gradient in the coordinates of the descent, the intercept's last.
    coordinates : Raw, Standardized, Decorrelated or Metric
        These coordinates.
    memory : tuple of float
        What the learning-rate rule carries from this step to the next.
    space : RowSpace or None
        Where w, b and their derivatives are not those of the columns of X, but of a basis of its
        rows: what makes them so.
    """

    t: int
    w: np.ndarray
    b: np.ndarray
    cost: float
    dw: np.ndarray
    db: np.ndarray
    learning_rate: float
    wb: np.ndarray
    dwb: np.ndarray
    coordinates: Coordinates
    memory: Memory = ()
    space: RowSpace | None = None

    def __repr__(self):
        # What a student wants to see of a step; arrays of thousands of numbers are cut short.
        with np.printoptions(threshold=6, edgeitems=2, precision=4):
            coef = np.array2string(self.coef, separator=", ")
            intercept = np.array2string(np.asarray(self.intercept), separator=", ")
        return (
            f"Step(t={self.t}, cost={self.cost:.6g}, learning_rate={self.learning_rate:.4g}, "
            f"coef={coef}, intercept={intercept})"
        )

    @property
    def coef(self) -> np.ndarray:
        """w, in the units of X: made when it is looked at, where the descent has another."""
        return self.w if self.space is None else self.space.coef(self.w)

    @property
    def intercept(self) -> np.ndarray:
        """b, of the same."""
        return self.b if self.space is None else self.space.intercept(self.w, self.b)

    @property
    def gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """dw and db, of the same."""
        if self.space is None:
            return self.dw, self.db
        return self.space.gradient(self.dw, self.db)


class Problem:
    """An objective, seen in the coordinates of a descent: what a rule and a step need to know."""

    def __init__(
        self, objective: Objective, coordinates: Coordinates, space: RowSpace | None = None
    ):
        self.objective = objective
        self.coordinates = coordinates
        self.space = space
        self.penalty = objective.penalty
        self.dtype = objective.dtype

    def start(self, w, b):
        """Step 0: where the descent begins."""
        return self._step(0, self.coordinates.pack(w, b), np.nan, w, b)

    def move(self, here, learning_rate):
        """One iteration: w := w - alpha dw, b := b - alpha db, then the penalty's prox."""
        wb = self.coordinates.moved(here.wb, here.dwb, learning_rate, self.penalty)
        w, b = self.coordinates.unpack(wb)
        if self.penalty.bounded:
            w = self.penalty.at_bounds(w, wb[..., :-1], self.coordinates.scale)
        return self._step(here.t + 1, wb, learning_rate, w, b)

    def _step(self, t, wb, learning_rate, w, b):
        J, dw, db = self.objective.cost_and_gradient(w, b)
        dwb = self.coordinates.pull_back(dw, db)
        return Step(t, w, b, J, dw, db, learning_rate, wb, dwb, self.coordinates, space=self.space)

    def relieved(self, here):
        """A step without what the classes have in common, which changes no z but the penalty.

        A metric that does not mix the classes resists it, and would take it out in many steps.
        """
        common = self.penalty.common_part(here.w)
        w = here.w - common
        cost = here.cost - self.penalty.value(here.w) + self.penalty.value(w)
        dw = here.dw - self.penalty.gradient(common)
        return here._replace(w=w, cost=cost, dw=dw)

    def seen(self, here):
        """A step of other coordinates as it is in these."""
        return here._replace(
            wb=self.coordinates.pack(here.w, here.b),
            dwb=self.coordinates.pull_back(here.dw, here.db),
            coordinates=self.coordinates,
        )

    @property
    def first_learning_rate(self):
        """Where a line search begins: with Newton's step, or else on the safe side."""
        return 1.0 if self.coordinates.hessian_is_identity else self.safe_learning_rate

    @cached_property
    def safe_learning_rate(self):
        """1 / a bound of the Hessian that needs no look at X."""
        bound = self.objective.loss.second_derivative_bound
        moments = self.objective.moments
        return inverse(self.coordinates.hessian_bound(*moments, bound, self.penalty.l2), self.dtype)

    @cached_property
    def lipschitz(self):
        """L: the largest eigenvalue of the Hessian is below it at every point."""
        return lipschitz(self.objective, self.coordinates)

    @property
    def longest_safe_rate(self):
        """1 / L: a constant learning rate that needs no look at the cost."""
        return inverse(self.lipschitz, self.dtype)


def violation(step: Step, penalty) -> float:
    """The largest entry of what keeps a step from being optimal: of dwb, or, with L1, nearly so."""
    violations = step.dwb
    if not penalty.smooth:
        u, du = step.wb[..., :-1], step.dwb[..., :-1]
        violations = join(penalty.violation(u, du, step.coordinates.scale), step.dwb[..., -1])
    return float(np.maximum.reduce(np.abs(violations), axis=None))


class Descent:
    """Where a descent stands, and how it goes on from there.

    Parameters
    ----------
    plan : Plan
        Which coordinates are to come.
    rule : Rule
    problem : Problem
        The objective in the coordinates that there are.
    here : Step
    """

    def __init__(self, plan: Plan, rule: Rule, problem: Problem, here: Step):
        self.plan, self.rule, self.problem, self.here = plan, rule, problem, here
        self.stale_at = plan.stale_at(problem.coordinates)

    @classmethod
    def started(cls, plan, rule, w, b):
        """One that begins at (w, b)."""
        problem = Problem(plan.objective, plan.coordinates_at_start(w, b), plan.space)
        here = problem.start(w, b)
        return cls(plan, rule, problem, here._replace(memory=rule.init(problem)))

    def steps(self) -> Generator[Step]:
        """The descent itself: yields where it stands, then the next step, and so on for ever."""
        rows = self.plan.objective.rows
        try:
            while True:
                yield self.here
                # Around the step alone: a generator must not change its caller's state between two.
                with quiet(), rows.holding_blas():
                    self.advance()
        finally:
            rows.close()
            self.plan.objective.rows.close()

    def advance(self):
        """Make the next step, in other coordinates if it is time for them."""
        if self.here.t >= self.plan.enters_at:
            self._enter()
        here, problem = self.here, self.problem
        if here.t >= self.stale_at or here.coordinates.outgrown(here.wb, here.dwb):
            if here.w.ndim > 1 and not problem.penalty.smooth:
                here = problem.relieved(here)
            self._see(here, self.plan.coordinates_at(here.t, here.w, here.b, (here.dw, here.db)))
        self.here = self.rule.take(self.here, partial(self.problem.move, self.here))

    def _see(self, here, coordinates):
        """Go on from `here` in these coordinates."""
        self.stale_at = self.plan.stale_at(coordinates)
        self.problem = Problem(self.plan.objective, coordinates, self.plan.space)
        if here.coordinates.name == coordinates.name == "standardized":
            self.here = here._replace(coordinates=coordinates)  # they stay what they were
        else:
            self.here = self.problem.seen(here)._replace(memory=self.rule.init(self.problem))

    def turn_to(self, penalty):
        """Go on under another penalty, no weaker than the one that it began with."""
        here, former = self.here, self.problem.penalty
        # What the rows add is known.
        cost = here.cost - former.value(here.w) + penalty.value(here.w)
        dw = here.dw - former.gradient(here.w) + penalty.gradient(here.w)
        here = here._replace(cost=cost, dw=dw)
        self.plan = plan = self.plan.under(penalty)
        self.problem = Problem(plan.objective, plan.coordinates_like(here), plan.space)
        self.stale_at = plan.stale_at(self.problem.coordinates)
        here = self.problem.seen(here)
        self.here = here._replace(memory=self.rule.init(self.problem))

    def _enter(self):
        """Go on in the row space, if the rows are of use for it."""
        here, rule = self.here, self.rule
        self.plan = plan = self.plan.in_row_space(here.w)
        if plan.space is None:
            return
        w, b = plan.space.entered(here.b)
        self.problem = Problem(plan.objective, plan.coordinates_at(here.t, w, b), plan.space)
        there = self.problem.start(w, b)._replace(t=here.t, learning_rate=here.learning_rate)
        # Of a rotation a rule notices nothing.
        rotated = here.coordinates.name == there.coordinates.name == "raw"
        memory = here.memory if rotated else rule.init(self.problem)
        self.here = there._replace(memory=memory)
        self.stale_at = plan.stale_at(self.problem.coordinates)


def begin(
    objective: Objective,
    w: np.ndarray,
    b: np.ndarray,
    *,
    learning_rate,
    coordinates: str,
    given: str = "",
    penalty: ElasticNet | None = None,
    resumed: tuple[Step, tuple | None, np.ndarray | None] | None = None,
) -> Descent:
    """A descent from (w, b): what all that descend have in common.

    Or from a later step, with `resumed`: the step, what its coordinates were made at, and where
    it entered the row space, if it did. `given` is what a message should call the start by, empty
    for zeros; `penalty` one to begin with, in place of the objective's, which is no stronger and is
    to come.
    """
    rule = rule_for(learning_rate)
    with quiet(), objective.rows.holding_blas():
        plan = plan_for(objective, rule, coordinates)
        if resumed is None:
            w, b = (each.astype(plan.objective.dtype, copy=False) for each in (w, b))
            if plan.enters_at == 0:
                plan = plan.in_row_space(w)
            if penalty is not None:
                plan = plan.under(penalty)
            if plan.space is not None:
                w, b = plan.space.entered(b)
            descent = Descent.started(plan, rule, w, b)
        else:
            here, made_at, entered_at = resumed
            if entered_at is not None:
                plan = plan.in_row_space(entered_at)
            problem = Problem(plan.objective, plan.coordinates_made_at(made_at), plan.space)
            here = here._replace(coordinates=problem.coordinates, space=plan.space)
            descent = Descent(plan, rule, problem, here)
    here = descent.here
    if not (np.isfinite(here.cost) and np.isfinite(here.dwb).all()):
        reason = (
            f"the start, {given}, is too far out for the scale of X. Start from smaller "
            "coefficients, or from none."
            if given
            else "X is of too large a scale; put a StandardScaler before."
        )
        raise ValueError(f"The cost at the start is not finite: {reason}")
    return descent

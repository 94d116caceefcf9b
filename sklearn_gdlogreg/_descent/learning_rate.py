"""The learning-rate rules: how far to go from here.

A rule is a small value with two methods,

    init(problem)     ->  what it remembers before its first step: a tuple of numbers
    take(here, move)  ->  the next Step

where `problem` is the cost in the coordinates of the descent, `here` is where the descent stands
and `move(learning_rate)` is the step that this learning rate leads to, its cost and gradient
included. What a rule must remember it hands on in the step's `memory`: the rule itself never
changes, so one rule can serve many descents and a descent can be continued from a step alone.

In the formulas G is the gradient `dwb`, k counts the steps, and s and y are the differences
of the points and of the gradients between one step and the next. s's and y'y, their squared
lengths, are those of the coordinates: s'Hs and y' inv(H) y in the metric of a matrix H.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .._check import check_float

if TYPE_CHECKING:
    from .steps import Problem, Step

Memory = tuple[float, ...]

# No learning rate that a rule chooses leaves [1 / limit, limit], by the dtype it is multiplied
# with: where the cost is flat to the last bit, rules that grow their step would overflow.
LIMITS = {np.dtype(np.float32): 1e37, np.dtype(np.float64): 1e300}


def limited(learning_rate, dtype):
    """The learning rate itself, or the end of its range that it is beyond."""
    limit = LIMITS[dtype]
    return min(max(learning_rate, 1 / limit), limit)


def inverse(lipschitz: float, dtype: np.dtype) -> float:
    """The learning rate 1 / L; a flat cost takes any."""
    return limited(1 / lipschitz, dtype) if lipschitz > 0 else 1.0


class Rule:
    """A learning-rate rule; one that has nothing to say there leaves it as it is here.

    Attributes
    ----------
    given : bool
        Whether the rates are the user's own, so that it is they who can change them.
    adapts : bool
        Whether it looks at the cost, and so goes on undisturbed when its coordinates change: a
        rule that does not would not notice.
    counts : bool
        Whether its rates depend on how many iterations there have been: it would not go on as well
        from where another descent ended.
    chooses_coordinates : bool
        Whether ``coordinates="auto"`` leaves the choice of the coordinates to what is fastest. All
        other rules descend in w and b themselves then, as the course does.
    """

    given: ClassVar[bool] = False
    adapts: ClassVar[bool] = False
    counts: ClassVar[bool] = False
    chooses_coordinates = False

    def init(self, problem: "Problem") -> Memory:
        return ()

    def take(self, here: "Step", move: Callable[[float], "Step"]) -> "Step":
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Rule):
    """The course's rule: the same learning rate at every step."""

    learning_rate: float

    given = True

    def take(self, here, move):
        return move(self.learning_rate)


@dataclass(frozen=True)
class Schedule(Rule):
    """The learning rate of step t is f(t), t = 1, 2, ..."""

    f: Callable[[int], float]

    given = True
    counts = True

    def at(self, t):
        """f(t), if a step can be made with it."""
        learning_rate = self.f(t)
        if not (isinstance(learning_rate, Real) and 0 < learning_rate < math.inf):
            raise ValueError(
                f"learning_rate must return a positive, finite number for every iteration; "
                f"learning_rate({t}) returned {learning_rate!r}."
            )
        return check_float(f"learning_rate({t})", learning_rate)

    def take(self, here, move):
        return move(self.at(here.t + 1))


@dataclass(frozen=True)
class Lipschitz(Rule):
    """The constant 1 / L: the longest that needs no look at the cost, which never increases."""

    def init(self, problem):
        return (problem.longest_safe_rate,)

    def take(self, here, move):
        return move(*here.memory)._replace(memory=here.memory)


@dataclass(frozen=True)
class Silver(Rule):
    """The silver schedule in units of 1 / L."""

    counts = True

    def init(self, problem):
        return (problem.longest_safe_rate,)

    def take(self, here, move):
        learning_rate = silver(*here.memory)(here.t + 1)
        return move(learning_rate)._replace(memory=here.memory)


def silver(unit):
    """The silver schedule: alpha_t = (1 + rho^(nu(t) - 1)) * unit, rho = 1 + sqrt(2).

    The unit is 1 / L, with L the largest curvature the cost can have.

    nu(t) is the exponent of 2 in t. Long steps, ever longer and ever rarer, between short ones:
    the cost is not monotone on the way. With a prox the rates of convergence stay the same.

    References
    ----------
    Altschuler and Parrilo, Acceleration by Stepsize Hedging II, 2023, arXiv:2309.16530;
    Bok and Altschuler, Accelerating Proximal Gradient Descent via Silver Stepsizes, 2024,
    arXiv:2412.05497.

    Examples
    --------
    >>> [round(silver(unit=1.0)(t), 3) for t in (1, 2, 3, 4, 5, 6, 7, 8)]
    [1.414, 2.0, 1.414, 3.414, 1.414, 2.0, 1.414, 6.828]
    """
    rho = 1 + math.sqrt(2)

    def learning_rate(t):
        nu = (t & -t).bit_length() - 1
        return (1 + rho ** (nu - 1)) * unit

    return learning_rate


@dataclass(frozen=True)
class Backtracking(Rule):
    """Armijo's rule: twice the last learning rate, halved until the cost falls enough.

    References
    ----------
    Armijo, Minimization of functions having Lipschitz continuous first partial derivatives,
    Pacific J. Math. 16, 1966; Nocedal and Wright, Numerical Optimization, 2006, Algorithm 3.1.
    """

    adapts = True

    def init(self, problem):
        return (problem.first_learning_rate,)

    def take(self, here, move):
        (learning_rate,) = here.memory
        there = first_sufficient_decrease(here.cost, here, move, learning_rate)
        return there._replace(memory=(limited(2 * there.learning_rate, here.wb.dtype),))


@dataclass(frozen=True)
class BarzilaiBorwein(Rule):
    """The rate that would fit the last step, if the curvature were the same in all directions.

        alpha = s's / s'y   and   alpha = s'y / y'y   in turn,

    halved until the cost is below the largest of the last 10: the freedom to rise for a moment
    is what makes the method fast.

    References
    ----------
    Barzilai and Borwein, Two-point step size gradient methods, IMA J. Numer. Anal. 8, 1988,
    equations (5) and (6); Raydan, The Barzilai and Borwein gradient method for the large scale
    unconstrained minimization problem, SIAM J. Optim. 7, 1997 (the last 10 costs); Wright,
    Nowak and Figueiredo, Sparse reconstruction by separable approximation, IEEE Trans. Signal
    Process. 57, 2009 (with a prox).
    """

    chooses_coordinates: bool = False
    costs: int = 10

    adapts = True

    def init(self, problem):
        return (problem.first_learning_rate,)

    def take(self, here, move):
        learning_rate, *costs = here.memory
        costs = (*costs, here.cost)[-self.costs :]
        there = first_sufficient_decrease(max(costs), here, move, learning_rate)
        return there._replace(memory=(self.next_rate(here, there), *costs))

    def next_rate(self, here, there):
        s = there.wb - here.wb
        y = there.dwb - here.dwb
        sy = float(np.vdot(s, y))
        if there.t % 2:
            top, bottom = float(here.coordinates.squared_length(s)), sy
        else:
            top, bottom = sy, float(here.coordinates.squared_length_of_gradient(y))
        # A convex cost has s'y > 0; only rounding, or no step at all, makes it anything else.
        if not (0 < bottom < math.inf and 0 < top < math.inf):
            return there.learning_rate
        return limited(top / bottom, here.wb.dtype)


@dataclass(frozen=True)
class Adaptive(Rule):
    """AdGD: the learning rate follows the curvature met on the way; the cost is never needed.

        L_k = |G_k - G_{k-1}| / |w_k - w_{k-1}|,    theta_k = alpha_k / alpha_{k-1}
        alpha_k = min(sqrt(2/3 + theta_{k-1}) * alpha_{k-1},
                      alpha_{k-1} / sqrt(max(2 * alpha_{k-1}^2 * L_k^2 - 1, 0)))

    References
    ----------
    Malitsky and Mishchenko, Adaptive Proximal Gradient Method for Convex Optimization, NeurIPS
    2024, arXiv:2308.02261, Algorithm 2.
    """

    def init(self, problem):
        # It never looks whether the cost has fallen: it begins on the safe side.
        return problem.safe_learning_rate, 1 / 3

    def take(self, here, move):
        learning_rate, growth = here.memory
        there = move(learning_rate)
        coordinates = here.coordinates
        s = float(np.sqrt(coordinates.squared_length(there.wb - here.wb)))
        y = float(np.sqrt(coordinates.squared_length_of_gradient(there.dwb - here.dwb)))
        longest = math.sqrt(2 / 3 + growth) * learning_rate
        # alpha * L_k, which stays near 1 where alpha^2 and L_k^2 may not be representable.
        relative = learning_rate * y / s if s > 0 else 0.0
        curved = math.sqrt(max(2 * relative * relative - 1, 0.0))
        shortest = learning_rate / curved if curved > 0 else math.inf
        following = limited(min(longest, shortest), here.wb.dtype)
        return there._replace(memory=(following, following / learning_rate))


def first_sufficient_decrease(bound, here, move, learning_rate):
    """The first of learning_rate, 1/2, 1/4 ... of it that takes the cost far enough below `bound`.

    Far enough is 1e-4 / learning_rate * |s|^2: without a prox, Armijo's 1e-4 * alpha * |G|^2.

    Near a minimum, costs differ by less than their rounding and tell nothing. Gradients still do:
    the cost is convex, so with s the step and y the change of the gradient it falls by at least
    |s|^2 / alpha - s'y (with a prox too, whose step is its own subgradient), which is far enough
    below `here` if s'y is small enough.
    """
    while True:
        there = move(learning_rate)
        s = there.wb - here.wb
        ss = float(here.coordinates.squared_length(s)) / learning_rate
        # A cost that is not finite fails both tests and is halved away, if halving can do that.
        if there.cost <= bound - 1e-4 * ss:
            return there
        sy = float(np.vdot(s, there.dwb - here.dwb))
        if math.isfinite(there.cost) and sy <= (1 - 1e-4) * ss:
            return there
        if learning_rate <= 1 / LIMITS[here.wb.dtype]:
            return there._replace(cost=math.nan)  # no float is small enough: the descent ends
        learning_rate /= 2


RULES = {
    "auto": BarzilaiBorwein(chooses_coordinates=True),
    "lipschitz": Lipschitz(),
    "backtracking": Backtracking(),
    "barzilai-borwein": BarzilaiBorwein(),
    "adaptive": Adaptive(),
    "silver": Silver(),
}


def rule_for(learning_rate: float | str | Callable[[int], float]) -> Rule:
    """The rule that a `learning_rate` parameter stands for: a number, a function or a name."""
    if callable(learning_rate):
        return Schedule(learning_rate)
    if isinstance(learning_rate, str):
        return RULES[learning_rate]
    return Constant(check_float("learning_rate", learning_rate))

"""Whether a cost that does not hold all coefficients has no minimum, from where a descent ended.

It has none where some direction of (w, b) moves no row towards another class than its own, and
some row away from one: where the classes are separated, or quasi-separated if other rows stay
where they are (Albert and Anderson, Biometrika 71, 1984). Newton's step tells, from any point:

- A step that moves every z by less than 1 proves that there is no such direction. With
  h = a (1 - a), the weights |dz| - h |step of z| are positive then, and sum the rows to zero; by
  Stiemke's theorem only rows that overlap have such weights.
- Where there is such a direction, Newton's steps tend to it: rows that it does not move come to
  rest, the others go on by 1 or more for ever.

Coefficients that have a penalty, or are at a bound, stay where they are: the others are those of a
cost of their own.
"""

import math

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from .._objective.penalty import ElasticNet
from .coordinates import join
from .decorrelation import Decorrelation
from .learning_rate import rule_for
from .plan import plan_for, standardized

# The proof allows moves up to 1: the rest is for rounding and for a solution that is not exact.
SHORT = 0.5
# Newton's steps and, for each, products with the Hessian; who has no answer then gives none.
MOST_STEPS, MOST_PRODUCTS = 10, 50
# The residual of the first step, which is all it takes where rows overlap and the descent has
# converged: mostly a single product.
ROUGH = 1e-2
# No row is moved further against its side: of how the cost rises on the way back from where rows
# are saturated, the quadratic model knows nothing.
FARTHEST = 2.0
# Rows of so large a z have probabilities of 0 and 1 to the last digit of float32.
SURE = 16.0


def lacks_minimum(objective, here):
    """Whether the cost falls for ever from the step `here`, along coefficients that may grow."""
    w, b = here.coef, here.intercept
    ways = objective.penalty.may_grow(w.shape)
    with objective.rows.holding_blas():
        if not np.all(ways):
            return _falls_between_bounds(objective, w, b, *ways)
        coordinates = here.coordinates
        if not coordinates.hessian_is_identity:
            coordinates = _best_coordinates(objective, w, b)
        if _falls_for_ever(objective, w, b, here.gradient, coordinates):
            return True
        largest = max(objective.preferences(w, b))
        if not SURE < largest < math.inf:
            return False
        # So sure rows pull no more, as far as numbers can tell: from where they still do.
        w, b = w * (SURE / largest), b * (SURE / largest)
        _, *gradient = objective.cost_and_gradient(w, b)
        return _falls_for_ever(objective, w, b, gradient, _best_coordinates(objective, w, b))


class _Movable:
    """Coordinates of some coefficients; the others stay where they are."""

    def __init__(self, coordinates, movable):
        self.coordinates = coordinates
        self.movable = join(movable, np.ones(movable.shape[:-1], bool))

    def pull_back(self, dw, db):
        return self.coordinates.pull_back(dw, db) * self.movable

    def unpack(self, wb):
        return self.coordinates.unpack(wb * self.movable)


def _falls_between_bounds(objective, w, b, down, up):
    """The same for coefficients of which some have a penalty, or bounds."""
    low, high = objective.penalty.bounds_of(1.0)
    movable = (down | up) & (w > low) & (w < high)
    if not movable.any():
        return False
    objective = objective.under(ElasticNet())
    coordinates_at = _coordinates_of(objective, movable)

    def may_grow(v):
        rounding = math.sqrt(np.finfo(v.dtype).eps) * np.abs(v).max()
        return not ((v < -rounding) & ~down | (v > rounding) & ~up).any()

    _, *gradient = objective.cost_and_gradient(w, b)
    first = coordinates_at(objective, w, b)
    return _falls_for_ever(objective, w, b, gradient, first, coordinates_at, may_grow)


def _coordinates_of(objective, movable):
    """A function of an objective, w and b that makes coordinates of the movable coefficients."""
    first = standardized(objective)
    decorrelation = Decorrelation(objective, first)
    if movable.ndim > 1 or decorrelation.first_at > 0:
        return lambda *_: _Movable(first, movable)
    decorrelation.held = np.flatnonzero(~movable)
    return lambda _, w, b: _Movable(decorrelation.at(w, b), movable)


def _falls_for_ever(
    objective, w, b, gradient, coordinates, coordinates_at=None, may_grow=lambda v: True
):
    coordinates_at = coordinates_at or _best_coordinates
    # Beside the longest move, a shorter one than that is rounding.
    exact = math.sqrt(np.finfo(objective.dtype).eps)
    residual = ROUGH
    for _ in range(MOST_STEPS):
        v, c = _newton_step(objective, coordinates, w, b, gradient, residual)
        against, towards = objective.preferences(v, c)
        if not SHORT <= max(against, towards) < math.inf:
            return False
        if against <= exact * towards:
            # That a class without rows grows less and less probable is what it should do.
            return objective.has_every_class() and may_grow(v)
        rate = min(1.0, FARTHEST / against)
        w, b = w + rate * v, b + rate * c
        _, *gradient = objective.cost_and_gradient(w, b)
        coordinates, residual = coordinates_at(objective, w, b), exact
    return False


def _best_coordinates(objective, w, b):
    """Those in which the Hessian at (w, b) is nearly the identity, where they can be afforded."""
    return plan_for(objective, rule_for("auto"), "auto").coordinates_at(0, w, b)


def _newton_step(objective, coordinates, w, b, gradient, residual):
    """The (v, c) of which H (v, c) = -(dw, db), by conjugate gradients in these coordinates."""
    dwb = coordinates.pull_back(*gradient)
    product = objective.hessian_product(w, b)

    def unpacked(v):
        return coordinates.unpack(v.reshape(dwb.shape).astype(objective.dtype, copy=False))

    def hessian_times(v):
        return coordinates.pull_back(*product(*unpacked(v))).ravel()

    hessian = LinearOperator((dwb.size, dwb.size), hessian_times, dtype=np.float64)
    step, _ = cg(hessian, -dwb.ravel(), rtol=residual, maxiter=MOST_PRODUCTS)
    return unpacked(step)

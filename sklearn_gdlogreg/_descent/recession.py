"""The directions in which a cost falls for ever: which rows and which coefficients have them.

A direction v of (w, b) moves the margin of a row, z of its own class less z of another, by a . v.
Where a . v >= 0 for all rows and > 0 for some, the cost falls along v for ever and has no minimum
(Albert and Anderson, Biometrika 71, 1984). The sum of two such directions is a third, so that there
is one that moves every row that any of them moves. Linear programs find it,

    max sum_i a_i . v,     a_j . v >= 0 for all rows j,   |v| <= 1,

the sum first over all rows, then over those that have not been moved yet, until none is any more.
Coefficients that are penalized do not move, and those with a bound move only to where it lets them.

Of many rows, a sample is asked first; then the rows that contradict the answer are asked too, until
none does.

References
----------
Konis, Linear programming algorithms for detecting separated data in binary logistic regression
models, DPhil thesis, University of Oxford, 2007.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from .._check import quiet
from .._objective.margins import gathered, placed_in, sample_in, stacked
from .plan import standardized

# What is asked of whom: more than so many coefficients, or rows times classes, are not asked.
MOST_COEFFICIENTS, MOST_MARGINS = 500, 5000
# The numbers in a linear program that takes some hundredths of a second.
CHEAP_ENTRIES = 20_000
# The sample to begin with, in rows and in margins; and how many rows that contradict are added.
FIRST_ROWS, ADDED_ROWS, MOST_ROUNDS = 1000, 500, 30
# Beside a row that is moved by 1, in features of spread 1, those moved by less are not moved.
NEAR = 1e-6
# Coefficients beyond this, for such features, are a gap between the classes that is all rounding.
FARTHEST = 1e5


@dataclass(frozen=True)
class Recession:
    """The directions in which a cost falls for ever.

    Attributes
    ----------
    rows : int
        How many rows there are that have a weight.
    ahead, moved : int
        How many of them some such direction moves towards their own class, beside every other
        class and beside some other.
    w, b : ndarray of shape (n,) or (K, n), and of shape () or (K,)
        A direction that moves them all and has few features.
    down, up : ndarray of bool, shaped as w, or None
        Which coefficients fall, and which rise, in some such direction; None where that is not
        known.
    """

    rows: int
    ahead: int
    moved: int
    w: np.ndarray
    b: np.ndarray
    down: np.ndarray | None = None
    up: np.ndarray | None = None

    @property
    def kind(self) -> str:
        """Whether the classes are separated wholly, in part, or not at all."""
        if not self.moved:
            return "none"
        return "complete" if self.ahead == self.rows else "quasi-complete"


def can_be_asked(objective):
    """Whether there are not too many coefficients."""
    return objective.n * math.prod(objective.outputs) <= MOST_COEFFICIENTS


def is_cheap(objective):
    """Whether to ask takes some hundredths of a second, or less."""
    K = math.prod(objective.outputs)
    rows = min(objective.m, FIRST_ROWS)
    return rows * max(1, K - 1) * objective.n * K <= CHEAP_ENTRIES


def recession(objective, most_entries=0):
    """The directions in which a cost falls for ever; None where the price is too high to know.

    Parameters
    ----------
    objective : Objective
    most_entries : int
        How many numbers there may be in the linear programs that the signs of all coefficients
        take besides the first few: two for each.
    """
    if not can_be_asked(objective):
        return None
    with quiet(), objective.rows.holding_blas():
        return _Asked(objective).answer(most_entries)


class _Asked:
    """Some of the rows as constraints on v, the free coefficients of standardized features."""

    def __init__(self, objective):
        self.objective = objective
        # float64, whatever the rows are.
        self.coordinates = standardized(objective.computed_in(np.float64))
        shape = (*objective.outputs, objective.n)
        self.down, self.up = objective.penalty.may_grow(shape)
        ends = np.zeros((2, *objective.outputs, objective.n + 1))
        ends[0, ..., :-1] = np.where(self.down, -FARTHEST, 0)
        ends[1, ..., :-1] = np.where(self.up, FARTHEST, 0)
        ends[..., -1] = np.array([-FARTHEST, FARTHEST]).reshape(2, *[1] * len(objective.outputs))
        if not objective.fit_intercept:
            ends[..., -1] = 0
        self.shape = ends.shape[1:]
        ends = ends.reshape(2, -1)
        self.free = ends[0] < ends[1]
        self.ends = ends[:, self.free]
        self.stride = max(1, objective.m // FIRST_ROWS)
        found = objective.rows.total(_sampled_in, self.stride, combine=gathered)
        X, self.y = (np.concatenate(each) for each in zip(*found[1], strict=True))
        # The same row twice says nothing that it does not say once.
        _, first = np.unique(np.column_stack([X, self.y]), axis=0, return_index=True)
        first.sort()
        self.X, self.y = X[first], self.y[first]

    @property
    def constraints(self):
        """a for every margin of the rows: what v is multiplied by."""
        x = np.ones((len(self.X), self.shape[-1]))
        x[:, :-1] = (self.X - self.coordinates.mean) * self.coordinates.scale
        if len(self.shape) == 1:
            return ((2 * self.y - 1)[:, None] * x)[:, self.free]
        K, rows, own = self.shape[0], np.arange(len(x)), self.y.astype(np.intp)
        A = np.zeros((K - 1, len(x), *self.shape))
        for k in range(K - 1):
            A[k, rows, own] = x
            A[k, rows, (own + k + 1) % K] = -x
        return A.reshape(-1, self.free.size)[:, self.free]

    def answer(self, most_entries):
        """What the constraints of all rows come to."""
        for _ in range(MOST_ROUNDS):
            A = self.constraints
            if len(A) > MOST_MARGINS:
                return None
            v = self._moving_most(A)
            if v is None:
                return None
            stays = A @ v < 0.5
            within = _kernel(A[stays])
            counts, is_settled = self._settle(v, A, within)
            if is_settled:
                break
        else:
            return None
        if not counts[2]:
            w, b = self._unpacked(np.zeros(len(v)))
            nothing = np.zeros(w.shape, bool)
            return Recession(*map(int, counts), w, b, nothing, nothing)
        for _ in range(MOST_ROUNDS):
            A = self.constraints
            if len(A) > MOST_MARGINS:
                break
            few = self._of_few_features(A, v)
            if few is None:
                break
            again, is_settled = self._settle(few, A, within)
            if is_settled and (again == counts).all():
                v = few
                break
        down, up = self._ways(v, A, within, most_entries)
        return Recession(*map(int, counts), *self._unpacked(v), down, up)

    def _moving_most(self, A):
        """A direction that moves every row that can be moved, by 1 at least."""
        ends = np.clip(self.ends, -1, 1).T
        v, moved = np.zeros(A.shape[1]), np.zeros(len(A), bool)
        while not moved.all():
            # Whoever is moved already needs no more: the others are to be moved, too.
            found = _program(-A[~moved].sum(axis=0), -A, np.zeros(len(A)), ends)
            if found is None:
                return None
            new = ~moved & (A @ found > NEAR)
            if not new.any():
                break
            v, moved = v + found, moved | new
        if not moved.any():
            return v
        v = v / (A @ v)[moved].min()
        # What the programs left of the others is rounding.
        within = _kernel(A[~moved])
        return within @ (within.T @ v)

    def _of_few_features(self, A, v):
        """A direction that moves what v moves, and nothing else, and has small coefficients."""
        moved = A @ v > 0.5
        p = A.shape[1]
        cost = np.ones(self.shape)
        cost[..., -1] = 0  # an intercept is no feature
        cost = np.tile(cost.ravel()[self.free], 2)
        ends = np.concatenate([np.maximum(self.ends, 0), np.maximum(-self.ends[::-1], 0)], axis=1)
        both = np.hstack([A, -A])
        stay = _range(A[~moved]).T  # as many as there are directions in which they would move
        stay = np.hstack([stay, -stay])
        found = _program(cost, -both[moved], -np.ones(moved.sum()), ends.T, stay)
        return None if found is None else found[:p] - found[p:]

    def _settle(self, v, A, within):
        """How many rows v moves, and whether no row is open; else some of these are added."""
        rng = np.random.default_rng(0)
        moved = within @ rng.standard_normal(within.shape[1])
        unmoved = within @ (inner := _kernel(A @ within)) @ rng.standard_normal(inner.shape[1])
        directions = (v, *(_unit(each) for each in (moved, unmoved)))
        w, b = (np.stack(each) for each in zip(*map(self._unpacked, directions), strict=True))
        shape = b.shape
        dtype = np.dtype(np.float64) if self.objective.rows.promotes else self.objective.dtype
        w, b = w.reshape(-1, w.shape[-1]).astype(dtype), b.ravel().astype(dtype)
        near = max(NEAR, 100 * float(np.finfo(dtype).eps))
        counts, found = self.objective.rows.total(
            placed_in, w, b, shape, near, ADDED_ROWS, combine=gathered
        )
        if found:
            X, y = stacked(found, ADDED_ROWS)
            known = {row.tobytes() for row in self.X}
            new = np.array([row.tobytes() not in known for row in X])
            if new.any():
                self.X = np.concatenate([self.X, X[new]])
                self.y = np.concatenate([self.y, y[new]])
                return counts, False
        return counts, True

    def _ways(self, v, A, within, most_entries):
        """Which coefficients fall and which rise in some direction."""
        if not (self.down & self.up | ~(self.down | self.up)).all():
            return None, None  # bounded on one side: what collinear columns share has a sign, too
        inner = within @ _range(A @ within)
        free_moves = np.linalg.norm(inner, axis=1) > NEAR
        if inner.shape[1] == 1:
            sign = np.sign(inner[:, 0]) * np.sign(inner[:, 0] @ v) * free_moves
            return self._of_features(sign < 0), self._of_features(sign > 0)
        moved = A @ v > 0.5
        matrix = -A[moved] @ inner
        # What some of the rows allow, others may not.
        if self.stride > 1 or 2 * free_moves.sum() * matrix.size > most_entries:
            return None, None
        down, up = np.zeros(len(v), bool), np.zeros(len(v), bool)
        ends = np.tile([-1.0, 1.0], (inner.shape[1], 1))
        for j in free_moves.nonzero()[0]:
            for sign, ways in ((-1, down), (1, up)):
                cost = -sign * inner[j]
                t = _program(cost, matrix, np.zeros(len(matrix)), ends)
                if t is None:
                    return None, None
                ways[j] = cost @ t < -NEAR
        return self._of_features(down), self._of_features(up)

    def _of_features(self, flags):
        every = np.zeros(self.free.size, bool)
        every[self.free] = flags
        return every.reshape(self.shape)[..., :-1]

    def _unpacked(self, v):
        every = np.zeros(self.free.size)
        every[self.free] = v
        return self.coordinates.unpack(every.reshape(self.shape))


def _sampled_in(part, stride):
    return 0, [sample_in(part, stride)]


def _unit(v):
    length = np.linalg.norm(v)
    return v / length if length else v


def _kernel(A):
    """Orthonormal columns that A takes to 0."""
    singular, directions = _singular(A)
    return directions[np.count_nonzero(singular > NEAR * singular.max(initial=1e-300)) :].T


def _range(A):
    """Orthonormal columns for all that it does not."""
    singular, directions = _singular(A)
    return directions[: np.count_nonzero(singular > NEAR * singular.max(initial=1e-300))].T


def _singular(A):
    if len(A) > A.shape[1]:
        A = np.linalg.qr(A, mode="r")
    _, singular, directions = np.linalg.svd(A, full_matrices=True)
    return singular, directions


def _program(cost, matrix, right, ends, equal=None):
    """Where cost . x is least, matrix x <= right and equal x = 0; None where there is no such x."""
    zeros = None if equal is None else np.zeros(len(equal))
    for method in ("highs", "highs-ipm"):  # the simplex may come to an end without an answer
        found = linprog(cost, matrix, right, equal, zeros, ends, method=method)
        if found.x is not None:
            return found.x
    return None

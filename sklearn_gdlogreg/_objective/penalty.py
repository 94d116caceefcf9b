"""The elastic net on w, in a box: its value, its smooth part's gradient, its prox, its optimality.

The intercept is never penalized nor bounded, and never comes here. `scale` is how far w moves when
its coordinate moves by 1 (coordinates: u = w / scale), so that one penalty, always meant in the
units of X, serves a descent in any coordinates that keep the features apart.
"""

import math
import sys
from dataclasses import dataclass
from functools import cached_property

import numpy as np


def root(l2):
    """The square root of a number, or of the entries of an array, in their own dtype."""
    return np.sqrt(l2) if np.ndim(l2) else math.sqrt(l2)


@dataclass(frozen=True)
class ElasticNet:
    """penalty(w) = sum_j l1_j |w_j| + l2_j / 2 * w_j^2, infinite unless low <= w <= high.

    Attributes
    ----------
    l1, l2 : float or ndarray of shape (n_features,)
        The strengths: of all coefficients, or of each feature's.
    low, high : ndarray of shape (n_features,) or (n_classes, n_features), or None for no bounds
    """

    l1: float | np.ndarray = 0.0
    l2: float | np.ndarray = 0.0
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @classmethod
    def from_C(
        cls, C, l1_ratio, total_weight, strongest=sys.float_info.max, factors=None, bounds=None
    ):
        """LogisticRegression's C and l1_ratio, for a cost divided by `total_weight`.

        LogisticRegression minimizes C * sum(s_i loss_i) + r(w); dividing by C * sum(s_i) gives
        the course's mean of the losses, and the same optimum. `factors` multiply the strength,
        feature by feature.
        """
        low, high = (None, None) if bounds is None else bounds
        # One division after the other: the product of two small numbers may be 0. The strength is
        # never inf: 0 * inf is nan, and coefficients of 0 cost nothing.
        strength = min(1.0 / C / total_weight, strongest)
        if factors is not None and strength:
            first = float(factors[0])
            if (factors == first).all():
                strength = min(strength * first, strongest)  # of all alike: a number as ever
            else:
                with np.errstate(over="ignore"):
                    strength = np.minimum(strength * factors, factors.dtype.type(strongest))
        l1, l2 = (strength * ratio if ratio else 0.0 for ratio in (float(l1_ratio), 1.0 - l1_ratio))
        return cls(l1, l2, low, high)

    def __bool__(self):
        return self._has_l1 or self._has_l2

    # Asked for at every step: what takes a pass over the features is found out once.
    @cached_property
    def _has_l1(self):
        return bool(np.any(self.l1))

    @cached_property
    def _has_l2(self):
        return bool(np.any(self.l2))

    @property
    def bounded(self):
        """Whether coefficients have bounds."""
        return self.low is not None

    @property
    def smooth(self):
        """Whether there is a gradient everywhere, and no prox to take."""
        return not (self._has_l1 or self.bounded)

    @property
    def same_for_all(self):
        """Whether all coefficients are penalized alike and may be anything.

        Then rotations of w leave its L2 part as it is.
        """
        return not (np.ndim(self.l1) or np.ndim(self.l2) or self.bounded)

    @property
    def has_soft_threshold(self):
        """Whether the prox is that below, which there is in the metric of a matrix too."""
        return not self.smooth and type(self).prox is ElasticNet.prox

    @property
    def has_one_threshold(self):
        """Whether that is no more than a soft threshold, of the same strength for all."""
        return self.has_soft_threshold and self.same_for_all

    def may_grow(self, shape):
        """Which coefficients may grow for ever at no cost: downwards, and upwards."""
        unpenalized = (np.asarray(self.l1) == 0) & (np.asarray(self.l2) == 0)
        low, high = (-np.inf, np.inf) if not self.bounded else (self.low, self.high)
        ways = unpenalized & (low == -np.inf), unpenalized & (high == np.inf)
        return tuple(np.broadcast_to(way, shape) for way in ways)

    def value(self, w):
        """The penalty itself, of coefficients within the bounds."""
        value = 0.0
        # Terms that are switched off are skipped, not multiplied by 0: 0 * inf is nan.
        if self._has_l1:
            value += _weighted(self.l1, np.abs(w))
        if self._has_l2:
            if np.ndim(self.l2):
                value += float(np.vdot(w, self.l2 / 2 * w))
            else:
                value += self.l2 / 2 * float(np.vdot(w, w))
        return value

    def gradient(self, w):
        """The gradient of the smooth part, l2 / 2 * sum w^2."""
        return self.l2 * w

    def curvature(self, scale):
        """The second derivative of that along coordinates u = w / scale."""
        # The root first: the square of a scale of 1e300 is inf, and 0 * inf is nan.
        return np.square(root(self.l2) * scale)

    def prox(self, u, learning_rate, scale):
        """Where a step of `learning_rate` on the rest leads: a soft threshold, then the bounds.

        For each coefficient alone, where the function rises to both sides of its lowest point, the
        lowest within bounds is the nearest to that.
        """
        if self._has_l1:
            u = np.sign(u) * np.maximum(np.abs(u) - learning_rate * self.l1 * scale, 0)
        return self.clipped(u, scale)

    def clipped(self, u, scale=1.0):
        """The nearest point within the bounds."""
        return np.clip(u, *self.bounds_of(scale)) if self.bounded else u

    def bounds_of(self, scale):
        """The bounds of u = w / scale."""
        low, high = (self.low, self.high) if self.bounded else (-np.inf, np.inf)
        return low / scale, high / scale

    def at_bounds(self, w, u, scale):
        """w = u * scale, at a bound to the last digit where u is, which the product may miss."""
        low, high = self.bounds_of(scale)
        return np.where(u <= low, self.low, np.where(u >= high, self.high, self.clipped(w)))

    def common_part(self, w):
        """What to take off the coefficients of all classes of a feature for the least penalty.

        It minimizes l1 * sum_k |w_k - c| + l2 / 2 * sum_k (w_k - c)^2, whatever the two are
        multiplied by for that feature, as far as the bounds let it. Where there is a choice, it is
        the one nearest to 0.

        References
        ----------
        Li and Osher, A new median formula with applications to PDE based denoising, Commun. Math.
        Sci. 7, 2009.
        """
        K = len(w)
        if self._has_l2:
            balance = np.max(self.l1) / np.max(self.l2) / K * np.arange(K, -K - 1, -2)
            balanced = np.add.outer(balance, np.add.reduce(w) / K)
            common = np.median(np.concatenate([w, balanced]), axis=0)
        else:
            ordered = np.sort(w, axis=0)
            common = np.clip(0, ordered[(K - 1) // 2], ordered[K // 2])
        if self.bounded:
            common = np.clip(common, (w - self.high).max(axis=0), (w - self.low).min(axis=0))
        return common

    def violation(self, u, du, scale):
        """How far 0 is from the subdifferential, entry by entry; |du| without L1 and bounds.

        du is the gradient of all that is smooth. Where u is not 0 the l1 term has the slope
        +-l1 * scale; where u is 0 it can cancel any du up to that size. Where u is at a bound, that
        cancels any du that leads beyond it.
        """
        l1 = self.l1 * scale
        if not self.bounded:
            return np.where(u == 0, np.maximum(np.abs(du) - l1, 0), np.abs(du + l1 * np.sign(u)))
        low, high = self.bounds_of(scale)
        if not self._has_l1:
            beyond = ((u <= low) & (du > 0)) | ((u >= high) & (du < 0))
            return np.where(beyond, 0, np.abs(du))
        below, above = slopes(u, l1, low, high)
        return np.maximum(np.maximum(du + below, -du - above), 0)


def slopes(u, l1, low, high):
    """The derivatives to the left and to the right of l1 * |u| between bounds."""
    below = np.where(u > 0, l1, -l1)
    above = np.where(u < 0, -l1, l1)
    return np.where(u <= low, -np.inf, below), np.where(u >= high, np.inf, above)


def _weighted(strengths, sizes):
    """The sum of sizes, each times its strength."""
    if np.ndim(strengths):
        return float((strengths * sizes).sum())
    return strengths * float(sizes.sum())

"""The elastic net on w: its value, its smooth part's gradient, its prox, its optimality.

The intercept is never penalized and never comes here. `scale` is how far w moves when its
coordinate moves by 1 (coordinates: u = w / scale), so that one penalty, always meant in the
units of X, serves a descent in any coordinates that keep the features apart.
"""

import sys
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ElasticNet:
    """penalty(w) = l1 * sum |w| + l2 / 2 * sum w^2."""

    l1: float = 0.0
    l2: float = 0.0

    @classmethod
    def from_C(cls, C, l1_ratio, total_weight, strongest=sys.float_info.max):
        """LogisticRegression's C and l1_ratio, for a cost divided by `total_weight`.

        LogisticRegression minimizes C * sum(s_i loss_i) + r(w); dividing by C * sum(s_i) gives
        the course's mean of the losses, and the same optimum.
        """
        # One division after the other: the product of two small numbers may be 0. The strength is
        # never inf: 0 * inf is nan, and coefficients of 0 cost nothing.
        strength = min(1.0 / C / total_weight, strongest)
        return cls(l1=strength * l1_ratio, l2=strength * (1.0 - l1_ratio))

    def __bool__(self):
        return self.l1 > 0 or self.l2 > 0

    @property
    def smooth(self):
        """Whether there is a gradient everywhere, and no prox to take."""
        return not self.l1

    @property
    def has_soft_threshold(self):
        """Whether the prox is the soft threshold, which there is in the metric of a matrix too."""
        return self.l1 > 0 and type(self).prox is ElasticNet.prox

    def value(self, w):
        """The penalty itself."""
        value = 0.0
        # Terms that are switched off are skipped, not multiplied by 0: 0 * inf is nan.
        if self.l1:
            value += self.l1 * float(np.abs(w).sum())
        if self.l2:
            value += self.l2 / 2 * float(np.vdot(w, w))
        return value

    def gradient(self, w):
        """The gradient of the smooth part, l2 / 2 * sum w^2."""
        return self.l2 * w

    def prox(self, u, learning_rate, scale):
        """Soft threshold: the point that a step of `learning_rate` on the l1 term leads to."""
        return np.sign(u) * np.maximum(np.abs(u) - learning_rate * self.l1 * scale, 0)

    def common_part(self, w):
        """What to take off the coefficients of all classes of a feature for the least penalty.

        It minimizes l1 * sum_k |w_k - c| + l2 / 2 * sum_k (w_k - c)^2. Where there is a choice,
        it is the one nearest to 0.

        References
        ----------
        Li and Osher, A new median formula with applications to PDE based denoising, Commun. Math.
        Sci. 7, 2009.
        """
        K = len(w)
        if not self.l2:
            ordered = np.sort(w, axis=0)
            return np.clip(0, ordered[(K - 1) // 2], ordered[K // 2])
        balance = self.l1 / self.l2 / K * np.arange(K, -K - 1, -2)
        balanced = np.add.outer(balance, np.add.reduce(w) / K)
        return np.median(np.concatenate([w, balanced]), axis=0)

    def violation(self, u, du, scale):
        """How far 0 is from the subdifferential, entry by entry; |du| where l1 is 0.

        du is the gradient of all that is smooth. Where u is not 0 the l1 term has the slope
        +-l1 * scale; where u is 0 it can cancel any du up to that size.
        """
        l1 = self.l1 * scale
        return np.where(u == 0, np.maximum(np.abs(du) - l1, 0), np.abs(du + l1 * np.sign(u)))

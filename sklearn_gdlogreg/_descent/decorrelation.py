"""When decorrelated coordinates are worth their price, how often, and from which rows.

H costs n p^2, an evaluation of J n p: with many columns one map costs as much as a hundred steps,
with few of them less than one. Between two maps the descent is plain gradient descent, one pass
over X a step; with a map for every step it would be Newton's method.
"""

import copy
import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .._objective.moments import moments
from .._objective.penalty import ElasticNet
from .coordinates import Decorrelated, Standardized
from .metric import Metric
from .mixed_metric import MixedMetric

# Rows that stand for all others in H, for each column: its relative error is about
# 1 / sqrt(ROWS_PER_COLUMN), and steps that adapt make up for that.
ROWS_PER_COLUMN = 100
# A map is kept for as many steps as cost what it did, within these bounds.
SHORTEST, LONGEST = 8, 20
# From this price on, in evaluations, the standardized descent is tried first, for as long as the
# map would take, and ends most often before. Beyond the highest there is no map at all.
HIGH_PRICE, HIGHEST_PRICE = 20, 1000
# From this price on all classes share one map.
HIGH_PRICE_OF_MANY = 40
# Of so many coefficients, a metric mixes the classes.
MOST_MIXED = 100
# Nanoseconds that an evaluation takes however small X is; a map takes two of these.
CALLS = 20_000
# Where the rows that are still curved lie so many times their variance from the mean of all, the
# columns are standardized for these, and once more for what that shows.
MOST_OFF_CENTRE, MOST_TIMES_ANEW = 1e4, 4
# A feature whose rows are all sure is hardly curved, and a step would take it far beyond where its
# threshold balances the gradient. There the curvature is about as large as the threshold: on the
# way it does not count for less than this part.
LEAST_OF_THRESHOLD = 0.3
# What the maps of a descent may take, if X does not take more itself.
MOST_BYTES = 2**27


def map_fits_in_memory(objective, n_maps=1, n=None):
    """Whether decorrelated coordinates can be made at all, or those of n of the columns."""
    n = objective.n if n is None else n
    most = max(MOST_BYTES, 8 * objective.m * objective.n)
    # With L1, beside the inverse, the matrix itself and the part of it that is being solved with.
    matrices = n_maps if objective.penalty.smooth else 3 * n_maps
    return 8 * matrices * (n + 1) ** 2 <= most


def mixes_classes(objective):
    """Whether one matrix for the coefficients of all classes costs next to nothing."""
    several = bool(objective.outputs) and objective.penalty.has_one_threshold
    return several and math.prod(objective.outputs) * objective.n <= MOST_MIXED


class Curvature(NamedTuple):
    """The second derivative at a point, for features as `standardized` measures them."""

    standardized: Standardized
    hessian: np.ndarray
    of_class: np.ndarray | None
    penalty: ElasticNet


class Decorrelation:
    """Makes decorrelated coordinates at the points of a descent.

    Attributes
    ----------
    known : Curvature or None
        That of the last map, for one of another penalty; remembered from the first time that
        `under` is asked for one.
    """

    def __init__(self, objective, standardized, may_mix=False):
        self.objective = objective
        self.mixes = may_mix and mixes_classes(objective)
        self.standardized = standardized
        self.held = None
        self.remembers, self.known = False, None
        m, n = objective.m, objective.n
        self.stride = max(1, m // (ROWS_PER_COLUMN * (n + 1)))
        total, squares, count = objective.rows.total(weights_in, self.stride)
        # As many rows of equal weight would say as much (Kish's effective sample size).
        effective = total**2 / max(squares, np.finfo(float).tiny)
        if self.stride > 1 and effective < ROWS_PER_COLUMN * (n + 1) / 2:
            # The weights lie on few rows, which a sample may miss.
            self.stride, (total, _, count) = 1, objective.rows.total(weights_in, 1)
        self.weighted = count * self.stride
        # The sampled rows, and what their shares sum to.
        self.sample = self.stride, total
        self.sampled = -(-m // self.stride)
        n_classes = math.prod(objective.outputs)
        price = self._price(n)
        # One for all classes is less true, and as many times cheaper.
        self.shared = n_classes > 1 and (
            n_classes * price > HIGH_PRICE_OF_MANY or not map_fits_in_memory(objective, n_classes)
        )
        self.price = price if self.shared else n_classes * price
        self.price_at_start = price  # at w = 0 one map serves all: their derivatives are the same
        self.price_of_step = 0.0 if objective.penalty.smooth else self._price_of_lassos(n)

    def _price(self, n):
        """What a map of n columns costs for one class, in evaluations of the cost and its gradient.

        The nanoseconds are those of one core, measured at sizes from 569 x 30 to 1e5 x 500; only
        their ratios matter, and those only roughly.
        """
        of_map = (3 + (n + 1) / 30) * self.sampled * (n + 1) + (n + 1) ** 3 / 40
        return (of_map + 2 * CALLS) / (self._evaluation + CALLS)

    @property
    def _evaluation(self):
        """An evaluation, in these nanoseconds."""
        m, n, K = self.objective.m, self.objective.n, math.prod(self.objective.outputs)
        stored = self.objective.rows.stored
        of_X = m * n * (0.8 + 0.05 * K) if stored is None else 4 * stored * K
        return of_X + 8 * m * K

    def _price_of_lassos(self, n):
        """What a step in the metric of n columns costs beside its evaluation, in evaluations.

        These nanoseconds are of 13 to 800 columns, half of which are kept.
        """
        K = math.prod(self.objective.outputs)
        return K * (60_000 + 0.06 * n**3) / (self._evaluation + CALLS)

    @property
    def fits_in_memory(self):
        return map_fits_in_memory(self.objective)

    @property
    def first_at(self):
        """The iteration to make the first map in: 0, a later one, or inf for never."""
        objective = self.objective
        # With fewer rows than columns and nothing but rounding to tell the other directions
        # apart, their coordinates would be noise.
        unpenalized = np.count_nonzero(np.broadcast_to(objective.penalty.l2, objective.n) == 0)
        singular = unpenalized > 0 and self.weighted <= unpenalized + 1
        price = self.price + self.period * self.price_of_step
        if singular or not self.fits_in_memory or price > HIGHEST_PRICE:
            return math.inf
        # With a lasso for each class in every step, the way there is cheaper without.
        a_class_a_lasso = bool(objective.outputs) and not (objective.penalty.smooth or self.mixes)
        at_once = self.price_at_start + self.price_of_step <= HIGH_PRICE
        return 0 if at_once and not a_class_a_lasso else int(price)

    @property
    def period(self):
        """The number of steps from one map to the next."""
        return int(min(max(self.price / (1 + self.price_of_step), SHORTEST), LONGEST))

    @cached_property
    def _missed(self):
        """The features too rare for the sample, and the deviation they have in truth.

        The others are left as they are: nearly collinear ones, which are so in the sample too,
        would be no longer with a little added to each.
        """
        _, deviation = self.objective.moments
        features = np.flatnonzero(self._in_sample < 0.7 * deviation)
        return features, deviation[features]

    @cached_property
    def _in_sample(self):
        """How far every feature is there, in the mean square, from what it is measured from."""
        mean, deviation = moments(self.objective.rows, *self.sample)
        return np.hypot(deviation, mean - self.standardized.mean)

    def _deviation_of(self, H):
        """The same, as the diagonal of the bound at the start has it."""
        scale = self.standardized.scale
        penalty = self.objective.penalty.curvature(scale)
        squares = (np.diagonal(H.mean(axis=0) if H.ndim > 2 else H)[:-1] - penalty) / 0.25
        return np.sqrt(np.maximum(squares, 0)) / scale

    def at(self, w, b, t=0, gradient=None):
        """The coordinates for a descent from here, where it is after t iterations.

        The gradient there says nothing of correlations.
        """
        # At the start a bound that holds everywhere, and is attained there.
        place = (w, b) if np.any(w) or np.any(b) else (None, None)
        standardized = self.standardized
        for _ in range(MOST_TIMES_ANEW):
            mean, scale = standardized.mean, standardized.scale
            H, weight = self.objective.hessian_blocks(*place, mean, scale, self.sample, self.shared)
            if place[0] is None and standardized is self.standardized and self.stride > 1:
                self._in_sample = self._deviation_of(H)
            anew = self._standardized_anew(standardized, H)
            if anew is None:
                break
            standardized = anew
        # The classes of a shared map differ by how much their rows are curved.
        of_class = weight / weight.mean() if H.ndim < np.ndim(weight) + 2 else None
        if not self.objective.fit_intercept:
            # The intercept has a coordinate of its own, in which nothing ever moves.
            H[..., -1, :] = H[..., :, -1] = 0
            H[..., -1, -1] = 1
        if self.held is not None:  # and so have features that are not to move
            H[self.held] = H[:, self.held] = 0
            H[self.held, self.held] = 1
        if self.stride > 1:
            features, deviation = self._missed
            spread = np.square(deviation * standardized.scale[features])
            weight = weight if of_class is None else weight.mean()
            H[..., features, features] += np.multiply.outer(weight, spread)
        if self.remembers:
            self.known = Curvature(standardized, H.copy(), of_class, self.objective.penalty)
        return self._made(standardized, H, (t, w, b), of_class)

    def _made(self, standardized, H, made_at, of_class):
        penalty = self.objective.penalty
        if penalty.smooth:
            return Decorrelated(standardized, H, made_at, of_class)
        features = np.arange(self.objective.n)
        least = LEAST_OF_THRESHOLD * penalty.l1 * standardized.scale
        H[..., features, features] = np.maximum(H[..., features, features], least)
        metric = Metric(standardized, H, made_at, of_class)
        return self._mixed(metric) if self.mixes else metric

    def _mixed(self, apart):
        """The metric that mixes the classes, made where that of each class alone was."""
        _, w, b = apart.made_at
        standardized = apart.standardized
        mean, scale = standardized.mean, standardized.scale
        H = self.objective.hessian_of_classes(w, b, mean, scale, self.sample)
        if not self.objective.fit_intercept:
            H[:, -1] = H[:, :, :, -1] = 0
            H[:, -1, :, -1] = np.eye(len(w))
        if self.stride > 1:
            features, deviation = self._missed
            spread = np.square(deviation * scale[features])
            for k in range(len(w)):
                H[k, features, k, features] += H[k, -1, k, -1] * spread
        return MixedMetric(standardized, H, apart)

    def under(self, objective, standardized):
        """The same for this objective, which has another penalty."""
        other = copy.copy(self)
        other.objective, other.standardized, other.remembers = objective, standardized, True
        return other

    def again(self, here):
        """The coordinates of a step, as they are with the penalty that there is now."""
        if self.known is None:
            return self.at(here.w, here.b, here.t, (here.dw, here.db))
        standardized, H, of_class, penalty = self.known
        H = H.copy()
        features = np.arange(self.objective.n)
        scale, now = standardized.scale, self.objective.penalty
        H[..., features, features] += now.curvature(scale) - penalty.curvature(scale)
        return self._made(standardized, H, here.coordinates.made_at, of_class)

    def _standardized_anew(self, standardized, H):
        """Other means and deviations, where those of the rows that are still curved are far away.

        One row far out decides both; once the descent is sure of it, it counts for nothing, and
        beside the columns as they were then, the other rows are all the same.
        """
        if not self.objective.fit_intercept:
            return None
        H = H.mean(axis=0) if H.ndim > 2 else H
        weight = H[-1, -1]
        center = H[-1, :-1] / weight
        l2 = self.objective.penalty.curvature(standardized.scale)
        variance = np.maximum((np.diagonal(H)[:-1] - l2) / weight - np.square(center), 0)
        if self.stride > 1:
            center[self._missed[0]] = 0  # that the sample has none of them says nothing
        if not (np.square(center) > MOST_OFF_CENTRE * (variance + l2 / weight)).any():
            return None
        mean = standardized.mean + center / standardized.scale
        deviation = np.sqrt(np.maximum(variance, np.finfo(float).eps)) / standardized.scale
        if self.stride > 1:
            features, deviation[features] = self._missed
        return Standardized(
            *(each.astype(standardized.scale.dtype) for each in (mean, deviation)),
            self.objective.penalty.l2,
        )


def weights_in(part, stride):
    """Sums of the shares of a part's sampled rows and of their squares, and how many are not 0."""
    share = part.on_host(part.sampled_share(stride)).astype(np.float64)
    return float(share.sum()), float(np.vdot(share, share)), int(np.count_nonzero(share))

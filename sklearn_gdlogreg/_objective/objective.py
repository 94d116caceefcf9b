"""The cost and its gradient: one sum over the rows of X.

    J(w, b) = (1 / sum_i s_i) * sum_i s_i loss(z_i, y_i) + penalty(w),     z_i = w . x_i + b

Rows are examples here, as everywhere in scikit-learn; the course's X is the transpose.
Shapes: X (m, n), y (m,), and

    two classes         w (n,)      b ()        z, dz (m,)
    K classes           w (K, n)    b (K,)      z, dz (K, m)

so that the line z = w X' + b serves both, and dw = dz X too.
"""

import copy
import math
from functools import cached_property, reduce

import numpy as np

from .._check import quiet
from .cross_entropy import loss_for
from .in_memory import InMemory, accumulated, added, largest
from .moments import moments, second_moments_in
from .penalty import ElasticNet


def linear(X, w, b):
    """z = w . x + b for every row: of shape (m,) or (K, m)."""
    z = w @ X.T
    z += b[:, None] if w.ndim > 1 else b
    return z


def linear_in(block, w, b, xp):
    """z for the rows of a block; 0 for those without weight, where 0 * inf would be left."""
    z = linear(block.X, w, b)
    return z if block.absent is None else xp.where(block.absent, 0.0, z)


def cost_and_gradient_in(part, loss, w, b):
    """A part's share of the mean loss, and of its gradient."""
    return reduce(
        added, [_block_cost_and_gradient(block, loss, w, b, part.xp) for block in part.blocks]
    )


def _block_cost_and_gradient(block, loss, w, b, xp):
    """Forward from z to the loss, backward from dz."""
    X, y, share, _ = block
    losses, dz = loss.cross_entropy(linear_in(block, w, b, xp), y, xp)
    losses *= share
    # Not as a float yet: on a device, that would wait for it before dw is asked for.
    J = xp.add.reduce(losses, dtype=np.float64)
    dw, db = _backward(dz, X, share, xp)
    return J, dw, db


def _backward(dz, X, share, xp):
    """dw = (1/m) X' dz and db = (1/m) sum dz, or with each row's share in place of 1/m."""
    # Each row is divided before it is added: a sum of features near 1e308 would overflow.
    dz *= share
    return dz @ X, xp.add.reduce(dz, axis=-1)


def evaluation_in(part, loss, w, b):
    """A part's share of the mean loss, and of the rows that are right."""
    mean_loss = right = 0.0
    for block in part.blocks:
        z, y, share = linear_in(block, w, b, part.xp), block.y, block.share
        right += float(part.xp.sum(part.xp.where(loss.hits(z, y, part.xp), share, 0.0)))
        mean_loss += float(part.xp.sum(share * loss.losses(z, y, part.xp)))
    return mean_loss, right


def hessian_product_in(part, loss, v, c, w, b):
    """A part's share of the Hessian at (w, b) times (v, c)."""

    def product(block):
        z, v_z = (linear_in(block, *at, part.xp) for at in ((w, b), (v, c)))
        return _backward(loss.differential(z, v_z, part.xp), block.X, block.share, part.xp)

    return reduce(added, map(product, part.blocks))


def hessian_bound_product_in(part, loss, v, c):
    """A part's share of a matrix that the Hessian exceeds nowhere, times (v, c)."""

    def product(block):
        dz = loss.second_derivative_bound * linear_in(block, v, c, part.xp)
        return _backward(dz, block.X, block.share, part.xp)

    return reduce(added, map(product, part.blocks))


def mean_hessian_product_in(part, loss, v, c, w, b):
    """A part's share of the Hessians of all classes' mean, times each of several (v, c).

    And of the mean of the second derivatives of each class. With w None a bound stands for them.
    """

    def product(block):
        d = of_class = 0.25
        if w is not None:
            d = loss.second_derivative(linear_in(block, w, b, part.xp), part.xp)
            of_class = part.xp.sum(d * block.share, axis=-1)
            d = part.xp.mean(d, axis=0) if d.ndim > 1 else d
        dz = d * linear_in(block, v, c, part.xp)
        return *_backward(dz, block.X, block.share, part.xp), of_class

    return reduce(added, map(product, part.blocks))


def misplaced_in(part, loss, w, b):
    """How many rows with a weight are not strictly on their own side."""
    misplaced = 0
    for block in part.blocks:
        placed = loss.separates(linear_in(block, w, b, part.xp), block.y, part.xp)
        misplaced += int(part.xp.count_nonzero((block.share > 0) & ~placed))
    return (misplaced,)


def preferences_in(part, loss, w, b):
    """How far z prefers another class to a row's own, and its own to another, at most."""
    of_blocks = [
        loss.preferences(linear_in(block, w, b, part.xp), block.y, part.xp) for block in part.blocks
    ]
    return reduce(largest, ([float(part.xp.max(v, axis=0)) for v in both] for both in of_blocks))


def shares_of_classes_in(part, n_classes):
    """What the rows of every class count together."""
    classes = np.arange(n_classes)[:, None]
    # Labels are integers or floats, which not every library compares with each other.
    of_blocks = (
        np.where(classes == part.on_host(block.y), part.on_host(block.share), 0.0)
        for block in part.blocks
    )
    return (reduce(np.add, (np.sum(shares, axis=-1) for shares in of_blocks)),)


def largest_second_derivative_in(part, loss, w, b, stride):
    """The largest second derivative of the loss in each z, among sampled rows with a weight."""
    sample = part.sample(stride)
    d = _second_derivative_in(sample, loss, w, b)
    # No row, no derivative: a part may be shorter than the stride.
    return (part.xp.max(d, axis=-1) if sample.m else np.zeros(d.shape[:-1], d.dtype),)


def _second_derivative_in(sample, loss, w, b):
    d = loss.second_derivative(linear(sample.X, w, b), sample.xp)
    return d if sample.absent is None else sample.xp.where(sample.absent, 0.0, d)


def hessian_in_part(part, loss, w, b, least, mean, scale, stride, unit, shared):
    """A part's share of the Hessian, or of its mean over classes, and of its weights.

    Without what mixes the classes, for features (x - mean) * scale; the shares of the sample are
    in `unit`, and no second derivative of the loss counts as less than `least`.
    """
    sample = part.sample(stride)
    d = sample.share / unit
    if w is None:
        # 1/4 bounds a (1 - a): the fixed bound of Bohning and Lindsay, Ann. Inst. Stat. Math.
        # 40, 1988. Less than that is true at the start only.
        d *= 0.25
    else:
        d = d * sample.xp.maximum(_second_derivative_in(sample, loss, w, b), least)
    of_rows = sample.xp.mean(d, axis=0) if shared and d.ndim > 1 else d
    return second_moments_in(sample, of_rows, mean, scale), part.xp.sum(d, axis=-1)


def hessian_of_classes_in_part(part, loss, w, b, mean, scale, stride, unit):
    """A part's share of the Hessian, for features (x - mean) * scale: of pairs of classes."""
    sample = part.sample(stride)
    xp = sample.xp
    a = loss.activation(linear(sample.X, w, b), xp)
    a = a if sample.absent is None else xp.where(sample.absent, 0.0, a)
    # Where they mix two classes, their sign is left out: weights are not negative.
    pairs = zip(*np.triu_indices(w.shape[0]), strict=True)
    d = xp.stack([a[i, :] * (1 - a[i, :] if i == j else a[j, :]) for i, j in pairs])
    return (second_moments_in(sample, d * (sample.share / unit), mean, scale),)


class Objective:
    """J and its derivatives for given rows; everything else about a fit is somebody else's.

    Parameters
    ----------
    rows : InMemory, or another that adds up
        The rows, wherever they are.
    C, l1_ratio : float
        The penalty, as in LogisticRegression.
    fit_intercept : bool
        If false, db is 0, so that b stays where it starts.
    penalty_factors : ndarray of shape (n,), or None
        What multiplies the penalty of each feature.
    bounds : pair of ndarray of shape (*outputs, n), or None
        The lowest and the highest values of w.
    """

    def __init__(
        self,
        rows,
        *,
        C=np.inf,
        l1_ratio=0.0,
        fit_intercept=True,
        penalty_factors=None,
        bounds=None,
    ):
        self.rows = rows
        self.m, self.n, self.dtype = rows.m, rows.n, rows.dtype
        self.loss, self.outputs = loss_for(rows.n_classes)
        self.fit_intercept = fit_intercept
        # Beyond this, w is 0 to the last bit; squares of it would overflow.
        strongest = math.sqrt(np.finfo(rows.dtype).max)
        self.penalty = ElasticNet.from_C(
            C, l1_ratio, rows.total_weight, strongest, penalty_factors, bounds
        )

    @classmethod
    def in_memory(
        cls, X, codes, n_classes, *, sample_weight=None, of_class=None, n_jobs=None, **options
    ):
        """The cost of examples in arrays, as in InMemory.of; `options` as here."""
        rows = InMemory.of(
            X, codes, n_classes, sample_weight=sample_weight, of_class=of_class, n_jobs=n_jobs
        )
        return cls(rows, **options)

    def cost_and_gradient(
        self, w: np.ndarray, b: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """J, dw and db: the sums over all rows, and the penalty."""
        J, dw, db = self.rows.total(cost_and_gradient_in, self.loss, w, b)
        if self.penalty:
            J, dw = J + self.penalty.value(w), dw + self.penalty.gradient(w)
        return float(J), dw, db if self.fit_intercept else db * 0

    def evaluate(self, w: np.ndarray, b: np.ndarray) -> tuple[float, float]:
        """The mean of the losses, without the penalty, and the share of rows that are right."""
        return self.rows.total(evaluation_in, self.loss, w, b)

    def hessian_product(self, w, b):
        """The Hessian of J at (w, b), as a function from (v, c) to its product with them."""
        return lambda v, c: self._product(hessian_product_in, v, c, w, b)

    def hessian_bound_product(self):
        """A matrix that the Hessian of J exceeds nowhere, as such a function."""
        return lambda v, c: self._product(hessian_bound_product_in, v, c)

    def mean_hessian_product(self, w, b):
        """The mean over the classes of their Hessians at (w, b), as a function of several (v, c).

        Without what mixes the classes; at 0 a bound that holds everywhere. It returns the products,
        and the mean of the second derivatives of every class.
        """
        at = (w, b) if np.any(w) or np.any(b) else (None, None)

        def product(v, c):
            if not self.fit_intercept:
                c = c * 0
            dw, dc, of_class = self.rows.total(mean_hessian_product_in, self.loss, v, c, *at)
            return dw + self.penalty.gradient(v), dc if self.fit_intercept else dc * 0, of_class

        return product

    def _product(self, of_part, v, c, *at):
        if not self.fit_intercept:
            c = c * 0  # an intercept that never moves curves nothing, and H stays symmetric
        dw, db = self.rows.total(of_part, self.loss, v, c, *at)
        return dw + self.penalty.gradient(v), db if self.fit_intercept else db * 0

    def hessian_blocks(self, w, b, mean, scale, sample, shared=False):
        """The Hessian for features (x - mean) * scale, without what mixes the classes.

        Parameters
        ----------
        w, b : ndarray, or None
            Where; None is for a bound that holds everywhere, of the same for all classes.
        mean, scale : ndarray of shape (n,)
        sample : tuple of int and float
            Every how many rows one stands for them, and what the shares of these sum to.
        shared : bool
            Whether to take the mean over the classes.

        Returns
        -------
        H : ndarray of shape (n + 1, n + 1) or (K, n + 1, n + 1)
            The intercept last.
        weight : float or ndarray of shape (K,)
            The mean of the second derivatives of the loss in z.
        """
        stride, unit = sample
        least = None
        if w is not None:
            (most,) = self.rows.total(
                largest_second_derivative_in, self.loss, w, b, stride, combine=largest
            )
            # Saturated rows matter next to nothing now, and are on their way back where w shrinks.
            least = np.asarray(most)[..., None] / 1e12
        H, weight = self.rows.total(
            hessian_in_part,
            self.loss,
            w,
            b,
            least,
            mean,
            scale,
            stride,
            unit,
            shared,
            combine=accumulated,
        )
        features = np.arange(self.n)
        H[..., features, features] += self.penalty.curvature(scale)
        return H, weight

    def hessian_of_classes(self, w, b, mean, scale, sample):
        """The Hessian for features (x - mean) * scale, with what mixes the classes.

        Arguments are those of `hessian_blocks`.

        Returns
        -------
        ndarray of shape (K, n + 1, K, n + 1)
        """
        (of_pairs,) = self.rows.total(
            hessian_of_classes_in_part, self.loss, w, b, mean, scale, *sample, combine=accumulated
        )
        K, n = w.shape
        H = np.zeros((K, n + 1, K, n + 1))
        for one, other, of_pair in zip(*np.triu_indices(K), of_pairs, strict=True):
            signed = of_pair if one == other else -of_pair
            H[one, :, other, :] = H[other, :, one, :] = signed
        classes, features = np.ogrid[:K, :n]
        H[classes, features, classes, features] += self.penalty.curvature(scale)
        return H

    def separates(self, w, b):
        """Whether (w, b) puts every row that has a weight strictly on its own side."""
        (misplaced,) = self.rows.total(misplaced_in, self.loss, w, b)
        return misplaced == 0

    def preferences(self, w, b):
        """How far (w, b) prefers another class to a row's own, and its own to another, at most."""
        against, towards = self.rows.total(preferences_in, self.loss, w, b, combine=largest)
        return float(against), float(towards)

    def has_every_class(self):
        """Whether every class has a row that has a weight."""
        (shares,) = self.rows.total(shares_of_classes_in, self.rows.n_classes)
        return bool((shares > 0).all())

    @cached_property
    def moments(self):
        """Weighted mean and standard deviation of every column of X, each of shape (n,)."""
        with quiet():
            return moments(self.rows)

    @property
    def off_centre(self):
        """How many times its deviation the mean of every column is; 0 where that is constant."""
        mean, deviation = self.moments
        return np.abs(mean) / np.where(deviation > 0, deviation, np.inf)

    def over(self, rows):
        """This cost over other rows of the same labels and weights."""
        other = copy.copy(self)
        other.rows, other.m, other.n, other.dtype = rows, rows.m, rows.n, rows.dtype
        vars(other).pop("moments", None)
        return other

    def under(self, penalty):
        """The cost of the same rows with another penalty."""
        other = copy.copy(self)
        other.penalty = penalty
        return other

    def computed_in(self, dtype):
        """This cost for w and b in another dtype, which all that is computed has too."""
        other = copy.copy(self)
        other.dtype = np.dtype(dtype)
        return other

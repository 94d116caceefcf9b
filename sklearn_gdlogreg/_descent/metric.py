"""L1 and bounds in the metric of the second derivative: features apart, and yet decorrelated."""

import numpy as np

from .box import bounded_lasso
from .coordinates import Decorrelated, Measured, applied, join, make_definite
from .lasso import lasso


class Metric(Measured):
    r"""Standardized coordinates v, in which lengths are measured by the second derivative H.

    A step is the one of decorrelated coordinates, |s|^2 = s' H s, with a prox that still tells the
    features apart:

        v := argmin_u  1/2 (u - v)' H (u - v) + alpha * (dv . (u - v) + l1 * sum_j scale_j |u_j|)

    This is a lasso of as many rows as columns, which never looks at X; between bounds, if there are
    any, which a scale of each feature leaves bounds. The intercept c has no penalty: it is where
    the rest is lowest in it,

        c := c - h . (u - v) / H_cc - alpha * dc / H_cc,       h = H's column of the intercept

    and with it gone H - h h' / H_cc is left for the features. For the softmax there is one such
    matrix for each class, or one for all, as in decorrelated coordinates.

    References
    ----------
    Lee, Sun and Saunders, Proximal Newton-type methods for minimizing composite functions, SIAM J.
    Optim. 24, 2014.
    """

    hessian_bound = staticmethod(Decorrelated.hessian_bound)

    def __init__(self, standardized, hessian, made_at=None, of_class=None):
        self.standardized = standardized
        self.scale = standardized.scale
        self.made_at = made_at
        # The inverse takes the place of a matrix.
        self.decorrelated = Decorrelated(standardized, hessian.copy(), made_at, of_class)
        for H in hessian if hessian.ndim > 2 else [hessian]:
            make_definite(H, standardized.constant, standardized.scale.dtype)
        self.of_class = np.float64(1.0) if of_class is None else np.asarray(of_class)
        self.of_intercept = hessian[..., -1, -1]
        self.coupling = hessian[..., :-1, -1] / self.of_intercept[..., None]
        self.reduced = hessian[..., :-1, :-1] - (
            self.coupling[..., :, None] * hessian[..., -1:, :-1]
        )

    @property
    def euclidean(self):
        return self.decorrelated

    def unpack(self, wb):
        if wb.ndim > 1:
            # As in decorrelated coordinates, what all intercepts have in common is taken out: it
            # changes no probability. Of the coefficients, the penalty sees it.
            wb = join(wb[:, :-1], wb[:, -1] - np.add.reduce(wb[:, -1]) / len(wb))
        return self.standardized.unpack(wb)

    def solved(self, wb, dwb, learning_rate, penalty):
        threshold = penalty.l1 * self.scale
        # An entry without a threshold has no reason to be 0, as those of a lasso have.
        edges = None
        if penalty.bounded or not np.all(threshold):
            edges = penalty.bounds_of(self.scale)
        if wb.ndim == 1:
            return self._moved(self._of(()), wb, dwb, learning_rate, threshold, edges)
        edges = edges and [np.broadcast_to(u, wb[:, :-1].shape) for u in edges]
        # A class that is more curved than all together takes shorter steps.
        rates = np.broadcast_to(learning_rate / self.of_class, len(wb))
        return np.array(
            [
                self._moved(self._of(k), *of_class, threshold, edges and [u[k] for u in edges])
                for k, of_class in enumerate(zip(wb, dwb, rates, strict=True))
            ]
        )

    def _of(self, k):
        """The matrices of class k, which all classes may share."""
        own = (self.reduced, self.coupling, self.of_intercept)
        return own if self.reduced.ndim == 2 else tuple(each[k] for each in own)

    def _moved(self, matrices, wb, dwb, rate, threshold, edges):
        reduced, coupling, of_intercept = matrices
        v, dv, dc = wb[:-1], dwb[:-1], dwb[-1]
        q = reduced @ v - rate * (dv - coupling * dc)
        if edges is None:
            u = lasso(reduced, q, rate * threshold, v)
        else:
            u = bounded_lasso(reduced, q, rate * threshold, *edges, v)
        there = np.empty_like(wb)
        there[:-1] = u
        there[-1] = wb[-1] - coupling @ (u - v) - rate * dc / of_intercept
        return there

    def squared_length(self, s):
        of_features, of_intercept = s[..., :-1], s[..., -1]
        shifted = of_intercept + (self.coupling * of_features).sum(axis=-1)
        along = applied(self.reduced, of_features)
        squares = (of_features * along).sum(axis=-1) + self.of_intercept * shifted**2
        return (self.of_class * squares).sum()

    def squared_length_of_gradient(self, y):
        du = self.decorrelated.pull_back_standardized(y)
        return self.decorrelated.squared_length_of_gradient(du)

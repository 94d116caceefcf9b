"""An L1 penalty on few columns of several classes: a metric that mixes the classes, too."""

from functools import cached_property

import numpy as np

from .coordinates import Measured, join
from .lasso import lasso


class MixedMetric(Measured):
    """Standardized coordinates, in which lengths are measured by the whole second derivative.

    As Metric, with one lasso for the coefficients of all classes: with a metric for each class
    alone, what the classes have in common takes many steps.

    Parameters
    ----------
    standardized : Standardized
    hessian : ndarray of shape (K, n_features + 1, K, n_features + 1)
    apart : Metric
        That of each class alone.
    """

    def __init__(self, standardized, hessian, apart):
        self.standardized, self.apart = standardized, apart
        self.scale, self.made_at = standardized.scale, apart.made_at
        K, n = hessian.shape[0], hessian.shape[1] - 1
        of_features = hessian[:, :-1, :, :-1].reshape(K * n, K * n)
        _make_definite(of_features, standardized.constant, K, self.scale.dtype)
        of_intercepts = hessian[:, -1, :, -1]
        self.of_intercepts = of_intercepts + np.trace(of_intercepts) / K**2
        self.inverse = np.linalg.inv(self.of_intercepts)
        self.coupling = self.inverse @ hessian[:, -1, :, :-1].reshape(K, K * n)
        # The products of a sum of squares are symmetric, but for their last bits.
        reduced = of_features - self.coupling.T @ self.of_intercepts @ self.coupling
        self.reduced = (reduced + reduced.T) / 2

    def unpack(self, wb):
        return self.apart.unpack(wb)

    def solved(self, wb, dwb, learning_rate, penalty):
        v, dv, dc = wb[:, :-1].ravel(), dwb[:, :-1].ravel(), dwb[:, -1]
        q = self.reduced @ v - learning_rate * (dv - dc @ self.coupling)
        u = lasso(self.reduced, q, np.tile(learning_rate * penalty.l1 * self.scale, len(wb)), v)
        c = wb[:, -1] - self.coupling @ (u - v) - learning_rate * (self.inverse @ dc)
        return join(u.reshape(len(wb), -1), c).astype(wb.dtype, copy=False)

    def squared_length(self, s):
        of_features, of_intercepts = s[:, :-1].ravel(), s[:, -1]
        shifted = of_intercepts + self.coupling @ of_features
        return of_features @ self.reduced @ of_features + shifted @ self.of_intercepts @ shifted

    def squared_length_of_gradient(self, y):
        of_features, of_intercepts = y[:, :-1].ravel(), y[:, -1]
        r = self._inverse_root @ (of_features - of_intercepts @ self.coupling)
        return r @ r + of_intercepts @ self.inverse @ of_intercepts

    @cached_property
    def _inverse_root(self):
        return np.linalg.inv(np.linalg.cholesky(self.reduced))


def _make_definite(H, constant, K, dtype):
    """Give directions that no feature distinguishes a curvature, in place.

    And those that all classes have in common, in which no loss has any: of the roundings' root, too
    little to resist what the penalty asks for.
    """
    diagonal = H.reshape(-1)[:: len(H) + 1]
    largest = diagonal.max()
    rounding = np.finfo(dtype).eps
    diagonal += rounding**0.75 * diagonal
    diagonal[np.tile(constant, K) | (diagonal <= 0)] += largest if largest > 0 else 1
    n = len(H) // K
    common = rounding**0.5 * diagonal.reshape(K, n).mean(axis=0)
    features = np.arange(n)
    H.reshape(K, n, K, n)[:, features, :, features] += common[:, None, None]

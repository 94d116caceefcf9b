"""Decorrelated in some directions alone: where a map of all columns costs too much to begin with.

    H ~ D' diag(l) D + what is at most l_r in any other direction

with the r rows of D orthonormal, found from the products of H with r random vectors (Nystroem). In

    u = (l_r D' diag(sqrt(l / l_r)) D + l_r (1 - D' D)) v,  up to the unit that makes the largest 1,

the strongest directions are curved as much as each other, and no direction more than they are.

References
----------
Frangella, Tropp and Udell, Randomized Nystroem preconditioning, SIAM J. Matrix Anal. Appl. 44,
2023, arXiv:2110.02820, Algorithm 2.1.
"""

import math

import numpy as np
from scipy.linalg import solve_triangular

from .coordinates import Coordinates

# So many directions are found in the time of a few evaluations, as X times many vectors at once.
RANK = 50
# Below so many columns a map of all costs little more.
FEWEST_COLUMNS = 10 * RANK
# Half of what a descent has taken, when the first is made; then as good as its place is near.
FIRST_AT, PERIOD = 16, 32
# Directions that are curved no more than so many times as much as the others are no reason.
LEAST_GAIN = 5


class LowRank(Coordinates):
    """Standardized coordinates v, shortened along orthonormal directions.

        v = unit * (u + D' diag(stretch - 1) D u)

    Parameters
    ----------
    standardized : Standardized
    directions : ndarray of shape (r, n_features + 1)
        D.
    stretch : ndarray of shape (r,)
    unit : float or ndarray of shape (n_classes, 1)
    made_at : tuple
    """

    name = "decorrelated"

    def __init__(self, standardized, directions, stretch, unit, made_at):
        self.standardized, self.made_at = standardized, made_at
        self.directions, self.stretch, self.unit = directions, stretch, unit

    def pack(self, w, b):
        return self._stretched(self.standardized.pack(w, b) / self.unit, 1 / self.stretch)

    def unpack(self, wb):
        return self.standardized.unpack(self._stretched(wb * self.unit, self.stretch))

    def pull_back(self, dw, db):
        return self._stretched(self.standardized.pull_back(dw, db) * self.unit, self.stretch)

    def _stretched(self, v, stretch):
        return v + ((v @ self.directions.T) * (stretch - 1)) @ self.directions

    @staticmethod
    def hessian_bound(mean, deviation, second_derivative_bound, l2):
        # As for a map of all columns, where the directions are the strongest.
        return 4 * second_derivative_bound


class LowRankMaps:
    """Makes such coordinates at the points of a descent."""

    first_at, period = FIRST_AT, PERIOD

    def __init__(self, objective, standardized):
        self.objective, self.standardized = objective, standardized

    @staticmethod
    def pay(objective):
        """Whether so many products take no longer than some evaluations: where X is dense."""
        dense = objective.rows.stored is None and objective.n >= FEWEST_COLUMNS
        return dense and objective.penalty.smooth

    def at(self, w, b, t):
        """The coordinates for a descent from here; standardized ones, if there is no gain."""
        dtype = self.standardized.scale.dtype
        # Fixed, so that a descent that goes on from a checkpoint has the same.
        test = np.random.default_rng(0).standard_normal((RANK, self.objective.n + 1))
        test = np.linalg.qr(test.T)[0].T
        product = self.objective.mean_hessian_product(w, b)
        dW, dc, of_class = product(*self.standardized.unpack(test.astype(dtype)))
        image = self.standardized.pull_back(dW, dc).astype(np.float64)
        directions, curvature = _eigenpairs(image, test)
        least = curvature[-1]
        if not (least > 0 and curvature[0] > LEAST_GAIN * least):
            return self.standardized.made(t, w, b)
        unit = 1 / math.sqrt(least)
        if np.ndim(of_class):
            unit = unit / np.sqrt(of_class / of_class.mean())[:, None]
        stretch = np.sqrt(least / curvature)
        converted = (np.asarray(each, dtype) for each in (directions, stretch, unit))
        return LowRank(self.standardized, *converted, (t, w, b))


def _eigenpairs(image, test):
    """The directions and curvatures of H, of which `image` is the product with `test`."""
    # A little is added to every direction, and taken off again, so that the root exists.
    shift = math.sqrt(image.shape[1]) * np.finfo(float).eps * np.linalg.norm(image)
    image = image + shift * test
    core = test @ image.T
    root = np.linalg.cholesky((core + core.T) / 2)
    thin = solve_triangular(root, image, lower=True)
    _, singular, directions = np.linalg.svd(thin, full_matrices=False)
    return directions, np.maximum(np.square(singular) - shift, 0)

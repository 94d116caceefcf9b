"""The lasso between bounds, and with entries that have no threshold.

    argmin_x  1/2 x' H x - q . x + sum_j threshold_j |x_j|,      low <= x <= high

Beside the quadratic, the function of an entry is straight between its edges: the bounds, and 0
where there is a threshold. Were it known who is at which edge, the others would be the solution of
linear equations; so that is guessed, solved for and corrected as in lasso.py, where 0 is the one
edge.
"""

import numpy as np
from scipy.linalg.lapack import dposv

from .._objective.penalty import slopes

# What a slope of 0 may be off by, beside the numbers that it is a difference of.
ROUNDING = 1e-12
# Who is at which bound without thresholds is known after so many guesses, or left to the slow way.
MOST_GUESSES = 10


def bounded_lasso(H, q, threshold, low, high, x):
    """The argmin, looked for from x on: the nearer that is, the sooner it is found.

    Parameters
    ----------
    H : ndarray of shape (n, n)
        Symmetric and positive definite.
    q, threshold, low, high, x : ndarray of shape (n,)
        No threshold is negative, no low above its high, and x is between them.
    """
    x = x.astype(np.float64)
    if not threshold.any():
        z = _between_bounds(H, q, low, high, x)
        if z is not None:
            return z
    box = _Box(H, q, threshold, low, high)
    free = box.between_edges(x)
    # Where some are free, who else should be is seen when they have settled.
    wanted = np.zeros(len(x)) if free.any() else box.wanted(x)
    alone = False
    while True:
        x, left_edge = box.settled(x, wanted)
        still_wanted = box.wanted(x)
        if not still_wanted.any() or (alone and not left_edge):
            return x
        # Those that leave their edges together may all be in each other's way. One that leaves it
        # alone is not, beside others that have settled.
        alone = wanted.any() and not left_edge
        wanted = still_wanted
        if alone:
            wanted = np.where(np.arange(len(x)) == box.steepest(x, wanted), wanted, 0)


def _between_bounds(H, q, low, high, x):
    """The argmin without thresholds, mostly; None where guesses go round in circles.

    Who is at a bound is guessed from where each entry alone would go, until the guess is confirmed.
    It takes few guesses, and none but the first once the descent has found its bounds.

    References
    ----------
    Hintermueller, Ito and Kunisch, The primal-dual active set strategy as a semismooth Newton
    method, SIAM J. Optim. 13, 2002.
    """
    diagonal = H.reshape(-1)[:: len(H) + 1]
    slope = H @ x - q
    at_low, at_high = (x <= low) & (slope >= 0), (x >= high) & (slope <= 0)
    for _ in range(MOST_GUESSES):
        at_bound = np.where(at_low, low, np.where(at_high, high, x))
        z = _solved(H, q, at_bound, ~(at_low | at_high))
        aim = z - (H @ z - q) / diagonal
        now_low, now_high = aim <= low, aim >= high
        if (now_low == at_low).all() and (now_high == at_high).all():
            return z
        at_low, at_high = now_low, now_high & ~now_low
    return None


def _solved(H, right, x, free):
    """Where the slopes of the free entries are 0, and the others stay as they are."""
    z = x.copy()
    (on,) = free.nonzero()
    if not len(on):
        return z
    if len(on) < len(x):
        right = (right - H @ np.where(free, 0, x))[on]
        H = H[on[:, None], on]
    # In LAPACK's order of the entries a symmetric matrix is the same.
    _, z[on], failed = dposv(H.T, right)
    if failed:
        raise np.linalg.LinAlgError("the second derivatives are not positive definite")
    return z


class _Box:
    def __init__(self, H, q, threshold, low, high):
        self.H, self.q, self.threshold, self.low, self.high = H, q, threshold, low, high
        self.rounding = ROUNDING * (threshold + np.abs(q))

    def between_edges(self, x):
        below, above = slopes(x, self.threshold, self.low, self.high)
        return below == above

    def _falls(self, x):
        """How steeply the function falls upwards and downwards of each entry."""
        slope = self.H @ x - self.q
        below, above = slopes(x, self.threshold, self.low, self.high)
        return -slope - above, slope + below

    def wanted(self, x):
        """Which way the function falls from an edge, by more than rounding: 1, -1, or 0."""
        up, down = self._falls(x)
        at_edge = ~self.between_edges(x)
        return np.where(
            at_edge & (up > self.rounding), 1.0, np.where(at_edge & (down > self.rounding), -1.0, 0)
        )

    def steepest(self, x, wanted):
        """Who falls the most, of those that are wanted."""
        return np.where(wanted != 0, np.maximum(*self._falls(x)), -np.inf).argmax()

    def settled(self, x, wanted):
        """A point that is the lowest for who is at an edge there, and whether any wanted has left.

        It is no higher than x; only the wanted may leave their edges.
        """
        start, free = x, self.between_edges(x) | (wanted != 0)
        while True:
            side = self._side(x, wanted)
            z = self._solved(x, free, side)
            # Who leaves the edge in the other direction stays there instead.
            contradicted = free & (wanted != 0) & ((z - x) * wanted <= 0)
            if not contradicted.any():
                break
            free &= ~contradicted
        while True:
            left, right = self._piece(side)
            beyond = free & ((z < left) | (z > right))
            if not beyond.any():
                return z, bool((z != start)[wanted != 0].any())
            lower = self._lower(x, z, np.clip(z, left, right), beyond)
            if lower is None:  # all that is left is rounding
                return x, False
            x = lower
            free, side = self.between_edges(x), self._side(x, 0)
            z = self._solved(x, free, side)

    def _side(self, x, wanted):
        """The side of 0 that an entry is on or goes to, where that makes a difference."""
        return np.where(self.threshold > 0, np.where(x == 0, wanted, np.sign(x)), 0)

    def _piece(self, side):
        """From where to where the function of an entry is one quadratic."""
        left = np.where(side > 0, np.maximum(self.low, 0), self.low)
        right = np.where(side < 0, np.minimum(self.high, 0), self.high)
        return left, right

    def _solved(self, x, free, side):
        """The minimum, did no entry meet an edge, and were only these free."""
        return _solved(self.H, self.q - self.threshold * side, x, free)

    def _lower(self, x, z, cut, beyond):
        """A point lower than x, with more entries at edges; None if none is found.

        Mostly that is z with all that are beyond an edge at it. Where it is not, the way to z is
        gone until the first of them is there: so far the function is the one that z minimizes, and
        falls.
        """
        if self._rise(x, cut) < 0:
            return cut
        (leaving,) = beyond.nonzero()
        d = z - x
        t = (cut - x)[leaving] / d[leaving]
        first = x + t.min() * d
        reached = leaving[t.argmin()]
        first[reached] = cut[reached]
        return first if self._rise(x, first) < 0 else None

    def _rise(self, x, there):
        """The function there, less that at x: near the minimum, its differences are rounding."""
        s = there - x
        slope = self.H @ x - self.q
        return s @ (slope + self.H @ s / 2) + self.threshold @ (np.abs(there) - np.abs(x))

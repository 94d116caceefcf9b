"""The lasso on a matrix that is small enough to solve equations with, to the last digits.

    argmin_x  1/2 x' H x - q . x + sum_j threshold_j |x_j|

Were the signs of its entries known, those that are not 0 would be the solution of linear equations.
So signs are guessed, solved for and corrected. Corrected without more ado they go round in circles
where columns are collinear; here the function falls each time, so that no guess comes back. It is a
matter of a few solutions. Coordinate descent, which has no equations to solve, would take hundreds
of thousands of sweeps for some of the matrices that one-hot columns make.
"""

import numpy as np
from scipy.linalg.lapack import dposv


def lasso(H, q, threshold, x):
    """The argmin, looked for from x on: the nearer that is, the sooner it is found.

    Parameters
    ----------
    H : ndarray of shape (n, n)
        Symmetric and positive definite.
    q, threshold, x : ndarray of shape (n,)
        No threshold is negative.

    References
    ----------
    Lee, Battle, Raina and Ng, Efficient sparse coding algorithms, NIPS 2006, Algorithm 1, where
    one entry leaves 0 at a time.
    """
    slope = H @ x - q
    # Where there is a support, who else should be in it is seen when it has settled.
    wanted = np.zeros(len(x), bool) if np.count_nonzero(x) else _wanted(x, slope, threshold)
    alone = False
    while True:
        x, entered = _settled(H, q, threshold, x, slope, wanted)
        slope = H @ x - q
        still_wanted = _wanted(x, slope, threshold)
        if not np.count_nonzero(still_wanted) or (alone and not entered):
            return x
        # Entries that leave 0 together may all be in each other's way. One that leaves it alone
        # is not, beside others that have settled.
        alone = np.count_nonzero(wanted) and not entered
        wanted = still_wanted
        if alone:
            wanted = np.arange(len(x)) == np.where(wanted, np.abs(slope) - threshold, 0).argmax()


def _wanted(x, slope, threshold):
    """The entries at 0 from where the function falls, by more than rounding."""
    return (x == 0) & (np.abs(slope) > (1 + 1e-10) * threshold)


def _settled(H, q, threshold, x, slope, wanted):
    """A point that is the lowest of its signs, lower than x, and how many that were wanted are in.

    Only the wanted may leave 0.
    """
    signs = np.where(wanted, -np.sign(slope), np.sign(x))
    z = _solved(H, q, threshold, signs)
    entered = np.count_nonzero(wanted)
    while entered:
        # Who leaves 0 in the other direction stays there instead.
        contradicted = wanted & (signs != 0) & (z * signs <= 0)
        if not np.count_nonzero(contradicted):
            break
        signs[contradicted] = 0
        entered = np.count_nonzero(signs[wanted])
        z = _solved(H, q, threshold, signs)
    while True:
        changed = np.sign(z) != signs
        if not np.count_nonzero(changed):
            return z, entered
        lower = _lower(H, threshold, x, z, slope, changed)
        if lower is None:  # all that is left is rounding
            return x, 0
        x = lower
        slope = H @ x - q
        signs = np.sign(x)
        entered = np.count_nonzero(signs[wanted])
        z = _solved(H, q, threshold, signs)


def _solved(H, q, threshold, signs):
    """The minimum, were these the signs."""
    z = np.zeros(len(q))
    on = signs.nonzero()[0]
    if len(on):
        # In LAPACK's order of the entries a symmetric matrix is the same.
        block = H[on[:, None], on].T
        right = (q - threshold * signs)[on]
        _, z[on], failed = dposv(block, right, overwrite_a=True, overwrite_b=True)
        if failed:
            raise np.linalg.LinAlgError("the second derivatives are not positive definite")
    return z


def _lower(H, threshold, x, z, slope, changed):
    """A point lower than x, with more entries at 0 and fewer of other signs; None if none is found.

    Mostly that is z with 0 in place of all entries that have changed their sign. Where it is not,
    the way to z is gone, and those that come to 0 on it stay there: until the first of them does
    the function is the one that z minimizes, and falls; often it still does long after.
    """
    cut = np.where(changed, 0.0, z)
    if _rise(H, threshold, x, cut, slope) < 0:
        return cut
    d = z - x
    leaving = changed.nonzero()[0]
    at_zero = -x[leaving] / d[leaving]
    # As far as the first of them, the second, the fourth, the eighth, ... goes.
    ranks = 2 ** np.arange(len(leaving).bit_length()) - 1
    t = np.sort(at_zero)[ranks, None]
    points = x + t * d
    points[:, leaving] = np.where(at_zero <= t, 0.0, points[:, leaving])
    rises = _rise(H, threshold, x, points, slope)
    lowest = rises.argmin()
    return points[lowest] if rises[lowest] < 0 else None


def _rise(H, threshold, x, there, slope):
    """The function there, less that at x: near the minimum, differences of values are rounding."""
    s = there - x
    return (s * (slope + s @ H / 2)).sum(axis=-1) + (np.abs(there) - np.abs(x)) @ threshold

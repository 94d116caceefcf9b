"""How far directions of (w, b) move rows towards their own class, and the rows that tell the most.

The margins of a row are z of its own class less z of each other one; for two classes z or -z.
Shapes: w (d, n) and b (d,) for d directions of two classes, (d, K, n) and (d, K) for K.
"""

import numpy as np

from .objective import linear_in


def margins(z, y):
    """Of z (d, m) or (d, K, m): (d, 1, m), or (d, K - 1, m)."""
    if z.ndim == 2:
        return (z * (2 * y - 1))[:, None, :]
    _, K, m = z.shape
    y = y.astype(np.intp)
    others = (y + np.arange(1, K)[:, None]) % K
    rows = np.arange(m)
    return z[:, y, rows][:, None, :] - z[:, others, rows]


def sample_in(part, stride):
    """The rows of a sample that have a weight, and their labels."""
    sample = part.sample(stride)
    return _chosen(part, sample.X, sample.y, part.on_host(sample.share) > 0)


def _chosen(part, X, y, chosen):
    """Some rows as an array of float64, and their labels."""
    (places,) = np.nonzero(chosen)
    X = part.rows_at(X, places)
    X = X.toarray() if hasattr(X, "toarray") else part.on_host(X)
    return np.asarray(X, np.float64), part.on_host(y)[places]


def placed_in(part, w, b, shape, near, most):
    """What directions do to the rows of a part, and rows that they leave open.

    The classes of all directions are rows of w, which `shape` tells apart: (3,) or (3, K). Of the
    three directions the first is to be judged, by its margins. The second is one that moves
    all rows that are not known to stay where they are; the third should move none.

    Returns
    -------
    counts : ndarray of 3 int
        The rows that have a weight; those that the first direction moves towards their own class
        beside every other; and those that it moves away from some.
    rows : list of (score, X, y)
        Some of the open rows, at most `most`: those that it moves towards another class, or leaves
        where they are though the second does not; or that the third moves.
    """
    counts, found = np.zeros(3, dtype=np.int64), []
    for block in part.blocks:
        z = part.on_host(linear_in(block, w, b, part.xp)).reshape(*shape, -1)
        y, present = part.on_host(block.y), part.on_host(block.share) > 0
        judged, moved, unmoved = margins(z.astype(np.float64), y)
        ahead = judged > near
        counts += [
            present.sum(),
            (present & ahead.all(axis=0)).sum(),
            (present & ahead.any(axis=0)).sum(),
        ]
        is_open = (judged < -near) | (~ahead & (np.abs(moved) > near)) | (np.abs(unmoved) > near)
        is_open &= present
        if is_open.any():
            score = np.where(is_open, near - judged, -np.inf).max(axis=0)
            best = _largest(score, most)
            X = getattr(block.X, "rows", block.X)
            found.append((score[best], *_chosen(part, X, block.y, best)))
    return counts, found


def _largest(score, most):
    """Which of the finite scores are among the largest."""
    chosen = score > -np.inf
    if chosen.sum() > most:
        chosen &= score >= np.partition(score, -most)[-most]
    return chosen


def gathered(a, b):
    """What two parts have come to."""
    return a[0] + b[0], a[1] + b[1]


def stacked(found, most):
    """X and y of the rows with the largest scores."""
    score, X, y = (np.concatenate(each) for each in zip(*found, strict=True))
    chosen = np.argsort(-score, kind="stable")[:most]
    return X[chosen], y[chosen]

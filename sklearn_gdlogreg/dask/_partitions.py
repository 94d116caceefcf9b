"""One partition of a Dask collection: what is done to it, wherever it is."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._check import check_fits, check_labels, check_rows, check_weights, quiet
from .._objective.cross_entropy import labels_for_loss
from .._objective.rows import Part, cut_into_parts, stored_bytes
from .._objective.weights import row_shares


class Partition:
    """A partition as it was loaded: rows of X as floats, their labels, and weights or None."""

    def __init__(self, X, y, weights):
        self.X, self.y, self.weights = X, y, weights

    def __sizeof__(self):
        """What it costs to send it elsewhere: Dask's scheduler asks."""
        return stored_bytes(self.X) + self.y.nbytes


class Summary(NamedTuple):
    """What has to be known of a partition before its labels can be told apart."""

    m: int
    n: int
    dtype: np.dtype
    is_sparse: bool
    labels: np.ndarray
    counts: np.ndarray
    greatest_weight: float


def load(X, y, weights, number, caller):
    """A partition, checked."""
    if hasattr(X, "tocsr"):
        X = X.tocsr()
    if X.shape[0] == 0 and len(y) == 0:
        return Partition(np.empty((0, X.shape[1])), np.empty(0, np.asarray(y).dtype), None)
    try:
        if X.shape[0] != len(y) or (weights is not None and len(weights) != len(y)):
            rows = [X.shape[0], len(y)] + ([] if weights is None else [len(weights)])
            raise ValueError(
                f"X, y and the weights must have the same rows; they have {rows}. Make them from "
                "one collection, or rechunk them alike"
            )
        X, y = check_rows(X, y, caller)
        check_labels(y)
        weights = check_weights(weights, X, all_zero=True)
    except ValueError as error:
        raise ValueError(f"Partition {number}: {error}") from error
    if isinstance(X, np.ndarray):
        # What one worker sent another begins anywhere in memory, and products take twice as long.
        X = np.require(X, requirements="A")
    return Partition(X, y, weights)


def summary(partition):
    """What has to be known of a partition before its labels can be told apart."""
    labels, counts = np.unique(partition.y, return_counts=True)
    weights = partition.weights
    greatest = 1.0 if weights is None else float(weights.max(initial=0))
    X = partition.X
    return Summary(*X.shape, X.dtype, sparse.issparse(X), labels, counts, greatest)


class Chosen(NamedTuple):
    """Which rows of a partition are meant.

    Attributes
    ----------
    aside : ndarray of shape (n_classes,)
        How many of each class are set aside.
    seed : SeedSequence
        Decides which ones.
    which : {"others", "aside"}
        Those that are set aside, or all, the others with a weight.
    """

    aside: np.ndarray
    seed: np.random.SeedSequence
    which: str

    def rows(self, codes):
        """The numbers of the rows that are set aside."""
        rng = np.random.default_rng(self.seed)
        return np.sort(
            np.concatenate(
                [
                    rng.choice(np.flatnonzero(codes == k), n, replace=False)
                    for k, n in enumerate(self.aside)
                ]
            )
        )


def coded(partition, classes, chosen):
    """X, the codes and the weights of the chosen rows."""
    X, weights = partition.X, partition.weights
    codes = np.searchsorted(classes, partition.y)
    if chosen is None:
        return X, codes, weights
    rows = chosen.rows(codes)
    if chosen.which == "aside":
        return X[rows], codes[rows], None if weights is None else weights[rows]
    weights = np.ones(len(codes)) if weights is None else weights.copy()
    weights[rows] = 0
    return X, codes, weights


def class_totals(partition, classes, greatest, chosen):
    """The sum of the weights of every class, in units of the greatest weight of all."""
    _, codes, weights = coded(partition, classes, chosen)
    weights = weights if weights is None else weights / greatest
    return np.bincount(codes, weights, minlength=len(classes))


def part(partition, classes, dtype, is_sparse, share_of_class, greatest, chosen, first):
    """A partition, ready to be added up.

    Parameters
    ----------
    is_sparse : bool
        Whether any partition is.
    share_of_class : ndarray of shape (n_classes,)
        The share of a row of weight 1, for each class.
    """
    X, codes, weights = coded(partition, classes, chosen)
    if X.dtype != dtype:
        with quiet():
            X = X.astype(dtype)
        check_fits(np.isfinite(X.data if sparse.issparse(X) else X).all(), dtype)
    if is_sparse and not sparse.issparse(X):
        X = sparse.csr_array(X)  # as other partitions are
    share = row_shares(codes, share_of_class, weights, greatest, dtype)
    return Part(X, labels_for_loss(codes, len(classes), dtype), share, first)


def cut(partitions):
    """Parts as small as those of arrays in memory are, for threads to share."""
    return [
        small
        for each in partitions
        for small in cut_into_parts(each.X, each.y, each.share, first=each.first)
    ]

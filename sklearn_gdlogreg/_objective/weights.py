"""What a row counts: one formula for its share of the mean.

    share_i = s_i / sum_j s_j,    s_i = weight_i * weight of the class of i

Sums of weights can overflow or be too small to divide by, so both factors are in units of their
largest.
"""

import numpy as np


def weight_unit(weights):
    """The largest weight, which the others are divided by."""
    return 1.0 if weights is None else float(weights.max())


def class_totals(codes, weights, n_classes):
    """The sum of the weights of every class, in units of the largest weight."""
    if weights is not None:
        weights = weights / weight_unit(weights)
    return np.bincount(codes, weights, minlength=n_classes)


def class_shares(totals, of_class, unit):
    """The share of a row of weight 1 in each class, and the sum of all weights.

    Parameters
    ----------
    totals : ndarray of shape (n_classes,)
        The sum of the weights of every class, in `unit`.
    of_class : ndarray of shape (n_classes,), or None
        The weights of the classes.
    unit : float
        What a weight of 1 stands for in `totals`.
    """
    of_class = np.ones(len(totals)) if of_class is None else of_class
    largest = float(of_class.max())
    of_class = of_class / largest
    total = float(of_class @ totals)
    return of_class / total, total * largest * unit


def equal_shares(share, m):
    """One share for each of m rows, in an array that takes the memory of one."""
    return np.broadcast_to(share, m)


def common_share(shares):
    """The share of every row, where `equal_shares` made them; None where they may differ."""
    return shares[..., 0] if shares.strides[-1] == 0 else None


def row_shares(codes, share_of_class, weights, unit, dtype):
    """The share of every row."""
    if weights is None and share_of_class.min() == share_of_class.max():
        return equal_shares(dtype.type(share_of_class[0]), len(codes))
    shares = share_of_class[codes]
    return (shares if weights is None else shares * (weights / unit)).astype(dtype)


def weighting(codes, n_classes, weights, of_class, dtype):
    """The share of every row, and the sum of the weights."""
    if weights is None and of_class is None:
        m = len(codes)
        return equal_shares(dtype.type(1 / m), m), float(m)
    unit = weight_unit(weights)
    totals = class_totals(codes, weights, n_classes)
    share_of_class, total = class_shares(totals, of_class, unit)
    return row_shares(codes, share_of_class, weights, unit, dtype), total

"""Examples: rows with their labels and weights, as a fit needs them.

Whoever has examples elsewhere than in memory gives the same methods.
"""

import math
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight

from .._check import check_fits, is_mapped, quiet
from .._objective.in_memory import InMemory


@dataclass(frozen=True)
class Examples:
    """Examples in memory, or mapped into it.

    Attributes
    ----------
    X : ndarray or CSR of shape (m, n), float32 or float64
    y : ndarray of shape (m,)
        The labels.
    weights : None or float64 ndarray of shape (m,)
    classes : ndarray of shape (n_classes,)
        Of these examples, or of those that they are to be compared with.
    codes : ndarray of shape (m,)
        Where in `classes` each label is.
    names : ndarray of shape (n,), or None
        Of the features.
    """

    X: object
    y: np.ndarray
    weights: np.ndarray | None
    classes: np.ndarray
    codes: np.ndarray
    names: np.ndarray | None

    @property
    def m(self):
        return self.X.shape[0]

    @property
    def n(self):
        return self.X.shape[1]

    @property
    def dtype(self):
        return self.X.dtype

    @property
    def has_weight(self):
        """Whether any of them counts."""
        return self.weights is None or bool(self.weights.any())

    def class_totals(self):
        """The sum of the weights of every class, in units of the largest weight."""
        weights = self.weights
        if weights is not None:
            weights = weights / weights.max()
        return np.bincount(self.codes, weights, minlength=len(self.classes))

    def rows(self, of_class=None, n_jobs=None):
        """To be added up, each row counting by its weight times that of its class."""
        weights, unit = self._weights_of_rows(of_class)
        return InMemory.of(
            self.X,
            self.codes,
            len(self.classes),
            sample_weight=weights,
            weight_unit=unit,
            n_jobs=n_jobs,
        )

    def _weights_of_rows(self, of_class):
        """Weight times class weight for every row, and the unit that they are in."""
        weights = self.weights
        if of_class is None:
            return weights, 1.0
        # Both factors in units of their largest: no product of theirs overflows.
        of_row, unit = of_class[self.codes], 1.0
        if weights is not None:
            unit = float(weights.max())
            weights = weights / unit
        largest = float(of_row.max())
        if largest > 0:
            of_row, unit = of_row / largest, unit * largest
        return of_row if weights is None else weights * of_row, unit

    def split(self, fraction, random_state):
        """Some to learn from and some to stop by, stratified by class.

        Those to learn from are all of them, without a copy of X; the others have weight 0 there.
        """
        aside = set_aside(self.y, fraction, random_state)
        weights = np.ones(self.m) if self.weights is None else self.weights.copy()
        others = replace(
            self,
            X=self.X[aside],
            y=self.y[aside],
            codes=self.codes[aside],
            weights=None if self.weights is None else weights[aside],
        )
        weights[aside] = 0
        return replace(self, weights=weights), others

    def name_of(self, j):
        """What to call a column in a message."""
        return f"column {j}" if self.names is None else repr(self.names[j])

    def attributes(self, attributes):
        """Of a fitted estimator, as arrays of the library that X is of."""
        return attributes


def set_aside(labels, fraction, random_state):
    """The numbers of the rows to stop by, stratified by class."""
    try:
        _, aside = train_test_split(
            np.arange(len(labels)),
            test_size=fraction,
            stratify=labels,
            random_state=random_state,
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} cannot be set aside for early stopping: {error} "
            "Change it, or pass X_val and y_val."
        ) from error
    return aside


def shares_of_classes(totals, of_class, unit):
    """Of a row of weight 1 in each class, its share of the mean; and the sum of all weights.

    Parameters
    ----------
    totals : ndarray of shape (n_classes,)
        The sum of the weights of every class, in `unit`.
    of_class : ndarray of shape (n_classes,), or None
        What else a row of each class counts.
    unit : float
    """
    of_class = np.ones(len(totals)) if of_class is None else of_class
    largest = float(of_class.max())  # in units of it: no product overflows
    of_class = of_class / largest
    total = float(of_class @ totals)
    return of_class / total, total * largest * unit


def to_stop_by(examples, X, y, weights):
    """Other examples, in memory, of the same features and classes, to stop a descent by."""
    check_same_number("X_val", X.shape[1], examples)
    check_known_labels(np.unique(y), examples.classes)
    if not is_mapped(X):
        with quiet():
            X = X.astype(examples.dtype, copy=False)
    check_fits(np.isfinite(X.data if issparse(X) else X).all(), X.dtype)
    codes = np.searchsorted(examples.classes, y)
    return Examples(X, y, weights, examples.classes, codes, examples.names)


def check_same_number(name, n, examples):
    """Refuse other features."""
    if n != examples.n:
        raise ValueError(
            f"{name} has {n} features, but X has {examples.n}; they must be the same columns."
        )


def check_known_labels(labels, classes):
    """Refuse labels of which nothing was learned."""
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(f"y_val has labels that y has not: {unknown[:5].tolist()}.")


def check_has_weight(examples, what):
    """Refuse examples of which none counts."""
    if not examples.has_weight:
        raise ValueError(f"All examples to {what} have weight 0; give some a weight.")


def _is_weight(value):
    """Whether it is a finite number that is not negative."""
    try:
        # Compared as a Python number: NumPy would make the other side as small as a float32.
        return isinstance(value, Real) and 0 <= float(value) < math.inf
    except OverflowError:  # an integer of many digits
        return False


def class_weights(class_weight, examples):
    """Weights of the classes, of shape (n_classes,); None if all are 1.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
    examples : Examples, or the like
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, dict) and not all(
        _is_weight(value) for value in class_weight.values()
    ):
        raise ValueError(
            f"class_weight must hold finite numbers that are not negative; got {class_weight}."
        )
    classes, totals = examples.classes, examples.class_totals()
    # One example of each class stands for all of them, with their weight. "balanced" divides by
    # it, and it may be 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        of_class = compute_class_weight(
            class_weight, classes=classes, y=classes, sample_weight=totals
        )
    # Of a class without weight nothing is learned, and nothing that is asked of it counts.
    of_class = np.where(totals > 0, of_class, 0)
    if not of_class.any():
        raise ValueError(
            f"class_weight={class_weight} leaves every example with weight 0; give the classes of "
            "y positive weights."
        )
    return of_class

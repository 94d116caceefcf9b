"""Examples in memory: rows with their labels and weights, as a fit needs them.

Whoever has examples elsewhere gives the same attributes and methods.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split

from .._check import (
    check_classes,
    check_fits,
    check_labels,
    check_rows,
    check_weights,
    is_mapped,
    on_host,
    quiet,
)
from .._objective.in_memory import InMemory
from .._objective.weights import class_totals
from .schema import Schema, feature_names


@dataclass(frozen=True)
class Examples:
    """Examples in memory, or mapped into it.

    Attributes
    ----------
    X : ndarray or CSR of shape (m, n), float32 or float64
    codes : ndarray of shape (m,)
        Where in `schema.classes` each label is.
    weights : None or float64 ndarray of shape (m,)
    schema : Schema
        Of these examples, or of those that they are to be compared with.
    """

    X: object
    codes: np.ndarray
    weights: np.ndarray | None
    schema: Schema

    @classmethod
    def checked(cls, X, y, sample_weight, caller):
        """Examples to learn from, as a user passes them."""
        y, sample_weight = on_host(y), on_host(sample_weight)
        names = feature_names(X)
        X, y = check_rows(X, y, caller)
        check_labels(y)
        classes = np.unique(y)
        check_classes(classes)
        weights = check_weights(sample_weight, X)
        schema = Schema(classes, names, X.shape[1], X.dtype)
        return cls(X, np.searchsorted(classes, y), weights, schema)

    @classmethod
    def checked_like(cls, schema, X, y, sample_weight, caller):
        """Examples of the same features and classes, to stop a descent by."""
        schema.check_names(X, caller)
        X, y = check_rows(on_host(X), on_host(y), caller)
        weights = check_weights(on_host(sample_weight), X)
        schema.check_number("X_val", X.shape[1])
        schema.check_labels(np.unique(y))
        if not is_mapped(X):
            with quiet():
                X = X.astype(schema.dtype, copy=False)
        check_fits(np.isfinite(X.data if issparse(X) else X).all(), X.dtype)
        return cls(X, np.searchsorted(schema.classes, y), weights, schema)

    @property
    def m(self):
        return self.X.shape[0]

    @property
    def has_weight(self):
        """Whether any of them counts."""
        return self.weights is None or bool(self.weights.any())

    def class_totals(self):
        """The sum of the weights of every class, in units of the largest weight."""
        return class_totals(self.codes, self.weights, len(self.schema.classes))

    def rows(self, of_class=None, n_jobs=None):
        """To be added up, each row counting by its weight times that of its class."""
        return InMemory.of(
            self.X,
            self.codes,
            len(self.schema.classes),
            sample_weight=self.weights,
            of_class=of_class,
            n_jobs=n_jobs,
        )

    def split(self, fraction, random_state):
        """Some to learn from and some to stop by, stratified by class.

        Those to learn from are all of them, without a copy of X; the others have weight 0 there.
        """
        aside = set_aside(self.codes, fraction, random_state)
        weights = np.ones(self.m) if self.weights is None else self.weights.copy()
        others = replace(
            self,
            X=self.X[aside],
            codes=self.codes[aside],
            weights=None if self.weights is None else weights[aside],
        )
        weights[aside] = 0
        return replace(self, weights=weights), others


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
            f"validation_fraction={fraction} cannot be set aside for early stopping: "
            f"{str(error).removesuffix('.')}. Change it, or pass X_val and y_val."
        ) from error
    return aside

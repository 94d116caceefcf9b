"""What a model knows of its examples when they are gone: their features and their classes."""

import copy
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import validate_data

from .._sklearn import _get_feature_names


@dataclass(frozen=True)
class Schema:
    """The features and the classes of examples.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    names : ndarray of shape (n,), or None
        The names of the features, where they have any.
    n : int
        How many features there are.
    dtype : dtype
        NumPy's name of what X is made of.
    """

    classes: np.ndarray
    names: np.ndarray | None
    n: int
    dtype: np.dtype

    def column_name(self, j):
        """What to call a column in a message."""
        return f"column {j}" if self.names is None else repr(self.names[j])

    def attributes(self, attributes):
        """A fitted estimator's attributes, as arrays of the library that X is of."""
        return attributes

    def check_names(self, X, caller):
        """Refuse features of other names."""
        if self.names is not None:
            seen = copy.copy(caller)
            seen.n_features_in_, seen.feature_names_in_ = self.n, self.names
            validate_data(seen, X, reset=False, skip_check_array=True)

    def check_number(self, name, n):
        """Refuse another number of features."""
        if n != self.n:
            raise ValueError(
                f"{name} has {n} features, but X has {self.n}; they must be the same columns."
            )

    def check_labels(self, labels):
        """Refuse labels of which nothing was learned."""
        unknown = np.setdiff1d(labels, self.classes)
        if len(unknown):
            raise ValueError(f"y_val has labels that y has not: {unknown[:5].tolist()}.")


def feature_names(X):
    """The names that scikit-learn would find; plain arrays have none."""
    return None if isinstance(X, np.ndarray | list | tuple) else _get_feature_names(X)

"""Examples in arrays of another library than NumPy, which stay on their device."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import check_X_y
from sklearn.utils.multiclass import check_classification_targets

from .._check import (
    check_classes,
    check_fits,
    check_weights,
    library_of,
    on_host,
    quiet,
    without_gradient,
)
from .._objective.weights import class_shares
from .._sklearn import (
    get_namespace,
    get_namespace_and_device,
    move_to,
    supported_float_dtypes,
)
from .array_api import DevicePart, Namespace, OnDevice
from .examples import Examples, set_aside
from .schema import Schema

# The size of a block's temporaries, of which there are a few: far more than a cache, as the cost of
# a call is what counts on a GPU.
BLOCK_BYTES = 2**28


@dataclass(frozen=True)
class ArraySchema(Schema):
    """The schema of examples in arrays of another library; the labels may be in any.

    Attributes
    ----------
    xp : Namespace
        The library and device of X.
    of_labels : tuple
        The library and device of y.
    """

    xp: Namespace
    of_labels: tuple

    def attributes(self, attributes):
        return {name: self._attribute(name, value) for name, value in attributes.items()}

    def _attribute(self, name, value):
        if not isinstance(value, np.ndarray):
            return value
        if name == "classes_":
            xp, device = self.of_labels
            return move_to(value, xp=xp, device=device) if value.dtype.kind in "biuf" else value
        if value.dtype == np.float64 and self.xp.widest == self.xp.xp.float32:
            value = value.astype(np.float32)  # the device has nothing wider
        return self.xp.xp.asarray(value, device=self.xp.device)


@dataclass(frozen=True)
class ArrayExamples(Examples):
    """Examples in arrays of another library: X, codes and weights are on its device."""

    @classmethod
    def checked(cls, X, y, sample_weight, caller):
        X, y, weights, xp = _checked(X, y, sample_weight, library_of(X), caller)
        classes = _labels(y)
        check_classes(classes)
        y_xp, _, y_device = get_namespace_and_device(y)
        dtype = on_host(X[:1, :1]).dtype
        schema = ArraySchema(classes, None, X.shape[1], dtype, xp, (y_xp, y_device))
        return cls(X, _codes(y, classes, xp), weights, schema)

    @classmethod
    def checked_like(cls, schema, X, y, sample_weight, caller):
        library, expected = library_of(X), schema.xp.xp
        if library is None or library[0].__name__ != expected.__name__:
            raise ValueError(
                f"X_val must be an array of {expected.__name__}, as X is; got {type(X)}."
            )
        X, y, weights, xp = _checked(X, y, sample_weight, library, caller)
        schema.check_number("X_val", X.shape[1])
        schema.check_labels(_labels(y))
        with quiet():
            X = xp.xp.astype(X, getattr(xp.xp, schema.dtype.name))
        check_fits(bool(xp.xp.all(xp.xp.isfinite(X))), X.dtype)
        return cls(X, _codes(y, schema.classes, xp), weights, replace(schema, xp=xp))

    @property
    def has_weight(self):
        return self.weights is None or bool(self._xp.count_nonzero(self.weights > 0))

    @property
    def _xp(self):
        return self.schema.xp

    def class_totals(self):
        own = [self.codes == k for k in range(len(self.schema.classes))]
        if self.weights is None:
            return np.array([int(self._xp.count_nonzero(rows)) for rows in own])
        weights = self.weights / self._greatest
        return np.array([float(self._xp.sum(self._xp.where(rows, weights, 0.0))) for rows in own])

    @property
    def _greatest(self):
        return 1.0 if self.weights is None else float(self._xp.max(self.weights, axis=0))

    def rows(self, of_class=None, n_jobs=None):
        xp, K, dtype = self._xp, len(self.schema.classes), self.schema.dtype
        of_class, total = class_shares(self.class_totals(), of_class, self._greatest)
        of_class = xp.xp.asarray(of_class, dtype=xp.widest, device=xp.device)
        share = xp.take(of_class, self.codes, axis=0)
        if self.weights is not None:
            share = share * (self.weights / self._greatest)
        share = xp.xp.astype(share, self.X.dtype)
        y = xp.xp.astype(self.codes, self.X.dtype) if K == 2 else self.codes
        length = max(1, BLOCK_BYTES // (dtype.itemsize * (1 if K == 2 else K)))
        return OnDevice(DevicePart(self.X, y, share, xp, length), K, total, dtype)

    def split(self, fraction, random_state):
        aside = set_aside(on_host(self.codes), fraction, random_state)
        xp = self._xp
        keeps = np.ones(self.m, self.schema.dtype)
        keeps[aside] = 0
        keeps = xp.xp.asarray(keeps, device=xp.device)
        aside = xp.xp.asarray(aside, device=xp.device)
        others = replace(
            self,
            X=xp.take(self.X, aside, axis=0),
            codes=xp.take(self.codes, aside, axis=0),
            weights=None if self.weights is None else xp.take(self.weights, aside, axis=0),
        )
        if self.weights is not None:
            keeps = xp.xp.astype(keeps, self.weights.dtype) * self.weights
        return replace(self, weights=keeps), others


def _checked(X, y, sample_weight, library, caller):
    """X as floats on its device, y where it is, the weights where X is; and what to use there."""
    xp, device = library
    known = supported_float_dtypes(xp, device)
    floats = [dtype for dtype in (xp.float64, xp.float32) if dtype in known]
    if xp.isdtype(X.dtype, "complex floating"):
        raise ValueError("Complex data not supported: X has complex numbers; pass real ones.")
    X, y = check_X_y(without_gradient(X), y, dtype=floats, estimator=caller)
    check_classification_targets(y)
    weights = sample_weight
    if weights is not None and not hasattr(weights, "dtype"):
        weights = np.full(X.shape[0], weights) if np.ndim(weights) == 0 else np.asarray(weights)
    weights = move_to(weights, xp=xp, device=device)
    weights = weights if weights is None else without_gradient(weights)
    return X, y, check_weights(weights, X, dtype=floats[0]), Namespace(xp, device)


def _codes(y, classes, xp):
    """Where in `classes` each label is, on the device of X."""
    y_xp, _, device = get_namespace_and_device(y)
    sortable = y_xp.isdtype(y.dtype, ("signed integer", "real floating"))
    if y_xp is xp.xp and device == xp.device and sortable:
        return y_xp.searchsorted(y_xp.asarray(classes, dtype=y.dtype, device=device), y)
    codes = np.searchsorted(classes, on_host(y))
    return xp.xp.asarray(codes, device=xp.device)


def _labels(y):
    """The different labels, sorted, as a NumPy array."""
    y_xp, _ = get_namespace(y)
    return on_host(y_xp.unique_values(y))

"""Rows in arrays of another library than NumPy, added up where they are: on a GPU, say.

With ``sklearn.set_config(array_api_dispatch=True)``. What is as long as X stays on its device; w, b
and all that is computed from the sums (coordinates, learning rates, penalties, when to stop) are
NumPy's, here as everywhere: a step sends w and b to the device and brings J, dw and db back.
"""

import copy
from dataclasses import dataclass, replace
from types import SimpleNamespace

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
from .._objective.in_memory import InMemory
from .._objective.rows import Part
from .._sklearn import get_namespace, get_namespace_and_device, move_to, supported_float_dtypes
from .examples import (
    Examples,
    check_known_labels,
    check_same_number,
    set_aside,
    shares_of_classes,
)

# Of the temporaries of a block, of which there are a few: far more than a cache, as the cost of a
# call is what counts on a GPU.
BLOCK_BYTES = 2**28


def in_numpy(estimator):
    """A fitted estimator whose arrays are NumPy's: itself, or a copy."""
    if library_of(estimator.coef_) is None:
        return estimator
    moved = copy.copy(estimator)
    arrays = {name: value for name, value in vars(estimator).items() if hasattr(value, "dtype")}
    vars(moved).update({name: on_host(value) for name, value in arrays.items()})
    return moved


class Namespace:
    """The functions that the sums need, by NumPy's names, of another library."""

    def __init__(self, xp, device):
        self.xp, self.device = xp, device
        self.widest = supported_float_dtypes(xp, device)[0]
        for name in ("log", "log1p", "sqrt", "take", "argmax"):
            setattr(self, name, getattr(xp, name))
        self.add = SimpleNamespace(reduce=self.sum)

    def exp(self, x, out=None):
        return self.xp.exp(x)

    def negative(self, x, out=None):
        return -x

    def maximum(self, x, y):
        return self.xp.clip(x, y, None) if isinstance(y, int | float) else self.xp.maximum(x, y)

    def minimum(self, x, y):
        return self.xp.clip(x, None, y)

    def max(self, x, axis):
        return self.xp.max(x, axis=axis)

    def sum(self, x, axis=None, dtype=None):
        return self.xp.sum(x, axis=axis, dtype=None if dtype is None else self.widest)

    def vdot(self, x, y):
        return self.sum(x * y, dtype=float)

    def where(self, condition, x, y):
        x, y = (self._like(value, other) for value, other in ((x, y), (y, x)))
        return self.xp.where(condition, x, y)

    def _like(self, value, other):
        """A number as an array of the dtype of another."""
        if not isinstance(value, int | float):
            return value
        dtype = self.widest if isinstance(other, int | float) else other.dtype
        return self.xp.asarray(value, dtype=dtype, device=self.device)

    def count_nonzero(self, x):
        return self.xp.sum(self.xp.astype(x, self.xp.int64))

    def arange(self, n):
        return self.xp.arange(n, device=self.device)

    def empty(self, shape, dtype):
        return self.xp.empty(shape, dtype=dtype, device=self.device)

    def full(self, shape, value, dtype):
        return self.xp.full(shape, value, dtype=dtype, device=self.device)


class DevicePart(Part):
    """Rows on a device."""

    batch_entries = 2**24

    def __init__(self, X, y, share, xp, length):
        super().__init__(X, y, share, length=length)
        self.xp = xp

    def _with(self, X, y, share):
        return DevicePart(X, y, share, self.xp, self.block_length)

    @staticmethod
    def on_host(array):
        return on_host(array)


class OnDevice(InMemory):
    """Rows on a device, in one part."""

    def __init__(self, part, n_classes, total_weight, dtype):
        super().__init__([part], n_classes, total_weight, n_jobs=1)
        self.dtype = dtype

    def total(self, function, *arguments, combine=None):
        """function(part, *arguments), its arrays sent to the device and back."""
        (part,) = self.parts
        return tuple(map(self._back, function(part, *map(self._there, arguments))))

    def _there(self, value):
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
            return value.item()
        if isinstance(value, np.ndarray):
            xp = self.parts[0].xp
            return xp.xp.asarray(value, device=xp.device)
        return value

    @staticmethod
    def _back(value):
        if isinstance(value, int | float | dict | np.ndarray):
            return value
        value = on_host(value)
        return value if value.ndim else value[()]


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


@dataclass(frozen=True)
class ArrayExamples(Examples):
    """Examples in arrays of another library.

    X, codes and weights are on its device, the labels may be in an array of any library; these
    have no names.

    Attributes
    ----------
    xp : Namespace
    """

    xp: Namespace

    @classmethod
    def of(cls, X, y, sample_weight, library, caller):
        """Checked, and on the device of X."""
        X, y, weights, xp = _checked(X, y, sample_weight, library, caller)
        classes = _labels(y)
        check_classes(classes)
        return cls(X, y, weights, classes, _codes(y, classes, xp), None, xp)

    @property
    def dtype(self):
        """NumPy's name of it."""
        return on_host(self.X[:1, :1]).dtype

    @property
    def has_weight(self):
        return self.weights is None or bool(self.xp.count_nonzero(self.weights > 0))

    def class_totals(self):
        """The sum of the weights of every class, in units of the largest weight."""
        own = [self.codes == k for k in range(len(self.classes))]
        if self.weights is None:
            return np.array([int(self.xp.count_nonzero(rows)) for rows in own])
        weights = self.weights / self._greatest
        return np.array([float(self.xp.sum(self.xp.where(rows, weights, 0.0))) for rows in own])

    @property
    def _greatest(self):
        return 1.0 if self.weights is None else float(self.xp.max(self.weights, axis=0))

    def rows(self, of_class=None, n_jobs=None):
        """To be added up, each row counting by its weight times that of its class."""
        xp, K = self.xp, len(self.classes)
        share, total = 1 / self.m, float(self.m)
        if self.weights is not None or of_class is not None:
            of_class, total = shares_of_classes(self.class_totals(), of_class, self._greatest)
            of_class = xp.xp.asarray(of_class, dtype=xp.widest, device=xp.device)
            share = xp.take(of_class, self.codes, axis=0)
            if self.weights is not None:
                share = share * (self.weights / self._greatest)
            share = xp.xp.astype(share, self.X.dtype)
        y = xp.xp.astype(self.codes, self.X.dtype) if K == 2 else self.codes
        length = max(1, BLOCK_BYTES // (self.dtype.itemsize * (1 if K == 2 else K)))
        return OnDevice(DevicePart(self.X, y, share, xp, length), K, total, self.dtype)

    def split(self, fraction, random_state):
        """Some to learn from and some to stop by, stratified by class."""
        aside = set_aside(on_host(self.codes), fraction, random_state)
        xp = self.xp
        keeps = np.ones(self.m, self.dtype)
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

    def to_stop_by(self, X, y, sample_weight, library, caller):
        """Other examples, of the same library, features and classes, to stop a descent by."""
        if library is None or library[0].__name__ != self.xp.xp.__name__:
            raise ValueError(
                f"X_val must be an array of {self.xp.xp.__name__}, as X is; got {type(X)}."
            )
        X, y, weights, xp = _checked(X, y, sample_weight, library, caller)
        check_same_number("X_val", X.shape[1], self)
        check_known_labels(_labels(y), self.classes)
        with quiet():
            X = xp.xp.astype(X, self.X.dtype)
        check_fits(bool(xp.xp.all(xp.xp.isfinite(X))), X.dtype)
        return ArrayExamples(X, y, weights, self.classes, _codes(y, self.classes, xp), None, xp)

    def attributes(self, attributes):
        """Of a fitted estimator, as arrays of the library; the classes, of the library of y."""
        return {name: self._attribute(name, value) for name, value in attributes.items()}

    def _attribute(self, name, value):
        if not isinstance(value, np.ndarray):
            return value
        if name == "classes_":
            y_xp, _, device = get_namespace_and_device(self.y)
            return move_to(value, xp=y_xp, device=device) if value.dtype.kind in "biuf" else value
        if value.dtype == np.float64 and self.xp.widest == self.xp.xp.float32:
            value = value.astype(np.float32)  # the device has nothing wider
        return self.xp.xp.asarray(value, device=self.xp.device)

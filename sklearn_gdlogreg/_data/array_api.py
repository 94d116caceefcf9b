"""Rows in arrays of another library than NumPy, added up where they are: on a GPU, say.

With ``sklearn.set_config(array_api_dispatch=True)``. What is as long as X stays on its device; w, b
and all that is computed from the sums (coordinates, learning rates, penalties, when to stop) are
NumPy's, here as everywhere: a step sends w and b to the device and brings J, dw and db back.
"""

import copy
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np

from .._check import library_of, on_host
from .._objective.in_memory import InMemory
from .._objective.rows import Part
from .._sklearn import supported_float_dtypes


def in_numpy(estimator):
    """A fitted estimator whose arrays are NumPy's: itself, or a copy."""
    if library_of(estimator.coef_) is None:
        return estimator
    moved = copy.copy(estimator)
    arrays = {name: value for name, value in vars(estimator).items() if hasattr(value, "dtype")}
    vars(moved).update({name: on_host(value) for name, value in arrays.items()})
    return moved


# How NumPy comes to hold what another library holds: in general; PyTorch's and CuPy's on a GPU.
WAYS_TO_HOST = (
    lambda array: np.from_dlpack(array, device="cpu"),
    lambda array: array.cpu().numpy(),
    lambda array: array.get(),
    on_host,
)


class Namespace:
    """The functions that the sums need, by NumPy's names, of another library.

    Attributes
    ----------
    on_host : callable
        From an array of this library and device to NumPy's. It is found once: to look for an
        array's library takes longer than a step on a GPU.
    assigns_at_places : bool
        Whether entries at given places can be assigned, which the standard does not ask for.
    """

    def __init__(self, xp, device):
        self.xp, self.device = xp, device
        sample = xp.zeros(2, device=device)
        self.on_host = next(way for way in WAYS_TO_HOST if _works(way, sample))
        self.assigns_at_places = _works(_assign_at_places, sample, xp.arange(2, device=device))
        self.widest = supported_float_dtypes(xp, device)[0]
        for name in ("log", "log1p", "sqrt", "take", "argmax", "stack"):
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


def _works(function, *arguments):
    try:
        function(*arguments)
    except (AttributeError, BufferError, IndexError, NotImplementedError, TypeError, ValueError):
        return False
    return True


def _assign_at_places(array, places):
    array[places] = array[places]


class DevicePart(Part):
    """Rows on a device."""

    batch_entries = 2**24

    def __init__(self, X, y, share, xp, length):
        super().__init__(X, y, share, length=length)
        self.xp = xp

    def _with(self, X, y, share):
        return DevicePart(X, y, share, self.xp, self.block_length)

    def _sampled(self, stride):
        return self.here(super()._sampled(stride))

    def here(self, array):
        return self.xp.xp.asarray(array, device=self.xp.device)

    def _take(self, rows, chosen):
        return self.xp.take(rows, chosen, axis=0)

    def on_host(self, array):
        return self.xp.on_host(array)


class OnDevice(InMemory):
    """Rows on a device, in one part."""

    promotes = False

    def __init__(self, part, n_classes, total_weight, dtype):
        super().__init__([part], n_classes, total_weight, n_jobs=1)
        self.dtype = dtype

    def total(self, function, *arguments, combine=None):
        """function(part, *arguments), its arrays sent to the device and back."""
        (part,) = self.parts
        return tuple(map(self._back, function(part, *map(self._there, arguments))))

    def holding_blas(self):
        """Nothing: the sums are not NumPy's."""
        return nullcontext()

    def _there(self, value):
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
            return value.item()
        if isinstance(value, np.ndarray):
            xp = self.parts[0].xp
            return xp.xp.asarray(value, device=xp.device)
        return value

    def _back(self, value):
        if isinstance(value, int | float | dict | list | np.ndarray | np.generic):
            return value
        value = self.parts[0].on_host(value)
        return value if value.ndim else value[()]

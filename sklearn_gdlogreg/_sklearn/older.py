"""What scikit-learn before 1.9 does in another way, under the names that the newest has for it.

Each piece stands under the version that ends it: once that is the oldest one supported, it goes.
What older versions cannot do at all is refused where it is used.
"""

import functools
import sys
from contextlib import nullcontext
from math import isinf
from typing import NamedTuple

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, _clone_parametrized
from sklearn.model_selection import _validation
from sklearn.utils import class_weight as class_weights
from sklearn.utils import validation


def lacking(what, version):
    """The error of a feature that the installed version does not have, for where it is used."""
    return ImportError(
        f"{what} need scikit-learn {version} or newer; {sklearn.__version__} is installed."
    )


# ---------------------------------------------------------------------------- until 1.9: callbacks


class CallbackSupportMixin:
    """Takes the callbacks that a fit serves by itself: nobody would tell the others of anything."""

    def set_callbacks(self, *callbacks):
        """Set the callbacks of the fits to come.

        Parameters
        ----------
        *callbacks : Checkpoint
            Others need scikit-learn 1.9 or newer.

        Returns
        -------
        self : estimator
            The estimator.
        """
        if not all(getattr(each, "_served_by_fit", False) for each in callbacks):
            raise lacking("Callbacks other than Checkpoint", "1.9")
        self._skl_callbacks = list(callbacks)
        return self

    def __sklearn_clone__(self):
        cloned = _clone_parametrized(self)
        if hasattr(self, "_skl_callbacks"):
            cloned._skl_callbacks = self._skl_callbacks
        return cloned


def with_callbacks(fit):
    """The fit as it is, as deep in the stack as the newest has it: warnings point at its caller."""

    @functools.wraps(fit)
    def fit_without_callbacks(*args, **options):
        return fit(*args, **options)

    return fit_without_callbacks


class Unheard:
    """The context of a fit that nobody is told of."""

    def subcontext(self, **about):
        return self

    def call_on_fit_task_begin(self, **about):
        return self

    def call_on_fit_task_end(self, **about):
        return False

    def propagate_callback_context(self, estimator):
        return nullcontext()


def callback_context(estimator, max_subtasks):
    """A context that tells nobody; the callbacks are set up."""
    context = Unheard()
    for callback in getattr(estimator, "_skl_callbacks", ()):
        callback.setup(estimator, context)
    return context


class Around(NamedTuple):
    """A fit that others are a part of, and the fit that it is a part of itself."""

    estimator_name: str
    parent: "Around | None"


def context_around(estimator):
    """The fit that its own is a part of, as the stack has it; None where there is none."""
    names, frame = [], sys._getframe()
    while frame := frame.f_back:
        fitted = frame.f_locals.get("self") if frame.f_code.co_name == "fit" else None
        if isinstance(fitted, BaseEstimator) and fitted is not estimator:
            names.append(type(fitted).__name__)
    context = None
    for name in reversed(names):
        context = Around(name, context)
    return context


def _fit_and_score(*args, caller, callback_ctx, **options):
    return _validation._fit_and_score(*args, **options)


# ---------------------------------------------------------------------------- until 1.9: arrays


def get_namespace_and_device(X):
    """NumPy: arrays of other libraries are refused."""
    if hasattr(X, "__dlpack__") and not isinstance(X, np.ndarray | np.generic):
        raise lacking(f"Arrays of {type(X).__module__.partition('.')[0]}", "1.9")
    return np, False, None


def check_same_namespace(X, estimator, *, attribute, method):
    """Nothing: there is one library."""


def move_to(array, *, xp, device):
    """The array itself: there is one library."""
    return array


def _check_sample_weight(sample_weight, X, *, allow_all_zero_weights, **options):
    weights = validation._check_sample_weight(sample_weight, X, **options)
    if not (allow_all_zero_weights or weights.any()):
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


# ---------------------------------------------------------------------------- until 1.8


def penalty_parameters(C, l1_ratio):
    """A penalty as LogisticRegression was told of it."""
    if isinf(C):
        return {"penalty": None}
    if l1_ratio == 0:
        return {"penalty": "l2", "C": C}
    return {"penalty": "elasticnet", "C": C, "l1_ratio": l1_ratio}


# ---------------------------------------------------------------------------- until 1.7


def compute_class_weight(class_weight, *, classes, y, sample_weight):
    """The weights of classes; "balanced" by the weights of the rows, of which each has one."""
    if isinstance(class_weight, str):
        return sample_weight.sum() / (len(classes) * sample_weight)
    return class_weights.compute_class_weight(class_weight, classes=classes, y=y)

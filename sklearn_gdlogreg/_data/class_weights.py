"""What users say of the weights of classes."""

import math
from numbers import Real

import numpy as np

from .._sklearn import compute_class_weight


def _is_weight(value):
    """Whether it is a finite number that is not negative."""
    try:
        # Compared as a Python number: NumPy would make the other side as small as a float32.
        return isinstance(value, Real) and 0 <= float(value) < math.inf
    except OverflowError:  # an integer of many digits
        return False


def _check_names(class_weight, classes):
    """Refuse the name of no class where a class has no weight, which is likely the one meant."""
    unknown = [name for name in class_weight if name not in classes]
    forgotten = [name for name in classes if name not in class_weight]
    if unknown and forgotten:
        raise ValueError(
            f"class_weight names {_listed(unknown)}, which y has not; the classes of y are "
            f"{_listed(classes)}, of which not in class_weight: {_listed(forgotten)}."
        )


def _listed(names):
    return ", ".join(map(repr, names[:10])) + ", ..." * (len(names) > 10)


def class_weights(class_weight, examples):
    """Weights of the classes, of shape (n_classes,); None if all are 1.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
    examples : Examples
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, dict) and not all(
        _is_weight(value) for value in class_weight.values()
    ):
        raise ValueError(
            f"class_weight must hold finite numbers that are not negative; got {class_weight}."
        )
    classes, totals = examples.schema.classes, examples.class_totals()
    if isinstance(class_weight, dict):
        _check_names(class_weight, classes.tolist())
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

"""What users say of features one by one, in an array or by name: penalty factors and bounds."""

from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import Bounds

from .._check import check_number_array, on_host, quiet

Pair: TypeAlias = tuple[ArrayLike | None, ArrayLike | None]
FactorsLike: TypeAlias = ArrayLike | dict[Any, float]
# Of SciPy's class type checkers in their strict mode know nothing: Any stands for it.
BoundsLike: TypeAlias = Pair | dict[Any, Pair] | Any


def check_penalty_factors(given, schema):
    """What multiplies the penalty of each feature: an array of shape (n,), or None.

    Parameters
    ----------
    given : None, array-like of shape (n_features,) or dict
    schema : Schema
        Of the features.
    """
    if given is None:
        return None
    name = "penalty_factors"
    if isinstance(given, dict):
        factors = np.ones(schema.n)
        for feature, value in given.items():
            j = _index(name, feature, schema)
            factors[j] = _number(f"{name}[{feature!r}]", value)
    else:
        factors = check_number_array(name, given)
        if factors.shape != (schema.n,):
            raise ValueError(
                f"{name} must have one number for each of the {schema.n} features; got an array of "
                f"the shape {factors.shape}. A dict such as {{{_example(schema)}: 0}} names those "
                "that differ from 1."
            )
    if (factors < 0).any():
        j = int(np.argmax(factors < 0))
        raise ValueError(
            f"{name} must not be negative; got {factors[j].item()!r} for {schema.column_name(j)}. "
            "0 leaves a feature without a penalty."
        )
    with quiet():  # what is infinite in float32 is as strong as can be
        return factors.astype(schema.dtype)


def check_bounds(given, schema):
    """The lowest and the highest coefficients, each of shape (*outputs, n); None for no bounds.

    Parameters
    ----------
    given : None, (low, high), dict or scipy.optimize.Bounds
    schema : Schema
        Of the features and the classes.
    """
    if given is None:
        return None
    K, n = len(schema.classes), schema.n
    shape = (n,) if K == 2 else (K, n)
    if isinstance(given, dict):
        low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
        for feature, pair in given.items():
            name = f"bounds[{feature!r}]"
            j = _index("bounds", feature, schema)
            low[..., j], high[..., j] = (
                _broadcast(name, side, value, shape[:-1])
                for side, value in zip(("low", "high"), _pair(name, pair), strict=True)
            )
    else:
        pair = _ends(given) if isinstance(given, Bounds) else _pair("bounds", given)
        low, high = (
            _broadcast("bounds", side, value, shape)
            for side, value in zip(("low", "high"), pair, strict=True)
        )
    _check_order(low, high, schema)
    if np.isneginf(low).all() and np.isposinf(high).all():
        return None
    return _inwards(low, high, schema.dtype)


def _index(name, feature, schema):
    """The place of a feature that is called by its name or its place."""
    if isinstance(feature, Integral) and not isinstance(feature, bool):
        if 0 <= feature < schema.n:
            return int(feature)
        raise ValueError(
            f"{name} names feature {feature}, but X has the features 0 to {schema.n - 1}."
        )
    if schema.names is None:
        raise ValueError(
            f"{name} names the feature {feature!r}, but the features of X have no names: use their "
            f"places, 0 to {schema.n - 1}, or pass X as a DataFrame."
        )
    found = np.flatnonzero(schema.names == feature) if isinstance(feature, str) else []
    if not len(found):
        listed = ", ".join(map(repr, schema.names[:5])) + ", ..." * (schema.n > 5)
        raise ValueError(
            f"{name} names the feature {feature!r}, which X has not; its features are {listed}."
        )
    return int(found[0])


def _example(schema):
    return "0" if schema.names is None else repr(schema.names[0])


def _number(name, value):
    array = check_number_array(name, value)
    if array.ndim:
        raise ValueError(f"{name} must be a number; got {value!r}.")
    return float(array)


def _pair(name, value):
    """The two ends of a range."""
    if isinstance(value, np.ndarray | list | tuple) and len(value) == 2:
        return tuple(value)
    raise ValueError(
        f"{name} must be a pair (low, high), each a number or an array, such as (0, np.inf); got "
        f"{value!r}."
    )


def _ends(bounds):
    """Those of SciPy's object, which makes arrays of one number of numbers."""
    ends = (np.asarray(end) for end in (bounds.lb, bounds.ub))
    return tuple(end[0] if end.shape == (1,) else end for end in ends)


def _broadcast(name, side, value, shape):
    """One end of a range, for all coefficients; None is no end."""
    if value is None:
        value = -np.inf if side == "low" else np.inf
    try:
        array = np.array(on_host(value), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"The {side} end of {name} must be a number or an array of numbers; got {value!r}."
        ) from None
    if np.isnan(array).any():
        raise ValueError(
            f"The {side} end of {name} has nan; -np.inf or np.inf stands for no bound."
        )
    if len(shape) == 1 and array.shape == (1, *shape):
        array = array[0]  # as coef_ has it for two classes
    if array.shape not in ((), shape, shape[-1:]):
        of_all = f"{shape}" if len(shape) < 2 else f"{shape[-1:]} or {shape}"
        raise ValueError(
            f"The {side} end of {name} must be a number or of the shape {of_all}; got an array of "
            f"the shape {array.shape}."
        )
    return np.broadcast_to(array, shape).copy()


def _check_order(low, high, schema):
    """Refuse ranges with nothing in them."""
    empty = (low > high) | np.isposinf(low) | np.isneginf(high)
    if empty.any():
        place = tuple(np.argwhere(empty)[0])
        raise ValueError(
            f"bounds of {schema.column_name(int(place[-1]))} leave no coefficient: low is "
            f"{low[place].item()!r}, high {high[place].item()!r}. A low must be at most its high, "
            "and no low inf, no high -inf."
        )


def _inwards(low, high, dtype):
    """Bounds in the dtype of the coefficients, none of them further out than it was given."""
    with quiet():
        in_low, in_high = low.astype(dtype), high.astype(dtype)
    in_low = np.where(in_low < low, np.nextafter(in_low, dtype.type(np.inf)), in_low)
    in_high = np.where(in_high > high, np.nextafter(in_high, dtype.type(-np.inf)), in_high)
    return np.minimum(in_low, in_high), in_high

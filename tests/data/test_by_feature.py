"""Penalty factors and bounds, as users pass them: by array, by place, by name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import Bounds

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._data.by_feature import check_bounds, check_penalty_factors
from sklearn_gdlogreg._data.schema import Schema

from ..helpers import pandas

NAMES = np.array(["age", "dose", "size"], dtype=object)


def schema(n_classes=2, names=NAMES, dtype=np.float64):
    return Schema(np.arange(n_classes), names, 3, np.dtype(dtype))


@pytest.mark.parametrize("given", [{"dose": 0, "size": 2.5}, {1: 0, 2: 2.5}, [1, 0, 2.5]])
def test_factors_by_name_by_place_and_in_an_array_are_the_same(given):
    assert_array_equal(check_penalty_factors(given, schema()), [1, 0, 2.5])


@pytest.mark.parametrize(
    "given",
    [
        {"dose": (0, 2), "size": (None, 1)},
        {1: (0, 2), np.int64(2): (-np.inf, 1)},
        ([-np.inf, 0, -np.inf], [np.inf, 2, 1]),
        ([[-np.inf, 0, -np.inf]], np.array([np.inf, 2, 1])),
        Bounds([-np.inf, 0, -np.inf], [np.inf, 2, 1]),
    ],
)
def test_bounds_of_every_form_are_the_same(given):
    low, high = check_bounds(given, schema())
    assert_array_equal(low, [-np.inf, 0, -np.inf])
    assert_array_equal(high, [np.inf, 2, 1])


def test_bounds_of_the_softmax_are_of_every_class():
    low, high = check_bounds({"dose": (0, [1, 2, 3, 4])}, schema(4))
    assert_array_equal(low[:, 1], 0)
    assert_array_equal(high[:, 1], [1, 2, 3, 4])
    assert np.isinf(low[:, ::2]).all()
    low, high = check_bounds((np.arange(12.0).reshape(4, 3), 20), schema(4))
    assert_array_equal(low, np.arange(12).reshape(4, 3))
    assert_array_equal(high, np.full((4, 3), 20))


@pytest.mark.parametrize("given", [None, {}, (None, None), (-np.inf, np.inf), Bounds()])
def test_bounds_that_bound_nothing_are_none(given):
    assert check_bounds(given, schema()) is None


@pytest.mark.parametrize("value", [0.1, -0.1, 1e300, -1e300, 1e-60, 0.0])
def test_in_float32_bounds_are_no_further_out(value):
    low, high = check_bounds((value, None), schema(dtype="f"))
    assert low.dtype == np.float32
    assert float(low[0]) >= value
    low, high = check_bounds((None, value), schema(dtype="f"))
    assert float(high[0]) <= value
    low, high = check_bounds((value, value), schema(dtype="f"))
    assert_array_equal(low, high)


REFUSED = {
    "penalty_factors": [
        ([1, 2], r"one number for each of the 3 features; got .*shape \(2,\)"),
        ([1, -2, 0], r"must not be negative; got -2.0 for 'dose'. 0 leaves"),
        ([1, np.nan, 0], "penalty_factors must be finite"),
        ([1, np.inf, 0], "penalty_factors must be finite"),
        ({"dose": "a"}, r"penalty_factors\['dose'\] must be an array of numbers"),
        ({"dose": [1, 2]}, r"penalty_factors\['dose'\] must be a number"),
        ({"weight": 1}, "the feature 'weight', which X has not; its features are 'age', 'dose'"),
        ({3: 1}, "names feature 3, but X has the features 0 to 2"),
        ({-1: 1}, "names feature -1, but X has"),
        ({True: 1}, "names the feature True"),
    ],
    "bounds": [
        ((1, 0), r"bounds of 'age' leave no coefficient: low is 1.0, high 0.0"),
        ((np.inf, np.inf), "no low inf"),
        ((None, -np.inf), "no high -inf"),
        ((np.nan, 1), "The low end of bounds has nan"),
        ((0, [1, 2]), r"The high end of bounds must be a number or of the shape \(3,\)"),
        ((0, "a"), "The high end of bounds must be a number or an array of numbers; got 'a'"),
        ([(0, 1), (0, 1), (0, 1)], r"bounds must be a pair \(low, high\)"),
        ({"dose": 1}, r"bounds\['dose'\] must be a pair"),
        ({"dose": (2, 1)}, "bounds of 'dose' leave no coefficient: low is 2.0"),
        ({"weight": (0, 1)}, "the feature 'weight', which X has not"),
    ],
}


@pytest.mark.parametrize(
    ("parameter", "given", "message"),
    [(name, given, message) for name in REFUSED for given, message in REFUSED[name]],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(parameter, given, message):
    check = {"penalty_factors": check_penalty_factors, "bounds": check_bounds}[parameter]
    with pytest.raises(ValueError, match=message):
        check(given, schema())


def test_names_of_features_without_names_are_refused(binary):
    clf = GDLogisticRegression(bounds={"age": (0, 1)})
    with pytest.raises(ValueError, match="the features of X have no names: use their places"):
        clf.fit(*binary)


def test_names_are_those_of_a_frame(binary):
    X, y = binary
    frame = pandas().DataFrame(X, columns=list("abcd"))
    by_name = GDLogisticRegression(C=1, bounds={"c": (0.5, 0.6)}, penalty_factors={"a": 3})
    by_place = GDLogisticRegression(C=1, bounds={2: (0.5, 0.6)}, penalty_factors={0: 3})
    # A frame has its columns one after the other in memory, and its sums are rounded otherwise.
    assert_allclose(by_name.fit(frame, y).coef_, by_place.fit(X, y).coef_, rtol=1e-9)
    assert 0.5 <= by_name.coef_[0, 2] <= 0.6

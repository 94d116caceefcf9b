"""Directions in which a cost falls for ever; tests/test_separation.py has more laws of them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._descent.recession import Recession, can_be_asked, is_cheap, recession
from sklearn_gdlogreg._objective.objective import Objective

from ..helpers import fitted, message_of
from .test_separation import with_a_rare_feature


def test_kinds_are_those_of_the_rows_that_are_moved():
    counts = {"none": (5, 0, 0), "quasi-complete": (5, 0, 5), "complete": (5, 5, 5)}
    for kind, numbers in counts.items():
        assert Recession(*numbers, np.zeros(1), np.array(0.0)).kind == kind


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_coefficient_with_a_penalty_goes_nowhere(data, request):
    X, y = request.getfixturevalue(data)
    X = with_a_rare_feature(X, y, label=1)
    K = y.max() + 1
    for factors, is_free in ((np.ones(5), False), (np.array([1, 1, 1, 1, 0.0]), True)):
        objective = Objective.in_memory(X, y, K, C=1.0, penalty_factors=factors)
        found = recession(objective)
        assert (found.kind == "quasi-complete") == is_free
        assert (np.atleast_2d(found.w)[:, :4] == 0).all()
        assert np.atleast_2d(found.w)[:, 4].any() == is_free


def test_collinear_columns_share_what_they_have(binary):
    X, y = binary
    rare = with_a_rare_feature(X, y, label=1)[:, 4]
    found = recession(Objective.in_memory(np.column_stack([X, rare, 2 * rare]), y, 2), 10**6)
    assert_array_equal(found.up, [False] * 4 + [True] * 2)
    assert_array_equal(found.down, [False] * 6)


def test_the_price_is_known_before(rng):
    few, many = (
        Objective.in_memory(rng.normal(size=(200, n)), np.arange(200) % 2, 2) for n in (5, 501)
    )
    assert can_be_asked(few)
    assert is_cheap(few)
    assert not can_be_asked(many)
    assert recession(many) is None


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_fit_names_the_feature_that_leaves_no_minimum(data, request):
    X, y = request.getfixturevalue(data)
    message = message_of(GDLogisticRegression(), with_a_rare_feature(X, y, label=1), y)
    assert "a direction of column 4, for 9 of 150 rows" in message


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_free_feature_is_named_beside_penalized_ones(data, l1_ratio, request):
    X, y = request.getfixturevalue(data)
    X = with_a_rare_feature(X, y, label=1)
    clf = GDLogisticRegression(C=1.0, l1_ratio=l1_ratio, penalty_factors={4: 0})
    message = message_of(clf, X, y)
    assert "some coefficients have neither a penalty nor bounds" in message
    assert "a direction of column 4, for 9 of 150 rows" in message
    assert "quasi" not in message_of(clf.set_params(penalty_factors={3: 0}), X, y)
    assert "quasi" not in message_of(clf.set_params(penalty_factors={4: 0.1}), X, y)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_bounds_that_stop_a_coefficient_leave_a_minimum(data, request):
    X, y = request.getfixturevalue(data)
    X = with_a_rare_feature(X, y, label=1)
    assert "a direction of column 4" in message_of(GDLogisticRegression(bounds={0: (-1, 1)}), X, y)
    assert "a direction of column 4" in message_of(
        GDLogisticRegression(bounds={4: (0, None)}), X, y
    )
    assert message_of(GDLogisticRegression(bounds={4: (-3, 3)}), X, y) == ""


def test_where_rows_overlap_a_fit_between_bounds_says_nothing(binary):
    assert message_of(GDLogisticRegression(bounds=(0, None)), *binary) == ""
    assert message_of(GDLogisticRegression(bounds={1: (None, 0.1)}), *binary) == ""
    assert fitted(*binary, bounds=(0, None)).stop_reason_ == "converged"

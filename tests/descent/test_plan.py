"""Which coordinates a descent moves in, and when others take their place."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression, descend
from sklearn_gdlogreg._descent.decorrelation import SHORTEST
from sklearn_gdlogreg._descent.learning_rate import rule_for
from sklearn_gdlogreg._descent.plan import plan_for
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.penalty import ElasticNet

from ..helpers import first, fitted


def test_coordinates_follow_the_learning_rate_unless_chosen(binary):
    chosen = {
        rule: fitted(*binary, rule, max_iter=1, tol=0).coordinates_
        for rule in (0.1, "lipschitz", "barzilai-borwein", "auto")
    }
    assert set(chosen.values()) - {chosen["auto"]} == {"raw"}
    assert chosen["auto"] == "decorrelated"
    assert fitted(*binary, l1_ratio=0.5).coordinates_ == "decorrelated"
    # Fewer rows than columns decorrelate nothing without a penalty, and with many columns a map
    # costs more than a standardized descent.
    for m, n, C in [(40, 60, np.inf), (700, 600, 1.0)]:
        X, y = np.random.default_rng(0).normal(size=(m, n)), np.arange(m) % 2
        assert fitted(X, y, C=C, max_iter=3, tol=0).coordinates_ == "standardized"
    assert fitted(*binary, "auto", coordinates="raw").coordinates_ == "raw"
    assert fitted(*binary, 0.1, coordinates="standardized").coordinates_ == "standardized"
    assert fitted(*binary, 0.1, coordinates="decorrelated").coordinates_ == "decorrelated"


class NonNegative(ElasticNet):
    smooth = False

    def prox(self, u, learning_rate, scale):
        return np.maximum(u, 0)


@pytest.mark.parametrize("l1", [0.0, 0.1])
def test_a_prox_that_is_no_soft_threshold_needs_the_features_apart(l1, binary):
    objective = Objective.in_memory(*binary, 2)
    objective.penalty = NonNegative(l1=l1)
    with pytest.raises(ValueError, match=r"mixes the features.*use coordinates='standardized'"):
        plan_for(objective, rule_for("auto"), "decorrelated")
    plan = plan_for(objective, rule_for("auto"), "auto")
    assert plan.coordinates_at(10**6, np.zeros(4), 0.0).name == "standardized"


def test_matrices_beyond_memory_are_refused(binary, sparse_rows):
    _, y = binary
    wide = sparse_rows(150, 50_000, density=1e-3)
    with pytest.raises(ValueError, match="matrices of 50000 x 50000"):
        GDLogisticRegression(coordinates="decorrelated").fit(wide, y)
    assert next(descend(wide, y, "auto")).coordinates.name == "standardized"


def test_where_rows_cannot_serve_instead_matrices_beyond_memory_are_refused(rng):
    X, y = rng.normal(size=(40, 20_000)), np.arange(40) % 2
    clf = GDLogisticRegression(coordinates="decorrelated", C=1.0, max_iter=1)
    assert clf.set_params(tol=0).fit(X, y).coordinates_ == "decorrelated"
    with pytest.raises(ValueError, match="matrices of 20000 x 20000"):
        clf.fit(X * 1e-120, y)


def test_a_new_map_changes_the_coordinates_and_nothing_else(binary):
    steps = list(itertools.islice(descend(*binary, "auto", C=1.0), 3 * SHORTEST))
    kept = [step.coordinates for step in steps]
    changes = [t for t in range(1, len(kept)) if kept[t] is not kept[t - 1]]
    assert changes == [SHORTEST + 1, 2 * SHORTEST + 1]
    # The step after a change is the one that the step before it leads to, at rate 1 or a half...
    here, there = steps[SHORTEST], steps[SHORTEST + 1]
    moved = there.coordinates.pack(here.coef, here.intercept) - (
        there.learning_rate * there.coordinates.pull_back(*here.gradient)
    )
    assert_allclose(there.wb, moved, rtol=1e-9, atol=1e-12)
    assert np.log2(there.learning_rate) in (0, -1, -2)


def test_rules_that_do_not_look_at_the_cost_keep_their_coordinates(binary):
    for rule in (0.5, "lipschitz", "silver", "adaptive"):
        steps = list(itertools.islice(descend(*binary, rule, coordinates="decorrelated"), 40))
        assert len({id(step.coordinates) for step in steps}) == 1


def test_a_standardized_descent_that_takes_long_goes_on_decorrelated(rng):
    """Many correlated columns: the map comes once as many steps were made as it costs."""
    n = 500
    X = rng.normal(size=(800, n)) @ (rng.normal(size=(n, n)) / np.sqrt(n))
    y = (X[:, 0] + rng.logistic(size=800) > 0).astype(int)
    steps = list(itertools.islice(descend(X, y, "auto", C=100.0), 40))
    names = [step.coordinates.name for step in steps]
    change = names.index("decorrelated")
    assert 20 < change < 40
    assert set(names[:change]) == {"standardized"}
    assert set(names[change:]) == {"decorrelated"}
    start = next(descend(X, y, "auto", C=100.0, coordinates="decorrelated"))
    assert start.coordinates.name == "decorrelated"  # whatever it costs
    # In a map the first rate is 1, and the line search halves it.
    assert np.log2(steps[change].learning_rate) in (0, -1, -2)


def test_a_warm_start_is_where_the_map_is_made(binary):
    clf = GDLogisticRegression(C=1.0, tol=1e-9, warm_start=True).fit(*binary)
    before = clf.coef_
    clf.set_params(max_iter=0).fit(*binary)
    assert_array_equal(clf.coef_, before)
    clf.set_params(max_iter=100, C=1.1).fit(*binary)
    assert 1 <= clf.n_iter_[0] <= SHORTEST


def test_standardized_descent_is_the_raw_descent_of_standardized_features(binary):
    X, y = binary
    X = X * [1, 100, 0.01, 1] + [0, 5000, 0, 3]
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    inside = first(15, descend(X, y, 0.5, coordinates="standardized"))
    outside = first(15, descend(Z, y, 0.5, coordinates="raw"))
    for left, right in zip(inside, outside, strict=True):
        assert left.cost == pytest.approx(right.cost, rel=1e-12)
        assert_allclose(left.coef * X.std(axis=0), right.coef, rtol=1e-10, atol=1e-14)


def test_without_an_intercept_features_are_measured_from_zero(binary):
    X, y = binary
    rms = np.sqrt(np.mean(X**2, axis=0))
    inside = first(15, descend(X, y, 0.5, coordinates="standardized", fit_intercept=False))
    outside = first(15, descend(X / rms, y, 0.5, coordinates="raw", fit_intercept=False))
    for left, right in zip(inside, outside, strict=True):
        assert left.cost == pytest.approx(right.cost, rel=1e-12)
        assert left.intercept == 0

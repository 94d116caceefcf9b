"""Decorrelated in the strongest directions: what the map is, and when it is made."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, descend
from sklearn_gdlogreg._descent import low_rank
from sklearn_gdlogreg._descent.low_rank import LowRank, LowRankMaps
from sklearn_gdlogreg._descent.plan import standardized
from sklearn_gdlogreg._objective.objective import Objective

from ..helpers import first, fitted


def strong(rng, m, n, n_classes=2):
    """Six directions that dominate."""
    factors = rng.normal(size=(m, 6)) * 8
    X = factors @ rng.normal(size=(6, n)) / 6 + rng.normal(size=(m, n))
    z = factors @ rng.normal(size=(6, n_classes)) / 8
    return X + rng.normal(size=n), np.argmax(z + rng.gumbel(size=z.shape), axis=1)


@pytest.fixture
def rows(rng):
    return strong(rng, 700, 520)


def maps(X, y, **options):
    objective = Objective.in_memory(X, y, y.max() + 1, **{"C": 1.0} | options)
    return LowRankMaps(objective, standardized(objective))


def dense_hessian(made, w, b):
    """The mean of the classes' second derivatives in standardized coordinates, column by column."""
    objective, coordinates = made.objective, made.standardized
    H, _ = objective.hessian_blocks(
        w, b, coordinates.mean, coordinates.scale, (1, 1.0), shared=w is not None and w.ndim > 1
    )
    return H


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_strongest_directions_are_curved_alike_and_no_other_more(n_classes, rng):
    X, y = strong(rng, 300, 60, n_classes)
    made = maps(X, y)
    shape = (60,) if n_classes == 2 else (3, 60)
    w, b = rng.normal(size=shape) / 20, np.zeros(shape[:-1])
    coordinates = made.at(w, b, 20)
    assert isinstance(coordinates, LowRank)
    to_v = (
        np.eye(61) + (coordinates.directions.T * (coordinates.stretch - 1)) @ coordinates.directions
    )
    unit = np.min(coordinates.unit)
    curvature = np.linalg.eigvalsh(unit**2 * to_v @ dense_hessian(made, w, b) @ to_v)
    before = np.linalg.eigvalsh(dense_hessian(made, w, b))
    assert before[-1] / before[-11] > 20
    # Products with 50 vectors tell the strongest well, the weakest of the 50 to a factor.
    assert curvature[-1] / curvature[-11] < 4


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_goes_there_and_back_by_the_chain_rule(n_classes, rng):
    X, y = strong(rng, 300, 60, n_classes)
    shape = (60,) if n_classes == 2 else (3, 60)
    w, b = rng.normal(size=shape), rng.normal(size=shape[:-1])
    coordinates = maps(X, y).at(w / 20, b / 20, 20)
    for a, c in zip(coordinates.unpack(coordinates.pack(w, b)), (w, b), strict=True):
        assert_allclose(a, c, atol=1e-10)
    dw, db = rng.normal(size=shape), rng.normal(size=shape[:-1])
    u = rng.normal(size=(*shape[:-1], 61))
    moved = coordinates.unpack(u)
    slope = np.vdot(dw, moved[0]) + np.vdot(db, moved[1])
    assert_allclose(np.vdot(coordinates.pull_back(dw, db), u), slope, rtol=1e-10)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_products_with_the_mean_of_the_hessians_are_those_of_the_matrix(n_classes, rng):
    X, y = strong(rng, 200, 12, n_classes)
    made = maps(X, y)
    w = rng.normal(size=(12,) if n_classes == 2 else (4, 12)) / 10
    b = np.zeros(w.shape[:-1])
    v = rng.normal(size=(5, 13))
    dw, dc, of_class = made.objective.mean_hessian_product(w, b)(*made.standardized.unpack(v))
    image = made.standardized.pull_back(dw, dc)
    # hessian_blocks takes no second derivative for less than a thousandth of the largest.
    assert_allclose(image, v @ dense_hessian(made, w, b), rtol=1e-2, atol=1e-3)
    assert np.shape(of_class) == w.shape[:-1]
    at_zero = made.objective.mean_hessian_product(w * 0, b)(*made.standardized.unpack(v))
    expected = v @ dense_hessian(made, None, None)
    assert_allclose(made.standardized.pull_back(*at_zero[:2]), expected, atol=1e-10)


def kinds(steps):
    return [type(step.coordinates).__name__ for step in steps]


def test_it_stands_between_the_standardized_steps_and_the_map_of_all_columns(rows):
    steps = first(60, descend(*rows, "auto", C=100.0))
    found = kinds(steps)
    assert found[: low_rank.FIRST_AT + 1] == ["Standardized"] * (low_rank.FIRST_AT + 1)
    assert found[low_rank.FIRST_AT + 1] == "LowRank"
    assert found[-1] == "Decorrelated"
    assert found == sorted(found, key=["Standardized", "LowRank", "Decorrelated"].index)


def test_without_directions_that_dominate_the_descent_stays_standardized(rng, monkeypatch):
    X, y = rng.normal(size=(2000, 520)), rng.integers(0, 2, 2000)
    monkeypatch.setattr(low_rank.LowRankMaps, "period", 4)
    steps = first(40, descend(X, y, "auto", C=1.0))
    assert "LowRank" not in kinds(steps)
    undisturbed = [step.learning_rate for step in steps]
    monkeypatch.setattr(low_rank, "FEWEST_COLUMNS", 10**6)
    without = first(40, descend(X, y, "auto", C=1.0))
    n = kinds(steps).index("Decorrelated") if "Decorrelated" in kinds(steps) else 40
    assert n > 20
    assert undisturbed[1:n] == [step.learning_rate for step in without[1:n]]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_minimum_is_the_same(n_classes, dtype, fit_intercept, rng, monkeypatch):
    X, y = strong(rng, 700, 520, n_classes)
    # Without a map of all columns, which would end every descent well.
    monkeypatch.setattr("sklearn_gdlogreg._descent.decorrelation.HIGHEST_PRICE", 0)
    tol, atol = (1e-7, 1e-4) if dtype == np.float64 else (1e-5, 3e-3)
    options = {"C": 0.01, "tol": tol, "fit_intercept": fit_intercept}
    clf = fitted(X.astype(dtype), y, **options)
    assert clf.stop_reason_ == "converged"
    assert clf.coordinates_ == "decorrelated"
    expected = fitted(X, y, **options | {"tol": 1e-8}, coordinates="decorrelated")
    assert_allclose(clf.coef_, expected.coef_, atol=atol * np.abs(expected.coef_).max())


def test_a_resumed_descent_has_the_bits_of_the_uninterrupted_one(rows, tmp_path):
    for every in (12, 18, 30):
        clf = GDLogisticRegression(C=100.0, max_iter=40, tol=0)
        whole = clf.fit(*rows).coef_
        part = GDLogisticRegression(C=100.0, max_iter=every + 2, tol=0)
        part.set_callbacks(Checkpoint(tmp_path / "d.npz", every=every)).fit(*rows)
        resumed = GDLogisticRegression(C=100.0, max_iter=40, tol=0, n_jobs=1)
        assert np.array_equal(resumed.fit(*rows, resume_from=tmp_path / "d.npz").coef_, whole)

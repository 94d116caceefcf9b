"""Coordinates are linear maps; pulling a gradient back is the chain rule."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg._descent.coordinates import Raw, Standardized


@pytest.fixture(params=["raw", "standardized", "standardized with L2"])
def coordinates(request, rng):
    if request.param == "raw":
        return Raw
    l2 = 0.3 if "L2" in request.param else 0.0
    return Standardized(rng.normal(size=3), rng.uniform(0.1, 9, 3), l2)


@pytest.mark.parametrize("outputs", [(), (4,)])
def test_unpack_undoes_pack(coordinates, outputs, rng):
    w, b = rng.normal(size=(*outputs, 3)), rng.normal(size=outputs)
    unpacked = coordinates.unpack(coordinates.pack(w, b))
    # A product, a quotient and a sum of three terms.
    assert_allclose(unpacked[0], w, rtol=1e-15)
    assert_allclose(unpacked[1], b, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("outputs", [(), (4,)])
def test_pull_back_is_the_transpose_of_unpack(coordinates, outputs, rng):
    """<(dw, db), unpack(v)> = <pull_back(dw, db), v> for every v: the chain rule."""
    dw, db = rng.normal(size=(*outputs, 3)), rng.normal(size=outputs)
    v = rng.normal(size=(*outputs, 4))
    w, b = coordinates.unpack(v)
    left = np.vdot(dw, w) + np.vdot(db, b)
    assert left == pytest.approx(np.vdot(coordinates.pull_back(dw, db), v), rel=1e-12)


def test_standardized_coordinates_belong_to_standardized_features(rng):
    X = rng.normal(size=(20, 3)) * [1, 10, 100] + [5, 0, -7]
    coordinates = Standardized(X.mean(axis=0), X.std(axis=0))
    u = rng.normal(size=4)
    w, b = coordinates.unpack(u)
    standardized = (X - X.mean(axis=0)) / X.std(axis=0)
    assert_allclose(X @ w + b, standardized @ u[:-1] + u[-1], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scale_stays_finite_for_every_column(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    mean = np.array([0, 7, 1, 0, 1e30], dtype)
    deviation = np.array([0, 0, 1e-20, tiny, 1e-3], dtype)
    coordinates = Standardized(mean, deviation)
    assert coordinates.scale.dtype == dtype
    assert np.isfinite(coordinates.scale).all()
    # A column of zeros keeps its unit; one whose spread is rounding is measured by its mean.
    assert_allclose(coordinates.scale[[0, 1, 2, 4]], [1, 1 / 7, 1, 1e-30], rtol=1e-6)


def test_a_column_around_a_negative_mean_has_the_scale_of_its_mirror_image():
    mean, deviation = np.array([7.0, 1.0, 5.0]), np.array([0, 1e-20, 2.0])
    scale = Standardized(-mean, deviation).scale
    assert_array_equal(scale, Standardized(mean, deviation).scale)


def test_L2_evens_out_the_curvature_along_each_coordinate():
    """variance / 4 + l2, times scale^2, is 1/4 for every feature."""
    deviation, l2 = np.array([0.01, 1.0, 100.0]), 0.5
    scale = Standardized(np.zeros(3), deviation, l2).scale
    assert_allclose((deviation**2 / 4 + l2) * scale**2, 0.25, rtol=1e-14)


def test_raw_coordinates_change_nothing(rng):
    w = rng.normal(size=(2, 3))
    assert_array_equal(Raw.pack(w, np.array([1.0, 2.0]))[:, :-1], w)
    assert_array_equal(Raw.pull_back(w, np.array([1.0, 2.0]))[:, -1], [1, 2])

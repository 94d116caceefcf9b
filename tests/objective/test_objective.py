"""J, dw and db over all rows, whatever X is stored in."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import check_grad

from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.rows import sampled

from .helpers import objective


def flat(objective):
    """J and its gradient as functions of one vector, for scipy."""
    shape = (*objective.outputs, objective.n)

    def split(v):
        w = v[: np.prod(shape, dtype=int)].reshape(shape)
        return w, v[w.size :].reshape(objective.outputs)

    def J(v):
        return objective.cost_and_gradient(*split(v))[0]

    def gradient(v):
        _, dw, db = objective.cost_and_gradient(*split(v))
        return np.concatenate([dw.ravel(), np.ravel(db)])

    return J, gradient


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("C", [np.inf, 0.05])
def test_gradient_matches_finite_differences(data, weighted, C, weights, rng, request):
    X, y = request.getfixturevalue(data)
    J, gradient = flat(objective(X, y, weights if weighted else None, C=C))
    size = gradient(np.zeros(5 if data == "binary" else 15)).size
    # Forward differences with steps of 1.5e-8 are accurate to about 1e-7 an entry.
    assert check_grad(J, gradient, rng.normal(size=size)) < 2e-6


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_hessian_is_the_derivative_of_the_gradient(data, weights, rng, request):
    X, y = request.getfixturevalue(data)
    J = objective(X, y, weights, C=0.3)
    w, v = rng.normal(size=(2, *J.outputs, J.n))
    b, c = rng.normal(size=(2, *J.outputs))
    h = 1e-6
    forward = J.cost_and_gradient(w + h * v, b + h * c)[1:]
    backward = J.cost_and_gradient(w - h * v, b - h * c)[1:]
    product = J.hessian_product(w, b)(v, c)
    for after, before, exact in zip(forward, backward, product, strict=True):
        # Central differences: the rounding of a gradient near 1, divided by h.
        assert_allclose(exact, (after - before) / (2 * h), atol=1e-8)


def test_hessian_bound_exceeds_the_hessian_everywhere(multiclass, rng):
    J = objective(*multiclass, C=0.3)
    for _ in range(20):
        w, v = rng.normal(size=(2, 3, 4))
        b, c = rng.normal(size=(2, 3))
        curvature = sum(
            np.vdot(p, q) for p, q in zip(J.hessian_product(w, b)(v, c), (v, c), strict=True)
        )
        bound = sum(
            np.vdot(p, q) for p, q in zip(J.hessian_bound_product()(v, c), (v, c), strict=True)
        )
        assert curvature <= bound


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_hessian_blocks_are_sums_over_the_sampled_rows(
    data, stride, storage, weights, rng, request
):
    X, y = request.getfixturevalue(data)
    J = objective(storage(X), y, weights, C=0.3)
    w, b = rng.normal(size=(*J.outputs, 4)) / 3, rng.normal(size=J.outputs)
    mean, scale = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    H, weight = J.hessian_blocks(w, b, mean, scale, (stride, 0.5))
    rows = sampled(0, 150, stride)
    x = np.column_stack([(X - mean) * scale, np.ones(150)])[rows]
    share = (weights / weights.sum())[rows] / 0.5
    l2 = np.diag([*(scale**2 / (0.3 * weights.sum())), 0])
    d = share * J.loss.second_derivative(w @ X[rows].T + b[..., None])
    expected = np.einsum("...i,ij,ik->...jk", d, x, x) + l2
    assert_allclose(H, expected, rtol=1e-12, atol=1e-15)
    assert_allclose(weight, d.sum(axis=-1), rtol=1e-12)


STORAGES = {
    "F": np.asfortranarray,
    "float32": lambda X: X.astype(np.float32),
    "csr_array": sparse.csr_array,
    "csr_matrix": sparse.csr_matrix,
}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("weighted", [False, True])
def test_every_storage_gives_the_same_numbers(storage, data, weighted, weights, rng, request):
    X, y = request.getfixturevalue(data)
    weights = weights if weighted else None
    expected = objective(X, y, weights)
    stored = STORAGES[storage](X)
    found = objective(stored, y, weights if weights is None else weights.astype(stored.dtype))
    w, b = rng.normal(size=(*expected.outputs, 4)), rng.normal(size=expected.outputs)
    # Sums of 150 products in another order, or in another precision.
    rtol = 2e-4 if storage == "float32" else 1e-12
    w_, b_ = w.astype(stored.dtype), b.astype(stored.dtype) if np.ndim(b) else b
    for left, right in zip(
        found.cost_and_gradient(w_, b_), expected.cost_and_gradient(w, b), strict=True
    ):
        assert_allclose(left, right, rtol=rtol, atol=rtol / 100)
    for left, right in zip(found.moments, expected.moments, strict=True):
        assert_allclose(left, right, rtol=rtol)
    assert found.moments[0].dtype == np.float64


def test_without_an_intercept_db_is_zero(multiclass):
    J = objective(*multiclass, fit_intercept=False)
    _, _, db = J.cost_and_gradient(np.ones((3, 4)), np.zeros(3))
    assert_array_equal(db, np.zeros(3))


@pytest.mark.parametrize("data", ["binary", "multiclass"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_second_derivative_is_symmetric(data, fit_intercept, rng, request):
    X, y = request.getfixturevalue(data)
    objective = Objective.in_memory(X, y, y.max() + 1, C=2.0, fit_intercept=fit_intercept)
    shape = (*objective.outputs, 4)
    at = rng.normal(size=shape), rng.normal(size=shape[:-1])
    for product in (objective.hessian_product(*at), objective.hessian_bound_product()):
        (v, c), (u, d) = ((rng.normal(size=shape), rng.normal(size=shape[:-1])) for _ in range(2))
        (Hv, Hc), (Hu, Hd) = product(v, c), product(u, d)
        left, right = np.vdot(u, Hv) + np.vdot(d, Hc), np.vdot(v, Hu) + np.vdot(c, Hd)
        assert left == pytest.approx(right, rel=1e-12)

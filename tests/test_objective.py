"""J, dw and db over all rows, whatever X is stored in."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.optimize import check_grad
from sklearn import config_context

from sklearn_gdlogreg import cost_and_gradient
from sklearn_gdlogreg._check import quiet
from sklearn_gdlogreg._objective.moments import moments
from sklearn_gdlogreg._objective.objective import Objective
from sklearn_gdlogreg._objective.rows import sampled


def objective(X, y, sample_weight=None, **options):
    return Objective.in_memory(X, y, y.max() + 1, sample_weight=sample_weight, **options)


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


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_weight_k_equals_the_row_k_times(data, weights, rng, request):
    X, y = request.getfixturevalue(data)
    times = weights.astype(int)
    weighted = objective(X, y, weights, C=2.0)
    repeated = objective(np.repeat(X, times, axis=0), np.repeat(y, times), C=2.0)
    w, b = rng.normal(size=(*weighted.outputs, 4)), rng.normal(size=weighted.outputs)
    for left, right in zip(
        weighted.cost_and_gradient(w, b), repeated.cost_and_gradient(w, b), strict=True
    ):
        assert_allclose(left, right, rtol=1e-13, atol=1e-15)
    for left, right in zip(weighted.moments, repeated.moments, strict=True):
        assert_allclose(left, right, rtol=1e-12)


@pytest.mark.parametrize("data", ["binary", "multiclass"])
def test_a_weight_in_cost_and_gradient_is_as_many_rows(data, weights, rng, request):
    X, y = request.getfixturevalue(data)
    times = weights.astype(int)
    coef, intercept = (
        (rng.normal(size=(3, 4)), rng.normal(size=3)) if y.max() > 1 else ([1.0] * 4, 0.5)
    )
    weighted = cost_and_gradient(X, y, coef, intercept, sample_weight=weights)
    repeated = cost_and_gradient(np.repeat(X, times, axis=0), np.repeat(y, times), coef, intercept)
    for left, right in zip(weighted, repeated, strict=True):
        assert_allclose(left, right, rtol=1e-13, atol=1e-15)


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


@pytest.mark.parametrize("factor", [1e-320, 1e-300, 3.0, 1e300])
def test_only_the_ratios_of_weights_matter(factor, binary, weights):
    X, y = binary
    w = np.ones(4)
    expected = objective(X, y, weights).cost_and_gradient(w, 0.5)
    found = objective(X, y, weights * factor).cost_and_gradient(w, 0.5)
    # Weights among the denormal numbers keep only a few digits.
    assert_allclose(found[0], expected[0], rtol=1e-3 if factor == 1e-320 else 1e-13)


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


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("megabytes", [1e-5, 1e-3])
def test_a_block_is_at_least_a_row_however_little_memory_there_is(megabytes, storage, binary):
    X, y = binary
    w = np.ones(4)
    with config_context(working_memory=megabytes):  # 10 bytes are less than a row, 1000 are some
        found = objective(storage(X), y).cost_and_gradient(w, 0.5)
    for left, right in zip(found, objective(X, y).cost_and_gradient(w, 0.5), strict=True):
        assert_allclose(left, right, rtol=1e-12)


@pytest.mark.parametrize("m", [1, 37, 40_000])
def test_moments_are_numpys_for_any_number_of_blocks(m, rng):
    X = rng.normal(size=(m, 5)) * [1, 1e-3, 1e3, 1, 0] + [0, 1, 1e6, -5, 3]
    s = rng.uniform(size=m)
    mean, deviation = objective(X, np.resize([0, 1], m), s).moments
    assert_allclose(mean, np.average(X, axis=0, weights=s), rtol=1e-12)
    expected = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=s))
    # The constant column's deviation is the rounding of its mean.
    assert_allclose(deviation, expected, rtol=1e-9, atol=1e-14)


def test_moments_of_more_columns_than_a_batch_has_entries(rng):
    X = rng.normal(size=(3, 70_000))
    mean, deviation = objective(X, np.array([0, 1, 0])).moments
    assert_allclose(mean, X.mean(axis=0), rtol=1e-9, atol=1e-12)
    assert_allclose(deviation, X.std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_moments_at_the_edges_of_the_numbers(storage, rng):
    # The squares of the second are denormal, of the fourth too large in sum alone.
    scales = np.array([1e-300, 1e-159, 1.0, 1e154, 1e300])
    # Half of the entries are 0, which sparse columns do not store.
    Z = rng.normal(size=(50, 5)) * (rng.uniform(size=(50, 5)) < 0.5)
    mean, deviation = objective(storage(Z * scales), np.resize([0, 1], 50)).moments
    assert_allclose(mean / scales, Z.mean(axis=0), rtol=1e-12)
    assert_allclose(deviation / scales, Z.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
def test_moments_of_a_sample_are_those_of_its_rows(storage, weights, rng):
    Z = rng.normal(size=(150, 4)) * (rng.uniform(size=(150, 4)) < 0.5) + [0, 0, 1e9, 0]
    scales = np.array([1e-300, 1.0, 1.0, 1e300])
    J = objective(storage(Z * scales), np.resize([0, 1], 150), weights)
    rows = sampled(0, 150, 4)
    share = (weights / weights.sum())[rows]
    with quiet():
        mean, deviation = moments(J.rows, 4, share.sum())
    expected = np.average(Z[rows], axis=0, weights=share)
    assert_allclose(mean / scales, expected, rtol=1e-12)
    variance = np.average((Z[rows] - expected) ** 2, axis=0, weights=share)
    assert_allclose(deviation / scales, np.sqrt(variance), rtol=1e-6)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("size", [1e-300, 1e-3, 1.0])
def test_moments_are_those_of_the_rows_with_a_weight(size, storage, rng):
    """Whatever the others hold, in columns that are constant, small or plain."""
    X = np.column_stack([np.full(50, size), rng.normal(size=(50, 2)) * size])
    y, others = np.resize([0, 1], 53), np.full((3, 3), np.finfo(float).max)
    weights = np.repeat([1.0, 0.0], [50, 3])
    beside = objective(storage(np.vstack([X, others])), y, weights).moments
    for left, right in zip(beside, objective(storage(X), y[:50]).moments, strict=True):
        assert_allclose(left, right, rtol=1e-12, atol=1e-15 * size)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_column_does_not_deviate_by_the_rounding_of_its_mean(storage, dtype, weights):
    X = np.full((150, 2), [0.1, 1e9], dtype)
    mean, deviation = objective(storage(X), np.resize([0, 1], 150), weights).moments
    assert (deviation <= np.finfo(dtype).eps * mean).all()


@pytest.mark.parametrize(("m", "density"), [(150, 0.1), (10_000, 0.9)])
def test_sparse_moments_are_those_of_the_dense_matrix(m, density, weights, sparse_rows):
    X = sparse_rows(m, 20, density)
    y = np.resize([0, 1], m)
    for s in (None, np.resize(weights, m)):
        dense, found = objective(X.toarray(), y, s), objective(X, y, s)
        for left, right in zip(found.moments, dense.moments, strict=True):
            assert_allclose(left, right, rtol=1e-12, atol=1e-16)


def test_without_an_intercept_db_is_zero(multiclass):
    J = objective(*multiclass, fit_intercept=False)
    _, _, db = J.cost_and_gradient(np.ones((3, 4)), np.zeros(3))
    assert_array_equal(db, np.zeros(3))


def test_X_is_neither_copied_nor_changed(binary):
    X, y = binary
    X.flags.writeable = False
    J = objective(X, y)
    assert all(np.shares_memory(part.X, X) for part in J.rows.parts)
    J.cost_and_gradient(np.ones(4), 0.0)


def test_the_courses_figures():
    J, dw, db = cost_and_gradient(
        X=np.array([[1.0, 2.0], [3.0, 4.0]]).T, y=[1, 0], coef=[1.0, 2.0], intercept=2.0
    )
    assert f"{J:.11f}" == "6.00006477319"
    assert np.array2string(dw, precision=8) == "[0.99993216 1.99980262]"
    assert f"{db:.12f}" == "0.499935230625"
    assert isinstance(J, float)
    assert isinstance(db, float)


def test_cost_and_gradient_takes_a_fitted_models_coefficients(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    _, dw, db = cost_and_gradient(X, y, coef, intercept)
    assert dw.shape == coef.shape
    assert db.shape == intercept.shape
    _, dw, db = cost_and_gradient(X, y == 0, coef[:1], intercept[:1])
    assert dw.shape == (1, 4)
    assert db.shape == (1,)


def test_cost_and_gradient_of_some_classes_uses_the_softmax_over_all(multiclass, rng):
    X, y = multiclass
    coef, intercept = rng.normal(size=(3, 4)), rng.normal(size=3)
    part = y < 2
    J, _, db = cost_and_gradient(X[part], y[part], coef, intercept)
    z = X[part] @ coef.T + intercept
    expected = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), y[part]])
    assert pytest.approx(expected, rel=1e-12) == J
    assert db.shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [-1, 1]}, r"labels 0 and 1; got \[-1, 1\]"),
        ({"y": ["a", "b"]}, r"labels 0 and 1"),
        ({"y": [0.5, 1]}, r"labels 0 and 1"),
        ({"y": [1, 2]}, r"labels 0 and 1; got \[1, 2\]"),
        ({"y": np.array([0, 2**63], np.uint64)}, r"labels 0 and 1; got"),
        ({"y": [[0, 1]]}, r"pass X.T, and y with one dimension"),
        ({"X": np.ones((3, 2))}, r"Examples are rows here, columns in the course"),
        ({"coef": None}, r"coef must be finite|coef must be an array"),
        ({"coef": [1e308, 1e308], "X": [[1e200, 1], [1, 2]]}, r"cost is not finite"),
        ({"coef": [1.0, 2.0, 3.0]}, r"coef must have the shape \(2,\) or \(1, 2\)"),
        ({"intercept": [1.0, 2.0]}, r"intercept must have the shape"),
        ({"coef": [1.0, np.nan]}, r"coef must be finite"),
        ({"coef": ["a", "b"]}, r"coef must be an array of numbers"),
        ({"X": [[1.0, np.nan], [0, 1]]}, r"NaN"),
        ({"y": [0, 1, 1]}, r"inconsistent numbers of samples"),
        ({"sample_weight": [1.0, -1.0]}, r"[Nn]egative"),
        ({"sample_weight": [0.0, 0.0]}, r"[Zz]ero"),
        ({"sample_weight": [1.0]}, r"sample_weight"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"X": [[1.0, 2.0], [3.0, 4.0]], "y": [0, 1], "coef": [1.0, 2.0], "intercept": 0.0}
    with pytest.raises(ValueError, match=message):
        cost_and_gradient(**good | change)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(("dtype", "light"), [(np.float32, 1e-25), (np.float64, 1e-170)])
def test_a_column_of_rows_that_hardly_count_has_a_deviation(dtype, light, storage, rng):
    """Entries over their weighted mean, squared, would be infinite."""
    X = rng.normal(size=(200, 2))
    X[:100, 1], X[100:, 1] = 0, 5
    weights = np.repeat([1.0, light], 100)
    _, deviation = objective(storage(X.astype(dtype)), np.resize([0, 1], 200), weights).moments
    # Of light rows a share p has the entries: their variance is 25 p (1 - p).
    assert_allclose(deviation[1], 5 * np.sqrt(light), rtol=1e-5)

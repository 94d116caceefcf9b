"""The sigmoid, the softmax, their losses and derivatives, one block of rows at a time."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_gdlogreg._objective.cross_entropy import Sigmoid, Softmax

MARGINS = [-1000.0, -745.0, -40.0, -1.0, -1e-8, 0.0, 1e-300, 0.5, 37.0, 709.0, 1000.0]


@pytest.mark.parametrize("z", MARGINS)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_sigmoid_loss_equals_fifty_digit_arithmetic(z, y):
    with localcontext() as context:
        context.prec = 500  # exp(-1000) + 1 has 435 digits before it differs from 1
        a = 1 / (1 + (-Decimal(z)).exp())
        expected_loss = float(-(a if y else 1 - a).ln())
        expected_dz = float(a - Decimal(y))
    loss, dz = Sigmoid.cross_entropy(np.array([z]), np.array([y]))
    # Sums and one exponential: a few roundings, relative to the loss and to a.
    assert_allclose(loss, [expected_loss], rtol=4e-16)
    assert_allclose(dz, [expected_dz], rtol=0, atol=2.3e-16)


@pytest.mark.parametrize("z", MARGINS)
def test_sigmoid_and_its_log_equal_fifty_digit_arithmetic(z):
    with localcontext() as context:
        context.prec = 500
        a = 1 / (1 + (-Decimal(z)).exp())
        expected, expected_log = float(a), float(a.ln())
    assert_allclose(Sigmoid.activation(np.array([z])), [expected], rtol=4e-16)
    assert_allclose(Sigmoid.log_probabilities(np.array([z]))[1], [expected_log], rtol=4e-16)
    assert_allclose(Sigmoid.probabilities(np.array([z]))[1], [expected], rtol=4e-16)
    assert_array_equal(
        Sigmoid.probabilities(np.array([z])), Sigmoid.probabilities(np.array([-z]))[::-1]
    )


def test_sigmoid_loss_is_the_courses_formula(rng):
    z = rng.normal(size=20)
    y = rng.integers(0, 2, 20).astype(float)
    a = 1 / (1 + np.exp(-z))
    loss, dz = Sigmoid.cross_entropy(z, y)
    assert_allclose(loss, -(y * np.log(a) + (1 - y) * np.log(1 - a)), rtol=1e-14)
    assert_allclose(dz, a - y, rtol=1e-14)


def test_softmax_loss_is_the_log_of_the_true_classs_probability(rng):
    z = rng.normal(size=(4, 20))
    y = rng.integers(0, 4, 20)
    a = np.exp(z) / np.exp(z).sum(axis=0)
    loss, dz = Softmax.cross_entropy(z, y)
    assert_allclose(loss, -np.log(a[y, np.arange(20)]), rtol=1e-13)
    assert_allclose(dz, a - np.eye(4)[:, y], rtol=1e-13, atol=1e-16)
    assert_allclose(Softmax.activation(z), a, rtol=1e-14)
    assert_allclose(Softmax.log_probabilities(z), np.log(a), rtol=1e-13)


def test_softmax_of_two_classes_is_the_sigmoid_of_their_difference(rng):
    z = rng.normal(size=(2, 20)) * 10
    y = rng.integers(0, 2, 20)
    loss, dz = Softmax.cross_entropy(z, y)
    expected_loss, expected_dz = Sigmoid.cross_entropy(z[1] - z[0], y.astype(float))
    # The sum of the exponentials is rounded near 1: what remains is its absolute error.
    assert_allclose(loss, expected_loss, rtol=1e-12, atol=1e-15)
    assert_allclose(dz[1], expected_dz, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("size", [1000.0, 1e300])
def test_softmax_is_finite_at_any_margin(size):
    z = np.array([[size, 0.0, -size], [-size, size, 0.0]]).T
    for y in ([0, 0], [1, 1], [2, 2]):
        loss, dz = Softmax.cross_entropy(z, np.array(y))
        assert np.isfinite(loss).all()
        assert np.isfinite(dz).all()
    assert np.isfinite(Softmax.log_probabilities(z)).all()
    assert_array_equal(Softmax.activation(z).T, [[1, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize(("loss", "shape"), [(Sigmoid, (7,)), (Softmax, (3, 7))])
def test_differential_is_the_derivative_of_the_activation(loss, shape, rng):
    z, v = rng.normal(size=shape), rng.normal(size=shape)
    h = 1e-6
    central = (loss.activation(z + h * v) - loss.activation(z - h * v)) / (2 * h)
    # Central differences err by h^2 and by the rounding of a over h: about 1e-10.
    assert_allclose(loss.differential(z, v), central, atol=1e-9)


def test_curvature_is_what_a_class_alone_does_to_its_own_probability(rng):
    """The diagonal of the derivative of a with respect to z."""
    z = rng.normal(size=(3, 7))
    assert_allclose(
        Sigmoid.second_derivative(z[0]), Sigmoid.differential(z[0], np.ones(7)), rtol=1e-15
    )
    for k, e in enumerate(np.eye(3)):
        own = Softmax.differential(z, e[:, None])[k]
        assert_allclose(Softmax.second_derivative(z)[k], own, rtol=1e-13)


def test_curvature_bounds_are_reached_and_not_exceeded(rng):
    """Of the sigmoid at z = 0; of the softmax where two classes share all the probability."""
    v = np.array([1.0, -1.0, 0.0]) / np.sqrt(2)
    z = np.array([[0.0, 0.0, -800.0]]).T
    assert v @ Softmax.differential(z, v[:, None])[:, 0] == pytest.approx(
        Softmax.second_derivative_bound
    )
    assert Sigmoid.differential(np.zeros(1), np.ones(1))[0] == Sigmoid.second_derivative_bound
    for _ in range(100):
        z, v = rng.normal(size=(3, 1)) * 3, rng.normal(size=(3, 1))
        assert np.vdot(v, Softmax.differential(z, v)) <= Softmax.second_derivative_bound * np.vdot(
            v, v
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    z = np.array([[1.0, 2.0, 3.0]], dtype)
    y = np.ones(3, dtype)
    arrays = [
        *Sigmoid.cross_entropy(z[0], y),
        Sigmoid.activation(z),
        *Sigmoid.probabilities(z),
        *Sigmoid.log_probabilities(z),
        *Softmax.cross_entropy(z.T, np.array([1])),
        Softmax.activation(z.T),
        Softmax.log_probabilities(z.T),
    ]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_separates_needs_every_row_strictly_on_its_side():
    z, y = np.array([-1.0, 2.0]), np.array([0.0, 1.0])
    assert Sigmoid.separates(z, y).all()
    assert not Sigmoid.separates(z, 1 - y).all()
    assert not Sigmoid.separates(np.array([-1.0, 0.0]), y).all()
    z = np.array([[1.0, 0.0], [0.0, 3.0]])
    assert Softmax.separates(z, np.array([0, 1])).all()
    assert not Softmax.separates(z, np.array([0, 0])).all()
    assert not Softmax.separates(np.zeros((2, 2)), np.array([0, 1])).all()


def test_hits_are_the_rows_whose_own_class_would_be_predicted():
    """A tie goes to the first class, as in `predict`."""
    z = np.array([-1.0, 0.0, 0.5, 2.0])
    assert_array_equal(Sigmoid.hits(z, np.zeros(4)), [True, True, False, False])
    assert_array_equal(Sigmoid.hits(z, np.ones(4)), [False, False, True, True])
    z = np.array([[3.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 7.0, 2.0]]).T
    for k in range(3):
        assert_array_equal(Softmax.hits(z, np.full(3, k)), np.array([0, 0, 1]) == k)


def test_the_loss_alone_is_that_of_the_forward_pass_to_the_last_bit(rng):
    z = rng.normal(size=(3, 500)) * 10.0 ** rng.uniform(-3, 3, 500)
    y = rng.integers(0, 3, 500)
    assert_array_equal(Softmax.losses(z, y), Softmax.cross_entropy(z, y)[0])
    y = (y > 0).astype(float)
    assert_array_equal(Sigmoid.losses(z[0], y), Sigmoid.cross_entropy(z[0], y)[0])


def test_an_infinite_margin_costs_nothing_or_infinitely_much():
    infinite = np.array([np.inf, -np.inf])
    assert_array_equal(Sigmoid.losses(infinite, np.array([1.0, 0.0])), [0, 0])
    assert_array_equal(Sigmoid.losses(infinite, np.array([0.0, 1.0])), [np.inf, np.inf])
    z = np.array([infinite, [1.0, 1.0], [-np.inf, 2.0]])
    with np.errstate(invalid="ignore"):
        assert_array_equal(Softmax.losses(z, np.array([0, 1])), [0, np.log(1 + np.e)])
        assert_array_equal(Softmax.losses(z, np.array([1, 0])), [np.inf, np.inf])


def test_dz_is_finite_at_infinite_margins():
    with np.errstate(invalid="ignore"):
        _, dz = Sigmoid.cross_entropy(np.array([np.inf, -np.inf]), np.array([0.0, 0.0]))
    assert_array_equal(dz, [1, 0])


@pytest.mark.parametrize("size", [10.0, 1e4, 1e300])
def test_the_derivatives_without_the_loss_are_those_with_it(size, rng):
    z, y = rng.normal(size=50) * size, rng.integers(0, 2, 50).astype(float)
    # Both round a near 1: an absolute error of a few roundings of 1.
    assert_allclose(Sigmoid.doubled_dz(z / 2, y) / 2, Sigmoid.cross_entropy(z, y)[1], atol=4e-16)
    # Rows of every size together: no row's largest z is another's.
    z, y = rng.normal(size=(2, 3, 50)) * np.geomspace(1, size, 50), rng.integers(0, 3, 50)
    expected = [Softmax.cross_entropy(each, y)[1] for each in z]
    assert_allclose(Softmax.dz(z.copy(), y), expected, atol=4e-16)

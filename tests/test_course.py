"""The course's algorithm, four times: loops, NumPy, this package, and scikit-learn's MLP."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_gdlogreg import GDLogisticRegression, cost_and_gradient, descend

# Every iterate is compared to this: the roundings of at most a hundred steps.
RTOL = 1e-12


def looped(X, y, learning_rate, n_iter):
    """The m-example loop of "Logistic Regression on m examples", with its loop over features."""
    m, n_x = len(X), len(X[0])
    w, b = [0.0] * n_x, 0.0
    yield w, b
    for _ in range(n_iter):
        dw, db = [0.0] * n_x, 0.0
        for i in range(m):
            z = b
            for j in range(n_x):
                z += w[j] * X[i][j]
            a = 1 / (1 + np.exp(-z))
            dz = a - y[i]
            for j in range(n_x):
                dw[j] += X[i][j] * dz
            db += dz
        for j in range(n_x):
            dw[j] /= m
        db /= m
        w = [w[j] - learning_rate * dw[j] for j in range(n_x)]
        b = b - learning_rate * db
        yield w, b


def vectorized(X, y, learning_rate, n_iter):
    """The course's vectorized form, with examples as columns as it has them."""
    X, Y = X.T, y[None, :]
    m = X.shape[1]
    w, b = np.zeros((X.shape[0], 1)), 0.0
    yield w[:, 0], b
    for _ in range(n_iter):
        A = 1 / (1 + np.exp(-(w.T @ X + b)))
        dZ = A - Y
        dw = X @ dZ.T / m
        db = np.sum(dZ) / m
        w = w - learning_rate * dw
        b = b - learning_rate * db
        yield w[:, 0], b


def perceptron(X, y, learning_rate, n_iter):
    """scikit-learn's network without a hidden layer: its full-batch SGD is the same descent."""
    network = MLPClassifier(
        hidden_layer_sizes=(),
        solver="sgd",
        batch_size=len(X),
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        learning_rate_init=learning_rate,
        shuffle=False,
        max_iter=1,
        warm_start=True,
        tol=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(X, y)
        network.coefs_ = [np.zeros_like(network.coefs_[0])]
        network.intercepts_ = [np.zeros_like(network.intercepts_[0])]
        yield network.coefs_[0][:, 0].copy(), network.intercepts_[0][0]
        for _ in range(n_iter):
            network.fit(X, y)
            yield network.coefs_[0][:, 0].copy(), network.intercepts_[0][0]


def estimated(X, y, learning_rate, n_iter):
    """GDLogisticRegression, stopped after each number of iterations."""
    for max_iter in range(n_iter + 1):
        clf = GDLogisticRegression(learning_rate, max_iter=max_iter, tol=0).fit(X, y)
        yield clf.coef_[0], clf.intercept_[0]


@pytest.mark.parametrize("form", [looped, vectorized, perceptron, estimated])
def test_every_form_of_the_algorithm_makes_the_same_iterates(form, binary):
    X, y = binary
    reached = 0
    for step, (w, b) in zip(descend(X, y, 0.1), form(X, y, 0.1, 40), strict=False):
        assert_allclose(step.coef, w, rtol=RTOL, atol=1e-15)
        assert_allclose(step.intercept, b, rtol=RTOL, atol=1e-15)
        reached = step.t
    assert reached == 40


def test_the_courses_hundred_steps():
    X, y = np.array([[1.0, 3.0], [2.0, 4.0]]), [1, 0]
    clf = GDLogisticRegression(0.009, max_iter=100, tol=0)
    clf.fit(X, y, coef_init=[[1.0, 2.0]], intercept_init=[2.0])
    assert np.array2string(clf.coef_, precision=8) == "[[0.1124579  0.23106775]]"
    assert f"{clf.intercept_[0]:.11f}" == "1.55930492484"
    # The gradient that the course prints is the one that the last update was made with.
    clf.set_params(max_iter=99).fit(X, y, coef_init=[[1.0, 2.0]], intercept_init=[2.0])
    _, dw, db = cost_and_gradient(X, y, clf.coef_[0], clf.intercept_[0])
    assert np.array2string(dw, precision=8) == "[0.90158428 1.76250842]"
    assert f"{db:.12f}" == "0.430462071679"
    assert f"{clf.loss_curve_[0]:.11f}" == "6.00006477319"

"""The largest eigenvalue of the Hessian in the coordinates of the descent: it bounds its rates.

A step of constant size alpha shrinks the distance to a minimum only where
alpha < 2 / lambda_max, the largest eigenvalue of the second derivative there; with
alpha <= 2 / L, L a bound of lambda_max everywhere, the cost never increases (Nesterov,
Introductory Lectures on Convex Optimization, 2004, section 1.2.3).
"""

import math
from inspect import signature

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

# Lanczos approaches the eigenvalue from below: to this relative accuracy.
ACCURACY = 1e-6


def lipschitz(objective, coordinates):
    """L, a bound of lambda_max at every point; never below it."""
    product = objective.hessian_bound_product()
    # The bound does not mix the classes: where they have the same coordinates, one serves for all.
    outputs = objective.outputs if coordinates.hessian_is_identity else ()
    return _largest_eigenvalue(product, coordinates, objective, outputs) * (1 + 10 * ACCURACY)


def lambda_max(objective, coordinates, w, b):
    """The largest eigenvalue of the Hessian at (w, b)."""
    product = objective.hessian_product(w, b)
    return _largest_eigenvalue(product, coordinates, objective, objective.outputs)


def _largest_eigenvalue(product, coordinates, objective, outputs):
    """The largest eigenvalue of v -> pull_back(product(unpack(v))), by Lanczos iterations."""
    shape = (*outputs, objective.n + 1)
    coordinates = coordinates.euclidean

    def hessian_times(v):
        w, b = coordinates.unpack(v.reshape(shape).astype(objective.dtype, copy=False))
        return coordinates.pull_back(*product(w, b)).ravel().astype(np.float64, copy=False)

    # A fixed start keeps refits identical to the last bit; a random one is not orthogonal to
    # the eigenvector, as a constant or a unit vector easily is.
    size = math.prod(shape)
    start = np.random.default_rng(0).standard_normal(size)
    unit = float(np.abs(hessian_times(start)).max())
    if unit == 0 or not math.isfinite(unit):
        return unit
    # In units of their own size: X of scale 1e+150 squares to the edge of the numbers.
    operator = LinearOperator((size, size), lambda v: hessian_times(v) / unit, dtype=np.float64)
    # SciPy from 1.17 on restarts where the Hessian is nearly the identity, with random numbers.
    seed = {"rng": np.random.default_rng(0)} if "rng" in signature(eigsh).parameters else {}
    top = eigsh(
        operator, k=1, which="LA", v0=start, tol=ACCURACY, return_eigenvectors=False, **seed
    )
    return float(top[0]) * unit

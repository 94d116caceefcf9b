"""Data sets for all tests: small, seeded, the classes overlapping so that an optimum exists."""

import os
import signal

# scikit-learn asks for it where arrays of other libraries are to be used, before SciPy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest
from scipy import sparse

# A shell has background jobs ignore it; tests that press Ctrl-C would go on for ever there.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def rng():
    return np.random.default_rng(20240229)


def overlapping(rng, m, n, n_classes=2):
    """Rows around class centres, on unlike scales; a fifth of the labels is arbitrary."""
    y = rng.integers(0, n_classes, m)
    X = rng.normal(size=(m, n)) + rng.normal(size=(n_classes, n))[y]
    y[: m // 5] = np.arange(m // 5) % n_classes
    return X * rng.uniform(0.5, 2, n) + rng.normal(size=n), y


@pytest.fixture
def sparse_rows(rng):
    """A function of (m, n, density) that makes a CSR matrix of uniform entries."""

    def make(m, n, density):
        size = int(m * n * density)
        entries = rng.random(size), (rng.integers(0, m, size), rng.integers(0, n, size))
        return sparse.csr_array(sparse.coo_array(entries, (m, n)))

    return make


@pytest.fixture
def binary(rng):
    return overlapping(rng, m=150, n=4)


@pytest.fixture
def multiclass(rng):
    return overlapping(rng, m=150, n=4, n_classes=3)


@pytest.fixture
def weights(rng):
    return rng.integers(0, 4, 150).astype(float)

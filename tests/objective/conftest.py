"""Rows of which there are several blocks, and several groups of them."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def large():
    """About 13 MB: several blocks, several groups."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40_001, 40)) * (rng.uniform(size=(40_001, 40)) < 0.9)
    return X, rng.integers(0, 3, 40_001), rng.integers(0, 3, 40_001).astype(float)

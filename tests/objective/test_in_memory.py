"""Rows in memory: used as they are, each with its share of the mean."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from .helpers import objective


@pytest.mark.parametrize("factor", [1e-320, 1e-300, 3.0, 1e300])
def test_only_the_ratios_of_weights_matter(factor, binary, weights):
    X, y = binary
    w = np.ones(4)
    expected = objective(X, y, weights).cost_and_gradient(w, 0.5)
    found = objective(X, y, weights * factor).cost_and_gradient(w, 0.5)
    # Weights among the denormal numbers keep only a few digits.
    assert_allclose(found[0], expected[0], rtol=1e-3 if factor == 1e-320 else 1e-13)


def test_X_is_neither_copied_nor_changed(binary):
    X, y = binary
    X.flags.writeable = False
    J = objective(X, y)
    assert all(np.shares_memory(part.X, X) for part in J.rows.parts)
    J.cost_and_gradient(np.ones(4), 0.0)

"""Rows in memory are used as they are."""

import numpy as np

from .helpers import objective


def test_X_is_neither_copied_nor_changed(binary):
    X, y = binary
    X.flags.writeable = False
    J = objective(X, y)
    assert all(np.shares_memory(part.X, X) for part in J.rows.parts)
    J.cost_and_gradient(np.ones(4), 0.0)

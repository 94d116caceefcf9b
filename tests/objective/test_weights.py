"""A row of weight k counts as k rows: only the ratios of weights matter."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from .helpers import objective


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


@pytest.mark.parametrize("factor", [1e-320, 1e-300, 3.0, 1e300])
def test_only_the_ratios_of_weights_matter(factor, binary, weights):
    X, y = binary
    w = np.ones(4)
    expected = objective(X, y, weights).cost_and_gradient(w, 0.5)
    found = objective(X, y, weights * factor).cost_and_gradient(w, 0.5)
    # Weights among the denormal numbers keep only a few digits.
    assert_allclose(found[0], expected[0], rtol=1e-3 if factor == 1e-320 else 1e-13)

"""What the parameters of a descent may be."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_gdlogreg import GDLogisticRegression

from ..helpers import fitted


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_parameters_may_be_numpy_numbers(kind, binary):
    expected = fitted(*binary, 0.5, C=2.0, l1_ratio=0.5, tol=0.25)
    clf = fitted(*binary, kind(0.5), C=kind(2.0), l1_ratio=kind(0.5), tol=kind(0.25))
    assert_array_equal(clf.coef_, expected.coef_)
    GDLogisticRegression(C=kind(np.inf), max_iter=np.int64(100)).fit(*binary)


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5, "all"])
def test_bad_n_jobs_is_named(n_jobs):
    with pytest.raises(ValueError, match="'n_jobs' parameter"):
        GDLogisticRegression(n_jobs=n_jobs).fit([[0.0], [1.0]], [0, 1])

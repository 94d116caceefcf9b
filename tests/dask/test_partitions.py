"""Partitions of any length, storage and content."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_gdlogreg import GDLogisticRegression

from .helpers import assert_same_descent, lazy

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

from sklearn_gdlogreg.dask import DaskGDLogisticRegression  # noqa: E402


def test_empty_partitions_and_classes_that_some_lack(where, rows):
    X, y, s = rows
    order = np.argsort(y, kind="stable")
    X, y, s = X[order], y[order], s[order]
    chunks = (0, 100, 0, 250, 350, 0)
    s[:100] = 0  # a partition of no weight
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y, sample_weight=s)
    found = DaskGDLogisticRegression(C=1.0, store_path=True)
    lazily = [da.from_array(a, chunks=(chunks, *[-1] * (a.ndim - 1))) for a in (X, y, s)]
    assert_same_descent(found.fit(*lazily), expected)
    assert_array_equal(found.predict(lazily[0]).compute(), expected.predict(X))
    assert found.score(*lazily) == pytest.approx(expected.score(X, y, s), rel=1e-12)


def test_partitions_of_different_widths_are_refused(where):
    made = [dask.delayed(np.ones)((5, n)) for n in (3, 4)]  # of what was declared as 3 columns
    X = da.concatenate([da.from_delayed(each, (5, 3), float) for each in made])
    with pytest.raises(ValueError, match="numbers of columns: "):
        DaskGDLogisticRegression().fit(X, da.from_array(np.tile([0, 1], 5), chunks=5))


def test_some_partitions_may_be_sparse(where, rows):
    X, y, _ = rows
    blocks = dask.delayed(X[:350]), dask.delayed(sparse.csr_array)(X[350:])
    expected = GDLogisticRegression(C=1.0, store_path=True).fit(X, y)
    for first, second in (blocks, blocks[::-1]):
        order = slice(None) if first is blocks[0] else np.r_[350:700, 0:350]
        mixed = [da.from_delayed(block, (350, 6), float) for block in (first, second)]
        found = DaskGDLogisticRegression(C=1.0, store_path=True)
        found.fit(da.concatenate(mixed, allow_unknown_chunksizes=True), lazy(y[order], 350))
        assert_same_descent(found, expected)

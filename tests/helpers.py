"""What tests of several rooms use."""

import itertools

import pytest

from sklearn_gdlogreg import GDLogisticRegression


def fitted(X, y, *args, **options):
    return GDLogisticRegression(*args, **{"C": 1.0} | options).fit(X, y)


def first(n, steps):
    return list(itertools.islice(steps, n))


def pandas():
    return pytest.importorskip("pandas")

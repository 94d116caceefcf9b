"""What tests of several rooms use."""

import itertools
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._sklearn import VERSION


def needs_sklearn(version):
    """The mark of a test of what scikit-learn can do from this version on, such as "1.9"."""
    too_old = tuple(map(int, version.split("."))) > VERSION
    return pytest.mark.skipif(too_old, reason=f"needs scikit-learn {version}")


def fitted(X, y, *args, **options):
    return GDLogisticRegression(*args, **{"C": 1.0} | options).fit(X, y)


def first(n, steps):
    return list(itertools.islice(steps, n))


def pandas():
    return pytest.importorskip("pandas")


def message_of(clf, X, y):
    """The one warning of the fit; empty if there is none."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        clf.fit(X, y)
    assert len(record) <= 1
    assert all(warning.category is ConvergenceWarning for warning in record)
    return str(record[0].message) if record else ""

"""What X is decides what its examples are."""

import numpy as np
import pytest

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._check import library_of
from sklearn_gdlogreg._data.array_examples import ArrayExamples
from sklearn_gdlogreg._data.examples import Examples
from sklearn_gdlogreg._data.loading import load

pytestmark = pytest.mark.sklearn


def test_examples_are_where_X_is_and_others_where_the_first_are(xp, binary):
    X, y = binary
    kinds = {Examples: (X, xp.asarray(y)), ArrayExamples: (xp.asarray(X), y)}
    for kind, given in kinds.items():
        examples = load(*given, caller=GDLogisticRegression())
        others = load(*given, caller=GDLogisticRegression(), like=examples.schema)
        assert type(examples) is type(others) is kind


def test_without_dispatch_arrays_are_converted(binary):
    X, y = binary
    torch = pytest.importorskip("torch")
    clf = GDLogisticRegression(0.1, max_iter=5, tol=0).fit(torch.asarray(X), torch.asarray(y))
    assert isinstance(clf.coef_, np.ndarray)
    assert library_of(torch.asarray(X)) is None

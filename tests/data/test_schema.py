"""The features and classes of a model are those it was fitted to."""

import numpy as np
import pytest

from sklearn_gdlogreg import GDLogisticRegression

from ..helpers import pandas

pytestmark = pytest.mark.sklearn


def test_validation_columns_in_another_order_are_refused(binary):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(binary[0], columns=list("abcd"))
    clf = GDLogisticRegression(early_stopping=True, random_state=0)
    with pytest.raises(ValueError, match="same order"):
        clf.fit(X, binary[1], X_val=X[list("dcba")], y_val=binary[1])
    small, large = binary[0].astype(np.float32), binary[0] * 1e300
    with pytest.raises(ValueError, match="X_val has values too large for float32"):
        clf.fit(small, binary[1], X_val=large, y_val=binary[1])


def test_mixed_feature_names_are_refused_before_any_work(binary):
    X, y = binary
    clf = GDLogisticRegression(lambda t: pytest.fail("a step was made"))
    with pytest.raises(TypeError, match=r"[Ff]eature names"):
        clf.fit(pandas().DataFrame(X, columns=["a", "b", "c", 3]), y)

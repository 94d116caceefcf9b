"""A table of numbers and words for the tests of this room."""

import numpy as np
import pytest


@pytest.fixture
def frame(binary):
    pd = pytest.importorskip("pandas")
    X, y = binary
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["colour"] = np.where(X[:, 0] > 0, "red", "blue")
    frame["label"] = np.where(y, "yes", "no")
    return frame

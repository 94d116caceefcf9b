"""Libraries of arrays beside NumPy, for the tests of this room."""

import importlib.util

import pytest
from sklearn import config_context

from ..helpers import needs_sklearn

LIBRARIES = [
    name for name in ("array_api_strict", "torch") if importlib.util.find_spec(name) is not None
]


@pytest.fixture(params=[pytest.param(name, marks=needs_sklearn("1.9")) for name in LIBRARIES])
def xp(request):
    """A library, while scikit-learn passes its arrays through."""
    with config_context(array_api_dispatch=True):
        yield importlib.import_module(request.param)

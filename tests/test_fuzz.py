"""Random calls, the same in every run: each ends in a fit or in an error that names the culprit.

The long run is ``python tools/fuzz.py``.
"""

import importlib.util
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "tools" / "fuzz.py"


@pytest.mark.parametrize("seed", range(0, 3000, 500))
def test_random_calls_end_as_they_should(seed):
    spec = importlib.util.spec_from_file_location("fuzz", FUZZ)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    assert fuzz.run(500, seed) == []

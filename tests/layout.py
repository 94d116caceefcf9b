"""Where the tests of a module are: the folders here are the package's, without underscores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "sklearn_gdlogreg", ROOT / "tests"


def modules():
    """The files of the package, without those that only say what a folder offers."""
    return [file for file in sorted(PACKAGE.rglob("*.py")) if file.name != "__init__.py"]


def mirror_of(module):
    """tests/objective/test_penalty.py, of sklearn_gdlogreg/_objective/penalty.py."""
    *rooms, name = (part.lstrip("_") for part in module.relative_to(PACKAGE).parts)
    return TESTS.joinpath(*rooms, f"test_{name}")

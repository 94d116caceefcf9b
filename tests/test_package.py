"""What the package promises as a whole."""

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import sklearn_gdlogreg

from .layout import ROOT

EXTRAS = {"pandas", "matplotlib", "rich", "polars", "pyarrow", "dask", "hypothesis"}

# A process in which no extra can be imported.
WITHOUT_EXTRAS = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"{{name}} is not installed", name=name)

sys.meta_path.insert(0, Absent())
"""


def run_without_extras(program):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_EXTRAS + program],
        capture_output=True,
        text=True,
        check=False,
    )


def test_public_names():
    assert set(sklearn_gdlogreg.__all__) == {
        "Checkpoint",
        "CoefficientPathDisplay",
        "DescentDisplay",
        "GDGridSearchCV",
        "GDLogisticRegression",
        "GDLogisticRegressionCV",
        "GDRandomizedSearchCV",
        "GDSearchDisplay",
        "LossCurveDisplay",
        "__version__",
        "check_gradient",
        "check_separation",
        "cost_and_gradient",
        "descend",
    }


def test_the_version_is_the_one_that_is_cited_and_the_newest_of_the_changelog():
    cited = re.search("^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    released = re.search(r"^## (\d.*) - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited[1] == released[1] == sklearn_gdlogreg.__version__


def test_every_function_and_class_is_used():
    """One that nothing in the package names is a public name, or dead."""
    defined, named = set(), set(sklearn_gdlogreg.__all__)
    for path in Path(sklearn_gdlogreg.__file__).parent.rglob("*.py"):
        module = ast.parse(path.read_text())
        top = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        defined |= {node.name for node in top}
        for node in ast.walk(module):
            if isinstance(node, ast.Name | ast.Attribute):
                named.add(node.id if isinstance(node, ast.Name) else node.attr)
            elif isinstance(node, ast.ImportFrom):
                named |= {alias.name for alias in node.names}
    assert defined - named == set()


def test_importing_and_fitting_need_no_extra():
    run = run_without_extras("""
from sklearn_gdlogreg import GDLogisticRegression
clf = GDLogisticRegression(C=1.0).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
assert clf.stop_reason_ == "converged"
from sklearn_gdlogreg.__main__ import main
sys.exit(main(["--standardize"]))
""")
    assert run.returncode == 0, run.stderr


def libraries_of(extra):
    """What an extra installs of others', as pip would be told without versions.

    A hint that names them is true of a source tree and of any index alike.
    """
    with (ROOT / "pyproject.toml").open("rb") as file:
        needed = tomllib.load(file)["project"]["optional-dependencies"][extra]
    return [each.partition(">=")[0] for each in needed if not each.startswith("sklearn-gdlogreg")]


def test_without_dask_its_module_says_what_to_install():
    run = run_without_extras("""
try:
    import sklearn_gdlogreg.dask
except ImportError as error:
    print(error)
""")
    assert f'pip install "{libraries_of("dask")[0]}", or this package with its extra [dask]' in (
        run.stdout
    ), run.stderr


def test_a_missing_extra_is_named_before_any_work(tmp_path):
    (tmp_path / "data.csv").write_text("a,y\n1,0\n2,1\n")
    main = "from sklearn_gdlogreg.__main__ import main; sys.exit(main({}))"
    for arguments, extra in [
        (["--plot", str(tmp_path / "curves.png")], "plot"),
        ([str(tmp_path / "data.csv"), "--target", "y"], "cli"),
    ]:
        run = run_without_extras(main.format(arguments))
        assert run.returncode == 2
        named = " ".join(libraries_of(extra))
        assert f"pip install {named}, or this package with its extra [{extra}]." in run.stderr
        assert run.stderr.count("\n") == 1
        assert run.stdout == ""


def test_imports_point_down_the_floors_of_the_developer_guide():
    house = runpy.run_path(ROOT / "docs" / "house.py")
    floor = {room: k for k, rooms in enumerate(house["floors"]()) for room in rooms}
    arrows = house["imports"]()
    assert {room for arrow in arrows for room in arrow} == set(floor)
    assert [(room, target) for room, target in arrows if floor[target] >= floor[room]] == []


def test_the_picture_of_the_rooms_is_that_of_the_code():
    house = runpy.run_path(ROOT / "docs" / "house.py")
    drawn = house["drawn"](house["floors"](), house["without_detours"](house["imports"]()))
    assert house["PICTURE"].read_text() == drawn

"""What type checkers are told of the public names is what they are."""

import ast
import importlib
import inspect

import pytest

from .layout import PACKAGE

STUBS = {
    "sklearn_gdlogreg": PACKAGE / "__init__.pyi",
    "sklearn_gdlogreg.dask": PACKAGE / "dask" / "__init__.pyi",
}


def methods():
    """(module, class, method, its arguments) of the stubs."""
    for module, stub in STUBS.items():
        for node in ast.parse(stub.read_text()).body:
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        yield module, node.name, method


def arguments(method):
    """(name, kind, default as it is written, if any) of a method in a stub."""
    given = method.args
    positional = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(positional) - len(given.defaults)) + given.defaults
    yield from ((arg.arg, "positional", default) for arg, default in zip(positional, defaults))  # noqa: B905
    for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield arg.arg, "keyword", default


@pytest.mark.parametrize(
    ("module", "name", "method"),
    [pytest.param(*each, id=f"{each[1]}.{each[2].name}") for each in methods()],
)
def test_methods_take_what_type_checkers_are_told(module, name, method):
    if module.endswith("dask"):
        pytest.importorskip("dask")
    owner = getattr(importlib.import_module(module), name)
    found = inspect.getattr_static(owner, method.name, None)
    if isinstance(found, property):
        assert [each.id for each in method.decorator_list] == ["property"]
        return
    signature = inspect.signature(getattr(owner, method.name)).parameters
    told = {arg: (kind, default) for arg, kind, default in arguments(method)}
    own = {
        arg: parameter
        for arg, parameter in signature.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    told.pop("self", None), told.pop("cls", None), own.pop("self", None)
    assert list(told) == list(own)
    for arg, (kind, default) in told.items():
        assert (kind == "keyword") == (own[arg].kind == own[arg].KEYWORD_ONLY), arg
        assert (default is None) == (own[arg].default is own[arg].empty), arg
        if default is not None and ast.unparse(default) != "...":
            assert ast.literal_eval(default) == own[arg].default, arg


def test_every_public_name_and_parameter_is_told_of():
    for module, stub in STUBS.items():
        if module.endswith("dask"):
            continue
        tree = ast.parse(stub.read_text())
        (listed,) = (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        )
        assert listed == importlib.import_module(module).__all__
    told = {(name, method.name) for _, name, method in methods()}
    package = importlib.import_module("sklearn_gdlogreg")
    for name in package.__all__:
        owner = getattr(package, name)
        if inspect.isclass(owner):
            own = {
                each
                for each, value in vars(owner).items()
                if not each.startswith("_") and callable(getattr(owner, each))
            }
            missing = {method for method in own if (name, method) not in told}
            assert not {each for each in missing if not each.endswith("_request")}, name


def test_every_attribute_of_a_fit_is_told_of(binary):
    package = importlib.import_module("sklearn_gdlogreg")
    clf = package.GDLogisticRegression(early_stopping=True, random_state=0, store_path=True, C=1.0)
    search = package.GDGridSearchCV(package.GDLogisticRegression(), {"C": [1.0]}, cv=2)
    tree = ast.parse(STUBS["sklearn_gdlogreg"].read_text())
    distributions = package.GDRandomizedSearchCV(
        package.GDLogisticRegression(), {"C": [1.0]}, n_iter=1
    )
    several = package.GDLogisticRegressionCV(Cs=2)
    for fitted in (each.fit(*binary) for each in (clf, search, distributions, several)):
        (node,) = (each for each in tree.body if getattr(each, "name", "") == type(fitted).__name__)
        told = {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
        attributes = {name for name in vars(fitted) if name.endswith("_") and name[0] != "_"}
        assert attributes - told == set()

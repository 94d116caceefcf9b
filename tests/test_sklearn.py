"""What is private in scikit-learn, and what its versions differ in, is in one room alone."""

import ast

from sklearn_gdlogreg import _sklearn

from .layout import PACKAGE


def trees():
    """Every file of the package by its name, parsed."""
    return {
        file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text())
        for file in PACKAGE.rglob("*.py")
    }


def trees_elsewhere():
    """Every file outside the room of scikit-learn."""
    return {name: tree for name, tree in trees().items() if not name.startswith("_sklearn/")}


def private_imports(tree):
    """The dotted names of scikit-learn that a file imports, and that hold a private part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for first, *others in (name.split(".") for name in names):
            if first == "sklearn" and any(part.startswith("_") for part in others):
                yield ".".join([first, *others])


def private_attributes(tree):
    """The private attributes that a file reads or sets, by a dot or by their name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        else:
            continue
        if name.isidentifier() and name.startswith("_") and not name.endswith("__"):
            yield name


def test_one_room_imports_private_names_of_scikit_learn():
    assert any(private_imports(trees()["_sklearn/__init__.py"]))
    assert [name for name, tree in trees_elsewhere().items() if any(private_imports(tree))] == []


def test_the_private_attributes_that_this_room_touches_no_other_does():
    touched = set(private_attributes(trees()["_sklearn/__init__.py"])) - set(_sklearn.__all__)
    assert "_skl_callbacks" in touched
    others = trees_elsewhere().items()
    found = {name: touched.intersection(private_attributes(tree)) for name, tree in others}
    assert {name: attributes for name, attributes in found.items() if attributes} == {}


def imported(tree):
    """The dotted names that a file imports, as it writes them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_other_room_asks_for_the_version_of_scikit_learn():
    """But what it can do."""
    versions = {"sklearn", "sklearn.__version__", "_sklearn.VERSION"}
    found = {
        name: versions.intersection(imported(tree)) for name, tree in trees_elsewhere().items()
    }
    assert {name: asked for name, asked in found.items() if asked} == {}

"""What is private in scikit-learn is used in one file alone."""

import ast

from sklearn_gdlogreg import _sklearn

from .layout import PACKAGE


def trees():
    """Every file of the package by its name, parsed."""
    return {
        str(file.relative_to(PACKAGE)): ast.parse(file.read_text())
        for file in PACKAGE.rglob("*.py")
    }


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


def test_one_file_imports_private_names_of_scikit_learn():
    importing = {name for name, tree in trees().items() if any(private_imports(tree))}
    assert importing == {"_sklearn.py"}


def test_the_private_attributes_that_this_file_touches_no_other_does():
    others = trees()
    touched = set(private_attributes(others.pop("_sklearn.py"))) - set(_sklearn.__all__)
    assert "_skl_callbacks" in touched
    found = {name: touched.intersection(private_attributes(tree)) for name, tree in others.items()}
    assert {name: attributes for name, attributes in found.items() if attributes} == {}

"""Configuration of the documentation site; README says how to build it."""

import re
import tempfile
import zlib
from pathlib import Path

from docutils import nodes
from sphinx_gallery.sorting import FunctionSortKey
from threadpoolctl import threadpool_limits

import sklearn_gdlogreg
from sklearn_gdlogreg.dask import DaskGDLogisticRegression

here = Path(__file__).parent

project = "sklearn-gdlogreg"
author = "The sklearn-gdlogreg developers"
copyright = "the sklearn-gdlogreg developers (BSD 3-Clause license)"
version = release = sklearn_gdlogreg.__version__

# Small products lose more by threads than they gain, most of all on a busy machine.
threadpool_limits(1, user_api="blas")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
]
# Pages of times that no other links to, and that load scripts from elsewhere, are left out.
exclude_patterns = ["_build", "gallery", "**/make.py", "**sg_execution_times.rst"]
templates_path = ["_templates"]
nitpicky = True

# -- pages in Markdown
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

# -- what docstrings are held to
autodoc_default_options = {"members": True, "inherited-members": True}
autodoc_typehints = "none"  # docstrings say more: shapes, ranges, units
autosummary_generate = True
numpydoc_show_class_members = False  # the template of classes lists them
numpydoc_validation_checks = {
    "all",
    "GL01",  # the summary stands beside the quotes
    "RT02",  # what is returned has a name, as in scikit-learn
    # Not every one of these parts says something for every method.
    "ES01",
    "EX01",
    "SA01",
}
# What is inherited from scikit-learn is validated there.
numpydoc_validation_exclude = {
    rf"\.{public.__name__}\.{name}$"
    for public in (*vars(sklearn_gdlogreg).values(), DaskGDLogisticRegression)
    if isinstance(public, type)
    for name in dir(public)
    if "sklearn_gdlogreg" not in str(getattr(getattr(public, name), "__module__", ""))
}
toc_object_entries_show_parents = "hide"

# -- links to scikit-learn's documentation, without asking for its inventory


def inventory(lines):
    """A file of the form that intersphinx reads, of lines such as docs/scikit-learn.txt has."""
    path = Path(tempfile.mkdtemp()) / "objects.inv"
    head = "# Sphinx inventory version 2\n# Project: scikit-learn\n# Version: 1.9\n"
    head += "# The remainder of this file is compressed using zlib.\n"
    path.write_bytes(head.encode() + zlib.compress(lines.encode()))
    return str(path)


intersphinx_mapping = {
    "sklearn": (
        "https://scikit-learn.org/stable/",
        inventory((here / "scikit-learn.txt").read_text()),
    )
}

# -- gallery
gallery_order = [
    f"plot_{name}.py"
    for name in [
        "assignment",
        "learning_rates",
        "cost_surface",
        "boundary_moving",
        "digits_as_images",
        "loop_or_vectorized",
        "early_stopping",
        "same_as_sklearn",
        "raw_data",
        "search",
        "l1_path",
        "monotone",
        "class_imbalance",
        "text",
        "callbacks",
        "dask",
    ]
]
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": "plot_",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "abort_on_example_error": True,
    "doc_module": ("sklearn_gdlogreg",),
    "backreferences_dir": "api/backreferences",
    "inspect_global_variables": False,
    "remove_config_comments": True,
    "within_subsection_order": FunctionSortKey(gallery_order.index),
}

# -- the site
html_theme = "pydata_sphinx_theme"
html_title = "sklearn-gdlogreg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["extra"]
html_copy_source = html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def without_last_blank_line(app, name, source):
    """Of code blocks: doctest needs one there to end what is expected, readers do not."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def numbers_with_their_units(app, document):
    """In tables: "> 1.26 s" is one word, which no line break may part."""
    for cell in document.findall(nodes.entry):
        for text in list(cell.findall(nodes.Text)):
            joined = re.sub(
                r"(?<=[<>x]) (?=\d)|(?<=\d) (?=([nmu]?s|[kMG]B|times|x)\b)", "\xa0", text
            )
            text.parent.replace(text, nodes.Text(joined))


def setup(app):
    app.connect("source-read", without_last_blank_line)
    app.connect("doctree-read", numbers_with_their_units)

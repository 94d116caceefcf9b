"""What the documentation promises about itself, as far as it shows without building it."""

import re
import runpy
from pathlib import Path

import pytest

import sklearn_gdlogreg

ROOT = Path(__file__).parents[1]


def public_names():
    """Of the package, and of its public modules."""
    yield from (name for name in sklearn_gdlogreg.__all__ if name != "__version__")
    for module in (ROOT / "sklearn_gdlogreg").glob("[!_]*/__init__.py"):
        (listed,) = re.findall(r"^__all__ = \[(.*)\]$", module.read_text(), re.MULTILINE)
        yield from (f"{module.parent.name}.{name}" for name in re.findall(r'"(\w+)"', listed))


def test_every_public_name_is_in_the_api_reference():
    reference = (ROOT / "docs" / "reference.md").read_text()
    listed = re.findall(r"^   ([A-Za-z][\w.]*)$", reference, re.MULTILINE)
    assert sorted(listed) == sorted(public_names())


def places(page):
    """What links to a page in Markdown may have behind their #."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_the_pages_at_the_top_lead_to_a_file_and_a_heading(page):
    targets = re.findall(r"\]\(([^)#]+)(?:#([^)]*))?\)", (ROOT / page).read_text())
    local = [(ROOT / path, place) for path, place in targets if "://" not in path]
    assert local
    assert [path for path, _ in local if not path.exists()] == []
    assert [place for path, place in local if place and place not in places(path)] == []


def test_citation_and_changelog_have_the_version_of_the_package():
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)[1]
    latest = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert cited == latest == sklearn_gdlogreg.__version__


def test_scripts_and_tests_that_are_named_exist():
    folders = ("benchmarks", "sklearn_gdlogreg", "tests", "tools")
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    texts += [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    path = re.compile(r"(?<![\w/])(?:benchmarks|tests|tools)/[\w/]+\.py\b")
    named = {name for text in texts for name in path.findall(text.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_picture_is_shown_on_a_page():
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md")]
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert len(pictures) > 5
    assert [
        each.name for each in pictures if not any(f"images/{each.name}" in p for p in pages)
    ] == []


def test_a_quoted_method_leaves_the_indent_of_its_class_behind():
    quoted = []
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        quoted += re.findall(r"^:pyobject: \w+\.\w+\n(.*)$", text, re.MULTILINE)
    assert len(quoted) > 5
    assert set(quoted) == {":dedent:"}


def test_links_that_lead_nowhere_are_found(tmp_path):
    broken = runpy.run_path(ROOT / "docs" / "check_links.py")["broken"]
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "source.html").touch()
    (site / "other.html").write_text("<h2 id='there'>There</h2>")
    good = [".", "#top", "other.html", "other.html#there", "other.html#rate=1", "https://a.org/b"]
    bad = ["none.html", "#there", "other.html#none", "../source.html", "picture.png"]
    links = [f"<a href='{link}'>" for link in good + bad[:-1]]
    (site / "index.html").write_text("".join([*links, "<img src='picture.png'/>"]))
    assert [link for _, link in broken(site)] == bad

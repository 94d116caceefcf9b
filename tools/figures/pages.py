"""Where figures stand in README.md and docs/: between comments, which readers do not see.

A block, here of the view "watching",

    <!-- figures: watching -->

    | ...

    <!-- /figures -->

or some words of a line, `<!-- figures: a-view -->53 ms<!-- /figures -->`, which must not begin it:
a comment that does makes the whole line HTML.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(r"<!-- figures: ([\w-]+) -->(.*?)<!-- /figures -->", re.DOTALL)


def pages():
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def standing(text):
    """The names of the figures of a page."""
    return [match[1] for match in MARKED.finditer(text)]


def written(text, render):
    """The page with what `render(name)` gives between its comments; None leaves what is there."""

    def replaced(match):
        found = render(match[1])
        if found is None:
            return match[0]
        inside = f"\n\n{found}\n\n" if match[2].startswith("\n") else found
        return f"<!-- figures: {match[1]} -->{inside}<!-- /figures -->"

    return MARKED.sub(replaced, text)


def rest(text):
    """The page without what stands between the comments."""
    return MARKED.sub("", text)

"""How figures look in Markdown: tables, blocks of text, sentences, and how they came about."""

import contextlib
import io
import re
import textwrap

WIDTH = 100


# ---------------------------------------------------------------------------- how it came about


def provenance(environments):
    """Commands, machine, versions and commit; runs that share them share the line."""
    commands = {}
    for each in environments:
        commands.setdefault((machine(each), versions(each), code(each)), []).append(each["command"])
    lines = [
        "; ".join([", ".join(f"`{c}`" for c in dict.fromkeys(typed)), *of])
        for of, typed in commands.items()
    ]
    return prose(". ".join(lines) + ".")


def machine(found):
    name = re.sub(r"\((R|TM)\)", "", found["cpu"])
    busy = float(found["other_cores_busy"])
    others = f", {busy:.1f} of them busy with something else" if busy >= 0.1 else ""
    return f"{name}, {found['cores']} cores{others}"


def versions(found):
    known = ((name, found["versions"][name]) for name in found["imported"])
    told = (f"{name} {version}" for name, version in known if name != "sklearn-gdlogreg")
    return ", ".join([*told, f"Python {found['python']}"])


def code(found):
    commit = f"commit {found['commit']}" if found["commit"] else "no known commit"
    return f"{commit}{' and changes' if found['changed'] else ''}, {found['date']}"


# ---------------------------------------------------------------------------- Markdown


def table(header, rows):
    cells = [[f" {cell} " if cell != "" else " " for cell in line] for line in (header, *rows)]
    lines = [cells[0], ["---"] * len(header), *cells[1:]]
    return "\n".join(f"|{'|'.join(line)}|" for line in lines)


def printed(function, *arguments):
    """What a benchmark prints, as it prints it."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        function(*arguments)
    return out.getvalue().strip()


def fenced(*blocks):
    return "```text\n" + "\n\n".join(blocks) + "\n```"


def prose(text):
    return textwrap.fill(
        " ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False
    )


def listed(words):
    """ "a", "a and b", "a, b and c" """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def times(value):
    """Three digits at most, no more than two behind the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"

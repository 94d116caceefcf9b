"""How figures look in Markdown: tables, blocks of text, sentences, and how they came about."""

import contextlib
import io
import re
import textwrap

WIDTH = 100


# ---------------------------------------------------------------------------- how it came about


def provenance(environments):
    """The commands, then what all of them share; what they do not share stands behind each."""
    facts = [[describe(each) for describe in (machine, busy, code)] for each in environments]
    shared = [column[0] if len(set(column)) == 1 else "" for column in zip(*facts, strict=True)]
    commands = []
    for each, found in zip(environments, facts, strict=True):
        own = "; ".join(fact for fact in found if fact not in ("", *shared))
        commands.append(f"`{each['command']}`" + (f" ({own})" if own else ""))
    packages = dict.fromkeys(name for each in environments for name in versions(each))
    told = [", ".join(commands), shared[0], shared[1], ", ".join(packages), shared[2]]
    return prose("; ".join(filter(None, told)) + ".")


def where_and_when(environments):
    """No more than that, where another page tells the rest."""
    busiest = max(environments, key=lambda each: float(each["other_cores_busy"]))
    commits = [code(each) for each in environments]
    facts = [machine(busiest), busy(busiest), *dict.fromkeys(commits)]
    return prose("; ".join(filter(None, facts)) + ".")


def machine(found):
    name = re.sub(r"\((R|TM)\)", "", found["cpu"])
    return f"{name}, {found['cores']} cores"


def busy(found):
    cores = float(found["other_cores_busy"])
    return f"{cores:.1f} cores busy with something else" if cores >= 0.1 else ""


def versions(found):
    names = [name for name in found["imported"] if name != "sklearn-gdlogreg"]
    return [f"Python {found['python']}", *(f"{name} {found['versions'][name]}" for name in names)]


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

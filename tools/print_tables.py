"""The figures of README.md and docs/: python tools/print_tables.py [NAME ...] [--data FILE]

Without a name: which run each table and sentence shows, what its figures are of, and why they are
stale, if they are: the package or the benchmark has changed since, by git.

With names, of runs or of what shows them, or --stale: these are run (alone on the machine, please),
what they found is kept in benchmarks/results/, and the pages that show it are written anew. --write
only writes the pages, from what is kept.
"""

import argparse
import sys
import time
from pathlib import Path

from figures import pages, runs
from figures.views import VIEWS, render


def write_pages():
    """All figures of all pages, of what is kept; what has never been run is left as it stands."""

    def rendered(name):
        return render(name, runs.kept) if all(map(runs.is_kept, VIEWS[name].runs)) else None

    for page in pages.pages():
        text = page.read_text(encoding="utf-8")
        new = pages.written(text, rendered)
        if new != text:
            page.write_text(new, encoding="utf-8")
            print(f"written: {page.relative_to(runs.ROOT)}")


def print_state():
    """Each run, what it is of, and where it is shown."""
    places = {
        name: page.relative_to(runs.ROOT).as_posix()
        for page in pages.pages()
        for name in pages.standing(page.read_text(encoding="utf-8"))
    }
    for name in runs.RUNS:
        why = runs.changes(name)
        print(f"{name}: {f'STALE, {why}' if why else 'of this code'}")
        if runs.is_kept(name):
            found = runs.kept(name)["environment"]
            print(f"    {found['date']}, {found['seconds']:.0f} s: {found['command']}")
        for shown, view in VIEWS.items():
            if name in view.runs:
                print(f"    {places.get(shown, 'NOWHERE')}: {shown}")


def runs_of(names):
    """In the order of their declaration, each once."""
    wanted = set()
    for name in names:
        if name not in runs.RUNS and name not in VIEWS:
            sys.exit(f"no run and no view is called {name!r}: see the list")
        wanted.update([name] if name in runs.RUNS else VIEWS[name].runs)
    return [name for name in runs.RUNS if name in wanted]


def main():
    options = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    options.add_argument("names", nargs="*", metavar="NAME", help="a run, or what shows one")
    options.add_argument("--stale", action="store_true", help="run all that is stale")
    options.add_argument("--write", action="store_true", help="write the pages, run nothing")
    options.add_argument("--data", metavar="FILE", type=Path, help=f"where {runs.A9A} is")
    arguments = options.parse_args()
    wanted = runs_of(arguments.names)
    if arguments.stale:
        wanted = [name for name in runs.RUNS if name in wanted or runs.changes(name)]
    missing = {runs.RUNS[name].data for name in wanted} - {"", getattr(arguments.data, "name", "")}
    if missing:
        options.error(f"a run needs --data and the path of {', '.join(missing)}")
    for name in wanted:
        print(f"== {name}", flush=True)
        start = time.perf_counter()
        runs.make(name, arguments.data)
        print(f"== {name}: {time.perf_counter() - start:.0f} s", flush=True)
        write_pages()
    if arguments.write:
        write_pages()
    if not wanted and not arguments.write:
        print_state()


if __name__ == "__main__":
    main()

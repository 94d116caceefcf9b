"""Measured figures on the pages are what a run found: nobody types them, and none is forgotten.

``python tools/print_tables.py`` makes the runs, and says which of them are of older code.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))
from figures import pages, runs  # noqa: E402
from figures.markdown import provenance  # noqa: E402
from figures.views import VIEWS, render  # noqa: E402

PAGES = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in pages.pages()}
DURATION = re.compile(r"\d (ns|us|ms|s)\b|\d (times|x) as (long|fast)")
IN_A_TABLE = re.compile(r"\d (ns|us|ms|s|[kMG]B|times)\b|\b(ms|us|GB/s)\b")
CODE = re.compile(r"^```(?!text)(?s:.*?)^```$", re.MULTILINE)
TABLE_OR_TEXT = re.compile(r"(?:^\|.*\n)+|^```text\n(?s:.*?)^```$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_no_duration_is_typed_in(page):
    assert DURATION.findall(CODE.sub("", pages.rest(PAGES[page]))) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_table_of_times_or_memory_is_typed_in(page):
    tables = TABLE_OR_TEXT.findall(pages.rest(PAGES[page]))
    assert [each for each in tables if IN_A_TABLE.search(each)] == []


@pytest.mark.parametrize("page", PAGES)
def test_figures_on_a_page_are_those_that_are_kept(page):
    assert pages.written(PAGES[page], lambda name: render(name, runs.kept)) == PAGES[page]


def test_every_view_stands_somewhere_and_every_run_is_shown():
    standing = [name for text in PAGES.values() for name in pages.standing(text)]
    assert set(standing) == set(VIEWS)
    assert {run for view in VIEWS.values() for run in view.runs} == set(runs.RUNS)


def test_comments_around_figures_are_a_pair_and_begin_no_line_of_words():
    for text in PAGES.values():
        assert len(re.findall("<!-- /?figures", text)) == 2 * len(pages.standing(text))
        assert re.findall(r"^ *<!-- /?figures\b[^>]*-->.+$", text, re.MULTILINE) == []


@pytest.mark.parametrize("name", runs.RUNS)
def test_a_run_is_kept_with_its_command_its_machine_its_versions_and_its_commit(name):
    found = runs.kept(name)["environment"]
    assert {"cpu", "cores", "date", "commit", "changed", "seconds"} <= set(found)
    assert {"numpy", "scikit-learn"} <= set(found["imported"]) <= set(found["versions"])
    assert found["command"] == runs.declared(runs.RUNS[name])
    assert runs.file_of(name).stat().st_size < 200_000


def test_nothing_is_kept_of_a_run_that_there_is_no_more():
    assert {file.stem for file in runs.KEPT.iterdir()} == set(runs.RUNS)


def test_figures_are_written_between_their_comments_alone():
    page = "a\n\n<!-- figures: b -->\n\nold\n\n<!-- /figures -->\n\n"
    page += "c <!-- figures: d -->old<!-- /figures -->."
    new = {"b": "| 1 |", "d": "2 ms"}.get
    expected = page.replace("\nold\n", "\n| 1 |\n").replace("old", "2 ms")
    assert pages.written(page, new) == expected
    assert pages.written(page, lambda name: None) == page
    assert pages.rest(page) == "a\n\n\n\nc ."


def test_a_file_of_results_says_what_was_found_on_few_lines():
    found = {"attempts": [1], "times": {"ours": {"0.01": 1 / 3}}, "long": list(range(100)), "e": []}
    text = runs.compact(runs.short(found, without=("attempts",)))
    del found["attempts"]
    found["times"]["ours"]["0.01"] = 0.333333
    assert json.loads(text) == found
    assert ' "times": {"ours": {"0.01": 0.333333}},' in text.splitlines()


def test_below_figures_stands_once_what_their_runs_share():
    def environment(command, **others):
        found = {"command": command, "cpu": "A(R) B", "cores": 2, "other_cores_busy": 0.01}
        found |= {"python": "3.12", "versions": {"numpy": "2.0", "glum": "3.4"}}
        found |= {"imported": ["numpy"], "commit": "abc", "changed": False, "date": "2026-01-02"}
        return found | others

    a, b = environment("python a.py"), environment("python b.py", imported=["numpy", "glum"])
    told = "`python a.py`, `python b.py`; A B, 2 cores; Python 3.12, numpy 2.0, glum 3.4; "
    assert " ".join(provenance([a, b]).split()) == told + "commit abc, 2026-01-02."
    b |= {"changed": True, "other_cores_busy": 0.5}
    told = "`python a.py` (commit abc, 2026-01-02), `python b.py` (0.5 cores busy with something "
    told += (
        "else; commit abc and changes, 2026-01-02); A B, 2 cores; Python 3.12, numpy 2.0, glum 3.4."
    )
    assert " ".join(provenance([a, b]).split()) == told


@pytest.mark.parametrize(
    ("measured", "files", "why"),
    [
        ({}, "", ""),
        ({"commit": None}, "", "of no known commit"),
        ({"changed": True}, "", "of abc with changes that were not committed"),
        ({}, None, "of abc, which is not known here"),
        ({}, "a.py b.py", "2 of its files changed since abc"),
        ({"command": "python a.py"}, "", "now python benchmarks/watching.py"),
    ],
)
def test_what_is_stale_is_told_with_the_reason(monkeypatch, tmp_path, measured, files, why):
    def git(command, *words):
        return subprocess.CompletedProcess([], returncode=int(files is None), stdout=files or "")

    monkeypatch.setattr(runs, "KEPT", tmp_path)
    monkeypatch.setattr(runs, "_git", git)
    assert runs.changes("watching") == "never run"
    command = "python benchmarks/watching.py"
    kept = {"commit": "abc", "changed": False, "command": command} | measured
    runs.keep("watching", {"environment": kept})
    assert runs.changes("watching") == why

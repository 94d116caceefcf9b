"""The table in a terminal: no line wider than it, and nothing lost."""

import re
import sys

import pytest

from sklearn_gdlogreg.__main__ import main

from .helpers import rows_of

pytest.importorskip("pandas")


def test_the_columns_of_the_table_line_up(capsys):
    """Whatever the longest name: each number ends where the header of its column does."""
    assert main(["--standardize", "--learning-rate", "auto", "lipschitz", "barzilai-borwein"]) == 0
    out = capsys.readouterr().out.splitlines()
    header, *rows = [
        [cell.end() for cell in re.finditer(r"\S+( \S+)*", line)]
        for line in out
        if line.startswith("  ")
    ]
    assert len(rows) == 4
    assert [numbers for _, *numbers in rows] == [header] * 4


@pytest.mark.parametrize("width", [60, 80, 200])
def test_in_a_terminal_no_line_is_wider_than_it(width, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["--learning-rate", "0.1", "auto"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    words = " ".join(out.split())
    assert all(part in words for part in ("cost J", "above optimum", "iterations", "proba differs"))
    assert "On breast cancer, raw, GDLogisticRegression('auto') converged in" in words


def test_elsewhere_a_sentence_is_a_line(capsys):
    assert main(["--learning-rate", "0.1", "--max-iter", "20"]) == 0
    out = capsys.readouterr().out
    assert len(rows_of(out)) == 5
    sentences = [line for line in out.splitlines() if line.startswith(("On ", "GD", "Logistic"))]
    assert all(line.endswith((".", "LIMIT")) for line in sentences)

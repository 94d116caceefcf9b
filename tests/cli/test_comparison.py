"""The comparison: its table, its sentence, its picture."""

import re

import pytest

from sklearn_gdlogreg.__main__ import main

from .helpers import rows_of

pytest.importorskip("pandas")


def test_breast_cancer_raw_and_standardized(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "breast cancer, raw (426 rows to fit, 143 held out)" in out
    assert "breast cancer, standardized" in out
    rows = [row for row in rows_of(out) if row[0].startswith(("GD", "Logistic"))]
    assert [row[0] for row in rows] == ["GDLogisticRegression('auto')", "LogisticRegression()"] * 2
    raw_ours, raw_theirs = rows[:2]
    assert float(raw_ours[2]) < float(raw_theirs[2])  # closer to the optimum
    assert "(limit)" in raw_theirs
    assert "(limit)" not in raw_ours
    assert "On breast cancer, raw, GDLogisticRegression('auto') converged in" in out


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


def test_the_cost_curves_are_drawn(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "curves.png"
    assert main(["--plot", str(path), "--learning-rate", "0.1", "auto", "--standardize"]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert str(path) in capsys.readouterr().out


def test_a_diverged_fit_is_called_that(frame, tmp_path, capsys):
    frame.to_csv(tmp_path / "data.csv", index=False)
    arguments = ["--target", "label", "--learning-rate", "1e10", "--max-iter", "100"]
    assert main([str(tmp_path / "data.csv"), *arguments]) == 0
    out = capsys.readouterr().out
    assert "(diverged)" in out
    assert "GDLogisticRegression(10000000000.0) diverged in" in out
    assert max(map(len, out.splitlines()[:4])) < 160

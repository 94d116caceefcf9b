"""What verbose shows of a run."""

import io
import sys
from types import SimpleNamespace

import pytest

from sklearn_gdlogreg import GDLogisticRegression
from sklearn_gdlogreg._run import progress

from ..helpers import fitted


def test_verbose_prints_the_descent(binary, capsys):
    fitted(*binary, 0.1, max_iter=12, tol=0, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["0", "1", "2", "5", "10"]
    assert "cost 0.69314718" in lines[0]
    assert lines[-1] == "stopped after iteration 12: max_iter"
    fitted(*binary, 0.1, max_iter=12, tol=0, verbose=2)
    assert len(capsys.readouterr().out.splitlines()) == 14
    fitted(*binary, 0.1, max_iter=12, tol=0, verbose=5)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["0", "5", "10"]
    assert lines[-1] == "stopped after iteration 12: max_iter"
    fitted(*binary, 0.1, max_iter=12, tol=0)
    assert capsys.readouterr().out == ""


def test_verbose_prints_and_a_terminal_with_rich_has_a_line_that_moves(binary, capsys, monkeypatch):
    GDLogisticRegression(0.1, max_iter=5, tol=0, verbose=1).fit(*binary)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["0", "1", "2", "5"]
    assert all("cost" in line and "gradient" in line for line in lines[:-1])
    assert lines[-1] == "stopped after iteration 5: max_iter"
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    GDLogisticRegression(0.1, max_iter=5, tol=0, verbose=1).fit(*binary)
    out = capsys.readouterr().out
    assert "5/5" in out
    assert "max_iter" in out


def test_a_line_is_written_when_it_is_asked_for_and_not_at_every_iteration(
    binary, capsys, monkeypatch
):
    pytest.importorskip("rich")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    described, written = progress._described, []

    def counted(step, record):
        written.append(step.t)
        return described(step, record)

    monkeypatch.setattr(progress, "_described", counted)
    GDLogisticRegression(0.1, max_iter=2000, tol=0, verbose=1).fit(*binary)
    assert len(written) < 1000
    assert written[-1] == 2000
    assert "2000/2000" in capsys.readouterr().out


def test_the_moving_line_asks_for_no_record_that_it_does_not_show(monkeypatch):
    """In the row space a record takes a product with X, unless many are made at once."""
    pytest.importorskip("rich")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    line, asked = progress.LiveProgress(), []

    class Run:
        max_iter = 100

        @property
        def records(self):
            asked.append(None)
            return [None] * 101

    monkeypatch.setattr("time.perf_counter", lambda: 1.0)
    monkeypatch.setattr(line.live, "start", lambda: None)
    for t in range(100):
        line.watch(SimpleNamespace(t=t), Run())
    assert len(asked) == 1

"""`python -m sklearn_gdlogreg`: its options, and one line for a bad one."""

import subprocess
import sys

import pytest

from sklearn_gdlogreg.__main__ import main

pytest.importorskip("pandas")


def test_it_runs_as_a_module_without_warnings():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "sklearn_gdlogreg", "--standardize"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "breast cancer, standardized" in run.stdout
    assert run.stderr == ""


BAD_OPTIONS = [
    *((["--learning-rate", rate], "a positive number nor one of auto, lip")
      for rate in ("0", "-1", "nan", "inf", "fast")),
    (["--C", "-1"], "'-1' is not a positive number"),
    (["--C", "x"], "'x' is not a positive number"),
    (["--max-iter", "0"], "whole number of at least 1"),
    (["--tol", "-1"], "number of at least 0"),
    (["--test-size", "3"], "share between 0 and 1"),
    (["--nothing"], "unrecognized arguments: --nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD_OPTIONS)
def test_a_bad_option_gets_one_line_too(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["", "curves", "curves.txt", "nowhere/curves.png"])
def test_a_picture_that_could_not_be_saved_is_refused_before_any_work(name, tmp_path, capsys):
    assert main(["--plot", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert "name a file in an existing folder, with one of the endings" in captured.err
    assert captured.out == ""


def test_a_target_without_a_file_is_refused(capsys):
    assert main(["--target", "y"]) == 2
    assert "there is no FILE" in capsys.readouterr().err

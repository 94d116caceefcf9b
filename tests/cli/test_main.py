"""`python -m sklearn_gdlogreg`: its options, and one line for a bad one."""

import os
import subprocess
import sys
from pathlib import Path

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


def run_into(stdout, path, *options, **environment):
    """The command on a file, its output going where it cannot go."""
    environment = {**os.environ, **environment}
    environment.pop("PYTHONUNBUFFERED", None)  # with it, nothing is left to the interpreter's end
    command = [sys.executable, *options, "-m", "sklearn_gdlogreg", str(path), "--target", "label"]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environment, check=False
    )


@pytest.fixture
def file(frame, tmp_path):
    frame.rename(columns={"colour": "färbung"}).to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
@pytest.mark.parametrize("options", [(), ("-u",)])
def test_where_nobody_reads_on_the_command_ends_in_silence(options, file):
    read, write = os.pipe()
    os.close(read)
    try:
        run = run_into(write, file, *options)
    finally:
        os.close(write)
    assert (run.returncode, run.stderr) == (141, "")


@full_device
@pytest.mark.parametrize("options", [(), ("-u",)])
def test_an_error_of_standard_output_is_called_that(options, file):
    with open("/dev/full", "w") as full:
        run = run_into(full, file, *options)
    assert run.returncode == 2
    assert run.stderr == "error: standard output: [Errno 28] No space left on device\n"


def test_a_letter_that_standard_output_cannot_write_is_not_the_files_fault(file):
    run = run_into(subprocess.PIPE, file, PYTHONIOENCODING="ascii")
    assert run.returncode == 2
    assert run.stderr.startswith("error: standard output: 'ascii' codec can't encode")
    assert run.stderr.count("\n") == 1


def test_a_closed_standard_output_is_called_that(file, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as exit_:
        main([str(file), "--target", "label"])
    assert exit_.value.code == 2
    assert capsys.readouterr().err == "error: standard output: it is closed.\n"


@full_device
def test_a_picture_that_cannot_be_written_is_not_the_files_fault(file, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "curves.png"
    picture.symlink_to("/dev/full")
    assert main([str(file), "--target", "label", "--plot", str(picture)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {picture}: [Errno 28]")


def test_the_ending_of_a_picture_is_the_same_in_capitals(file, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "CURVES.PNG"
    assert main([str(file), "--target", "label", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("C", ["5e-324", "1e-320", "1e-300", "inf"])
def test_a_cost_is_a_number_for_every_C(C, file, capsys):
    assert main([str(file), "--target", "label", "--C", C]) == 0
    assert "nan" not in capsys.readouterr().out

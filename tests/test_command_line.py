"""`python -m sklearn_gdlogreg`: its table, its files, its one-line errors."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file

from sklearn_gdlogreg.__main__ import main

pd = pytest.importorskip("pandas")


@pytest.fixture
def frame(binary):
    X, y = binary
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["colour"] = np.where(X[:, 0] > 0, "red", "blue")
    frame["label"] = np.where(y, "yes", "no")
    return frame


def rows_of(out):
    """The table's rows, as lists of words, by model."""
    return [line.split() for line in out.splitlines() if line.startswith("  ")]


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


def test_it_runs_as_a_module_without_warnings():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "sklearn_gdlogreg", "--standardize"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "breast cancer, standardized" in run.stdout
    assert run.stderr == ""


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".parquet"])
def test_a_table_is_encoded_imputed_and_compared(suffix, frame, tmp_path, capsys):
    frame.loc[:4, "b"] = np.nan
    frame.loc[:1, "colour"] = None
    path = tmp_path / f"data{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    arguments = [str(path), "--target", "label", "--learning-rate", "0.1", "silver", "auto"]
    assert main([*arguments, "--standardize", "--max-iter", "30", "--C", "0.5"]) == 0
    out = capsys.readouterr().out
    assert "1 non-numeric column (colour) one-hot encoded" in out
    assert "7 missing values imputed" in out
    assert "data" in out
    names = [row[0] for row in rows_of(out)]
    for rate in ("0.1", "'silver'", "'auto'"):
        assert f"GDLogisticRegression({rate})" in names


@pytest.mark.parametrize("standardize", [[], ["--standardize"]])
def test_an_svmlight_file(standardize, multiclass, tmp_path, capsys):
    path = tmp_path / "data.svm"
    dump_svmlight_file(*multiclass, str(path))
    assert main([str(path), *standardize]) == 0
    assert "112 rows to fit, 38 held out" in capsys.readouterr().out


def test_the_cost_curves_are_drawn(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = tmp_path / "curves.png"
    assert main(["--plot", str(path), "--learning-rate", "0.1", "auto", "--standardize"]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert str(path) in capsys.readouterr().out


def test_a_column_of_names_does_not_become_a_column_a_row(frame, tmp_path, capsys):
    frame["name"] = [f"n{i}" for i in range(len(frame))]
    frame["name"] = frame["name"].where(frame.index > 3, "common")
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert main([str(tmp_path / "data.csv"), "--target", "label"]) == 0
    assert "2 non-numeric columns (colour, name)" in capsys.readouterr().out


def text(contents):
    return lambda path: path.write_text(contents)


MISTAKES = {
    "missing file": ("nowhere.csv", lambda path: None, ["--target", "y"], "no such file"),
    "a folder": ("data.csv", lambda path: path.mkdir(), ["--target", "y"], "no such file"),
    "unknown ending": ("data.xlsx", text("a"), ["--target", "y"], "ends in one of"),
    "no target named": ("data.csv", text("a,b\n1,0\n2,1"), [], "the columns are 'a', 'b'"),
    "no such target": (
        "data.csv",
        text("a,b\n1,0\n2,1"),
        ["--target", "y"],
        "no column 'y'; the columns are 'a', 'b'",
    ),
    "only a target": ("data.csv", text("y\n0\n1"), ["--target", "y"], "no column beside"),
    "constant target": ("data.csv", text("a,y\n1,0\n2,0"), ["--target", "y"], "'y' is constant"),
    "continuous target": (
        "data.csv",
        text("a,y\n1,0.5\n2,0.25"),
        ["--target", "y"],
        "'y' is continuous",
    ),
    "missing target": (
        "data.csv",
        text("a,y\n1,x\n2,\n3,z"),
        ["--target", "y"],
        "1 missing values, the first in row 2",
    ),
    "unreadable row": (
        "data.csv",
        text("a,y\n1,0\n2,1,3,4\n5,1"),
        ["--target", "y"],
        "Expected 2 fields in line 3, saw 4",
    ),
    "infinite value": (
        "data.csv",
        text("a,y\n1,0\ninf,1\n3,0"),
        ["--target", "y"],
        "'a' is infinite in row 2",
    ),
    "empty file": ("data.csv", text(""), ["--target", "y"], "No columns"),
    "header alone": ("data.csv", text("a,y\n"), ["--target", "y"], "no rows"),
    "not UTF-8": (
        "data.csv",
        lambda path: path.write_bytes(b"a,y\n\xff\xfe,1\n"),
        ["--target", "y"],
        "utf-8",
    ),
    "not Parquet": ("data.parquet", text("PAR"), ["--target", "y"], "Parquet"),
    "svmlight row": ("data.svm", text("1 1:2\n0 1:x\n"), [], "row 2 cannot be read: '0 1:x'"),
    "svmlight target": ("data.svm", text("1 1:2\n0 1:3\n"), ["--target", "y"], "omit --target"),
    "truncated gzip": (
        "data.csv.gz",
        lambda path: path.write_bytes(gzip.compress(b"a,y\n1,0\n2,1\n" * 99)[:40]),
        ["--target", "y"],
        "cannot be read",
    ),
    "wild svmlight index": ("data.svm", text("1 1:2\n0 2000000000:3\n"), [], "feature index is 2"),
    "bytes for a target": (
        "data.parquet",
        lambda path: pd.DataFrame({"a": [1, 2, 3], "y": [b"x", b"y", b"x"]}).to_parquet(path),
        ["--target", "y"],
        "a classification target",
    ),
    "one class to fit": (
        "data.csv",
        text("a,y\n1,0\n2,1\n3,0\n"),
        ["--target=y", "--test-size=0.4"],
        "data.csv: y must have at least 2 classes",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_line_and_exit_code_2(mistake, tmp_path, capsys):
    name, write, arguments, message = MISTAKES[mistake]
    write(tmp_path / name)
    assert main([str(tmp_path / name), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("error: ")
    assert message in captured.err
    assert captured.out == ""


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


def test_a_diverged_fit_is_called_that(frame, tmp_path, capsys):
    frame.to_csv(tmp_path / "data.csv", index=False)
    arguments = ["--target", "label", "--learning-rate", "1e10", "--max-iter", "100"]
    assert main([str(tmp_path / "data.csv"), *arguments]) == 0
    out = capsys.readouterr().out
    assert "(diverged)" in out
    assert "GDLogisticRegression(10000000000.0) diverged in" in out
    assert max(map(len, out.splitlines()[:4])) < 160


def test_columns_of_any_type_are_read(frame, tmp_path, capsys):
    n = len(frame)
    frame["when"] = pd.date_range("2024-01-01", periods=n) - pd.Timestamp("2024-01-01")
    frame["flag"] = np.arange(n) % 2 == 0
    frame["day"] = pd.date_range("2024-01-01", periods=n, freq="h")
    frame["list"] = [[1], [2, 3]] * (n // 2)
    frame["nothing"] = np.nan
    frame = frame.rename(columns={"label": 7})
    frame.columns = frame.columns.astype(str)
    frame.to_parquet(tmp_path / "data.parquet")
    assert main([str(tmp_path / "data.parquet"), "--target", "7"]) == 0
    assert "4 non-numeric columns (colour, when, day, list)" in capsys.readouterr().out


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


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".csv.gz", ".parquet", ".svm"])
def test_endings_are_the_same_in_capitals(ending, frame, multiclass, tmp_path, capsys):
    small, large = tmp_path / f"data{ending}", tmp_path / f"DATA{ending.upper()}"
    arguments = ["--target", "label"]
    if ending == ".svm":
        dump_svmlight_file(*multiclass, str(small))
        arguments = []
    elif ending == ".parquet":
        frame.to_parquet(small)
    else:
        frame.to_csv(small, index=False, sep="\t" if ending == ".tsv" else ",")
    small.rename(large)
    assert main([str(large), *arguments]) == 0
    assert "112 rows to fit, 38 held out" in capsys.readouterr().out


def test_the_ending_of_a_picture_is_the_same_in_capitals(file, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "CURVES.PNG"
    assert main([str(file), "--target", "label", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("C", ["5e-324", "1e-320", "1e-300", "inf"])
def test_a_cost_is_a_number_for_every_C(C, file, capsys):
    assert main([str(file), "--target", "label", "--C", C]) == 0
    assert "nan" not in capsys.readouterr().out

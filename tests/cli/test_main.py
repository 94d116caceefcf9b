"""`python -m sklearn_gdlogreg`: its options, and one line for a bad one."""

import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from sklearn_gdlogreg.__main__ import main

from .helpers import rows_of

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
    *((["--sep", sep], "is not one character") for sep in ("", "ab", r"\n")),
    (["--learning-rate", "0.1,fast"], "'fast' is neither a positive number nor one of auto"),
    (["--learning-rate", "data.csv", "0.1"], "'data.csv' is neither a positive number nor one of"),
    (["data.csv", "--learning-rate", "0.1", "b.csv"], "'b.csv' is neither a positive number nor"),
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


@pytest.mark.parametrize("option", ["--target", "--sep", "--drop", "--keep", "--save"])
def test_what_is_said_of_a_file_without_a_file_is_refused(option, capsys):
    assert main([option, "y"]) == 2
    captured = capsys.readouterr()
    assert "there is no FILE" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--learning-rate", "0.1", "FILE", "--target", "label"],
        ["--target", "label", "--learning-rate", "0.1", "FILE"],
        ["--target", "label", "--learning-rate=0.1", "FILE"],
        ["--target", "label", "FILE", "--learning-rate", "0.1"],
    ],
)
def test_a_file_may_stand_anywhere(arguments, file, capsys):
    assert main([str(file) if word == "FILE" else word for word in arguments]) == 0
    names = [row[0] for row in rows_of(capsys.readouterr().out)]
    assert names[1:] == ["GDLogisticRegression(0.1)", "LogisticRegression()"]


@pytest.mark.parametrize(
    "rates",
    [
        ["--learning-rate", "0.1", "0.5", "auto"],
        ["--learning-rate", "0.1,0.5,auto"],
        ["--learning-rate=0.1", "--learning-rate", "0.5", "auto"],
        ["--learning-rate=0.1,0.5", "--learning-rate=auto", "--learning-rate=0.5"],
    ],
)
def test_several_learning_rates_may_be_given_in_any_way(rates, file, capsys):
    assert main(["--target", "label", *rates, str(file)]) == 0
    names = [row[0] for row in rows_of(capsys.readouterr().out)]
    ours = [f"GDLogisticRegression({rate})" for rate in ("0.1", "0.5", "'auto'")]
    assert names[1:] == [*ours, "LogisticRegression()"]


def test_the_classes_are_told_before_the_fits(file, frame, capsys):
    assert main([str(file), "--target", "label"]) == 0
    counts = frame["label"].value_counts()
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{file}: 150 rows; 2 classes: no ({counts['no']}), yes ({counts['yes']})."


def test_a_model_that_is_saved_predicts_from_a_frame(frame, tmp_path, capsys):
    frame.loc[:9, "b"] = np.nan
    frame = frame.assign(id=np.arange(len(frame)), flag=frame["a"] > 1)
    frame.to_csv(tmp_path / "data.csv", index=False)
    path = tmp_path / "model.joblib"
    arguments = [str(tmp_path / "data.csv"), "--target", "label", "--standardize"]
    assert main([*arguments, "--learning-rate", "1e-5", "auto", "--save", str(path)]) == 0
    out = capsys.readouterr().out
    assert "GDLogisticRegression('auto'), with what was done to the columns, fitted to all" in out
    assert f"joblib.load({str(path)!r}).predict(X)" in out
    model = joblib.load(path)
    assert model[-1].learning_rate == "auto"
    labels = model.predict(frame)
    assert (labels == frame["label"]).mean() > 0.8
    others = frame[
        ["colour", "d", "flag", "c", "b", "a"]
    ]  # neither the target nor what was left out
    assert (model.predict(others) == labels).all()
    refitted = clone(model).fit(frame, frame["label"])
    np.testing.assert_allclose(refitted.predict_proba(frame), model.predict_proba(frame))
    assert model.predict(others.assign(colour="never seen", a=np.nan)).shape == (len(frame),)


def test_the_model_that_is_saved_tells_what_its_fit_warned_of(file, tmp_path, capsys):
    path = tmp_path / "model"
    arguments = ["--target", "label", "--max-iter", "1", "--save", str(path)]
    assert main([str(file), *arguments]) == 0
    out = capsys.readouterr().out
    assert f"{path}: Stopped at max_iter=1 before convergence" in out


@pytest.mark.parametrize("name", ["", ".", "nowhere/model"])
def test_a_model_that_could_not_be_saved_is_refused_before_any_work(name, tmp_path, file, capsys):
    path = name and str(tmp_path / name)
    assert main([str(file), "--target", "label", "--save", path]) == 2
    captured = capsys.readouterr()
    assert "name a file in an existing folder" in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


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


@full_device
def test_a_model_that_cannot_be_written_is_not_the_files_fault(file, tmp_path, capsys):
    model = tmp_path / "model"
    model.symlink_to("/dev/full")
    assert main([str(file), "--target", "label", "--save", str(model)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {model}: [Errno 28]")


def test_the_ending_of_a_picture_is_the_same_in_capitals(file, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "CURVES.PNG"
    assert main([str(file), "--target", "label", "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("C", ["5e-324", "1e-320", "1e-300", "inf"])
def test_a_cost_is_a_number_for_every_C(C, file, capsys):
    assert main([str(file), "--target", "label", "--C", C]) == 0
    assert "nan" not in capsys.readouterr().out


def test_decimal_commas_are_noticed_and_read_if_asked_for(tmp_path, rng, capsys):
    path = tmp_path / "german.csv"
    income, label = rng.normal(size=60), rng.integers(0, 2, 60)
    lines = [f"{a:.3f};{b}".replace(".", ",") for a, b in zip(income, label, strict=True)]
    path.write_text("\n".join(["income;label", *lines]))
    assert main([str(path), "--target", "label", "--keep", "income"]) == 0
    said = "income: text, though it looks like numbers; --decimal , reads decimal commas."
    assert said in " ".join(capsys.readouterr().out.split())
    assert main([str(path), "--target", "label", "--decimal", ","]) == 0
    assert "decimal commas" not in capsys.readouterr().out

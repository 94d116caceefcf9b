"""Files of one's own: what is read and encoded, and one line for what cannot be."""

import gzip

import numpy as np
import pytest
from sklearn.datasets import dump_svmlight_file

from sklearn_gdlogreg.__main__ import main
from sklearn_gdlogreg._cli.read import read

from .helpers import costs_of, rows_of

pd = pytest.importorskip("pandas")


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


def test_a_column_of_names_does_not_become_a_column_a_row(frame, tmp_path, capsys):
    frame["name"] = [f"n{i}" for i in range(len(frame))]
    frame["name"] = frame["name"].where(frame.index > 3, "common")
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert main([str(tmp_path / "data.csv"), "--target", "label"]) == 0
    assert "2 non-numeric columns (colour, name)" in capsys.readouterr().out


def test_columns_of_any_type_are_read(frame, tmp_path, capsys):
    n = len(frame)
    frame["when"] = pd.date_range("2024-01-01", periods=n) - pd.Timestamp("2024-01-01")
    frame["flag"] = np.arange(n) % 2 == 0
    frame["day"] = pd.date_range("2024-01-01", periods=n, freq="h")
    frame["date"] = frame["day"].dt.date
    frame["list"] = [[1], [2, 3]] * (n // 2)
    frame["nothing"] = np.nan
    frame = frame.rename(columns={"label": 7})
    frame.columns = frame.columns.astype(str)
    frame.to_parquet(tmp_path / "data.parquet")
    assert main([str(tmp_path / "data.parquet"), "--target", "7"]) == 0
    out = capsys.readouterr().out
    assert "2 non-numeric columns (colour, list)" in out
    assert (
        "left out: when (150 values in 150 rows), day (a date), date (a date), nothing (empty); "
    ) in out


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


@pytest.mark.parametrize(
    ("sep", "arguments"),
    [
        (";", []),
        ("|", []),
        ("\t", []),
        (";", ["--sep", ";"]),
        ("\t", ["--sep", r"\t"]),
        ("\t", ["--sep", "\t"]),
        ("^", ["--sep", "^"]),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".txt", ".csv.gz"])
def test_fields_are_separated_by_what_separates_them(
    sep, arguments, ending, frame, tmp_path, capsys
):
    path = tmp_path / f"data{ending}"
    frame.to_csv(path, index=False, sep=sep)
    assert main([str(path), "--target", "label", *arguments]) == 0
    assert "(colour) one-hot" in capsys.readouterr().out


def test_a_separator_may_differ_from_that_of_the_ending(frame, tmp_path, capsys):
    frame.to_csv(tmp_path / "data.tsv", index=False, sep=",")
    assert main([str(tmp_path / "data.tsv"), "--target", "label", "--sep", ","]) == 0
    assert "(colour) one-hot" in capsys.readouterr().out


def test_commas_before_semicolons(frame, tmp_path, capsys):
    frame.rename(columns={"b": "time; s", "c": "time; h"}).to_csv(tmp_path / "a.csv", index=False)
    assert main([str(tmp_path / "a.csv"), "--target", "label"]) == 0
    assert "(colour) one-hot" in capsys.readouterr().out


@pytest.mark.parametrize("names", [["b", "colour"], ["b,colour"], ["colour, b"]])
def test_dropped_columns_are_as_if_they_were_not_there(names, frame, tmp_path, capsys):
    frame = frame.assign(**{"e, f": np.inf})
    frame.to_csv(tmp_path / "data.csv", index=False)
    drop = [f"--drop={name}" for name in [*names, "e, f"]]
    assert main([str(tmp_path / "data.csv"), "--target", "label", *drop]) == 0
    dropped = capsys.readouterr().out
    frame[["a", "c", "d", "label"]].to_csv(tmp_path / "data.csv", index=False)
    assert main([str(tmp_path / "data.csv"), "--target", "label"]) == 0
    assert (costs_of(dropped) == costs_of(capsys.readouterr().out)).all()


@pytest.mark.parametrize(
    ("labels", "rows", "accepted"),
    [
        ([f"c{i}" for i in range(75)], 150, True),
        ([f"c{i}" for i in range(76)], 150, False),
        (range(20), 150, True),
        (range(21), 150, False),
        (range(15), 150, True),
        (range(40), 400, True),
        (range(3), 5, False),
        (range(2), 3, True),
    ],
)
def test_a_target_of_as_many_labels_as_an_identifier_or_a_quantity_has_is_refused(
    labels, rows, accepted, tmp_path
):
    labels = np.resize(np.array(labels), rows)
    table = pd.DataFrame({"a": np.arange(rows) % 3, "label": labels})
    table.to_csv(tmp_path / "data.csv", index=False)
    if accepted:
        assert (read(tmp_path / "data.csv", "label")[1] == labels).all()
    else:
        with pytest.raises(ValueError, match=rf"'label' has \d+ different .* in {rows} rows"):
            read(tmp_path / "data.csv", "label")


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
    "identifier as target": (
        "data.csv",
        text("id,a,y\n" + "".join(f"{i},{i % 3},{i % 2}\n" for i in range(500))),
        ["--target", "id"],
        "'id' has 500 different values in 500 rows, so that it tells rows apart, not classes: a "
        "classification target, with a few different labels, is needed. Columns of few values: "
        "'a' (3), 'y' (2).",
    ),
    "quantity as target": (
        "data.csv",
        text("a,price\n" + "".join(f"{i % 7},{i % 60}.0\n" for i in range(500))),
        ["--target", "price"],
        "'price' has 60 different numbers in 500 rows, as a quantity has",
    ),
    "quantity as svmlight target": (
        "data.svm",
        text("".join(f"{i % 60} 1:{i % 7}\n" for i in range(500))),
        [],
        "the target has 60 different numbers in 500 rows",
    ),
    "no such column to drop": (
        "data.csv",
        text("a,b,y\n1,2,0\n2,1,1"),
        ["--target=y", "--drop=a,c"],
        "--drop: there is no column 'c'; the columns are 'a', 'b', 'y'",
    ),
    "no such column to keep": (
        "data.csv",
        text("a,b,y\n1,2,0\n2,1,1"),
        ["--target=y", "--keep=c"],
        "--keep: there is no column 'c'; the columns are 'a', 'b'",
    ),
    "target to drop": (
        "data.csv",
        text("a,y\n1,0\n2,1"),
        ["--target=y", "--drop=y"],
        "'y' is the target",
    ),
    "nothing but what is dropped": (
        "data.csv",
        text("a,y\n1,0\n2,1"),
        ["--target=y", "--drop=a"],
        "no column beside",
    ),
    "svmlight column to drop": ("data.svm", text("1 1:2\n0 1:3\n"), ["--drop=a"], "have no names"),
    "svmlight column to keep": ("data.svm", text("1 1:2\n0 1:3\n"), ["--keep=a"], "have no names"),
    "svmlight separator": ("data.svm", text("1 1:2\n0 1:3\n"), ["--sep=;"], "have no separator"),
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

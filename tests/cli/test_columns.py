"""Columns of tables: the parts they play, and what they are made of before a fit."""

import re

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import dump_svmlight_file

from sklearn_gdlogreg._cli import columns
from sklearn_gdlogreg._cli.main import main

from .helpers import costs_of

pd = pytest.importorskip("pandas")


def told(frame, tmp_path, capsys, *arguments):
    """What the command prints of a table."""
    frame.to_csv(tmp_path / "data.csv", index=False)
    assert main([str(tmp_path / "data.csv"), "--target", "label", *arguments]) == 0
    return capsys.readouterr().out


def left_out(out):
    found = re.search(r"^left out: (.*); --keep COLUMN takes one in\.$", out, re.MULTILINE)
    return found[1]


N = 150
DATES = pd.date_range("2024-01-05", periods=N, freq="37h")
NO_INFORMATION = {
    "id": (np.arange(N)[::-1], "150 values in 150 rows"),
    "customer_id": (np.random.default_rng(0).permutation(N) * 7, "150 values in 150 rows"),
    "PassengerId": (np.random.default_rng(0).permutation(N), "150 values in 150 rows"),
    "Unnamed: 0": (np.random.default_rng(0).permutation(N), "150 values in 150 rows"),
    "some_id": (np.where(np.arange(N) < 9, np.nan, np.arange(N) ** 2), "141 values in 141 rows"),
    "number": (np.arange(1001, 1001 + N), "counts the rows"),
    "code": ([f"n{i}" for i in range(N)], "150 values in 150 rows"),
    "remark": (["late", "lost", "torn", *[None] * (N - 3)], "3 values in 3 rows"),
    "day": (DATES.strftime("%Y-%m-%d"), "a date"),
    "month": (DATES.strftime("%Y-%m"), "a date"),
    "us": (DATES.strftime("%m/%d/%Y"), "a date"),
    "german": (DATES.strftime("%d.%m.%Y"), "a date"),
    "short": (DATES.strftime("%m/%d/%y"), "a date"),
    "words": (DATES.strftime("%b %d, %Y"), "a date"),
    "with gaps": (DATES.strftime("%d/%m/%Y").where(np.arange(N) % 3 > 0), "a date"),
    "stamp": ([f"{day.isoformat()}{'.5' * (i % 2)}" for i, day in enumerate(DATES)], "a date"),
    "zoned": ([f"{day.isoformat()}+0{i % 3}:00" for i, day in enumerate(DATES)], "a date"),
    "nothing": (np.full(N, np.nan), "empty"),
}


@pytest.mark.parametrize("name", NO_INFORMATION)
def test_a_column_that_only_tells_rows_apart_is_left_out_by_name(name, frame, tmp_path, capsys):
    values, why = NO_INFORMATION[name]
    without = costs_of(told(frame, tmp_path, capsys))
    out = told(frame.assign(**{name: values}), tmp_path, capsys)
    assert left_out(out) == f"{name} ({why})"
    assert (costs_of(out) == without).all()


INFORMATION = {
    "weight": np.random.default_rng(1).normal(size=N),  # each value once, as a measurement has
    "position": np.random.default_rng(1).permutation(10 * N)[:N],
    "rank": np.random.default_rng(1).permutation(N),
    "time": np.linspace(0, 1, N),
    "humid": np.random.default_rng(1).permutation(N),
    "household_id": np.arange(N) // 3,
    "user_id": np.random.default_rng(1).normal(size=N),
    "version": np.where(np.arange(N) % 2, "1.2.3", "1.10.11"),
    "age group": np.where(np.arange(N) % 2, "20-29", "30-39"),
    "weekday": np.where(np.arange(N) % 2, "Mon", "Tue"),
    "season": np.where(np.arange(N) % 2, "may", "2024"),
    "from": [*["2024-01-05"] * (N - 1), "unknown"],
    "flag": np.arange(N) % 2 == 0,
    "name": ["same", "same", *map(str.format, ["n{}"] * (N - 2), range(N - 2))],
}


@pytest.mark.parametrize("name", INFORMATION)
def test_other_columns_are_learned_from(name, frame, tmp_path, capsys):
    out = told(frame.assign(**{name: INFORMATION[name]}), tmp_path, capsys)
    assert "left out" not in out


def test_few_numbers_at_equal_distances_are_doses(frame):
    few = frame.iloc[:10].assign(dose=np.arange(0, 50, 5))
    assert columns.roles(few[["a", "dose"]]).left_out == {}


def test_years_as_words_are_categories():
    assert columns.roles(pd.DataFrame({"model": ["2019", "2020", "2020"]})).words == ["model"]


def test_a_column_to_keep_is_not_left_out(frame, tmp_path, capsys):
    frame = frame.assign(id=np.arange(N), code=[f"n{i}" for i in range(N)], day=DATES)
    out = told(frame, tmp_path, capsys, "--keep", "id,day")
    assert left_out(out) == "code (150 values in 150 rows)"
    assert "(colour, day) one-hot encoded" in out


@pytest.mark.parametrize("categories", [2, 90], ids=["dense", "sparse"])
def test_standardized_costs_depend_on_no_origin_and_no_unit(categories, frame, tmp_path, capsys):
    frame = frame.assign(city=[f"c{i % categories}" for i in range(N)])
    costs = costs_of(told(frame, tmp_path, capsys, "--standardize", "--tol", "1e-8"))
    elsewhere = frame.assign(a=2000 + 10 * frame["a"], b=frame["b"] / 1000)
    again = costs_of(told(elsewhere, tmp_path, capsys, "--standardize", "--tol", "1e-8"))
    np.testing.assert_allclose(again, costs, atol=2e-6)
    assert np.ptp(costs) < 2e-6  # LogisticRegression is not made to look bad


@pytest.mark.parametrize("small", [True, False])
def test_numbers_are_standardized_and_categories_are_not(small, frame, monkeypatch):
    if not small:
        monkeypatch.setattr(columns, "DENSE_BYTES", 0)
    frame = frame.drop(columns="label").assign(
        city=[f"c{i % 90}" for i in range(N)], year=1990 + np.arange(N) % 30, flag=True
    )
    roles = columns.roles(frame)
    transformer, _ = columns.preprocessing_of_table(frame, roles, standardize=True)
    X = transformer.fit_transform(frame)
    assert sparse.issparse(X) != small
    X = X.toarray() if sparse.issparse(X) else X
    names = list(transformer.get_feature_names_out())
    numbers = X[:, [names.index(name) for name in "abcd"] + [names.index("year")]]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(numbers.var(axis=0), 1)
    assert set(np.unique(X[:, names.index("city=c7")])) == {0, 1}


def test_a_column_may_have_the_name_of_a_category(frame, tmp_path, capsys):
    told(frame.assign(**{"colour=red": frame["a"] ** 2}), tmp_path, capsys)


@pytest.mark.parametrize("small", [True, False])
def test_svmlight_columns_are_centred_where_that_fills_no_large_matrix(
    small, sparse_rows, rng, tmp_path, capsys, monkeypatch
):
    X, y = sparse.csr_matrix(sparse_rows(N, 30, 0.1)), rng.integers(0, 2, N)
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    dump_svmlight_file(X, y, str(tmp_path / "data.svm"))
    if not small:
        monkeypatch.setattr(columns, "DENSE_BYTES", 0)
    path = tmp_path / "model"
    assert main([str(tmp_path / "data.svm"), "--standardize", "--save", str(path)]) == 0
    assert ("not centred" in capsys.readouterr().out) == (not small)
    made = joblib.load(path)[:-1].transform(X)
    made = made.toarray() if sparse.issparse(made) else made
    np.testing.assert_allclose(made.std(axis=0), 1)
    assert (abs(made.mean(axis=0)).max() < 1e-12) == small


def test_the_largest_rounding_of_an_identifier_does_not_make_it_repeat():
    ids = pd.Series(2**60 + np.arange(30) ** 2, name="id").to_frame().assign(a=1.5)
    assert list(columns.roles(ids).left_out) == ["id"]


def test_where_no_column_is_left_that_is_an_error(tmp_path, capsys):
    table = pd.DataFrame({"id": range(30), "day": DATES[:30], "label": [0, 1, 1] * 10})
    table.to_csv(tmp_path / "data.csv", index=False)
    assert main([str(tmp_path / "data.csv"), "--target", "label"]) == 2
    captured = capsys.readouterr()
    assert "no column is left" in captured.err
    assert "id (30 values in 30 rows), day (a date)" in captured.err
    assert captured.out == ""

"""The comparison: its table, its sentence, its picture."""

import pytest

from sklearn_gdlogreg.__main__ import main

from .helpers import diagnoses_of, rows_of

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


def test_what_a_fit_warns_of_is_told_once_with_the_names_of_columns(frame, tmp_path, capsys):
    frame.assign(year=2000 + 10 * frame["a"]).to_csv(tmp_path / "data.csv", index=False)
    arguments = ["--target", "label", "--learning-rate", "0.1", "auto"]
    assert main([str(tmp_path / "data.csv"), *arguments]) == 0
    out = capsys.readouterr().out
    (diagnosis,) = diagnoses_of(out, "GDLogisticRegression(0.1)")
    assert "Stopped at max_iter=1000 before convergence" in diagnosis
    assert "the learning rate is too large" in diagnosis
    assert "of the largest scale (root mean square) are 'year' (2e+03)" in diagnosis
    assert diagnoses_of(out, "GDLogisticRegression('auto')") == []
    assert diagnoses_of(out, "LogisticRegression()") == [
        "LogisticRegression(): lbfgs failed to converge after 100 iteration(s) (status=1): STOP: "
        "TOTAL NO. OF ITERATIONS REACHED LIMIT"
    ]


def test_the_features_of_the_breast_cancer_data_have_names_in_a_diagnosis(capsys):
    assert main(["--learning-rate", "0.001", "--max-iter", "20"]) == 0
    raw, _ = diagnoses_of(capsys.readouterr().out, "GDLogisticRegression(0.001)")
    assert "'worst area' (" in raw


def test_separable_classes_are_told(tmp_path, capsys):
    (tmp_path / "data.csv").write_text("a,label\n" + "".join(f"{i},{i > 9}\n" for i in range(19)))
    assert main([str(tmp_path / "data.csv"), "--target=label", "--C=inf"]) == 0
    (diagnosis,) = diagnoses_of(capsys.readouterr().out, "GDLogisticRegression('auto')")
    assert "separable" in diagnosis

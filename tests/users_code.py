"""What users write, for type checkers in their strict mode: `.ci/run` asks mypy and pyright."""

# ruff: noqa: T201
# pyright: strict

from pathlib import Path
from typing import assert_type

import numpy as np
import numpy.typing as npt

from sklearn_gdlogreg import (
    Checkpoint,
    CoefficientPathDisplay,
    DescentDisplay,
    GDGridSearchCV,
    GDLogisticRegression,
    GDSearchDisplay,
    LossCurveDisplay,
    __version__,
    check_gradient,
    cost_and_gradient,
    descend,
)


def falling(t: int) -> float:
    return 1 / t


def course(X: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> float:
    J, dw, db = cost_and_gradient(X, y, np.zeros(X.shape[1]), 0.0)
    assert_type(J, float)
    print(J, dw.shape, db)
    for step in descend(X, y, learning_rate=falling):
        if step.t == 10:
            assert_type(step.cost, float)
            check = check_gradient(X, y, step.coef, step.intercept, C=1.0)
            return check.difference if check.passed else len(check.verdict)
    return 0.0


def fit(X: npt.NDArray[np.float64], y: list[str], folder: Path) -> GDLogisticRegression:
    clf = GDLogisticRegression("auto", C=1, class_weight={"yes": 2.0}, early_stopping=True)
    assert_type(
        clf.fit(X, y, sample_weight=np.ones(len(y)), X_val=X, y_val=y), GDLogisticRegression
    )
    again = GDLogisticRegression(0.1, max_iter=5, tol=0, store_path=True, random_state=0)
    again.set_params(C=2.0, verbose=0).set_callbacks(Checkpoint(folder / "descent.npz", every=5))
    again = again.fit(X, y, coef_init=clf.coef_, intercept_init=clf.intercept_)
    print(__version__, again.get_params()["C"], again.stop_reason_, again.coordinates_)
    print(again.coef_.shape, again.intercept_[0], again.n_iter_[0], again.loss_curve_[-1])
    print(again.classes_.tolist(), again.n_features_in_, again.learning_rates_.mean())
    return clf


def predict(clf: GDLogisticRegression, X: npt.NDArray[np.float64], y: list[str]) -> float:
    labels, probabilities = clf.predict(X), clf.predict_proba(X)
    print(labels[0], probabilities[:, 1].mean(), clf.decision_function(X).shape)
    print(clf.predict_log_proba(X).min(), clf.to_sklearn(), clf.history())
    for stage in clf.staged_predict_proba(X):
        print(stage.shape)
    assert_type(clf.score(X, y), float)
    return clf.score(X, y, sample_weight=np.ones(len(y)))


def search(X: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> float:
    grid = {"learning_rate": [0.1, 1.0], "max_iter": [10, 100]}
    found = GDGridSearchCV(GDLogisticRegression(tol=0), grid, cv=3, scoring="neg_log_loss")
    assert_type(found.fit(X, y), GDGridSearchCV)
    print(found.best_params_["max_iter"], found.cv_results_["mean_test_score"].max())
    print(found.predict(X)[0], found.best_index_, found.score(X, y))
    GDSearchDisplay.from_estimator(found, kind="heatmap").figure_.savefig("search.png")
    return found.best_score_


def draw(clf: GDLogisticRegression, X: npt.NDArray[np.float64], y: list[str]) -> None:
    LossCurveDisplay.from_estimator(clf, xscale="log").plot(distance=True)
    CoefficientPathDisplay.from_estimator({"a": clf}["a"]).plot(n_labels=3)
    DescentDisplay.from_estimator(clf, X, y, n_grid=5).figure_.savefig("descent.png")

"""The pictures in these pages: python docs/pictures.py"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import (
    CoefficientPathDisplay,
    DescentDisplay,
    GDGridSearchCV,
    GDLogisticRegression,
    GDSearchDisplay,
    LossCurveDisplay,
)

mpl.use("Agg")
IMAGES = Path(__file__).parent / "images"


def save(display, name):
    display.figure_.set_size_inches(6.4, 4.2)
    display.figure_.savefig(IMAGES / f"{name}.png", dpi=150)


def main():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    scaled = StandardScaler().set_output(transform="pandas").fit_transform(X)

    rates = (0.01, 0.1, 1.0, "auto")
    fits = [GDLogisticRegression(rate, C=1.0, tol=0, max_iter=100).fit(scaled, y) for rate in rates]
    save(LossCurveDisplay.from_estimator(fits, distance=True), "loss_curves")

    clf = GDLogisticRegression(0.5, early_stopping=True, random_state=0, tol=0, max_iter=3000)
    save(LossCurveDisplay.from_estimator(clf.fit(scaled, y), xscale="log"), "early_stopping")

    two = scaled[["mean radius", "mean texture"]]
    clf = GDLogisticRegression(2.0, tol=0, max_iter=60, store_path=True).fit(two, y)
    save(DescentDisplay.from_estimator(clf, two, y), "descent")

    clf = GDLogisticRegression(0.1, C=1.0, tol=0, max_iter=500, store_path=True).fit(scaled, y)
    save(CoefficientPathDisplay.from_estimator(clf, xscale="log", n_labels=6), "coefficient_path")

    pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(tol=0))
    grid = {
        "gdlogisticregression__learning_rate": np.logspace(-3, 0.5, 8),
        "gdlogisticregression__max_iter": np.unique(np.logspace(0, 3, 16).astype(int)),
    }
    search = GDGridSearchCV(pipeline, grid, scoring="neg_log_loss").fit(X, y)
    save(GDSearchDisplay.from_estimator(search), "search_lines")
    save(GDSearchDisplay.from_estimator(search, kind="heatmap"), "search_heatmap")


if __name__ == "__main__":
    main()

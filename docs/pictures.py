"""The pictures in these pages: python docs/pictures.py"""

from itertools import islice
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
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
    descend,
)

mpl.use("Agg")
IMAGES = Path(__file__).parent / "images"


def save(display, name):
    display.figure_.set_size_inches(6.4, 4.2)
    display.figure_.savefig(IMAGES / f"{name}.png", dpi=150)


def rotation():
    """Iterates on two correlated columns, in w and in a basis that is turned against it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2)) @ [[1.0, 0.8], [0.0, 0.5]]
    y = (X @ [1.0, -1.5] + rng.logistic(size=200) > 0).astype(int)
    turn = np.array([[np.cos(1.0), np.sin(1.0)], [-np.sin(1.0), np.cos(1.0)]])
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 4), layout="constrained")
    for ax, Q, name in ((axes[0], np.eye(2), "w"), (axes[1], turn, r"\beta")):
        rows = X @ Q.T
        steps = islice(descend(rows, y, 3.0, fit_intercept=False), 12)
        path = np.array([step.coef for step in steps])
        center, half = path.mean(axis=0), 1.3
        u, v = (np.linspace(c - half, c + half, 90) for c in center)
        points = np.stack(np.meshgrid(u, v), axis=-1)
        z = points @ rows.T
        costs = (np.logaddexp(0, z) - y * z).mean(axis=-1)
        ax.contour(u, v, costs, levels=np.quantile(costs, np.linspace(0, 1, 16) ** 2), alpha=0.5)
        ax.plot(*path.T, "o-", color="C3", markersize=4)
        ax.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$", aspect="equal")
    axes[0].set_title("the columns of X")
    axes[1].set_title("another basis, $w = Q^\\top \\beta$")
    figure.savefig(IMAGES / "rotation.png", dpi=150)


def main():
    rotation()
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

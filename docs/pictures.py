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


def projection():
    """Steps between bounds: the nearest point, as the eye sees it and as the cost does."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)) @ [[1.0, 0.8], [0.0, 0.5]]
    y = (X @ [-1.0, 2.0] + rng.logistic(size=400) > 0).astype(int)
    bounds = (0, 1.2)
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.8), layout="constrained", sharey=True)
    u, v = np.linspace(-1.3, 1.8, 120), np.linspace(-0.4, 2.6, 120)
    points = np.stack(np.meshgrid(u, v), axis=-1)
    z = points @ X.T
    costs = (np.logaddexp(0, z) - y * z).mean(axis=-1)
    levels = np.quantile(costs, np.linspace(0, 1, 18) ** 2)
    for ax, options, title in (
        (axes[0], {"learning_rate": 7.0}, "w itself: step, then clip"),
        (axes[1], {"learning_rate": "auto", "coordinates": "decorrelated"}, "the metric of a map"),
    ):
        ax.contour(u, v, costs, levels=levels, alpha=0.4)
        ax.fill([0, 1.2, 1.2, 0], [0, 0, 1.2, 1.2], color="C0", alpha=0.12)
        options |= {"bounds": bounds, "coef_init": [0.9, 0.1], "fit_intercept": False}
        steps = list(islice(descend(X, y, **options), 9))
        path = np.array([step.coef for step in steps])
        for here in steps[:-1]:
            space = here.coordinates
            if ax is axes[0]:
                there = here.coef - 7.0 * here.gradient[0]
            else:
                map_ = space.euclidean
                at, along = map_.pack(here.w, here.b), map_.pull_back(here.dw, here.db)
                there = map_.unpack(at - along)[0]
            following = path[here.t + 1]
            ax.plot(*np.transpose([here.coef, there]), color="0.4", linewidth=1)
            ax.plot(*np.transpose([there, following]), color="C3", linestyle=":", linewidth=1.6)
            ax.plot(*there, "x", color="0.4")
        ax.plot(*path.T, "o", color="C3", markersize=4)
        ax.set(title=title, xlabel="$w_1$", aspect="equal", xlim=(u[0], u[-1]), ylim=(v[0], v[-1]))
    axes[0].set(ylabel="$w_2$")
    figure.savefig(IMAGES / "projection.png", dpi=150)


def main():
    rotation()
    projection()
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

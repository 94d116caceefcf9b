r"""
The boundary moves
==================

At the start of a descent all coefficients are zero, every probability is 1/2, and there is no
boundary between the classes. Each iteration bends it into shape. With ``store_path`` a fit
remembers where its coefficients have been, and ``staged_predict_proba`` goes through the models
that they made: a film of the descent.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay

plt.style.use("seaborn-v0_8-colorblind")

# %%
# Two moons
# ---------
#
# No straight line separates two moons. Logistic regression is linear in its features, but these
# may be anything: with all products of up to three factors :math:`x_1` and :math:`x_2` among them
# (:math:`x_1, x_2, x_1^2, x_1 x_2, \dots, x_2^3`: nine), the boundary can be curved. ``C=100`` is a
# weak penalty.

X, y = make_moons(n_samples=300, noise=0.2, random_state=0)
features = make_pipeline(PolynomialFeatures(3, include_bias=False), StandardScaler())
clf = GDLogisticRegression(1.0, C=100.0, tol=0, max_iter=1000, store_path=True)
pipeline = make_pipeline(features, clf).fit(X, y)

# %%
# The cost falls in every iteration, and more between the 100th and the 1000th than between the
# 10th and the 100th. The axis of the iterations is logarithmic; on a linear one the curve would
# seem nearly flat after a hundred. The dots are the iterations that are drawn below.

frames = [1, 3, 10, 30, 100, 1000]
display = LossCurveDisplay.from_estimator({"cost": clf}, xscale="log")
display.ax_.plot(frames, clf.loss_curve_[frames], "o", color="C2", label="frames", clip_on=False)
display.ax_.legend()
plt.show()

# %%
# Six frames
# ----------
#
# The probabilities of these iterations on a grid of points. The staged methods want what the
# classifier itself was fitted to, so the grid goes through the first step of the pipeline.

low, high = X.min(axis=0) - 0.3, X.max(axis=0) + 0.3
xx0, xx1 = np.meshgrid(np.linspace(low[0], high[0], 100), np.linspace(low[1], high[1], 100))
grid = features.transform(np.column_stack([xx0.ravel(), xx1.ravel()]))
films = zip(clf.iteration_path_, clf.staged_predict_proba(grid), strict=True)
proba = {t: staged[:, 1].reshape(xx0.shape) for t, staged in films if t in frames}

# %%
# scikit-learn's ``DecisionBoundaryDisplay`` draws what an estimator answers, or, made by hand, any
# answer on a grid. Orange and purple are the two classes, pale where the model is uncertain. The
# black line is the boundary, where the probability is 1/2.
#
# A single step finds the rough direction. The bends are the work of hundreds: they are made of
# differences between features that are much alike, such as :math:`x_1` and :math:`x_1^3`, and
# along such differences the cost is nearly flat.


def draw(ax, proba):
    display = DecisionBoundaryDisplay(xx0=xx0, xx1=xx1, n_classes=2, response=proba)
    display.plot(ax=ax, cmap="PuOr", levels=np.linspace(0, 1, 21), vmin=-0.5, vmax=1.5)
    ax.contour(xx0, xx1, proba, levels=[0.5], colors="black", linewidths=1.5)
    for label, marker, color in [(0, "o", "#b35806"), (1, "^", "#542788")]:
        ax.scatter(*X[y == label].T, s=14, marker=marker, color=color, edgecolor="white", lw=0.4)
    ax.set(xticks=[], yticks=[])


fig, axes = plt.subplots(2, 3, figsize=(8, 4.9), layout="constrained")
for ax, t in zip(axes.flat, frames, strict=True):
    draw(ax, proba[t])
    ax.set_title(f"Iteration {t}: cost {clf.loss_curve_[t]:.3f}", fontsize="medium")
plt.show()
# sphinx_gallery_thumbnail_number = 2

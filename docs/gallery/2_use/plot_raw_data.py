"""
Raw data: where lbfgs gives up and gradient descent converges
=============================================================

Columns in their own units are hard for an optimizer: a step that suits a column of thousands is
far too short for a column of thousandths. Here
:class:`~sklearn.linear_model.LogisticRegression` and
:class:`~sklearn_gdlogreg.GDLogisticRegression` minimize the same cost on the same unscaled data,
and we look at how far above its minimum they are after each iteration.
"""

# %%
# One data set, both estimators
# -----------------------------
#
# The breast cancer data have 30 columns, with standard deviations from thousandths to hundreds.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay, cost_and_gradient

X, y = load_breast_cancer(return_X_y=True)
deviations = X.std(axis=0)
print(f"standard deviations from {deviations.min():.2g} to {deviations.max():.2g}")

# %%
# LogisticRegression with its defaults, which are the solver lbfgs and at most 100 iterations:

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    lbfgs = LogisticRegression().fit(X, y)

for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}")

# %%
# ``learning_rate="auto"``, the default, with the same penalty:

clf = GDLogisticRegression(C=1.0).fit(X, y)
print(f"{clf.stop_reason_} after {clf.n_iter_[0]} iterations, in {clf.coordinates_} coordinates")

# %%
# The coordinates are the reason. The descent moves in combinations of the columns in which the
# cost curves about equally in all directions, and translates every iterate back: X is not
# changed, ``coef_`` is in the units of X, and the penalty is the one that was asked for, on the
# raw coefficients.
#
# How good are the models? The cost of any coefficients is
# :func:`~sklearn_gdlogreg.cost_and_gradient` plus the penalty, whoever found them. Newton's method
# serves as a third opinion on where the minimum is.


def cost(model, X, y):
    """What both estimators minimize, with C=1."""
    J, _, _ = cost_and_gradient(X, y, model.coef_, model.intercept_)
    return J + (model.coef_**2).sum() / (2 * len(y))


newton = LogisticRegression(solver="newton-cholesky", tol=1e-9).fit(X, y)
print(f"lbfgs                 {cost(lbfgs, X, y):.9f}")
print(f'learning_rate="auto"  {cost(clf, X, y):.9f}')
print(f"Newton's method       {cost(newton, X, y):.9f}")

# %%
# Iteration by iteration
# ----------------------
#
# lbfgs keeps no history, but a fit with ``max_iter=k`` ends at its k-th iterate, so that one fit
# for each k gives the curve. For the picture both get a tolerance far below their default of
# 1e-4, so that neither stops early. :class:`~sklearn_gdlogreg.LossCurveDisplay` draws any curves
# it is given.

counts = np.unique(np.geomspace(1, 1000, 16).astype(int))


def lbfgs_costs(X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # they stop at k on purpose
        fits = [LogisticRegression(max_iter=k, tol=1e-9).fit(X, y) for k in counts]
    return np.array([cost(model, X, y) for model in fits])


plt.style.use("tableau-colorblind10")
figure, axes = plt.subplots(1, 3, figsize=(8, 4.2), sharey=True, layout="constrained")
data = {"breast cancer": load_breast_cancer, "wine": load_wine, "digits": load_digits}
for ax, (name, load) in zip(axes, data.items(), strict=True):
    X, y = load(return_X_y=True)
    long = GDLogisticRegression(C=1.0, tol=1e-9).fit(X, y)
    curves = {
        'learning_rate="auto"': {
            "iteration": np.arange(len(long.loss_curve_)),
            "training": long.loss_curve_,
        },
        "lbfgs": {"iteration": counts, "training": lbfgs_costs(X, y)},
    }
    display = LossCurveDisplay(curves).plot(ax, distance=True, xscale="log")
    auto, other = display.lines_.values()
    other.set_marker(".")
    (end,) = GDLogisticRegression(C=1.0).fit(X, y).n_iter_
    ax.plot(end, auto.get_ydata()[end], "o", color="C0", label="where it stops by default")
    at_limit = np.interp(100, counts, other.get_ydata())
    ax.plot(100, at_limit, "X", markersize=9, color="C1", label="where lbfgs stops by default")
    ax.set(title=f"{name}, {X.shape[0]:,} x {X.shape[1]}", xlim=(1, 1000), ylim=(1e-12, 10))
    ax.grid(alpha=0.3)
    ax.legend().remove()
    ax.label_outer()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %%
# The blue curve is not monotone: the steps are fitted to the differences of the last two
# gradients (Barzilai and Borwein), and one that raises the cost for a moment is accepted.
#
# Scaling helps lbfgs too, but it is another model
# ------------------------------------------------
#
# Behind a :class:`~sklearn.preprocessing.StandardScaler` lbfgs converges as well, and that is
# good practice. The penalty then counts the coefficients of the scaled columns: the model is
# another one, with another cost.

X, y = load_breast_cancer(return_X_y=True)
scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
apart = np.abs(scaled.predict_proba(X) - newton.predict_proba(X)).max()
print(f"lbfgs on scaled columns: {scaled[-1].n_iter_[0]} iterations")
print(f"one probability differs by {apart:.2f} from that of the model on raw columns")

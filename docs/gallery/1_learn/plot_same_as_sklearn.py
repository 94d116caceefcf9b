r"""
The same answer as LogisticRegression
=====================================

:class:`~sklearn_gdlogreg.GDLogisticRegression` and scikit-learn's ``LogisticRegression`` minimize
the same cost. With an L2 penalty exactly one :math:`w` has the lowest cost, and whoever gets there
has the same coefficients. This example watches gradient descent get there.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression

plt.style.use("seaborn-v0_8-colorblind")

# %%
# Two ways, one minimum
# ---------------------
#
# ``C``, ``l1_ratio``, ``class_weight`` and ``sample_weight`` mean the same to both, so nothing has
# to be translated. (Only the default of ``C`` differs: ``LogisticRegression`` has 1,
# :class:`~sklearn_gdlogreg.GDLogisticRegression` no penalty.) A small ``tol`` lets both go far; of
# scikit-learn's solvers, Newton's method goes furthest.

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)

reference = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10).fit(X, y)
clf = GDLogisticRegression(C=1.0, tol=1e-10).fit(X, y)

difference = np.abs(clf.coef_ - reference.coef_).max()
in_proba = np.abs(clf.predict_proba(X) - reference.predict_proba(X)).max()
print(f"largest difference of a coefficient: {difference:.1e}")
print(f"largest difference of a probability: {in_proba:.1e}")
assert difference < 1e-7
assert in_proba < 1e-7

# %%
# It is so for other penalties and weights, and for three classes.

X_wine, y_wine = load_wine(return_X_y=True)
X_wine = StandardScaler().fit_transform(X_wine)

print(f"{'':>32}{'coefficients':>14}{'probabilities':>15}")
for parameters in [
    {"C": 0.01},
    {"C": 100.0},
    {"C": 1.0, "class_weight": "balanced"},
    {"C": 1.0, "fit_intercept": False},
]:
    ours = GDLogisticRegression(tol=1e-10, **parameters).fit(X_wine, y_wine)
    theirs = LogisticRegression(solver="newton-cholesky", tol=1e-10, **parameters)
    theirs.fit(X_wine, y_wine)
    in_coef = np.abs(ours.coef_ - theirs.coef_).max()
    in_proba = np.abs(ours.predict_proba(X_wine) - theirs.predict_proba(X_wine)).max()
    text = ", ".join(f"{name}={value}" for name, value in parameters.items())
    print(f"{text:>32}{in_coef:>14.1e}{in_proba:>15.1e}")

# %%
# The way there
# -------------
#
# How far are the coefficients of every iteration from LogisticRegression's? Near the minimum an
# iteration with a constant learning rate takes away about the same fraction of the distance each
# time, here a small one. ``learning_rate="auto"`` descends in coordinates in which the cost is
# nearly round, and needs some twenty iterations.

fits = {
    "rate 0.1": GDLogisticRegression(0.1, C=1.0, tol=0, max_iter=5000, store_path=True),
    "rate 2": GDLogisticRegression(2.0, C=1.0, tol=0, max_iter=5000, store_path=True),
    "auto": GDLogisticRegression("auto", C=1.0, tol=1e-10, store_path=True),
}
distances = {}
for name, each in fits.items():
    each.fit(X, y)
    away = each.coef_path_[:, 0] - reference.coef_[0]
    distances[name] = np.linalg.norm(away, axis=1) / np.linalg.norm(reference.coef_)
    print(f"{name:>8}: {distances[name][-1]:.1e} after {each.n_iter_[0]} iterations")

# %%
# On the left, the coefficients of the two models: every cross sits in its circle. On the right,
# the way there.

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
left.plot(reference.coef_[0], "o", markersize=9, fillstyle="none", label="LogisticRegression")
left.plot(clf.coef_[0], "x", color="C2", label="GDLogisticRegression")
left.axhline(0, color="0.5", linewidth=0.8, zorder=1)
left.set(title="The same coefficients", xlabel="Feature", ylabel="Coefficient")
left.set_ylim(top=1.4)
left.legend(fontsize="small")
for name, distance in distances.items():
    right.plot(distance, label=name)
right.set(
    title="Distance to LogisticRegression",
    xlabel="Iteration",
    ylabel="Relative to the size of its coefficients",
    yscale="log",
)
right.set_xscale("symlog", linthresh=1)
right.set_xlim(left=0)
right.legend(fontsize="small", loc="lower left")
plt.show()

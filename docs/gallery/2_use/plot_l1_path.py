"""
The path of an L1 penalty
=========================

An L1 penalty makes coefficients exactly zero: it selects columns. How many it leaves is a matter
of its strength. Here we follow the coefficients as the penalty fades, from the model without any
column to one with most of them, and let cross-validation choose between.
"""

# %%
# Where the path begins
# ---------------------
#
# ``l1_ratio=1`` is a pure L1 penalty, and ``C`` the inverse of its strength. The penalty treats
# all coefficients alike, so the columns are put on one scale first.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import (
    CoefficientPathDisplay,
    GDGridSearchCV,
    GDLogisticRegression,
    cost_and_gradient,
)

X_raw, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(X_raw)
m, n = X.shape

# %%
# With all coefficients at zero, the best intercept is the log odds of the classes. There the
# penalty, :math:`\|w\|_1 / (C m)`, holds a coefficient at zero as long as the derivative of the
# loss is not larger than :math:`1 / (C m)`. The largest derivative tells where the first
# coefficient leaves zero:

log_odds = np.log(y.mean() / (1 - y.mean()))
_, dw, _ = cost_and_gradient(X, y, np.zeros(n), log_odds)
first_C = 1 / (m * np.abs(dw).max())

for C in (0.99 * first_C, 1.01 * first_C):
    clf = GDLogisticRegression(C=C, l1_ratio=1.0, tol=1e-6).fit(X, y)
    print(f"C = {C:.5f}: {np.count_nonzero(clf.coef_)} of {n} coefficients not zero")

# %%
# Follow it
# ---------
#
# Optima for nearly the same ``C`` lie near each other. With ``warm_start=True`` every fit starts
# where the one before has ended.

Cs = first_C * np.logspace(0, 3, 37)
warm = GDLogisticRegression(l1_ratio=1.0, tol=1e-6, max_iter=10_000, warm_start=True)
coefs, counts = [], []
for C in Cs:
    warm.set_params(C=C).fit(X, y)
    coefs.append(warm.coef_[0])
    counts.append(warm.n_iter_[0])
coefs = np.array(coefs)

cold = clone(warm).fit(X, y)
print(f"the last fit of the path: {counts[-1]} iterations; from zero: {cold.n_iter_[0]}")

# %%
# The tolerance is a hundredth of the default. Several of these columns measure nearly the same,
# and which of them is left without a coefficient is decided late in a descent:

early = GDLogisticRegression(C=Cs[-1], l1_ratio=1.0).fit(X, y)
print(f"tol=1e-4: {np.count_nonzero(early.coef_)} coefficients not zero")
print(f"tol=1e-6: {np.count_nonzero(cold.coef_)} coefficients not zero")

# %%
# The choice
# ----------
#
# The log-loss on held-out examples says which ``C`` predicts best. The scaler goes into the
# pipeline here: it must not see the examples that the score is for.

pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(l1_ratio=1.0, max_iter=5000))
grid = {"gdlogisticregression__C": Cs[::3]}
search = GDGridSearchCV(pipeline, grid, scoring="neg_log_loss", refit=False).fit(X_raw, y)
losses = -search.cv_results_["mean_test_score"]
best = 3 * losses.argmin()
print(f"lowest loss, {losses.min():.3f}, at C = {Cs[best]:.2g}")
print(f"where {np.count_nonzero(coefs[best])} of {n} coefficients are not zero")

# %%
# The picture
# -----------
#
# :class:`~sklearn_gdlogreg.CoefficientPathDisplay` is made for iterations, and draws the path
# over C as well if it is given one.

plt.style.use("seaborn-v0_8-colorblind")
figure, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(7, 7.5), height_ratios=(4, 1.4, 1.4), sharex=True, layout="constrained"
)
CoefficientPathDisplay(Cs, coefs, list(X.columns)).plot(top, n_labels=4)
top.set(xscale="log", xlabel="", ylabel="Coefficient of the scaled column")
middle.step(Cs, np.count_nonzero(coefs, axis=1), where="post")
middle.set(ylabel=f"Not zero,\nof {n}", ylim=(0, n))
bottom.plot(Cs[::3], losses, ".-")
bottom.set(ylabel="Log-loss,\nheld out", xlabel="C, the inverse of the penalty's strength")
for ax in (top, middle, bottom):
    ax.axvline(Cs[best], color="0.4", linestyle=":", label="lowest log-loss")
    ax.grid(alpha=0.3)
bottom.legend()
plt.show()

# %%
# From left to right the penalty fades and columns enter. "worst radius" leaves again when "worst
# area" comes: the two are correlated, and one of them will do.

print(f"correlation {X['worst radius'].corr(X['worst area']):.3f}")

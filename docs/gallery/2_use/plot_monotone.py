"""
A model that must be monotone
=============================

A doctor will not use a model by which a larger tumour is a smaller risk, nor a bank one by which a
missed payment raises a score. Yet that is what a fit finds where columns say nearly the same: one
of them takes more than its share, and others take it back. Bounds keep the signs that are known,
and cost little or nothing.
"""

# %%
# Signs that nobody believes
# --------------------------
#
# Thirty measurements of cells, of which every one is larger where a tumour is malignant. Here
# malignant is the second class, so that a positive coefficient raises the risk.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression

X_raw, benign = load_breast_cancer(return_X_y=True, as_frame=True)
y = 1 - benign
X = StandardScaler().set_output(transform="pandas").fit_transform(X_raw)
raises = [name for name in X if np.corrcoef(X[name], y)[0, 1] > 0.2]
print(f"{len(raises)} of {X.shape[1]} columns are larger where a tumour is malignant")

free = GDLogisticRegression(C=1.0).fit(X, y)
wrong = [name for name, w in zip(X, free.coef_[0], strict=True) if name in raises and w < 0]
print(f"{len(wrong)} of these have a negative coefficient: {', '.join(wrong)}")

# %%
# Bounds
# ------
#
# ``bounds`` is a pair for all columns, or a dict of pairs by name. What it leaves out has no bound.
# A feature of which more can only be worse has the pair ``(0, None)``:

bounds = dict.fromkeys(raises, (0, None))
monotone = GDLogisticRegression(C=1.0, bounds=bounds).fit(X, y)
print(f"smallest coefficient of these columns: {monotone.coef_[0, X.columns.isin(raises)].min()}")
print(f"columns with no say any more: {np.count_nonzero(monotone.coef_[0] == 0)}")

# %%
# With no coefficient below 0, no larger measurement lowers the risk, whatever the others are. That
# is more than any plot of a flexible model can promise.

rng = np.random.default_rng(0)
patients = X.sample(50, random_state=0)
for name in rng.choice(raises, 3, replace=False):
    worse = patients.assign(**{name: patients[name] + 1})
    before, after = (monotone.predict_proba(rows)[:, 1] for rows in (patients, worse))
    change = (after - before).round(4) + 0.0
    print(f"{name} + 1: the risk changes by {change.min()} to {change.max()}")

# %%
# What it costs
# -------------
#
# The loss on the rows it was fitted to can only be higher. On others it need not be: a bound that
# is true is information.

for label, options in (("free", {}), ("monotone", {"bounds": bounds})):
    pipeline = make_pipeline(
        StandardScaler().set_output(transform="pandas"), GDLogisticRegression(C=1.0, **options)
    )
    loss = -cross_val_score(pipeline, X_raw, y, scoring="neg_log_loss", cv=10).mean()
    print(f"{label:8}  log-loss held out: {loss:.4f}")

# %%
# A column that must not be shrunk
# --------------------------------
#
# ``penalty_factors`` are of the same kind, and multiply the penalty of single columns: 0 leaves one
# without a penalty, as the one that a study is about; a large number all but leaves one out.

strong = {"C": 0.01, "bounds": bounds}
shrunk = GDLogisticRegression(**strong).fit(X, y)
spared = GDLogisticRegression(**strong, penalty_factors={"worst texture": 0}).fit(X, y)
j = X.columns.get_loc("worst texture")
print(f"worst texture: {shrunk.coef_[0, j]:.2f} penalized, {spared.coef_[0, j]:.2f} not")

# %%
# The picture
# -----------

plt.style.use("seaborn-v0_8-colorblind")
order = np.argsort(free.coef_[0])
figure, ax = plt.subplots(figsize=(7, 6.5), layout="constrained")
place = np.arange(len(order))
ax.axvline(0, color="0.4", linewidth=1)
ax.plot(free.coef_[0, order], place, "o", label="free")
ax.plot(monotone.coef_[0, order], place, "D", markersize=5, label="bounds")
ax.set_yticks(place, X.columns[order])
ax.set(xlabel="Coefficient of the scaled column: above 0 it raises the risk")
ax.grid(alpha=0.3)
ax.legend()
plt.show()

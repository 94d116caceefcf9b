"""
A rare class: weights, thresholds and probabilities
===================================================

When one class is rare, a classifier that decides at probability 0.5 seldom names it. Two remedies
are in use: ``class_weight="balanced"``, and a threshold other than 0.5. They lead to much the same
decisions, but to very different probabilities.
"""

# %%
# Data whose probabilities we know
# --------------------------------
#
# The labels are drawn with probabilities that are a logistic function of three columns. Fewer than
# one example in twenty belongs to class 1.

import copy

import matplotlib.pyplot as plt
import numpy as np
from scipy.special import expit
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    PrecisionRecallDisplay,
    balanced_accuracy_score,
    precision_score,
    recall_score,
)
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from sklearn_gdlogreg import GDLogisticRegression

rng = np.random.default_rng(0)
X = rng.normal(size=(20_000, 3))
true_proba = expit(X @ [2.0, -1.5, 1.0] - 5.5)
y = (rng.uniform(size=len(X)) < true_proba).astype(int)
X_train, X_test, y_train, y_test, _, proba_test = train_test_split(X, y, true_proba, random_state=0)
print(f"{y.mean():.1%} of the examples are of class 1")

# %%
# Three classifiers
# -----------------
#
# The third is the first, with the threshold that
# :class:`~sklearn.model_selection.TunedThresholdClassifierCV` finds best by cross-validation. What
# is best is for the user to say; here it is the balanced accuracy, the mean of the recalls of both
# classes.

plain = GDLogisticRegression().fit(X_train, y_train)
balanced = GDLogisticRegression(class_weight="balanced").fit(X_train, y_train)
tuned = TunedThresholdClassifierCV(
    GDLogisticRegression(), scoring="balanced_accuracy", random_state=0
).fit(X_train, y_train)

models = {"plain": plain, "balanced": balanced, "tuned threshold": tuned}
print(f"the tuned threshold is {tuned.best_threshold_:.3f}")
print(f"\n{'':16}  balanced accuracy  precision  recall  mean probability")
for name, model in models.items():
    predicted = model.predict(X_test)
    print(
        f"{name:16}  {balanced_accuracy_score(y_test, predicted):17.3f}"
        f"  {precision_score(y_test, predicted):9.3f}  {recall_score(y_test, predicted):6.3f}"
        f"  {model.predict_proba(X_test)[:, 1].mean():16.3f}"
    )
print(f"{'true':16}  {'':17}  {'':9}  {'':6}  {proba_test.mean():16.3f}")

# %%
# The plain model finds about a third of the rare class. Weights and threshold find most of it, at
# the price of precision, and agree with each other. But the balanced model believes that the rare
# class is far more frequent than it is: it was told so.
#
# Back to the right probabilities
# -------------------------------
#
# Weights of the classes multiply the odds of every example by their ratio. Taking its logarithm
# off the intercept undoes that:

rare, frequent = (y_train == 1).sum(), (y_train == 0).sum()
corrected = copy.deepcopy(balanced)
corrected.intercept_ -= np.log(frequent / rare)
print(f"mean probability {corrected.predict_proba(X_test)[:, 1].mean():.3f}")
print(f"{'plain':10} {plain.coef_[0].round(2)} {plain.intercept_.round(2)}")
print(f"{'balanced':10} {balanced.coef_[0].round(2)} {balanced.intercept_.round(2)}")
print(f"{'corrected':10} {corrected.coef_[0].round(2)} {corrected.intercept_.round(2)}")

# %%
# The picture
# -----------
#
# To the left, precision and recall at all thresholds: the weights have not made a better ranking,
# they have moved the decision along the curve, as the threshold does. To the right, the share of
# class 1 among examples of about the same predicted probability: a model on the diagonal can be
# taken at its word. The tuned threshold leaves the probabilities those of the plain model.

plt.style.use("tableau-colorblind10")
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for (name, model), marker, color in zip(
    models.items(), ("o", "s", "X"), ("C0", "C1", "C3"), strict=True
):
    if model is not tuned:
        PrecisionRecallDisplay.from_estimator(
            model, X_test, y_test, ax=left, curve_kwargs={"color": color, "label": None}
        )
    predicted = model.predict(X_test)
    recall, precision = recall_score(y_test, predicted), precision_score(y_test, predicted)
    left.plot(recall, precision, marker, color=color, markersize=10, label=name)
left.set(xlabel="Recall", ylabel="Precision", title="Decisions")
left.legend(loc="lower left")
for name, model, style in [
    ("plain", plain, "o-C0"),
    ("balanced", balanced, "s-C1"),
    ("balanced, corrected", corrected, "v--C5"),
]:
    share, predicted = calibration_curve(
        y_test, model.predict_proba(X_test)[:, 1], n_bins=40, strategy="quantile"
    )
    right.plot(predicted, share, style, markersize=5, label=name)
right.plot([0, 1], [0, 1], ":", color="0.4", label="as predicted")
right.set(xlabel="Mean predicted probability", ylabel="Share of class 1", title="Probabilities")
right.legend()
plt.show()

"""
Searching the learning rate and the number of iterations
========================================================

Stopping a descent early is a way to regularize: which learning rate and how many iterations
predict best is found by cross-validation. :class:`~sklearn_gdlogreg.GDGridSearchCV` takes the
place of :class:`~sklearn.model_selection.GridSearchCV` and returns the same scores, but makes
what candidates have in common once.
"""

# %%
# A pipeline and a grid
# ---------------------
#
# The scaler is part of what is cross-validated, so that no fold sees the mean of its test
# examples. Parameters of a step are named ``step__parameter``, and ``tol=0`` runs exactly
# ``max_iter`` iterations. The score is the log-loss, which looks at the probabilities.

import time

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression, GDSearchDisplay

X, y = load_breast_cancer(return_X_y=True)
pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(tol=0))
grid = {
    "gdlogisticregression__learning_rate": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0],
    "gdlogisticregression__max_iter": [1, 3, 10, 30, 100, 300, 1000],
}

# %%
# The same search twice
# ---------------------
#
# GridSearchCV fits the pipeline once for each candidate and fold. On each fold, GDGridSearchCV
# fits the scaler once, makes one descent of 1,000 iterations for each learning rate and reads the
# smaller ``max_iter`` off on the way; the descents share their matrix products.


def timed(search):
    start = time.perf_counter()
    search.fit(X, y)
    return search, time.perf_counter() - start


usual, usual_seconds = timed(GridSearchCV(pipeline, grid, scoring="neg_log_loss"))
search, seconds = timed(GDGridSearchCV(pipeline, grid, scoring="neg_log_loss"))

fits = len(search.cv_results_["params"]) * search.n_splits_
scoring = search.cv_results_["mean_score_time"].sum() * search.n_splits_
print(f"GridSearchCV    {usual_seconds:5.2f} s for {fits} fits")
print(f"GDGridSearchCV  {seconds:5.2f} s, {usual_seconds / seconds:.1f} times faster")
print(f"of which scores {scoring:5.2f} s")

# %%
# On data as small as these, the scores of all candidates, which both searches have to compute,
# are most of what is left. The tables have the same candidates in the same order, the scores of
# every fold agree to rounding, and the best candidate is the same:

assert search.cv_results_["params"] == usual.cv_results_["params"]
assert search.best_params_ == usual.best_params_
keys = [key for key in search.cv_results_ if key.endswith("_score") and "rank" not in key]
for key in keys:
    np.testing.assert_allclose(search.cv_results_[key], usual.cv_results_[key], atol=1e-9)
differences = [np.abs(search.cv_results_[key] - usual.cv_results_[key]).max() for key in keys]
print(f"{len(keys)} columns of scores differ by at most {max(differences):.0e}")
for name, value in search.best_params_.items():
    print(f"best {name.partition('__')[2]}: {value}")

# %%
# What the search saw
# -------------------
#
# :class:`~sklearn_gdlogreg.GDSearchDisplay` draws the scores over the iterations, with their
# standard deviation over the folds:

display = GDSearchDisplay.from_estimator(search)
display.ax_.set(ylabel="Log-loss on the test folds, negative", ylim=(-0.72, 0))
display.ax_.grid(alpha=0.3)
display.ax_.legend().remove()
display.figure_.legend(title="learning_rate", fontsize="small", loc="outside right upper")
plt.show()

# %%
# Or all pairs at once:

heatmap = GDSearchDisplay.from_estimator(search, kind="heatmap")
heatmap.image_.colorbar.set_label("Log-loss on the test folds, negative")
plt.show()

# sphinx_gallery_thumbnail_number = 2

# %%
# Good pairs lie along a diagonal: a descent with a third of the rate needs about three times the
# iterations to get equally far. Small rates are still on their way up at 1,000 iterations. The
# largest have passed their best and come down again, although on the examples they learn from
# they get better and better:

grid["gdlogisticregression__learning_rate"] = [3.0]
largest = GDGridSearchCV(
    pipeline, grid, scoring="neg_log_loss", return_train_score=True, refit=False
).fit(X, y)
table = largest.cv_results_
counts = table["param_gdlogisticregression__max_iter"]
for count, *scores in zip(
    counts, -table["mean_train_score"], -table["mean_test_score"], strict=True
):
    print("{:5,} iterations: log-loss {:.3f}, on the test folds {:.3f}".format(count, *scores))

# %%
# The best candidate is refitted to all examples, as GridSearchCV does it, and the search predicts
# with it:

print(search.predict_proba(X[18:21]).round(3))

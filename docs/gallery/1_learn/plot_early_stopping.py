r"""
Stopping early
==============

The training cost of gradient descent falls for as long as it runs. The loss on examples that
were set aside falls with it at first, then rises again: the model begins to learn what is
peculiar to its training examples. So the number of iterations works like a penalty. Few of them
keep :math:`w` near its start, zero, and a small :math:`w` makes cautious predictions.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay

plt.style.use("seaborn-v0_8-colorblind")

# %%
# The task
# --------
#
# Is a handwritten digit odd? A linear model of 64 pixels can answer that only roughly, and of only
# 150 training images it can memorize a good part. Two more parts are set aside: validation images,
# to decide by when to stop, and test images, to judge the decision on. The test images play no
# part in the fit, or their verdict would be too kind.

X, y = load_digits(return_X_y=True)
X, X_rest, y, y_rest = train_test_split(X, y % 2, train_size=150, random_state=0)
X_val, X_test, y_val, y_test = train_test_split(X_rest, y_rest, train_size=400, random_state=0)

scaler = StandardScaler().fit(X)
X, X_val, X_test = scaler.transform(X), scaler.transform(X_val), scaler.transform(X_test)

# %%
# Stop in time
# ------------
#
# ``early_stopping=True`` computes the validation loss after every iteration, ends the descent when
# there has been no new lowest for ``n_iter_no_change`` of them, and keeps the iterate that had the
# lowest. (Without ``X_val`` and ``y_val`` it sets a tenth of the training examples aside itself.)

stopped = GDLogisticRegression(0.1, tol=0, max_iter=3000, early_stopping=True)
stopped.fit(X, y, X_val=X_val, y_val=y_val)
best = stopped.best_iteration_
print(f"ended after {stopped.n_iter_[0]} iterations, kept iteration {best}")

display = LossCurveDisplay.from_estimator({"cost": stopped})
display.ax_.set_title(f"Iteration {best} has the lowest validation loss")
plt.show()

# %%
# What would have come
# --------------------
#
# The same descent to its end. ``store_path=True`` keeps the coefficients of all iterations, and
# ``staged_predict_proba`` goes through them: one model after another.

full = GDLogisticRegression(0.1, tol=0, max_iter=3000, store_path=True).fit(X, y)


def mean_losses(X, y):
    """The mean of -log(probability of the right class), iteration by iteration."""
    rows = np.arange(len(y))
    return np.array([-np.log(proba[rows, y]).mean() for proba in full.staged_predict_proba(X)])


validation, test = mean_losses(X_val, y_val), mean_losses(X_test, y_test)

# %%
# Stopping changes nothing about the way. The model that was kept is the iterate of the
# long descent with the same number, to the last bit, and its validation loss is the lowest of all
# 3,000 iterations, not only of those that early stopping saw.

assert np.array_equal(stopped.coef_, full.coef_path_[best])
assert validation.argmin() == best

# %%
# On the test images the model that was kept has the lower loss. It is right about as often as the
# other, but its weights are smaller, and so it is less sure of itself where it is wrong.

print(f"{'':>14}{'iteration':>11}{'norm of w':>11}{'test loss':>11}{'accuracy':>10}")
for name, clf, t in [("kept", stopped, best), ("to the end", full, full.n_iter_[0])]:
    norm, accuracy = np.linalg.norm(clf.coef_), clf.score(X_test, y_test)
    print(f"{name:>14}{t:>11}{norm:>11.2f}{test[t]:>11.3f}{accuracy:>10.3f}")

# %%
# The three losses together. Validation and test images are different samples: their losses
# differ, and have their lowest points in different places. Both rise in the end.

display = LossCurveDisplay.from_estimator({"training": full}, xscale="log")
ax = display.ax_
ax.plot(validation, "--", color="C2", label="validation")
ax.plot(best, validation[best], "o", color="C2", label=f"kept: iteration {best}")
ax.plot(test, ":", color="C3", linewidth=2, label="test")
ax.set(title="Only the training examples gain from a longer descent", ylabel="Mean loss")
ax.legend()
plt.show()
# sphinx_gallery_thumbnail_number = 2

"""
Watching a fit while it happens
===============================

A fit keeps a record of its costs. Callbacks see more: they are called at the end of every
iteration, can ask for the model as it is then, and can end the descent. Here are the ones that
come with scikit-learn and with this package, and one of our own in ten lines.
"""

# %%
# One line now and then
# ---------------------
#
# ``verbose=1`` is enough to see that something moves. In a terminal, with ``rich`` installed, it
# is one line that changes in place.

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import Checkpoint, GDLogisticRegression, LossCurveDisplay

X, y = load_breast_cancer(return_X_y=True)
X, X_val, y, y_val = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X)
X, X_val = scaler.transform(X), scaler.transform(X_val)

options = {"learning_rate": 0.1, "tol": 0, "max_iter": 300}
clf = GDLogisticRegression(verbose=1, **options).fit(X, y)

# %%
# Any score
# ---------
#
# :class:`~sklearn.callback.ScoringMonitor` computes scores on the examples of the fit, by name,
# at every iteration. Its log is a list of dicts; with pandas, ``data_as_pandas`` is a table.

monitor = ScoringMonitor(scoring=["accuracy", "roc_auc"])
clf = GDLogisticRegression(**options).set_callbacks(monitor).fit(X, y)

log = [each for each in monitor.get_logs().data if each["task_name"] == "iteration"]
for t in (1, 10, 100, 300):
    print(
        f"iteration {t:3}: accuracy {log[t - 1]['accuracy']:.4f}, AUC {log[t - 1]['roc_auc']:.4f}"
    )

# %%
# One of our own
# --------------
#
# A callback is any object with four methods. ``fitted_estimator``, if it is among the arguments,
# is the model as it would be if the fit ended now, and a true return value makes it end. This one
# stops the descent when the predicted classes of held-out examples, which need no labels, have
# not changed for some iterations.


class StopWhenSettled:
    def __init__(self, X, patience):
        self.X, self.patience = X, patience

    def setup(self, estimator, context):
        self.predictions, self.changes = None, []

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "iteration":
            return False
        before, self.predictions = self.predictions, fitted_estimator.predict(self.X)
        self.changes.append(0 if before is None else int((before != self.predictions).sum()))
        return len(self.changes) > self.patience and not any(self.changes[-self.patience :])

    def teardown(self, estimator, context): ...


settled = StopWhenSettled(X_val, patience=50)
stopped = GDLogisticRegression(**options).set_callbacks(settled).fit(X, y)
print(f"stop_reason_ {stopped.stop_reason_!r} after {stopped.n_iter_[0]} iterations")
print(f"accuracy on held-out examples {stopped.score(X_val, y_val):.3f}")
print(f"of the whole descent          {clf.score(X_val, y_val):.3f}")

# %%
# Where labels are at hand, ``early_stopping=True`` is the built-in way to stop by examples set
# aside.
#
# A descent that survives its process
# -----------------------------------
#
# :class:`~sklearn_gdlogreg.Checkpoint` writes the state of the descent to a file now and then. Say
# that this fit was killed after iteration 250: the file holds iteration 200, and a fit that goes on
# from there makes the iterates that the first would have made, to the last bit.

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "descent.npz"
    killed = GDLogisticRegression(**{**options, "max_iter": 250})
    killed.set_callbacks(Checkpoint(path, every=100)).fit(X, y)
    resumed = GDLogisticRegression(**options).fit(X, y, resume_from=path)

assert (resumed.coef_ == clf.coef_).all()
assert (resumed.loss_curve_ == clf.loss_curve_).all()
print(f"the same {len(resumed.loss_curve_)} costs and {resumed.coef_.size} coefficients")

# %%
# What they saw
# -------------
#
# The cost, which :class:`~sklearn_gdlogreg.LossCurveDisplay` draws, the scores that the monitor
# logged, and the predictions that changed from one iteration to the next.

plt.style.use("tableau-colorblind10")
figure, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(7, 6.8), sharex=True, height_ratios=(2, 2, 1.2), layout="constrained"
)
LossCurveDisplay.from_estimator({"training": clf}, ax=top)
top.set(xlabel="")
iterations = range(1, len(log) + 1)
middle.plot(iterations, [each["roc_auc"] for each in log], color="C0", label="AUC")
middle.plot(iterations, [each["accuracy"] for each in log], color="C1", label="accuracy")
middle.set(ylabel="Score, training")
bottom.bar(range(1, len(settled.changes) + 1), settled.changes, width=1.5, color="C5")
bottom.set(xlabel="Iteration", ylabel="Held-out predictions\nthat changed")
bottom.yaxis.get_major_locator().set_params(integer=True)
for ax in (top, middle, bottom):
    ax.axvline(stopped.n_iter_[0], color="0.4", linestyle=":", label="our callback stops")
    ax.grid(alpha=0.3)
top.legend()
middle.legend(handles=middle.lines[:2], loc="lower right")
plt.show()

# %%
# The cost falls and the scores rise to the end. The predictions of the held-out examples change
# ever more seldom, and the callback ends its descent 50 iterations after the last change.

r"""
Too small, good, too large
==========================

Gradient descent has one number to choose, the learning rate :math:`\alpha`:

.. math::

    w := w - \alpha \, \frac{\partial J}{\partial w}, \qquad
    b := b - \alpha \, \frac{\partial J}{\partial b}

Whether it was chosen well is seen in the curve of the cost :math:`J` over the iterations. This
example draws that curve for three learning rates, and reads what
:class:`~sklearn_gdlogreg.GDLogisticRegression` says about each of them.
"""

import textwrap
import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import GDLogisticRegression, LossCurveDisplay

plt.style.use("seaborn-v0_8-colorblind")

# %%
# The data
# --------
#
# Breast cancer: 569 tumors, 30 measurements of each, and whether it is benign. The measurements
# are standardized, so that all of them have mean 0 and standard deviation 1. ``C=1`` adds the L2
# penalty that ``LogisticRegression`` has by default; with it the cost has one minimum.

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_standardized = StandardScaler().set_output(transform="pandas").fit_transform(X)


def fitted(learning_rate, X):
    """A fit of at most 100 iterations, and what it warns of."""
    clf = GDLogisticRegression(learning_rate, C=1.0, max_iter=100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        clf.fit(X, y)
    return clf, "\n".join(textwrap.fill(str(warning.message), 72) for warning in caught)


# %%
# Three learning rates
# --------------------
#
# - **0.01** is too small. The cost falls in every iteration, but by little: after 100 iterations
#   it is still far above the minimum.
# - **2** is good. The cost falls steeply at first and then levels off.
# - **40** is too large. Steps go past the minimum and up the other side, again and again, and the
#   cost jumps with them.

names = {0.01: "0.01, too small", 2.0: "2, good", 40.0: "40, too large"}
fits, messages = {}, {}
for learning_rate, name in names.items():
    fits[name], messages[name] = fitted(learning_rate, X_standardized)

display = LossCurveDisplay.from_estimator(fits, yscale="log")
display.ax_.set_title("Cost for three learning rates")
plt.show()

# %%
# The jumps are the sign to look for. A curve that falls smoothly can often be made to fall faster
# by a larger learning rate; one that goes up and down asks for a smaller one.
#
# The diagnosis
# -------------
#
# None of the three came within ``tol`` of a minimum in 100 iterations, and each fit says so in a
# ``ConvergenceWarning``. The first two were on their way. The third tells from the same curve
# that its learning rate is too large, and from the curvature of the cost how large it may be: a
# descent settles only if
#
# .. math:: \alpha < \frac{2}{\lambda_{\max}}
#
# where :math:`\lambda_{\max}` is the largest curvature (the largest eigenvalue of the matrix of
# second derivatives) of :math:`J` at the minimum. The fit has not been there, and estimates it at
# the lowest cost it has seen: a rate below the limit that it names may still be too large.

for name, message in messages.items():
    print(f"Learning rate {name}:\n{textwrap.indent(message, '    ')}\n")

# %%
# What is too large depends on the data
# -------------------------------------
#
# The same three learning rates on the raw measurements. An area of 1,000 makes a gradient that is
# about a thousand times as large, and a curvature about a million times: even 0.01 is far too large
# now. The warning names the features that are to blame.

raw = {f"{rate:g}": fitted(rate, X) for rate in names}
print(raw["0.01"][1])

# %%
# ``learning_rate="auto"`` asks for no choice. It fits each step to the curvature that the last one
# met, and it descends in coordinates that suit the data, so it needs no scaling either. Both fits
# converge, and neither has anything to warn of.

autos = {}
for name, data in {"standardized": X_standardized, "raw": X}.items():
    autos[name], message = fitted("auto", data)
    assert not message
    print(f"{name:>12}: {autos[name].stop_reason_} after {autos[name].n_iter_[0]} iterations")

# %%
# All eight in one picture: how far each cost is above the lowest that was found on the same data.

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 4), layout="constrained", sharey=True)
LossCurveDisplay.from_estimator({**fits, "auto": autos["standardized"]}, distance=True, ax=left)
left.set_title("Standardized measurements")
on_raw = {rate: clf for rate, (clf, _) in raw.items()}
LossCurveDisplay.from_estimator({**on_raw, "auto": autos["raw"]}, distance=True, ax=right)
right.set(title="Raw measurements", ylabel="")
plt.show()
# sphinx_gallery_thumbnail_number = 1

r"""
Walking down the cost
=====================

With two coefficients the cost :math:`J(w_1, w_2)` is a landscape, and gradient descent a walk in
it. Every step goes down the slope at a right angle to the contour line where it stands, and the
learning rate decides how far. The landscape stays the same; three learning rates make three
very different walks.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.preprocessing import StandardScaler

from sklearn_gdlogreg import DescentDisplay, GDLogisticRegression, LossCurveDisplay

plt.style.use("seaborn-v0_8-colorblind")

# %%
# The data have two features, and the values of the first are spread three times as wide. There is
# no intercept, so two coefficients are all there is and the picture shows the whole cost. (With
# more of them, :class:`~sklearn_gdlogreg.DescentDisplay` draws a slice: the others are held where
# the descent ended.)

rng = np.random.default_rng(0)
X = rng.normal(size=(500, 2)) * [3.0, 1.0]
y = rng.random(500) < 1 / (1 + np.exp(-X @ [0.25, 0.9]))


def descended(learning_rate, X=X):
    clf = GDLogisticRegression(
        learning_rate, fit_intercept=False, tol=0, max_iter=25, store_path=True
    )
    return clf.fit(X, y)


# %%
# Too small, good, too large
# --------------------------
#
# ``store_path=True`` keeps the coefficients of every iteration: without them there is no walk to
# draw. The costs are computed once, around the widest of the three walks, and drawn under all of
# them: a display is made of arrays, and another one can be made of the same.

titles = {0.05: "0.05: too small", 0.7: "0.7: good", 1.5: "1.5: too large"}
fits = {title: descended(learning_rate) for learning_rate, title in titles.items()}

fig, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
wide = DescentDisplay.from_estimator(fits["1.5: too large"], X, y, ax=axes[2])
for ax, clf in zip(axes[:2], fits.values(), strict=False):
    walk = clf.coef_path_[:, 0]
    display = DescentDisplay(wide.values, wide.costs, walk, wide.names).plot(ax)
    display.contours_.colorbar.remove()  # the last one serves all three
for ax, title in zip(axes, fits, strict=True):
    # With the same unit on both axes a right angle looks like one.
    ax.set(xlim=axes[2].get_xlim(), ylim=axes[2].get_ylim(), title=title, aspect="equal")
    ax.label_outer()
    ax.get_legend().remove()
axes[0].legend(fontsize="small", loc="lower right")
plt.show()

# %%
# The square is the start, :math:`w = 0`; the star is where the walk was after 25 steps. (The
# picture counts features from 0: ``x0`` has the coefficient :math:`w_1`.) The valley is narrow: the
# cost curves strongly across it, because the first feature is large, and weakly along it. The same
# learning rate has to be small enough for the one direction and large enough for the other.
#
# - With **0.05** the walk follows the slope closely, and 25 steps are not enough.
# - With **0.7** the first steps cross the valley and the others go along it. They get shorter
#   although the learning rate is constant, because the slope flattens out towards the minimum.
# - With **1.5** every step lands on the other side of the valley, about as high as it started, and
#   this goes on for ever.
#
# The cost of the three walks says as much without a landscape. That is what is left to look at
# when there are more than two coefficients.

display = LossCurveDisplay.from_estimator(fits)
display.ax_.set_title("The cost along the three walks")
plt.show()

# %%
# A round valley
# --------------
#
# Both directions want the same learning rate if the features have the same scale. After a
# ``StandardScaler`` the contours are nearly circles, the slope points nearly straight at the
# minimum, and a larger learning rate is good: two or three steps are enough.

X_standardized = StandardScaler().fit_transform(X)
straight = descended(5.0, X_standardized)

display = DescentDisplay.from_estimator(straight, X_standardized, y, margin=0.6)
display.ax_.set(title="Standardized features, learning rate 5", aspect="equal")
plt.show()
# sphinx_gallery_thumbnail_number = 1

"""The scores of several models on the same rows, with one product for all of them.

For the mean loss and the accuracy, which need nothing but z: scikit-learn's scorers check labels
and probabilities of each model anew, on a few hundred rows for longer than its descent took.
"""

import numpy as np
from sklearn.metrics import accuracy_score, log_loss

from .._check import quiet
from .._data.decisions import decision_values, rows_to_predict
from .._objective.cross_entropy import Sigmoid, Softmax
from .._sklearn import metric_of

# So many decision values at a time.
MOST_VALUES = 2**22
# log_loss takes no probability for nearer to 0 or 1 than this.
EPS = np.finfo(np.float64).eps
# From here on, sums of products may overflow, which only a prediction deals with.
LARGEST_Z = 1e300


def scores_at_once(scorer, models, X, y, score_params):
    """The scores of fitted models of the same classes, as the scorer would find them.

    None where only the scorer can tell: for another metric, in float32, for labels that are not
    those of the models, for weights that it might refuse.
    """
    metric, sign = metric_of(scorer)
    weights = score_params.get("sample_weight")
    y = np.asarray(y)
    if metric not in (log_loss, accuracy_score) or score_params.keys() - {"sample_weight"}:
        return None
    classes = models[0].classes_
    if y.ndim != 1 or not np.array_equal(np.unique(y), classes):
        return None
    if weights is not None:
        weights = np.asarray(weights)
        usable = weights.dtype.kind in "iuf" and weights.shape == y.shape and (weights >= 0).all()
        if not (usable and 0 < weights.sum() < np.inf):
            return None
    X = rows_to_predict(models[0], X)
    if X.dtype != np.float64:
        return None
    codes = np.searchsorted(classes, y)
    score = _mean_loss if metric is log_loss else _share_of_hits
    width = len(models[0].coef_)
    batch = max(1, MOST_VALUES // (width * len(y)))
    found = []
    for first in range(0, len(models), batch):
        of_batch = models[first : first + batch]
        coef = np.concatenate([model.coef_ for model in of_batch])
        intercept = np.concatenate([model.intercept_ for model in of_batch])
        Z = decision_values(X, coef, intercept).reshape(len(y), -1)
        if not np.abs(Z).max() < LARGEST_Z:
            return None
        for i in range(len(of_batch)):
            z = np.ascontiguousarray(Z[:, i * width : (i + 1) * width].T)
            found.append(sign * score(z[0] if width == 1 else z, codes, weights))
    return found


@quiet()
def _mean_loss(z, codes, weights):
    if z.ndim > 1:
        a = np.take_along_axis(np.array(Softmax.probabilities(z)), codes[None], axis=0)[0]
    else:
        # The other class has 1 - a there, with the rounding that it has near a = 1.
        _, a = Sigmoid.probabilities(z)
        a = np.where(codes, a, 1 - a)
    return float(np.average(-np.log(np.clip(a, EPS, 1 - EPS)), weights=weights))


def _share_of_hits(z, codes, weights):
    right = (z.argmax(axis=0) if z.ndim > 1 else z > 0) == codes
    return float(np.average(right, weights=weights))

"""What the package takes of scikit-learn beyond its public names, and nothing else does.

A new version of scikit-learn may change any of it without a warning: what breaks then is mended in
this folder. What the older versions that are supported do in another way is in `older.py`, under
the same names; nothing else asks for a version.

What our classes inherit is used as their own, where it is needed: of BaseEstimator
`_parameter_constraints` and `_validate_params`; of GridSearchCV `_get_scorers`,
`_get_routed_params_for_fit`, `_check_refit_for_multimetric`, `_select_best_index`,
`_format_results` and `_checked_cv_orig`.
"""

import copy
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import sklearn

# Checks the parameters of an estimator before its fit: calling `_validate_params` there would
# replace it.
from sklearn.base import ClassifierMixin, _fit_context

# What scikit-learn's own linear classifiers are made of; its API reference has no public name for
# them. Copies of decision_function, predict, sparsify and densify would replace them.
from sklearn.linear_model._base import LinearClassifierMixin, SparseCoefMixin
from sklearn.metrics import accuracy_score

# What scorers are: a public way to ask whether a scorer looks at predictions only, and for the
# scorers of several metrics, would replace them.
from sklearn.metrics._scorer import _BaseScorer, _MultimetricScorer, _PassthroughScorer

# The parts that GridSearchCV.fit is made of. It has no hook between the choice of the candidates
# and the fit of one of them; a hook that takes all candidates of a fold would replace them.
from sklearn.model_selection._validation import (
    _insert_error_scores,
    _score,
    _warn_or_raise_about_fit_failures,
)

# The rows of a fold as GridSearchCV cuts them; that hook would replace both, too.
from sklearn.utils import _safe_indexing

# scikit-learn's own estimators find an array's library, move arrays and refuse those of another
# library by these; there is no public name for them yet.
from sklearn.utils._array_api import _is_numpy_namespace, get_namespace, supported_float_dtypes

# An extra that is missing, said in scikit-learn's words; an import with words of our own would
# replace them.
from sklearn.utils._optional_dependencies import check_matplotlib_support, check_pandas_support

# scikit-learn has no public way to declare what a parameter may be; its estimators and most
# third-party ones use this module.
from sklearn.utils._param_validation import (
    Interval,
    Options,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.metaestimators import _safe_split

# scikit-learn's developer guide names _check_sample_weight as the one to use; a public
# `check_sample_weight` would replace it, the hook of
# GridSearchCV two others, and a function that finds the names of any table's columns the fourth.
from sklearn.utils.validation import _check_method_params, _get_feature_names, _num_samples

# What a pickle is written with.
SKLEARN_VERSION = sklearn.__version__
VERSION = tuple(int(part) for part in SKLEARN_VERSION.split(".")[:2])

# Callbacks, and arrays of other libraries on their devices.
HAS_CALLBACKS = HAS_OTHER_ARRAYS = VERSION >= (1, 9)

if TYPE_CHECKING:
    Function = TypeVar("Function")

    def validate_params(
        constraints: dict[str, list], *, prefer_skip_nested_validation: bool
    ) -> Callable[[Function], Function]:
        """What it checks the parameters of keeps its type."""
        raise NotImplementedError
else:
    from sklearn.utils._param_validation import validate_params

if VERSION >= (1, 9):
    from sklearn.callback import CallbackSupportMixin, with_callbacks
    from sklearn.model_selection._validation import _fit_and_score
    from sklearn.utils._array_api import check_same_namespace, get_namespace_and_device, move_to
    from sklearn.utils.validation import _check_sample_weight
else:
    from .older import (
        CallbackSupportMixin,
        _check_sample_weight,
        _fit_and_score,
        callback_context,
        check_same_namespace,
        context_around,
        get_namespace_and_device,
        move_to,
        with_callbacks,
    )
if VERSION < (1, 8):
    from .older import penalty_parameters
if VERSION >= (1, 7):
    from sklearn.utils.class_weight import compute_class_weight
else:
    from .older import compute_class_weight

# They keep scikit-learn's names: whoever meets an underscore knows whose it is.
__all__ = [
    "HAS_CALLBACKS",
    "HAS_OTHER_ARRAYS",
    "SKLEARN_VERSION",
    "CallbackSupportMixin",
    "Interval",
    "LinearClassifierMixin",
    "Options",
    "RealNotInt",
    "SparseCoefMixin",
    "StrOptions",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_and_score",
    "_fit_context",
    "_get_feature_names",
    "_insert_error_scores",
    "_is_numpy_namespace",
    "_num_samples",
    "_safe_indexing",
    "_safe_split",
    "_score",
    "_warn_or_raise_about_fit_failures",
    "callback_context",
    "callbacks_of",
    "check_matplotlib_support",
    "check_pandas_support",
    "check_same_namespace",
    "compute_class_weight",
    "context_around",
    "copy_metadata_request",
    "get_namespace",
    "get_namespace_and_device",
    "looks_at_predictions_only",
    "metric_of",
    "move_to",
    "penalty_parameters",
    "scorers_of",
    "supported_float_dtypes",
    "validate_parameter_constraints",
    "validate_params",
    "with_callbacks",
    "with_labels",
]


if HAS_CALLBACKS:
    # The API reference has `set_callbacks` and `_init_callback_context`; it has no public way to
    # ask what is set, nor where a fit stands among the fits around it.

    def callback_context(estimator, max_subtasks):
        """The context of its fit, which begins; the callbacks are set up."""
        return estimator._init_callback_context(max_subtasks=max_subtasks)

    def context_around(estimator):
        """The context that its fit is a part of, while it lasts: of a search, say; else None."""
        return getattr(estimator, "_parent_callback_ctx", None)


def callbacks_of(estimator):
    """The callbacks that are to see its fit, if any."""
    return getattr(estimator, "_skl_callbacks", ())


# `clone` copies requests from an estimator to one of the same class; a public way to do so between
# two classes would replace this.


def copy_metadata_request(source, target):
    """Have `target` sent the metadata that `source` asked for."""
    if hasattr(source, "_metadata_request"):
        target._metadata_request = copy.deepcopy(source._metadata_request)


def scorers_of(scorer):
    """The `scorer_` of a search: its scorer, or with several metrics each of them by its name."""
    return scorer._scorers if isinstance(scorer, _MultimetricScorer) else scorer


def with_labels(scorer, labels):
    """The scorer that is told which classes there are, if its metric would be told."""
    if not isinstance(scorer, _BaseScorer):
        return scorer
    accepted = inspect.signature(scorer._score_func).parameters
    if "labels" not in accepted or "labels" in scorer._kwargs:
        return scorer
    told = copy.copy(scorer)
    told._kwargs = {**scorer._kwargs, "labels": labels}
    return told


def metric_of(scorer):
    """The function that a scorer applies to predictions as it is, and its sign; or None, and 0."""
    if isinstance(scorer, _PassthroughScorer):
        method = getattr(type(scorer._estimator), "score", None)
        return (accuracy_score, 1) if method is ClassifierMixin.score else (None, 0)
    if isinstance(scorer, _BaseScorer) and not scorer._kwargs:
        return scorer._score_func, scorer._sign
    return None, 0


def looks_at_predictions_only(scorer):
    """Whether it is of scikit-learn's own kinds; others look at whatever they like of a model."""
    several = isinstance(scorer, _MultimetricScorer)
    return all(
        isinstance(each, _BaseScorer | _PassthroughScorer)
        for each in (scorer._scorers.values() if several else [scorer])
    )


if VERSION >= (1, 8):

    def penalty_parameters(C, l1_ratio):
        """A penalty as LogisticRegression is told of it."""
        return {"C": C, "l1_ratio": l1_ratio}

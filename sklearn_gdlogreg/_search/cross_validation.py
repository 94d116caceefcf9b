"""GDLogisticRegressionCV: the classifier that chooses its own C, over paths that share."""

import warnings
from numbers import Integral
from typing import ClassVar, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, indexable

from .. import _fit
from .._check import is_lazy, remedied
from .._data.class_weights import class_weights
from .._data.loading import load
from .._descent.parameters import DESCENT_PARAMETERS
from .._estimator import GDLogisticRegression, Predictions, Versioned
from .._sklearn import (
    Interval,
    SparseCoefMixin,
    StrOptions,
    _fit_context,
    _safe_indexing,
    with_labels,
)
from .fold import CannotShare, Fold
from .search import warn_about_descents, why_it_ended


class GDLogisticRegressionCV(Versioned, Predictions, SparseCoefMixin, BaseEstimator):
    r"""Logistic regression by gradient descent that chooses its penalty by cross-validation.

    What :class:`~sklearn.linear_model.LogisticRegressionCV` is to LogisticRegression: on every
    fold a descent for each value of `C` and `l1_ratio`, from the strongest penalty to the weakest,
    each begun where the one before it ended, in the coordinates that there are; then one to all
    examples with the values that score best. The cost is :class:`GDLogisticRegression`'s.

    Parameters
    ----------
    Cs : int or array-like of float, default=10
        The values of C to choose from; so many between 1e-4 and 1e4, evenly on a logarithmic
        scale, if it is a number.

    l1_ratios : array-like of float, default=(0.0,)
        The values of `l1_ratio` to choose from: 0 is L2, 1 is L1.

    penalty_factors : array-like of shape (n_features,) or dict, default=None
        As in :class:`GDLogisticRegression`.

    bounds : (low, high), dict or scipy.optimize.Bounds, default=None
        As in :class:`GDLogisticRegression`.

    fit_intercept : bool, default=True
        Whether to fit b.

    cv : int, cross-validation generator or iterable, default=None
        Which examples are held out in turn; None is five stratified folds.

    scoring : str, callable or None, default="neg_log_loss"
        What to choose by, on the examples that are held out; None is the accuracy.

    learning_rate : str, float or callable, default="auto"
        As in :class:`GDLogisticRegression`.

    max_iter : int, default=1000
        The most iterations of a descent.

    tol : float, default=1e-4
        When a descent has converged, as in :class:`GDLogisticRegression`.

    class_weight : dict or "balanced", default=None
        As in :class:`GDLogisticRegression`; "balanced" by all examples, on every fold.

    coordinates : {"auto", "raw", "standardized", "decorrelated"}, default="auto"
        As in :class:`GDLogisticRegression`.

    n_jobs : int, default=None
        The number of folds that are worked on at the same time, by joblib's backend; None is 1, -1
        as many as there are cores. To start processes takes a second or two: a search of less than
        some seconds is over sooner without.

    verbose : int, default=0
        What joblib tells of the folds.

    refit : bool, default=True
        Whether to fit all examples with the values whose mean score is best. If false, `C_`,
        `l1_ratio_` and the coefficients are means of what is best on each fold.

    Attributes
    ----------
    C_, l1_ratio_ : float
        The values chosen.

    Cs_ : ndarray of shape (n_cs,)
        The values of C, in the order in which they were given.

    l1_ratios_ : ndarray of shape (n_l1_ratios,)
        Those of l1_ratio.

    scores_ : ndarray of shape (n_folds, n_l1_ratios, n_cs)
        The scores on the examples held out.

    coefs_paths_ : ndarray of shape (n_folds, n_l1_ratios, n_cs, 1 or n_classes, n_features + 1)
        The coefficients on each fold, the intercept's last; without that, if `fit_intercept` is
        false.

    n_iter_ : ndarray of shape (n_folds, n_l1_ratios, n_cs)
        The iterations of each descent, from where the one before it ended.

    best_estimator_ : GDLogisticRegression
        The model: with `refit` the last fit, which has the curves of its descent.

    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Its w.

    intercept_ : ndarray of shape (1,) or (n_classes,)
        Its b.

    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    n_features_in_ : int
        The number of features.

    feature_names_in_ : ndarray of shape (n_features,)
        Their names, if X had any.

    See Also
    --------
    sklearn.linear_model.LogisticRegressionCV : The same by other methods; the attributes are those
        of ``use_legacy_attributes=False`` there.
    GDGridSearchCV : For other parameters, and for Pipelines.
    GDSearchDisplay : Plots the scores over C.
    CoefficientPathDisplay : Plots the coefficients over C.

    Notes
    -----
    A transformer that learns from the examples, such as a StandardScaler, belongs into the
    cross-validation: search over a Pipeline with :class:`GDGridSearchCV` then. Features need not
    be standardized for the descent; they do for a penalty that treats them alike.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_gdlogreg import GDLogisticRegressionCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = GDLogisticRegressionCV(Cs=20).fit(X, y)
    >>> print(f"{clf.C_:.3g}")
    11.3
    >>> clf.scores_.shape
    (5, 1, 20)
    >>> print(f"{clf.scores_.mean(axis=0).max():.3f}, {clf.score(X, y):.3f}")
    -0.106, -0.072
    """

    _parameter_constraints: ClassVar = {
        **{name: of for name, of in DESCENT_PARAMETERS.items() if name not in ("C", "l1_ratio")},
        **{
            name: GDLogisticRegression._parameter_constraints[name]
            for name in ("max_iter", "tol", "class_weight")
        },
        "Cs": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "l1_ratios": ["array-like"],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "refit": ["boolean"],
    }

    def __init__(
        self,
        *,
        Cs=10,
        l1_ratios=(0.0,),
        penalty_factors=None,
        bounds=None,
        fit_intercept=True,
        cv=None,
        scoring="neg_log_loss",
        learning_rate="auto",
        max_iter=1000,
        tol=1e-4,
        class_weight=None,
        coordinates="auto",
        n_jobs=None,
        verbose=0,
        refit=True,
    ):
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.penalty_factors = penalty_factors
        self.bounds = bounds
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.scoring = scoring
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.tol = tol
        self.class_weight = class_weight
        self.coordinates = coordinates
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **params):
        """Choose the penalty, then fit all examples with it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        y : array-like of shape (n_samples,)
            Their labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights, of the fits and, without metadata routing, of the scores.

        **params : dict
            With metadata routing, what else the splitter and the scorer are to be given; without,
            what the scorer is.

        Returns
        -------
        self : GDLogisticRegressionCV
            The fitted classifier.

        Raises
        ------
        ValueError
            Before any work, if a parameter, the data or the weights are invalid.
        TypeError
            If X or y is a Dask collection.

        Warns
        -----
        ConvergenceWarning
            Once for all descents on the folds that did not converge, naming some; and once if the
            last did not.
        """
        if is_lazy(X) or is_lazy(y):
            raise TypeError(
                "GDLogisticRegressionCV takes arrays, not Dask collections. Choose C on a sample "
                "that fits into memory, then fit a DaskGDLogisticRegression with it."
            )
        Cs, l1_ratios = self._choices()
        with remedied(X, y):
            X, y = indexable(X, y)
        examples = load(X, y, sample_weight, caller=self)
        schema, model = examples.schema, self._model(examples)
        del examples
        of_splitter, of_scorer = self._routed(sample_weight, params)
        splits = list(check_cv(self.cv, y, classifier=True).split(X, y, **of_splitter))
        candidates = [
            {"C": C, "l1_ratio": l1_ratio} for l1_ratio in l1_ratios.tolist() for C in Cs.tolist()
        ]
        folds = Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(
            delayed(_on_fold)(
                model, X, y, split, candidates, schema, sample_weight, self._scorer(), of_scorer
            )
            for split in splits
        )

        def gathered(name):
            values = np.array([[getattr(each, name) for each in fold] for fold in folds])
            return values.reshape(len(splits), len(l1_ratios), len(Cs), *values.shape[2:])

        scores, paths = gathered("score"), gathered("coef")
        reasons = [fold[i].stop_reason for i in range(len(candidates)) for fold in folds]
        warn_about_descents(reasons, candidates, len(splits))
        # The best of all folds together, or of each.
        chosen = _best(scores.mean(axis=0, keepdims=True) if self.refit else scores)
        C = float(np.mean([Cs[c] for _, c in chosen]))
        l1_ratio = float(np.mean([l1_ratios[r] for r, _ in chosen]))
        where = chosen * len(splits) if self.refit else chosen
        middle = np.mean([paths[(k, *place)] for k, place in enumerate(where)], axis=0)
        coef, intercept = middle[:, : schema.n], np.zeros(len(middle))
        if self.fit_intercept:
            intercept = middle[:, -1]
        found = {
            "Cs_": Cs,
            "l1_ratios_": l1_ratios,
            "C_": C,
            "l1_ratio_": l1_ratio,
            "scores_": scores,
            "coefs_paths_": paths,
            "n_iter_": gathered("n_iter"),
            "classes_": schema.classes,
            "n_features_in_": schema.n,
            "coef_": coef.astype(schema.dtype),
            "intercept_": intercept.astype(schema.dtype),
        }
        if schema.names is not None:
            found["feature_names_in_"] = schema.names
        if self.refit:
            model.set_params(C=C, l1_ratio=l1_ratio)
            model.fit(X, y, sample_weight, coef_init=coef, intercept_init=intercept)
            found["best_estimator_"] = model
            found["coef_"], found["intercept_"] = model.coef_, model.intercept_
        _fit.become(self, found)
        return self

    def score(self, X, y, sample_weight=None, **params):
        """The score of these examples, by `scoring`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        y : array-like of shape (n_samples,)
            Their labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        **params : dict
            What else the scorer is to be given.

        Returns
        -------
        score : float
            The higher, the better: the mean of the losses has its sign turned.
        """
        check_is_fitted(self)
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "score", **params).scorer.score
        return self._scorer()(self, X, y, **params)

    def get_metadata_routing(self):
        """Which metadata go to the splitter and to the scorer.

        Returns
        -------
        routing : MetadataRouter
            As scikit-learn's user guide of metadata routing says.
        """
        to_scorer = MethodMapping().add(caller="fit", callee="score")
        to_scorer.add(caller="score", callee="score")
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(
            splitter=check_cv(self.cv),
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
        return router.add(scorer=self._scorer(), method_mapping=to_scorer)

    def _choices(self):
        """The values of C and of l1_ratio, checked."""
        Cs = np.logspace(-4, 4, self.Cs) if isinstance(self.Cs, Integral) else self.Cs
        return (
            _numbers("Cs", Cs, lambda C: C > 0, "positive numbers"),
            _numbers(
                "l1_ratios", self.l1_ratios, lambda r: (r >= 0) & (r <= 1), "numbers from 0 to 1"
            ),
        )

    def _model(self, examples):
        """What is fitted on every fold, and in the end."""
        shared = self.get_params(deep=False).keys() & GDLogisticRegression().get_params().keys()
        own = {name: getattr(self, name) for name in shared - {"n_jobs", "verbose"}}
        if self.class_weight == "balanced":
            weights = class_weights("balanced", examples).tolist()
            own["class_weight"] = dict(zip(examples.schema.classes.tolist(), weights, strict=True))
        return GDLogisticRegression(**own)

    def _scorer(self):
        return get_scorer(self.scoring or "accuracy")

    def _routed(self, sample_weight, params):
        """What the splitter and the scorer are to be given."""
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=sample_weight, **params)
            return routed.splitter.split, routed.scorer.score
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return {}, {**params, **weights}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class Found(NamedTuple):
    """What there is to tell of one descent on one fold."""

    score: float
    coef: np.ndarray
    n_iter: int
    stop_reason: str | None


def _on_fold(model, X, y, split, candidates, schema, sample_weight, scorer, of_scorer):
    """What every candidate comes to on one split, in their order."""
    train, test = (np.unique(_safe_indexing(y, rows)) for rows in split)
    if len(test) < len(schema.classes):
        # A metric cannot see all classes in those that are held out.
        scorer = with_labels(scorer, schema.classes)
    missing = np.setdiff1d(schema.classes, train)
    if len(missing):
        raise ValueError(
            f"No example of {missing.tolist()} is left to learn from on a fold; use fewer folds, "
            "or a splitter that keeps the classes' shares, such as StratifiedKFold."
        )
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    try:
        fold = Fold(model, X, y, *split, fit_params=weights, score_params=of_scorer, scorer=scorer)
        shared = dict(fold.fit(dict(enumerate(candidates))))
        models = [
            shared[i] if i in shared else _alone(model, parameters, fold)
            for i, parameters in enumerate(candidates)
        ]
        return list(map(_found, models, fold.scores(models, "test", "raise")))
    except CannotShare as error:
        # Of users' code, or our own checks.
        raise error.__cause__ from None


def _alone(model, parameters, fold):
    """A fit of its own, for what cannot be shared: most often one that is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said once for all
        return clone(model).set_params(**parameters).fit(*fold.rows["train"], **fold.fit_params)


def _found(model, score):
    coef = model.coef_
    if model.fit_intercept:
        coef = np.column_stack([coef, model.intercept_])
    return Found(score, coef, model.n_iter_[0], why_it_ended(model))


def _numbers(name, values, allowed, what):
    """An array of one dimension, all of whose entries are allowed."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.zeros(0)
    if array.ndim != 1 or not array.size or not allowed(array).all():
        raise ValueError(f"{name} must be a list of {what}; got {values!r}.")
    return array


def _best(scores):
    """The places (l1_ratio, C) of the best of each of several grids of scores, the first of equals.

    A score that is not a number is none.
    """
    flat = np.where(np.isnan(scores), -np.inf, scores).reshape(len(scores), -1)
    return [np.unravel_index(best, scores.shape[1:]) for best in flat.argmax(axis=1)]

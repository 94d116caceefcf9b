"""GDGridSearchCV and GDRandomizedSearchCV: folds and candidates, which share their descents.

The search itself is scikit-learn's. What differs is what one task does: not one candidate on one
fold, but all candidates on a fold that come after the same transformers. Those that cannot be
served together are fitted one at a time, by the function that GridSearchCV uses.
"""

import sys
import time
import warnings
from collections import defaultdict

from joblib.logger import short_format_time
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import (
    GridSearchCV,
    ParameterGrid,
    ParameterSampler,
    RandomizedSearchCV,
    check_cv,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import indexable

from .._check import is_lazy, remedied
from .._estimator import Versioned
from .._sklearn import (
    CallbackSupportMixin,
    _check_method_params,
    _fit_and_score,
    _fit_context,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
    callback_context,
    scorers_of,
)
from .fold import CannotShare, Fold, last_step, met_again_alone, split_parameters, token


class SharingSearch(Versioned):
    """A search of scikit-learn's whose candidates share their descents."""

    def _candidates(self):
        """What every candidate sets, in their order."""
        raise NotImplementedError

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Fit and score all candidates on all folds, then the best of them on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples.

        y : array-like of shape (n_samples,)
            Their labels.

        **params : dict
            What `fit`, the scorer and the splitter are to be given, such as ``sample_weight`` or
            ``groups``; of arrays as long as X, each fold gets its part.

        Returns
        -------
        self : object
            The fitted search.
        """
        if is_lazy(X) or is_lazy(y):
            raise TypeError(
                f"{type(self).__name__} takes arrays, not Dask collections. Search on a sample "
                "that fits into memory; or fit one DaskGDLogisticRegression for each candidate, "
                "with early_stopping=True and X_val and y_val, and compare their "
                "validation_loss_curve_, which has every number of iterations."
            )
        scorers, refit_metric = self._get_scorers()
        with remedied(X, y):
            X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        weights = params.get("sample_weight")
        metadata = None if weights is None else {"sample_weight": weights}
        about = {"X": X, "y": y, "metadata": metadata}
        context = callback_context(self, max_subtasks=1 + (self.refit is not False))
        context.call_on_fit_task_begin(estimator=self, **about)

        cv = self._checked_cv_orig = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        self.n_splits_ = cv.get_n_splits(X, y, **routed.splitter.split)
        splits = list(cv.split(X, y, **routed.splitter.split))
        if len(splits) != self.n_splits_:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{self.n_splits_} splits, got {len(splits)}"
            )
        candidates = list(self._candidates())
        n_fits = len(candidates) * len(splits)
        if not n_fits:
            raise ValueError(
                "No fits were performed. Was the CV iterator empty? Were there no candidates?"
            )
        if self.verbose > 0:
            sys.stdout.write(
                f"Fitting {len(splits)} folds for each of {len(candidates)} candidates, "
                f"totalling {n_fits} fits\n"
            )
        search_context = context.subcontext(
            task_name="search",
            max_subtasks=n_fits,
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self)
        out = self._evaluate(X, y, candidates, splits, scorers, routed, search_context)
        search_context.call_on_fit_task_end(estimator=self)

        reasons = [result.pop("stop_reason") for result in out]
        warn_about_descents(reasons, candidates, self.n_splits_)
        _warn_or_raise_about_fit_failures(out, self.error_score)
        if callable(self.scoring):
            _insert_error_scores(out, self.error_score)
        results = self._format_results(candidates, self.n_splits_, out)
        self.multimetric_ = isinstance(out[0]["test_scores"], dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(out[0]["test_scores"])
            refit_metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
            if not callable(self.refit):
                self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        if self.refit:
            self._refit_best(X, y, routed.estimator.fit, context, about)
        self.scorer_ = scorers_of(scorers)
        self.cv_results_ = results
        context.call_on_fit_task_end(estimator=self, **about)
        return self

    def _refit_best(self, X, y, fit_params, context, about):
        self.best_estimator_ = clone(self.estimator).set_params(
            **clone(self.best_params_, safe=False)
        )
        refit_context = context.subcontext(task_name="refit-with-best-params")
        with refit_context.propagate_callback_context(self.best_estimator_):
            refit_context.call_on_fit_task_begin(estimator=self, **about)
            start = time.time()
            self.best_estimator_.fit(*([X] if y is None else [X, y]), **fit_params)
            self.refit_time_ = time.time() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
        refit_context.call_on_fit_task_end(estimator=self, **about)

    def _evaluate(self, X, y, candidates, splits, scorer, routed, context):
        """One result for every candidate on every split, split by split within the candidate."""
        estimator = clone(self.estimator)
        name, final = last_step(estimator)
        groups = defaultdict(list)
        for index, parameters in enumerate(candidates):
            before, _ = split_parameters(parameters, name)
            # Where nothing can be shared, every candidate is a task of its own.
            groups[index if final is None else token(before)].append(index)

        settings = {
            "estimator": estimator,
            "fit_params": routed.estimator.fit,
            "score_params": routed.scorer.score,
            "scorer": scorer,
            "error_score": self.error_score,
            "return_train_score": self.return_train_score,
            "verbose": self.verbose,
        }
        # Made ahead of the tasks that they are sent to, as in GridSearchCV.
        contexts = [
            [
                context.subcontext(
                    task_name="candidate-split-evaluation", task_id=i * len(splits) + k
                )
                for k in range(len(splits))
            ]
            for i in range(len(candidates))
        ]
        with Parallel(n_jobs=self.n_jobs, pre_dispatch=self.pre_dispatch) as parallel:
            found = parallel(
                delayed(_evaluate_on_fold)(
                    {i: candidates[i] for i in indices},
                    X,
                    y,
                    split,
                    contexts={i: contexts[i][k] for i in indices},
                    progress=(k, len(splits), len(candidates)),
                    caller=self,
                    **settings,
                )
                for k, split in enumerate(splits)
                for indices in groups.values()
            )
        # The tasks of a split follow each other; together they have each candidate once.
        of_split = [{} for _ in splits]
        for number, of_task in enumerate(found):
            of_split[number // len(groups)].update(of_task)
        return [results[i] for i in range(len(candidates)) for results in of_split]


# GridSearchCV takes callbacks itself from scikit-learn 1.9 on.
class GDGridSearchCV(SharingSearch, GridSearchCV, CallbackSupportMixin):
    """Grid search over a :class:`GDLogisticRegression` whose candidates share their descents.

    A drop-in replacement for :class:`~sklearn.model_selection.GridSearchCV`: the same parameters,
    candidates, ``cv_results_`` and methods. On each fold,

    - candidates that differ in ``max_iter`` are one descent, read off on the way;
    - candidates that differ in a constant ``learning_rate``, in ``C``, ``l1_ratio``,
      ``penalty_factors``, ``bounds`` or ``class_weight`` descend side by side, with one matrix
      product for all of them;
    - candidates that differ in ``C``, under a rule that chooses its rates (as "auto" does), follow
      each other from the strongest penalty to the weakest: every descent begins where the one
      before it ended, in the coordinates that there are;
    - the transformers of a Pipeline are fitted once for each combination of their parameters.

    Whatever else the grid holds, the results are GridSearchCV's; what cannot be shared (early
    stopping, callbacks or ``verbose`` of the estimator, a subclass of it, a start other than 0,
    invalid parameters) is fitted one candidate at a time.

    Parameters
    ----------
    estimator : GDLogisticRegression or Pipeline that ends in one
        Other estimators work too, and share nothing.

    param_grid : dict or list of dict
        Names of parameters, and the values to try for each.

    scoring : str, callable, list, tuple or dict, default=None
        As in GridSearchCV; None is the accuracy. With a function of your own in place of a name or
        of what ``make_scorer`` gives, which might look at the curves of a model, learning rates are
        no longer shared; ``max_iter`` is.

    n_jobs : int, default=None
        The number of folds (and combinations of transformer parameters) that are worked on at
        the same time, by joblib's backend; None is 1, -1 as many as there are cores. To start
        processes takes a second or two: a search of less than some seconds is over sooner without.

    refit : bool, str or callable, default=True
        As in GridSearchCV: whether the best candidate is fitted to all examples; with several
        metrics, by which.

    cv : int, cross-validation generator or iterable, default=None
        As in GridSearchCV; None is five stratified folds.

    verbose : int, default=0
        As in GridSearchCV: 1 says how many fits there are, 2 prints a line for each, 3 with scores.

    pre_dispatch : int or str, default="2*n_jobs"
        As in GridSearchCV.

    error_score : "raise" or float, default=nan
        As in GridSearchCV: the score of a candidate whose fit fails.

    return_train_score : bool, default=False
        As in GridSearchCV: whether ``cv_results_`` has the scores on the training folds, too.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        GridSearchCV's. ``mean_fit_time`` is each candidate's share of the time that they took
        together. Scores agree to rounding: the sums of descents made side by side are rounded
        differently, by about 1e-16 of their size at each iteration (which grows only where a
        learning rate is so large that the descent is chaotic). Where values of ``C`` follow each
        other, every descent ends within the same ``tol`` of its optimum, but not at the same
        point of it: scores agree as far as ``tol`` makes them, to about 1e-6 at ``tol=1e-8``. A
        candidate that does not converge within ``max_iter`` from there is fitted from 0.

    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, \
    multimetric_, classes_, n_features_in_, feature_names_in_
        GridSearchCV's.

    Raises
    ------
    ValueError
        As GridSearchCV does.
    TypeError
        If X or y is a Dask collection.

    Warns
    -----
    ConvergenceWarning
        Once, naming the candidates whose descent diverged, stalled or had not converged at
        ``max_iter``.
        The refit of the best may warn for itself.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : The same for any estimator, one fit after the other.
    GDSearchDisplay : Plots the scores.
    GDLogisticRegression : The estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_gdlogreg import GDGridSearchCV, GDLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), GDLogisticRegression(tol=0))
    >>> grid = {
    ...     "gdlogisticregression__learning_rate": [0.01, 0.1, 1.0],
    ...     "gdlogisticregression__max_iter": [10, 100, 1000],
    ... }
    >>> search = GDGridSearchCV(pipeline, grid).fit(X, y)
    >>> search.best_params_["gdlogisticregression__learning_rate"]
    0.1
    >>> print(f"{search.best_score_:.4f}")
    0.9807
    """

    def _candidates(self):
        return ParameterGrid(self.param_grid)


class GDRandomizedSearchCV(SharingSearch, RandomizedSearchCV, CallbackSupportMixin):
    """Randomized search over a :class:`GDLogisticRegression` whose candidates share their descents.

    A drop-in replacement for :class:`~sklearn.model_selection.RandomizedSearchCV`, with the same
    candidates for the same ``random_state``. What they share, and what ``cv_results_`` says of
    them, is as in :class:`GDGridSearchCV`: values of ``C`` drawn from a distribution follow each
    other from the strongest penalty to the weakest.

    Parameters
    ----------
    estimator : GDLogisticRegression or Pipeline that ends in one
        Other estimators work too, and share nothing.

    param_distributions : dict or list of dict
        Names of parameters, and lists or distributions (``scipy.stats.loguniform(1e-4, 1e4)``) to
        draw their values from.

    n_iter : int, default=10
        The number of candidates.

    scoring : str, callable, list, tuple or dict, default=None
        As in GDGridSearchCV.

    n_jobs : int, default=None
        As in GDGridSearchCV.

    refit : bool, str or callable, default=True
        As in RandomizedSearchCV.

    cv : int, cross-validation generator or iterable, default=None
        As in RandomizedSearchCV; None is five stratified folds.

    verbose : int, default=0
        As in RandomizedSearchCV.

    pre_dispatch : int or str, default="2*n_jobs"
        As in RandomizedSearchCV.

    random_state : int, RandomState instance or None, default=None
        What the candidates are drawn by.

    error_score : "raise" or float, default=nan
        As in RandomizedSearchCV.

    return_train_score : bool, default=False
        As in RandomizedSearchCV.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        RandomizedSearchCV's, as :class:`GDGridSearchCV` says.

    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, refit_time_, \
    multimetric_, classes_, n_features_in_, feature_names_in_
        RandomizedSearchCV's.

    See Also
    --------
    GDGridSearchCV : Every combination of some values.
    GDLogisticRegressionCV : Every value of C, and the best of them, as one classifier.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_gdlogreg import GDLogisticRegression, GDRandomizedSearchCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> distributions = {"C": loguniform(1e-3, 1e3)}
    >>> search = GDRandomizedSearchCV(
    ...     GDLogisticRegression(), distributions, n_iter=20, scoring="neg_log_loss", random_state=0
    ... ).fit(X, y)
    >>> print(f"C = {search.best_params_['C']:.2g}: {search.best_score_:.3f}")
    C = 20: -0.106
    """

    def _candidates(self):
        return ParameterSampler(
            self.param_distributions, self.n_iter, random_state=self.random_state
        )


def _evaluate_on_fold(
    candidates, X, y, split, *, estimator, contexts, progress, caller, verbose, **settings
):
    """The result of each of these candidates on one split, by its index: together if possible."""
    split_index, n_splits, n_candidates = progress
    try:
        results = dict(_together(candidates, X, y, split, estimator, **settings))
    except (CannotShare, MemoryError):
        # Whatever it is (transformers that fail, a metric that cannot be computed, too little
        # memory for all at once), the candidates meet it again below, each alone, and are dealt
        # with as in GridSearchCV. Any other error is a defect of ours.
        results = {}
    for i, result in results.items():
        # The hooks of a task that was part of a larger one.
        contexts[i].call_on_fit_task_begin(estimator=caller, **result["about"])
        contexts[i].call_on_fit_task_end(estimator=caller, **result.pop("about"))
        if verbose > 1:
            _show(candidates[i], result, progress, i, verbose)
    for i in [i for i in candidates if i not in results]:
        with warnings.catch_warnings():
            # Said once for all, at the end.
            warnings.simplefilter("ignore", ConvergenceWarning)
            results[i] = _fit_and_score(
                clone(estimator),
                X,
                y,
                train=split[0],
                test=split[1],
                parameters=candidates[i],
                split_progress=(split_index, n_splits),
                candidate_progress=(i, n_candidates),
                return_n_test_samples=True,
                return_times=True,
                return_estimator=True,
                caller=caller,
                callback_ctx=contexts[i],
                verbose=verbose,
                **settings,
            )
        results[i]["stop_reason"] = why_it_ended(results[i].pop("estimator"))
    return results


def why_it_ended(estimator):
    """Why a descent ended, if that is to be told; None also where there was no descent."""
    model = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    reason = getattr(model, "stop_reason_", None)
    # tol=0 asks for max_iter iterations, whatever they do.
    asked_for = reason == "max_iter" and 0 in (model.tol, model.max_iter)
    return None if asked_for else reason


def _together(
    candidates,
    X,
    y,
    split,
    estimator,
    *,
    fit_params,
    score_params,
    scorer,
    error_score,
    return_train_score,
):
    """(index, result) of the candidates that can share, in the form of _fit_and_score."""
    name, _ = last_step(estimator)
    parameters = {i: split_parameters(candidates[i], name) for i in candidates}
    before, _ = next(iter(parameters.values()))
    with met_again_alone():
        estimator = clone(estimator).set_params(**clone(before, safe=False))
        _, final = last_step(estimator)
    if final is None:
        return
    fold = Fold(
        estimator, X, y, *split, fit_params=fit_params, score_params=score_params, scorer=scorer
    )
    start = time.time()
    models = dict(fold.fit({i: own for i, (_, own) in parameters.items()}))
    fit_time = (time.time() - start) / max(1, len(models))
    X_train, y_train = fold.rows["train"]
    weights = fold.fit_params.get("sample_weight")
    metadata = None if weights is None else {"sample_weight": weights}
    scores, seconds = {}, {}
    for part in ("test", "train") if return_train_score else ("test",):
        start = time.time()
        scores[part] = fold.scores(list(models.values()), part, error_score)
        seconds[part] = (time.time() - start) / max(1, len(models))
    for k, (i, model) in enumerate(models.items()):
        result = {f"{part}_scores": of_part[k] for part, of_part in scores.items()}
        result["fit_error"] = None
        result["n_test_samples"] = fold.n_test_samples
        result["fit_time"], result["score_time"] = fit_time, seconds["test"]
        result["stop_reason"] = why_it_ended(model)
        result["about"] = {"X": X_train, "y": y_train, "metadata": metadata}
        yield i, result


def _show(parameters, result, progress, index, verbose):
    """The line that GridSearchCV prints for each fit."""
    split_index, n_splits, n_candidates = progress
    place = f" {split_index + 1}/{n_splits}" if verbose > 2 else ""
    place += f"; {index + 1}/{n_candidates}" if verbose > 9 else ""
    told = ", ".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    told += ";" if told else ""
    if verbose > 2:
        train, test = result.get("train_scores"), result["test_scores"]
        if isinstance(test, dict):
            for name in sorted(test):
                of_train = f"train={train[name]:.3f}, " if train else ""
                told += f" {name}: ({of_train}test={test[name]:.3f})"
        elif train is not None:
            told += f", score=(train={train:.3f}, test={test:.3f})"
        else:
            told += f", score={test:.3f}"
    told += f" total time={short_format_time(result['fit_time'] + result['score_time'])}"
    begin = f"[CV{place}] END "
    sys.stdout.write(f"{begin}{'.' * (80 - len(begin) - len(told))}{told}\n")


def warn_about_descents(reasons, candidates, n_splits):
    """One warning for all descents that did not end well."""
    told = {
        "diverged": "diverged (their cost stopped being finite: use a smaller learning_rate)",
        "max_iter": "had not converged at max_iter (use a larger one, or tol=0 to ask for exactly "
        "max_iter iterations)",
        "stalled": "stalled before they reached tol (use a larger one)",
    }
    sentences = []
    for reason, what in told.items():
        fits = [k // n_splits for k, found in enumerate(reasons) if found == reason]
        if fits:
            names = list(dict.fromkeys(fits))
            shown = [str(candidates[i]) for i in names[:3]] + ["and others"] * (len(names) > 3)
            sentences.append(f"{len(fits)} of {len(reasons)} fits {what}: {'; '.join(shown)}.")
    if sentences:
        warnings.warn(" ".join(sentences), ConvergenceWarning, stacklevel=4)

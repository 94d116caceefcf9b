"""One fold of a search: its candidates are fitted together where they can be, and scored.

Candidates share the fitted transformers; of the last step,

- constant learning rates, C, l1_ratio and class_weight: one descent side by side;
- max_iter: one descent to the largest, the others read off on the way;
- C under a rule that chooses its rates: a path from the strongest penalty to the weakest, on which
  every descent begins where the one before it ended, in the coordinates that there are.

What cannot be shared (an invalid parameter, a start elsewhere, another estimator) is left out.
"""

import contextlib
import copy
from collections import defaultdict
from functools import partial
from numbers import Real

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from .. import _fit
from .._check import check_float, check_start
from .._data.array_examples import ArrayExamples
from .._data.loading import load
from .._descent.learning_rate import Schedule, rule_for
from .._descent.plan import check_coordinates
from .._estimator import GDLogisticRegression
from .._sklearn import (
    _check_method_params,
    _num_samples,
    _safe_indexing,
    _safe_split,
    _score,
    callbacks_of,
    copy_metadata_request,
    looks_at_predictions_only,
    validate_parameter_constraints,
)
from .scores import scores_at_once
from .side_by_side import descend_side_by_side

# What candidates may differ in and still be one descent, or several side by side.
SIDE_BY_SIDE = ("learning_rate", "C", "l1_ratio", "class_weight")


class CannotShare(Exception):
    """These candidates are to be fitted one at a time."""


@contextlib.contextmanager
def met_again_alone():
    """Around users' code and our checks: what these raise, every candidate is to meet alone.

    There it is dealt with as in GridSearchCV. Around a descent it would hide our own defects.
    """
    try:
        yield
    except Exception as error:
        raise CannotShare from error


class LastStep(GDLogisticRegression):
    """Stands in for the last step of a Pipeline, and keeps what reaches it."""

    def fit(self, X, y, sample_weight=None, **others):
        if any(value is not None for value in others.values()):
            raise CannotShare(f"something of its own: {others.keys()}")
        self.reached = X, y, sample_weight
        return self

    @classmethod
    def stand_in_for(cls, estimator):
        stand_in = cls(**estimator.get_params(deep=False))
        # As `clone` does: it is to be sent the metadata that the estimator asked for.
        copy_metadata_request(estimator, stand_in)
        return stand_in


def last_step(estimator):
    """The name of the last step in a Pipeline, and the GDLogisticRegression that it is.

    None for the name where there is no Pipeline; None for the estimator where nothing can be
    shared: another class may do anything in its fit, and callbacks want to see every iteration.
    """
    name = None
    if type(estimator) is Pipeline and estimator.steps:
        name, estimator = estimator.steps[-1]
    plain = type(estimator) is GDLogisticRegression and not callbacks_of(estimator)
    return name, estimator if plain and not estimator.verbose else None


def with_guarded_schedule(estimator):
    """The same estimator; its schedule, if it has one, raises nothing but CannotShare."""
    if not callable(estimator.learning_rate):
        return estimator
    schedule = Schedule(estimator.learning_rate)

    def learning_rate(t):
        with met_again_alone():
            return schedule.at(t)

    estimator = copy.copy(estimator)
    estimator.learning_rate = learning_rate
    return estimator


def split_parameters(parameters, name):
    """What a candidate sets in the steps before the last, and in the last itself."""
    if name is None:
        return {}, parameters
    prefix = f"{name}__"
    before = {key: value for key, value in parameters.items() if not key.startswith(prefix)}
    own = {key.removeprefix(prefix): parameters[key] for key in parameters if key not in before}
    return before, own


def token(parameters):
    """Equal for parameters that are the same; unequal, at worst, for some that are."""
    return frozenset((name, _token(value)) for name, value in parameters.items())


def _token(value):
    # 1, 1.0 and True are equal, and may mean different things.
    if isinstance(value, tuple):
        return tuple, tuple(map(_token, value))
    if value is None or isinstance(value, Real | str | bytes):
        return type(value), value
    return id(value)


class Fold:
    """The training and the test rows of one split, for candidates with the same transformers.

    Parameters
    ----------
    estimator : estimator
        The search's own, with the transformers' parameters set.
    X, y, train, test
        All rows, and which of them are for what.
    fit_params, score_params : dict
        For all rows; they are cut as X is.
    scorer : callable
    """

    def __init__(self, estimator, X, y, train, test, *, fit_params, score_params, scorer):
        self.estimator = estimator
        self.scorer = scorer
        with met_again_alone():
            train, test = np.asarray(train), np.asarray(test)
            self.fit_params = _check_method_params(X, params=fit_params, indices=train)
            self.rows = {
                "train": _safe_split(estimator, X, y, train),
                "test": _safe_split(estimator, X, y, test, train),
            }
            self.n_test_samples = _num_samples(self.rows["test"][0])
            # Cut anew for each candidate: a metric may write into weights.
            self.score_params = {
                part: partial(_check_method_params, X, params=score_params, indices=indices)
                for part, indices in (("train", train), ("test", test))
            }
        self.scorer_is_known = looks_at_predictions_only(scorer)

    def fit(self, candidates):
        """(index, fitted model) of every candidate that can share.

        Parameters
        ----------
        candidates : dict of int to dict
            Parameters of the last step.
        """
        self._fit_transformers()
        self.candidates = candidates
        members = {}
        for index, parameters in candidates.items():
            try:
                with met_again_alone():
                    member = self._member(parameters)
            except CannotShare:
                continue  # fitted alone, it fails as it does in GridSearchCV
            # Nothing stores the path side by side, which only an unknown scorer could look for.
            unseen = not member.store_path or self.scorer_is_known
            if unseen and not (member.early_stopping or member.verbose):
                members[index] = member
        with met_again_alone():
            examples = load(*self.last.reached, caller=self.last)
        for group in self._groups(members):
            yield from self._fit_group(group, examples)

    def _member(self, parameters):
        """The last step, unfitted, with a candidate's parameters, which are valid."""
        plain = all(isinstance(each, Real | str) or each is None for each in parameters.values())
        if plain and parameters.keys() <= self.parameters.keys():
            # What a clone and its looking for parameters are for is done once for all of these.
            member = copy.copy(self.unfitted)
            vars(member).update(parameters)
            validate_parameter_constraints(
                member._parameter_constraints,
                {**self.parameters, **parameters},
                caller_name=type(member).__name__,
            )
            return member
        member = clone(self.final).set_params(**clone(parameters, safe=False))
        member._validate_params()
        return member

    def _fit_transformers(self):
        name, self.final = last_step(self.estimator)
        with met_again_alone():
            self.unfitted = clone(self.final)
            self.parameters = self.unfitted.get_params(deep=False)
        self.last = LastStep.stand_in_for(self.final)
        X, y = self.rows["train"]
        with met_again_alone():
            if name is None:
                self.whole = self.last
            else:
                self.whole = clone(self.estimator).set_params(**{name: self.last})
            self.whole.fit(X, y, **self.fit_params)
        self.transformed = {}

    def _groups(self, members):
        """Members that differ in nothing but max_iter and SIDE_BY_SIDE."""
        may_differ = {*SIDE_BY_SIDE, "max_iter", "store_path"}
        groups = defaultdict(dict)
        for index, member in members.items():
            own = self.candidates[index]
            groups[token({k: own[k] for k in own if k not in may_differ})][index] = member
        return groups.values()

    def _fit_group(self, group, examples):
        """Side by side where learning rates are constant, else one descent after the other."""
        # Those that differ in max_iter alone are one descent.
        descents = defaultdict(dict)
        for index, member in group.items():
            own = self.candidates[index]
            key = token({k: own[k] for k in own if k in SIDE_BY_SIDE})
            descents[key][index] = member
        together, alone = [], []
        for descent in descents.values():
            (together if self._can_go_together(descent, examples) else alone).append(descent)
        together, objectives = self._possible(together, examples)
        if together:
            found = self._side_by_side(together, objectives)
            for descent, by_max_iter in zip(together, found, strict=True):
                if by_max_iter is None:
                    alone.append(descent)
                    continue
                for index, member in descent.items():
                    end = by_max_iter[member.max_iter]
                    _fit.become(member, _fit.end_attributes(end, examples.schema))
                    yield index, member
        alone, objectives = self._possible(alone, examples)
        remaining = dict(enumerate(zip(alone, objectives, strict=True)))
        for numbers in self._paths(alone, objectives):
            on_path = [remaining[i] for i in numbers]
            for i, end in zip(numbers, self._path(on_path), strict=True):
                if end is not None:
                    found = _fit.end_attributes(end, examples.schema)
                    for index, member in remaining.pop(i)[0].items():
                        _fit.become(member, found)
                        yield index, member
        for descent, objective in remaining.values():
            with contextlib.suppress(CannotShare):
                yield from self._one_descent(descent, objective, examples)

    @staticmethod
    def _possible(descents, examples):
        """Those whose parameters go with the data, and their objectives.

        The others are fitted alone, where they fail as they do in GridSearchCV.
        """
        possible, objectives = [], []
        rows = {}  # by their weights
        for descent in descents:
            first = next(iter(descent.values()))
            with contextlib.suppress(CannotShare), met_again_alone():
                if isinstance(first.learning_rate, Real):
                    check_float("learning_rate", first.learning_rate)
                check_float("tol", first.tol)
                _fit.warn_of_no_effect(first, stacklevel=2)
                weights = token({"class_weight": first.class_weight})
                if weights not in rows:
                    rows[weights] = _fit.rows_for(first, examples)
                objective = _fit.objective_for(first, examples, rows[weights])
                check_coordinates(first.coordinates, objective)
                objectives.append(objective)
                possible.append(descent)
        return possible, objectives

    def _can_go_together(self, descent, examples):
        member = next(iter(descent.values()))
        return (
            isinstance(member.learning_rate, Real)
            and member.coordinates in ("auto", "raw")
            # Side by side no curves are recorded, which only an unknown scorer could ask for.
            and self.scorer_is_known
            # Rows on a device are added up there, for one descent at a time.
            and not isinstance(examples, ArrayExamples)
        )

    @staticmethod
    def _side_by_side(descents, objectives):
        firsts = [next(iter(descent.values())) for descent in descents]
        return descend_side_by_side(
            objectives,
            [float(first.learning_rate) for first in firsts],
            [{member.max_iter for member in descent.values()} for descent in descents],
            float(firsts[0].tol),
        )

    def _paths(self, descents, objectives):
        """The numbers of those that can begin where another ended, from strong to weak penalties.

        They differ in C alone. What converges forgets where it began; an iteration that max_iter
        asks for, or a rate that was given for it, does not.
        """
        paths = defaultdict(list)
        for i, descent in enumerate(descents):
            member = next(iter(descent.values()))
            rule = rule_for(member.learning_rate)
            forgets = not (rule.given or rule.counts) and member.tol > 0 and member.max_iter > 0
            # Nothing but its end is kept of a descent, and without a penalty it may have none.
            if forgets and len(descent) == 1 and self.scorer_is_known and objectives[i].penalty:
                own = self.candidates[next(iter(descent))]
                shared = {name: own[name] for name in own if name not in ("C", "store_path")}
                paths[token(shared)].append(i)
        for path in paths.values():
            if len(path) > 1:
                yield sorted(path, key=lambda i: next(iter(descents[i].values())).C)

    @staticmethod
    def _path(descents):
        """Where they end; None for those that are to be made alone."""
        members = [next(iter(descent.values())) for descent, _ in descents]
        objectives = [objective for _, objective in descents]
        nowhere = {"coef_init": None, "intercept_init": None}
        start = check_start(nowhere, objectives[-1])
        penalties = [objective.penalty for objective in objectives]
        return _fit.path(members[-1], objectives[-1], start, penalties)

    @staticmethod
    def _one_descent(descent, objective, examples):
        """To the largest max_iter; the others are read off on the way."""
        counts = [member.max_iter for member in descent.values()]
        longest = next(m for m in descent.values() if m.max_iter == max(counts))
        nowhere = {"coef_init": None, "intercept_init": None}
        start = check_start(nowhere, objective)
        result = _fit.descent(with_guarded_schedule(longest), objective, start, kept=counts)
        for index, member in descent.items():
            until = result.until(member.max_iter)
            _fit.become(member, _fit.attributes(until, examples.schema))
            yield index, member

    def scores(self, models, part, error_score):
        """What the scorer finds for models of this fold, on its "train" or "test" rows."""
        _, y = self.rows[part]
        # A pipeline may send metadata to its transformers, an unknown scorer may look into it.
        by_predictions = self.scorer_is_known and not get_config()["enable_metadata_routing"]
        if by_predictions and models:
            X = self._transform(part)
            with met_again_alone():
                found = scores_at_once(self.scorer, models, X, y, self.score_params[part]())
            if found is not None:
                return found
        return [self._score(model, part, error_score, by_predictions) for model in models]

    def _score(self, model, part, error_score, by_predictions):
        X, y = self.rows[part]
        if by_predictions:
            estimator, X = model, self._transform(part)
            # Of its own, as in GridSearchCV: a metric may write into it.
            y = _safe_indexing(y, np.arange(_num_samples(y)))
        else:
            # Of its own, as in GridSearchCV: transformers and scorers may write into it.
            with met_again_alone():
                X, y = copy.deepcopy((X, y))
            estimator = model
            if self.whole is not self.last:
                estimator = copy.copy(self.whole)
                estimator.steps = [*self.whole.steps[:-1], (self.whole.steps[-1][0], model)]
        with met_again_alone():
            return _score(estimator, X, y, self.scorer, self.score_params[part](), error_score)

    def _transform(self, part):
        """The rows as the last step sees them when it predicts."""
        if part not in self.transformed:
            X, _ = self.rows[part]
            if self.whole is not self.last:
                for _, step in self.whole.steps[:-1]:
                    if step is not None and not isinstance(step, str):  # "passthrough"
                        with met_again_alone():
                            X = step.transform(X)
            self.transformed[part] = X
        return self.transformed[part]

"""One fold of a search: its candidates are fitted together where they can be, and scored.

Candidates share the fitted transformers; of the last step,

- constant learning rates, C, l1_ratio and class_weight: one descent side by side;
- max_iter: one descent to the largest, the others read off on the way.

What cannot be shared (an invalid parameter, a start elsewhere, another estimator) is not tried
here: `Fold.fit` says which candidates it has left.
"""

import copy
from collections import defaultdict
from numbers import Real

from sklearn.base import clone
from sklearn.metrics._scorer import _BaseScorer, _MultimetricScorer, _PassthroughScorer
from sklearn.model_selection._validation import _score
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import _routing_enabled
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params

from ._check import check_float, check_start, check_weights
from ._estimator import GDLogisticRegression
from ._side_by_side import descend_side_by_side

# What candidates may differ in and still be one descent, or several side by side.
SIDE_BY_SIDE = ("learning_rate", "C", "l1_ratio", "class_weight")


class CannotShare(Exception):
    """These candidates are to be fitted one at a time."""


class LastStep(GDLogisticRegression):
    """Stands in for the last step of a Pipeline, and keeps what reaches it."""

    def fit(self, X, y, sample_weight=None, **others):
        if any(value is not None for value in others.values()):
            raise CannotShare(f"something of its own: {others.keys()}")
        self.reached = X, y, sample_weight
        return self

    @classmethod
    def instead_of(cls, estimator):
        stand_in = cls(**estimator.get_params(deep=False))
        # As `clone` does: it is to be sent the metadata that the estimator asked for.
        if hasattr(estimator, "_metadata_request"):
            stand_in._metadata_request = copy.deepcopy(estimator._metadata_request)
        return stand_in


def last_step(estimator):
    """The name of the last step in a Pipeline, and the GDLogisticRegression that it is.

    None for the name where there is no Pipeline; None for the estimator where nothing can be
    shared: another class may do anything in its fit, and callbacks want to see every iteration.
    """
    name = None
    if type(estimator) is Pipeline and estimator.steps:
        name, estimator = estimator.steps[-1]
    plain = type(estimator) is GDLogisticRegression and not hasattr(estimator, "_skl_callbacks")
    return name, estimator if plain and not estimator.verbose else None


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

    def of_value(value):
        try:
            hash(value)
        except TypeError:
            return id(value)
        return type(value), value

    return frozenset((key, of_value(value)) for key, value in parameters.items())


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
        self.fit_params = _check_method_params(X, params=fit_params, indices=train)
        self.rows = {
            "train": _safe_split(estimator, X, y, train),
            "test": _safe_split(estimator, X, y, test, train),
        }
        self.score_params = {
            "train": _check_method_params(X, params=score_params, indices=train),
            "test": _check_method_params(X, params=score_params, indices=test),
        }
        # scikit-learn's own scorers look at predictions, others at whatever they like.
        scorers = scorer._scorers.values() if isinstance(scorer, _MultimetricScorer) else [scorer]
        self.scorer_is_known = all(
            isinstance(each, _BaseScorer | _PassthroughScorer) for each in scorers
        )

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
            member = clone(self.final)
            try:
                member.set_params(**clone(parameters, safe=False))._validate_params()
            except (ValueError, TypeError):
                continue  # fitted alone, it fails as it does in GridSearchCV
            if not (member.early_stopping or member.store_path or member.verbose):
                members[index] = member
        X, y, sample_weight = self.last.reached
        examples = self.last._examples(X, y)
        weights = check_weights(sample_weight, examples.X)
        for group in self._groups(members):
            yield from self._fit_group(group, examples, weights)

    def _fit_transformers(self):
        name, self.final = last_step(self.estimator)
        self.last = LastStep.instead_of(self.final)
        if name is None:
            self.whole = self.last
        else:
            self.whole = clone(self.estimator).set_params(**{name: self.last})
        X, y = self.rows["train"]
        self.whole.fit(X, y, **self.fit_params)
        self.transformed = {}
        if name is not None:
            self.transformed["train"] = self.last.reached[0]

    def _groups(self, members):
        """Members that differ in nothing but max_iter and SIDE_BY_SIDE."""
        groups = defaultdict(dict)
        for index, member in members.items():
            may_differ = (*SIDE_BY_SIDE, "max_iter")
            own = self.candidates[index]
            groups[token({k: own[k] for k in own if k not in may_differ})][index] = member
        return groups.values()

    def _fit_group(self, group, examples, weights):
        """Side by side where learning rates are constant, else one descent after the other."""
        # Those that differ in max_iter alone are one descent.
        descents = defaultdict(dict)
        for index, member in group.items():
            own = self.candidates[index]
            descents[token({k: own[k] for k in own if k != "max_iter"})][index] = member
        descents = list(descents.values())
        together = [descent for descent in descents if self._can_go_together(descent)]
        alone = [descent for descent in descents if not self._can_go_together(descent)]
        if together:
            found = self._side_by_side(together, examples, weights)
            for descent, by_max_iter in zip(together, found, strict=True):
                if by_max_iter is None:
                    alone.append(descent)
                    continue
                for index, member in descent.items():
                    member._become(member._end_attributes(by_max_iter[member.max_iter], examples))
                    yield index, member
        for descent in alone:
            yield from self._one_descent(descent, examples, weights)

    def _can_go_together(self, descent):
        member = next(iter(descent.values()))
        return (
            isinstance(member.learning_rate, Real)
            and member.coordinates in ("auto", "raw")
            # Side by side no curves are recorded, which only an unknown scorer could ask for.
            and self.scorer_is_known
        )

    @staticmethod
    def _side_by_side(descents, examples, weights):
        firsts = [next(iter(descent.values())) for descent in descents]
        return descend_side_by_side(
            [first._objective(examples, weights) for first in firsts],
            [check_float("learning_rate", first.learning_rate) for first in firsts],
            [{member.max_iter for member in descent.values()} for descent in descents],
            check_float("tol", firsts[0].tol),
        )

    @staticmethod
    def _one_descent(descent, examples, weights):
        """To the largest max_iter; the others are read off on the way."""
        *shorter, longest = sorted(descent.items(), key=lambda entry: entry[1].max_iter)
        index, member = longest
        objective = member._objective(examples, weights)
        w, b = check_start(
            {"coef_init": None, "intercept_init": None}, objective.outputs, examples.X
        )
        run = member._run(objective, w, b, kept={member.max_iter for _, member in shorter})
        for index_of_shorter, shorter_member in shorter:
            until = run.until(shorter_member.max_iter)
            shorter_member._become(shorter_member._attributes(until, until.last, examples))
            yield index_of_shorter, shorter_member
        member._become(member._attributes(run, run.last, examples))
        yield index, member

    def score(self, model, part, error_score):
        """The scorer's result for a model of this fold, on its "train" or "test" rows."""
        X, y = self.rows[part]
        estimator = model
        if self.whole is not self.last:
            # A pipeline may send metadata to its transformers, an unknown scorer may look into it.
            if self.scorer_is_known and not _routing_enabled():
                X = self._transform(part)
            else:
                estimator = copy.copy(self.whole)
                estimator.steps = [*self.whole.steps[:-1], (self.whole.steps[-1][0], model)]
        return _score(estimator, X, y, self.scorer, self.score_params[part], error_score)

    def _transform(self, part):
        if part not in self.transformed:
            self.transformed[part] = self.whole[:-1].transform(self.rows[part][0])
        return self.transformed[part]

"""One way through a fit: parameters -> examples -> objective -> start -> run -> result.

`parameters` is an estimator: its parameters are read, with warm_start an earlier fit's coefficients
too, and nothing is written before `become`.
"""

import math
import warnings
from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from ._check import check_float, check_start, on_host, quiet
from ._checkpoint import Checkpoint
from ._data.by_feature import check_bounds, check_penalty_factors
from ._data.class_weights import class_weights
from ._data.schema import Schema
from ._descent.learning_rate import rule_for
from ._descent.steps import begin
from ._objective.objective import Objective
from ._run import saved as files
from ._run.observers import CoefficientPath, EarlyStopping
from ._run.progress import progress
from ._run.run import End, Record, Result, Run


class Task(NamedTuple):
    """What a fit is to do.

    Attributes
    ----------
    objective : Objective
        The cost to descend.
    validation : Objective or None
        The loss on other examples, to stop by.
    schema : Schema
        Of the examples.
    """

    objective: Objective
    validation: Objective | None
    schema: Schema


def task_for(parameters, examples, others=None) -> Task:
    """The task that the parameters make of examples, and of others to stop by."""
    if parameters.early_stopping:
        if others is None:
            examples, others = _split(parameters, examples)
        _check_has_weight(examples, "learn from")
        _check_has_weight(others, "stop by")
    objective = objective_for(parameters, examples)
    validation = None
    if others is not None:
        # The classes weigh what they weigh among the examples to learn from.
        of_class = class_weights(parameters.class_weight, examples)
        _check_has_weight(others, "stop by", of_class)
        validation = Objective(others.rows(of_class, parameters.n_jobs))
    return Task(objective, validation, examples.schema)


def rows_for(parameters, examples):
    """Examples as rows to be added up, weighted as the parameters say."""
    return examples.rows(class_weights(parameters.class_weight, examples), parameters.n_jobs)


def objective_for(parameters, examples, rows=None) -> Objective:
    """The cost that the parameters make of examples, or of the rows that these are."""
    of_features = {
        "penalty_factors": check_penalty_factors(parameters.penalty_factors, examples.schema),
        "bounds": check_bounds(parameters.bounds, examples.schema),
    }
    return Objective(
        rows_for(parameters, examples) if rows is None else rows,
        C=check_float("C", parameters.C),
        l1_ratio=check_float("l1_ratio", parameters.l1_ratio),
        fit_intercept=parameters.fit_intercept,
        **of_features,
    )


def warn_of_no_effect(parameters, stacklevel):
    """An L1 ratio, or a factor, of no penalty is a mistake."""
    C, l1_ratio = check_float("C", parameters.C), check_float("l1_ratio", parameters.l1_ratio)
    without_effect = [f"l1_ratio={l1_ratio} has"] * (l1_ratio > 0)
    without_effect += ["penalty_factors have"] * (parameters.penalty_factors is not None)
    if without_effect and math.isinf(C):
        warnings.warn(
            f"{' and '.join(without_effect)} no effect, because C=inf is no penalty at all; set "
            "C, for instance C=1.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def check_validation(parameters, X_val, y_val, sample_weight_val):
    """Refuse validation data that are incomplete, or that nobody asked for."""
    if X_val is None and (y_val is not None or sample_weight_val is not None):
        raise ValueError("y_val or sample_weight_val is given, but X_val is not; pass both.")
    if X_val is not None and y_val is None:
        raise ValueError("X_val is given, but y_val is not; pass both.")
    if X_val is not None and not parameters.early_stopping:
        raise ValueError(
            "X_val and y_val are passed to fit, but early_stopping is False; set "
            "early_stopping=True."
        )


def _split(parameters, examples):
    """Some to learn from, and some to stop by."""
    if parameters.validation_fraction >= examples.m:
        raise ValueError(
            f"validation_fraction={parameters.validation_fraction} sets more examples aside than "
            f"the {examples.m} there are; use a smaller number, or a share such as 0.1."
        )
    return examples.split(parameters.validation_fraction, parameters.random_state)


def _check_has_weight(examples, what, of_class=None):
    """Refuse examples of which none counts, by itself or, with weights of classes, by its class."""
    if not examples.has_weight:
        raise ValueError(f"All examples to {what} have weight 0; give some a weight.")
    if of_class is not None and not of_class / of_class.max() @ examples.class_totals() > 0:
        raise ValueError(
            f"All examples to {what} are of classes that class_weight gives weight 0; give one of "
            "them a weight, or take examples of others."
        )


def start_for(parameters, task, coef_init=None, intercept_init=None, resume_from=None):
    """w and b at the start: what is given, else those of an earlier fit, else zeros; and a name."""
    if resume_from is not None and not (coef_init is None and intercept_init is None):
        raise ValueError(
            "resume_from goes on from the coefficients of the checkpoint: leave out coef_init "
            "and intercept_init."
        )
    coef_init, intercept_init = on_host(coef_init), on_host(intercept_init)
    # By the names that a message should give.
    start = {"coef_init": coef_init, "intercept_init": intercept_init}
    if parameters.warm_start and coef_init is None and hasattr(parameters, "coef_"):
        classes = on_host(parameters.classes_)
        if not np.array_equal(classes, task.schema.classes):
            raise ValueError(
                f"warm_start=True continues a fit of the classes {classes.tolist()}, but y "
                f"has {task.schema.classes.tolist()}. Fit a clone, or set warm_start=False."
            )
        start = {
            "coef_ of the earlier fit, continued by warm_start=True,": on_host(parameters.coef_),
            "intercept_init": intercept_init,
        }
        # The intercept of a fit that had one is of no use to one that must not have any.
        if start["intercept_init"] is None and parameters.fit_intercept:
            del start["intercept_init"]
            start["intercept_ of the earlier fit"] = on_host(parameters.intercept_)
    return check_start(start, task.objective)


def saved_state(parameters, task, resume_from, callbacks, *, given_validation):
    """What a checkpoint holds, or None; and the observers that write others.

    Parameters
    ----------
    resume_from : path or None
    callbacks : sequence of callback
        Checkpoints among them ask for files.
    given_validation : bool
        Whether the fit was told what to stop by, if it stops early.
    """
    checkpoints = [each for each in callbacks if isinstance(each, Checkpoint)]
    sets_aside = task.validation is not None and not given_validation
    unlike = sets_aside and parameters.random_state is None
    if unlike and (checkpoints or resume_from is not None):
        raise ValueError(
            "A fit that sets other examples aside every time cannot be resumed: set "
            "random_state to an integer, or pass X_val and y_val."
        )
    # Of every bit of the data: looked at once, and only if a checkpoint needs it.
    identity = cache(partial(files.identity, parameters, *task))
    writers = [files.Saving(each.path, each.every, identity) for each in checkpoints]
    if resume_from is None:
        return None, writers
    return files.read(resume_from, identity(), parameters.max_iter), writers


def observers_for(parameters, task):
    """Who the parameters ask to look at every step."""
    observers = []
    if task.validation is not None:
        observers.append(EarlyStopping(task.validation, parameters.n_iter_no_change))
    if parameters.store_path:
        observers.append(CoefficientPath(int(parameters.store_path)))
    if parameters.verbose:
        observers.append(progress(parameters.verbose))
    return observers


def descent(parameters, objective, start, saved=None, observers=(), **options) -> Result:
    """The descent from `start`, or from what a checkpoint has saved, to its end."""
    # BLAS is held once: to do so in every step is a fifth of the time of a fit of 2 ms.
    with quiet(), objective.rows.holding_blas():
        begun = _begun(
            parameters,
            objective,
            start,
            resumed=None if saved is None else (saved.step, saved.made_at, saved.entered_at),
        )
        if saved is not None:
            saved.restore(observers)
            options.update(records=saved.records, seconds=saved.seconds, best=saved.best)
        run = Run(
            objective,
            rule_for(parameters.learning_rate),
            max_iter=parameters.max_iter,
            tol=check_float("tol", parameters.tol),
            observers=observers,
            **options,
        )
        return run.follow(begun.steps())


def _begun(parameters, objective, start, **options):
    """The descent that the parameters ask for, where it starts; `options` as of `begin`."""
    w, b, given = start
    return begin(
        objective,
        w,
        b,
        given=given,
        learning_rate=parameters.learning_rate,
        coordinates=parameters.coordinates,
        **options,
    )


def path(parameters, objective, start, penalties) -> list[End | None]:
    """Where descents under these penalties end, each begun where the one before it ended.

    Parameters
    ----------
    parameters : GDLogisticRegression
    objective : Objective
        Its penalty is no stronger than any of these.
    start : tuple
        Where the first begins.
    penalties : sequence of ElasticNet
        From the strongest to the weakest.

    Returns
    -------
    ends : list of End, or None
        None for those that have not converged, as a fit of its own may have, or not begun.
    """
    rule, tol = rule_for(parameters.learning_rate), check_float("tol", parameters.tol)
    ends: list[End | None] = [None] * len(penalties)
    with quiet(), objective.rows.holding_blas():
        # Planned for the weakest penalty: what serves that one serves them all.
        begun = _begun(parameters, objective, start, penalty=penalties[0])
        records: Sequence[Record] = [Record(begun.here.cost, math.inf, math.nan, 0.0)]
        for i, penalty in enumerate(penalties):
            since = begun.here.t
            until = since + parameters.max_iter
            if i:
                begun.turn_to(penalty)
            # A step at least: where the one before ended may be within tol of any number of ends.
            begun.advance()
            run = Run(objective.under(penalty), rule, max_iter=until, tol=tol, records=records)
            result = run.follow(begun.steps())
            if result.stop_reason == "diverged":
                break
            if result.stop_reason == "converged":
                ends[i] = result.end._replace(t=result.last.t - since)
            records = result.records
    return ends


def attributes(result: Result, schema: Schema) -> dict[str, object]:
    """What a fitted estimator gets from a run, by name."""
    cost, violation, learning_rate, seconds, _ = np.array(result.records).T
    curves = {
        "loss_curve_": cost,
        "learning_rates_": learning_rate[1:],
        "gradient_norms_": violation,
        "seconds_": seconds,
        **result.observed,
    }
    for name in {"coef_path_", "intercept_path_"} & curves.keys():
        curves[name] = curves[name].astype(schema.dtype, copy=False)
    return {**end_attributes(result.end, schema), **schema.attributes(curves)}


def end_attributes(end, schema):
    """What it gets from where the run ended, without what was recorded on the way."""
    named = {} if schema.names is None else {"feature_names_in_": schema.names}
    named.update(
        n_features_in_=schema.n,
        classes_=schema.classes,
        # In scikit-learn's shapes, and copied: a view would keep the whole step alive.
        coef_=np.atleast_2d(end.coef).astype(schema.dtype),
        intercept_=np.atleast_1d(end.intercept).astype(schema.dtype),
        n_iter_=np.array([end.t], dtype=np.int32),
        stop_reason_=end.stop_reason,
        coordinates_=end.coordinates,
    )
    return schema.attributes(named)


def become(estimator, attributes):
    """Let an estimator forget an earlier fit, and take these attributes."""
    for name in [name for name in vars(estimator) if name.endswith("_") and name[0] != "_"]:
        delattr(estimator, name)
    vars(estimator).update(attributes)

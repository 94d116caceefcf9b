"""How a descent ended, in a sentence or two: what happened, why, and what to change."""

from collections.abc import Callable

import numpy as np

from .._check import quiet
from .._descent.coordinates import is_constant
from .._descent.eigenvalues import lambda_max, lipschitz
from .._descent.recession import is_cheap, recession
from .._descent.separation import lacks_minimum
from .optimality import to_be_had
from .run import Result


@quiet()
def warning(run: Result, column_name: Callable[[int], str]) -> str:
    """What a user should be told about how the run ended; empty if there is nothing."""
    if run.stop_reason == "diverged":
        return diverged(run, column_name)
    if run.stop_reason == "interrupted":
        return interrupted(run)
    if run.max_iter == 0 or run.stop_reason == "callback":
        return ""
    sentences = [kept_the_start(run)] if run.chosen.t == 0 < run.last.t else []
    if run.tol == 0 or run.stop_reason == "early_stopping":
        if _rate_too_large(run):
            sentences += [_rises_sentence(run.costs), _rate_and_scale(run, column_name)]
        return " ".join(sentences)
    if run.stop_reason == "stalled":
        sentences.append(stalled(run, column_name))
    elif run.stop_reason == "max_iter":
        sentences.append(not_converged(run, column_name))
    penalty = run.objective.penalty
    w, b = run.last.coef, run.last.intercept
    ways = down, up = penalty.may_grow(w.shape)
    may_go_on = not penalty and (np.where(w < 0, down, (w == 0) | up)).all()
    if may_go_on and run.objective.separates(w, b):
        sentences.append(SEPARABLE)
    elif np.any(ways) and lacks_minimum(run.objective, run.last):
        sentences.append(quasi_separated(run, column_name))
    sentences += _taken_for_constants(run, column_name)
    return " ".join(sentences)


def diverged(run, column_name):
    """The cost stopped being finite."""
    t, cost = run.chosen.t, run.chosen.cost
    return (
        f"The cost stopped being finite in iteration {run.last.t + 1}. The model is that of "
        f"iteration {t}, whose cost is {cost:.4g}. {_rate_and_scale(run, column_name)}"
    )


def kept_the_start(run):
    """Early stopping found no iteration better than none."""
    sentence = (
        f"Early stopping kept the start: none of {run.last.t} iterations lowered the loss on the "
        "examples set aside."
    )
    if _rate_too_large(run):
        return sentence
    return (
        f"{sentence} The cost on the others went from {run.costs[0]:.4g} to {run.costs[-1]:.4g}. "
        "Set aside more, and of the same kind, or raise n_iter_no_change."
    )


def interrupted(run):
    """Somebody pressed Ctrl-C."""
    return (
        f"The descent was interrupted after iteration {run.last.t}, and is kept as it was then: "
        f"{_violation(run)}. warm_start=True would go on from there."
    )


def not_converged(run, column_name):
    """max_iter came before tol."""
    sentences = [
        f"Stopped at max_iter={run.last.t} before convergence: {_violation(run)}; "
        f"{_last_decrease(run.costs)}."
    ]
    if _rate_too_large(run):
        sentences += [_rises_sentence(run.costs), _rate_and_scale(run, column_name)]
    elif run.last.coordinates.name == "raw":
        auto = "coordinates='auto'" if run.rule.chooses_coordinates else "learning_rate='auto'"
        scaler = "put a StandardScaler before, " if _far_from_standardized(run) else ""
        sentences.append(
            f"Use {auto} (it descends in better coordinates), {scaler}or raise max_iter."
        )
    elif run.tol < _rounding(run) and run.violations[-1] < 10 * _rounding(run):
        sentences += [
            f"No more can be expected of {run.last.wb.dtype}.",
            _rounding_remedy(run, column_name),
        ]
    elif run.objective.penalty:
        sentences.append("Raise max_iter, or strengthen the penalty (a smaller C).")
    else:
        sentences.append("Raise max_iter, or set a penalty, such as C=1.")
    return " ".join(sentences)


def stalled(run, column_name):
    """A step moved nothing although tol was not reached."""
    return (
        f"Rounding ended the descent in iteration {run.last.t}: {_violation(run)}, and no step "
        f"that changes the coefficients in {run.last.wb.dtype} lowers the cost. "
        f"{_rounding_remedy(run, column_name)}"
    )


def _taken_for_constants(run, column_name):
    """A sentence on the columns that vary by more than the last digit, but not by enough."""
    mean, deviation = (each.astype(run.last.wb.dtype) for each in run.objective.moments)
    lost = is_constant(mean, deviation) & ~is_constant(mean, deviation, roundings=1)
    if run.last.coordinates.name == "raw" or not lost.any():
        return []
    columns = np.flatnonzero(lost)
    listed = ", ".join(column_name(j) for j in columns[:3]) + ", ..." * (len(columns) > 3)
    return [
        f"Of {listed} nothing was learned: the standard deviation is no more than a few roundings "
        "of the mean. Subtract a number near the mean before X is made, or leave them out."
    ]


def _rounding(run):
    """How large entries of the gradient may be by rounding alone, where features are scaled."""
    return np.finfo(run.last.wb.dtype).eps * max(1.0, float(run.objective.off_centre.max()))


def _rounding_remedy(run, column_name):
    """What to do about it."""
    ratio = run.objective.off_centre
    j = int(ratio.argmax())
    if ratio[j] <= 10:
        return "Use a larger tol."
    return (
        f"The mean of {column_name(j)} is {ratio[j]:.2g} times its standard deviation, and takes "
        "that many times the rounding with it: centre the features, for instance with a "
        f"StandardScaler{', or use float64' if run.last.wb.dtype == np.float32 else ''}."
    )


SEPARABLE = (
    "The classes are linearly separable and there is no penalty (C=inf): the cost has no minimum, "
    "the coefficients grow for as long as the descent goes on, and their size says only when it "
    "stopped. The predicted classes are unaffected. Set a penalty, such as C=1, for coefficients "
    "and probabilities with a meaning. check_separation(X, y) says which columns separate them."
)


def quasi_separated(run, column_name):
    """Some direction has no minimum; which one, where that is soon found out."""
    objective = run.objective
    held = bool(objective.penalty) or objective.penalty.bounded
    why = (
        "some coefficients have neither a penalty nor bounds"
        if held
        else "there is no penalty (C=inf)"
    )
    found = recession(objective) if is_cheap(objective) else None
    which = (
        f"This is a direction of {separating(found, column_name)}, for {found.moved:,} of "
        f"{found.rows:,} rows."
        if found is not None and found.moved
        else "check_separation(X, y) says which coefficients have one."
    )
    return (
        f"The classes are separated wholly or in part (quasi-separation), and {why}: some "
        "direction of the coefficients moves no row towards another class than its own, and some "
        "rows away from one, as that of a feature that only rows of one class have. The cost has "
        "no minimum, the coefficients grow in that direction for as long as the descent goes on, "
        f"and their size says only when it stopped. {which} Set a penalty, such as C=1, bounds of "
        "these coefficients, or leave the columns out, for coefficients with a meaning."
    )


def separating(found, column_name, shown=3):
    """The features of a direction that separates."""
    of_features = np.abs(np.atleast_2d(found.w)).max(axis=0)
    features = np.flatnonzero(of_features)
    listed = ", ".join(column_name(int(j)) for j in features[:shown])
    return listed + f" and {len(features) - shown} more" * (len(features) > shown)


def _violation(run):
    name = run.last.coordinates.name
    above = run.violations[-1] > run.tol
    sentence = (
        f"the largest entry of the gradient is {run.violations[-1]:.3g} in {name} coordinates, "
        f"{'above' if above else 'not above'} tol={run.tol:g}"
    )
    if above or run.stop_reason not in ("max_iter", "stalled"):
        return sentence
    left = to_be_had(run.last, run.records, run.objective.penalty) / run.last.cost
    return (
        f"{sentence}, but the cost may still fall by about {left:.2g} of itself, which is above it"
    )


def _last_decrease(costs):
    relative = (costs[-2] - costs[-1]) / max(abs(costs[-2]), np.finfo(float).tiny)
    verb = "lowered" if relative >= 0 else "raised"
    return f"the last iteration {verb} the cost by {abs(relative):.2g} of itself"


def _rate_too_large(run):
    """Whether the cost ended above its start, or oscillates by a rate that somebody chose."""
    oscillates = run.rule.given and _rises(_second_half(run.costs)) > 0
    return oscillates or _rises([run.costs[0], run.costs[-1]]) > 0


def _second_half(costs):
    return costs[min(len(costs) // 2, len(costs) - 2) :]


def _rises(costs):
    """In how many iterations the cost went up, by more than rounding."""
    costs = np.asarray(costs)
    return int(np.sum(np.diff(costs) > 1e-6 * np.abs(costs[:-1])))


def _rises_sentence(costs):
    late = _second_half(costs)
    if not _rises(late):
        return "The cost ended above where it began: the learning rate is too large."
    outcome = "ended above where it began" if costs[-1] > costs[0] else "is oscillating"
    return (
        f"The cost rose in {_rises(late)} of the last {len(late) - 1} iterations and {outcome}: "
        "the learning rate is too large."
    )


def _rate_and_scale(run, column_name):
    """The learning rate beside 2 / lambda_max, the features that make that small, the remedy."""
    objective = run.objective
    size = np.hypot(*objective.moments)
    largest = np.argsort(-size, kind="stable")[:3]
    listed = ", ".join(f"{column_name(j)} ({size[j]:.2g})" for j in largest)
    features = f"The features of the largest scale (root mean square) are {listed}."
    if not run.rule.given:
        return f"{features} Rescale them, for instance with a StandardScaler."

    # Not where the run stands: an oscillation throws it from side to side, to points of saturated
    # probabilities where the Hessian is small, and 2 / lambda_max there exceeds rates that
    # oscillate. At the lowest cost seen it is close to its value at the minimum; where even that
    # point is saturated it explains nothing, and is left out.
    w, b = run.best.coef, run.best.intercept
    if run.last.space is not None:
        objective = run.last.space.objective
        w, b = run.last.space.at(w, b)
    largest_eigenvalue = lambda_max(objective, run.last.coordinates, w, b)
    stable = 2 / largest_eigenvalue if largest_eigenvalue > 0 else np.inf
    settles = (
        f"a descent settles only below about 2 / lambda_max(Hessian) = {stable:.3g} (at the lowest "
        f"cost seen, iteration {run.best.t}), and "
        if stable < run.tried_rate
        else ""
    )
    rate = (
        f"The learning rate is {run.tried_rate:.4g}; {settles}the cost never rises below "
        f"2 / L = {2 / lipschitz(objective, run.last.coordinates):.3g}."
    )
    # Smaller features, and those that have been standardized already, are not the reason.
    if size[largest[0]] > 3:
        return (
            f"{rate} {features} Use a smaller learning_rate, put a StandardScaler before, or use "
            "learning_rate='auto'."
        )
    return f"{rate} Use a smaller learning_rate, or learning_rate='auto'."


def _far_from_standardized(run):
    """Whether a feature varies much more or less than 1, or little beside its mean."""
    mean, deviation = run.objective.moments
    little = (deviation > 0) & (deviation < np.maximum(1, np.abs(mean)) / 3)
    return bool((little | (np.hypot(mean, deviation) > 3)).any())

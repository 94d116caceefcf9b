"""GDLogisticRegression and LogisticRegression on the same rows: fitted, measured, told apart."""

import re
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from .._course import cost_and_gradient
from .._estimator import GDLogisticRegression
from .._objective.penalty import ElasticNet

REPEATS = 5
# Above this many coefficients the Hessian of newton-cholesky costs more than it is worth.
NEWTON_COEFFICIENTS = 1000


@dataclass
class Fit:
    """One model, fitted to `rows[0]` rows and scored on `rows[1]` others.

    `above_optimum` is J minus the lowest J known; `coef_difference` and `proba_difference` are
    the largest absolute differences from the model that has it. `diagnoses` is what the fit warned
    of.
    """

    name: str
    model: object
    rows: tuple
    cost: float
    above_optimum: float
    accuracy: float
    seconds: float
    coef_difference: float
    proba_difference: float
    diagnoses: list

    @property
    def n_iter(self):
        return int(self.model.n_iter_[0])

    @property
    def stop_reason(self):
        """As GDLogisticRegression has it; LogisticRegression tells by its n_iter_ alone."""
        at_limit = "max_iter" if self.n_iter >= self.model.max_iter else "converged"
        return getattr(self.model, "stop_reason_", at_limit)

    @property
    def iterations(self):
        """The number of iterations, and how they ended if not by convergence."""
        notes = {"converged": "", "max_iter": " (limit)"}
        return f"{self.n_iter}{notes.get(self.stop_reason, f' ({self.stop_reason})')}"

    def ending(self):
        """How the fit ended, in a clause."""
        verbs = {"max_iter": "stopped at its limit of"}
        short = self.seconds < 1
        took = f"{self.seconds * 1e3:.3g} ms" if short else f"{self.seconds:.1f} s"
        return (
            f"{self.name} {verbs.get(self.stop_reason, f'{self.stop_reason} in')} {self.n_iter} "
            f"iterations and {took}, {self.above_optimum:.1e} above the lowest cost"
        )


def compare(
    X_train, X_test, y_train, y_test, *, learning_rates, C, max_iter=None, tol=None, names=None
):
    """A Fit of GDLogisticRegression for each learning rate, then one of LogisticRegression.

    `names` are those of the columns, for the diagnoses.
    """
    options = {"C": C}
    options |= {} if max_iter is None else {"max_iter": max_iter}
    options |= {} if tol is None else {"tol": tol}
    models = {
        f"GDLogisticRegression({learning_rate!r})": GDLogisticRegression(learning_rate, **options)
        for learning_rate in learning_rates
    }
    models["LogisticRegression()"] = LogisticRegression(**options)

    codes = np.unique(y_train, return_inverse=True)[1]
    penalty = ElasticNet.from_C(C, l1_ratio=0, total_weight=len(codes))

    def cost(model):
        J, _, _ = cost_and_gradient(X_train, codes, model.coef_, model.intercept_)
        return J + penalty.value(model.coef_)

    seconds, diagnoses = {}, {}
    for name, model in models.items():
        with diagnosed(names) as diagnoses[name]:
            seconds[name] = _time_fit(model, X_train, y_train)
    candidates = [*models.values(), *_optima(X_train, y_train, C, len(np.unique(codes)))]
    optimum = min(candidates, key=cost)
    return [
        Fit(
            name=name,
            model=model,
            rows=(len(y_train), len(y_test)),
            cost=cost(model),
            above_optimum=cost(model) - cost(optimum),
            accuracy=model.score(X_test, y_test),
            seconds=seconds[name],
            coef_difference=float(np.abs(model.coef_ - optimum.coef_).max()),
            proba_difference=float(
                np.abs(model.predict_proba(X_train) - optimum.predict_proba(X_train)).max()
            ),
            diagnoses=diagnoses[name],
        )
        for name, model in models.items()
    ]


def best_of_ours(fits):
    """The GDLogisticRegression with the lowest cost."""
    *ours, _ = fits
    return min(ours, key=lambda fit: fit.cost)


def sentence(title, fits):
    """What the table shows: the best of ours beside LogisticRegression."""
    return f"On {title}, {best_of_ours(fits).ending()}; {fits[-1].ending()}."


@contextmanager
def diagnosed(names=None):
    """A list that has, at the end, what the fits inside warned of: each diagnosis once.

    Of LogisticRegression's the first paragraph, which tells what happened; ours has only one.
    """
    diagnoses = []
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        yield diagnoses
    for warning in record:
        if issubclass(warning.category, ConvergenceWarning):
            text = " ".join(str(warning.message).split("\n\n")[0].split())
            if names is not None:
                # The models are fitted to matrices, whose columns have numbers.
                text = re.sub(
                    r"\bcolumn (\d+)", lambda match: repr(str(names[int(match[1])])), text
                )
            if text not in diagnoses:
                diagnoses.append(text)


def _time_fit(model, X, y):
    """Seconds of `fit`, the median of several where one is short; the model is left fitted."""
    seconds = []
    while len(seconds) < REPEATS and sum(seconds) < 2:
        start = time.perf_counter()
        model.fit(X, y)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _optima(X, y, C, n_classes):
    """Long and exact runs, the best of which stands for the optimum."""
    yield GDLogisticRegression(C=C, tol=1e-9, max_iter=20_000).fit(X, y)
    if X.shape[1] * n_classes <= NEWTON_COEFFICIENTS:
        yield LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y)


def cost_figure(path):
    """An empty figure that can be saved as `path`; asked for before any work is done.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        If nothing could be saved there.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "drawing needs matplotlib: pip install matplotlib, or this package with its extra "
            "[plot]."
        ) from None
    path = Path(path)
    kinds = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix[1:].lower() not in kinds or path.is_dir() or not path.parent.is_dir():
        raise ValueError(
            f"{path}: name a file in an existing folder, with one of the endings "
            f"{', '.join(f'.{kind}' for kind in sorted(kinds))}."
        )
    return Figure(layout="constrained")


def plot_costs(comparisons, figure):
    """The cost of every GDLogisticRegression against its iterations, a panel for each data set."""
    figure.set_size_inches(6 * len(comparisons), 4.2)
    panels = figure.subplots(1, len(comparisons), squeeze=False)[0]
    for axes, (title, fits) in zip(panels, comparisons.items(), strict=True):
        for fit in fits:
            if isinstance(fit.model, GDLogisticRegression):
                axes.plot(fit.model.loss_curve_, label=fit.name)
            else:
                axes.axhline(fit.cost, color="0.4", linestyle="--", label=f"{fit.name}, final")
        axes.set(title=title, xlabel="iteration", ylabel="cost J", xscale="symlog", yscale="log")
        axes.set_xlim(left=0)
        axes.legend()

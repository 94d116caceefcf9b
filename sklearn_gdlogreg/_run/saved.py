"""Checkpoints: a fit that was killed goes on from where it was, on the iterates it would have had.

The file is NumPy's .npz: arrays of numbers, and one text of JSON. Nothing in it is ever unpickled.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
from functools import partial
from numbers import Real
from pathlib import Path

import numpy as np
from scipy import sparse

from .._descent.steps import Step

FORMAT = 2
# What a resumed fit may change: it decides how far to go, and what to say, not where.
MAY_CHANGE = {"max_iter", "tol", "n_jobs", "verbose", "warm_start"}


def identity_of(estimator, examples, objective, validation):
    """What a fit must have in common with one that goes on from it."""
    parameters = estimator.get_params(deep=False)
    if not estimator.early_stopping:
        for name in ("validation_fraction", "n_iter_no_change", "random_state"):
            del parameters[name]
    return {
        "format": FORMAT,
        "parameters": {
            name: _described(value)
            for name, value in sorted(parameters.items())
            if name not in MAY_CHANGE
        },
        "classes": [repr(label) for label in examples.classes.tolist()],
        "shape": [examples.m, examples.n],
        "data": _fingerprint(objective),
        "validation": None if validation is None else _fingerprint(validation),
    }


def _described(value):
    """The same for values that are equal, in any process."""
    if isinstance(value, partial):
        return f"{_described(value.func)} of {value.args} and {value.keywords}"
    if callable(value):
        return f"a function {getattr(value, '__name__', '')}"
    if isinstance(value, dict):
        return str(sorted((_described(key), _described(value[key])) for key in value))
    return repr(float(value)) if isinstance(value, Real) else repr(value)


def _fingerprint(objective):
    """Of every bit of the rows, their labels and weights."""
    (of_parts,) = objective.rows.total(_digest_of, combine=_merged)
    digest = hashlib.blake2b(digest_size=16)
    for first in sorted(of_parts):
        digest.update(of_parts[first])
    return digest.hexdigest()


def _digest_of(part):
    """Of a part, by the number of its first row."""
    X = part.X
    if sparse.issparse(X):
        arrays = [X.data, X.indices, X.indptr]
    else:
        X = part.on_host(X)
        arrays = [X.T if X.strides[0] < X.strides[-1] else X]
    digest = hashlib.blake2b(digest_size=16)
    for array in (*arrays, part.on_host(part.y), part.on_host(part.shares)):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(memoryview(np.ascontiguousarray(array)).cast("B"))
    return ({part.first: digest.digest()},)


def _merged(a, b):
    return (a[0] | b[0],)


def write(path, run, identity):
    """Put the state of a run into a file, which is replaced as a whole."""
    arrays = {"identity": np.array(json.dumps(identity)), **_state(run)}
    folder = path.parent
    handle, temporary = tempfile.mkstemp(prefix=".checkpoint-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _state(run):
    here = run.last
    state = {
        "t": here.t,
        "coef": here.coef,
        "intercept": here.intercept,
        "cost": here.cost,
        "dw": here.gradient[0],
        "db": here.gradient[1],
        "learning_rate": here.learning_rate,
        "wb": here.wb,
        "dwb": here.dwb,
        "memory": np.array(here.memory, dtype=np.float64),
        "coordinates": here.coordinates.name,
        "records": np.array(run.records),
    }
    best = run.best
    state["best_t"], state["best_cost"] = best.t, best.cost
    state["best_coef"], state["best_intercept"] = best.coef, best.intercept
    if here.coordinates.name == "decorrelated":
        state["map_t"], state["map_coef"], state["map_intercept"] = here.coordinates.made_at
    for observer in run.observers:
        if observer.saved:
            of_observer = observer.state()
            state.update({_key(observer, name): of_observer[name] for name in observer.saved})
    return {name: np.asarray(value) for name, value in state.items()}


def _key(observer, name):
    return f"{type(observer).__name__}.{name}"


class Saved:
    """What a checkpoint holds.

    Attributes
    ----------
    step : Step
        Where the descent was; its coordinates are to be made again.
    made_at : tuple or None
        The iteration, w and b that decorrelated coordinates were made at.
    """

    def __init__(self, arrays):
        self.arrays = arrays
        number = arrays["coef"].dtype.type

        def output(name):
            return arrays[name] if arrays[name].ndim else number(arrays[name])

        self.step = Step(
            t=int(arrays["t"]),
            coef=arrays["coef"],
            intercept=output("intercept"),
            cost=float(arrays["cost"]),
            gradient=(arrays["dw"], output("db")),
            learning_rate=float(arrays["learning_rate"]),
            wb=arrays["wb"],
            dwb=arrays["dwb"],
            coordinates=None,
            memory=tuple(arrays["memory"].tolist()),
        )
        self.made_at = None
        if str(arrays["coordinates"]) == "decorrelated":
            self.made_at = int(arrays["map_t"]), arrays["map_coef"], output("map_intercept")

    def restore(self, run):
        """Make a new run what the earlier one was before its step, which will be watched again."""
        run.records = [tuple(record) for record in self.arrays["records"].tolist()[: self.step.t]]
        run.began -= self.arrays["records"][-1, -1]
        run.best = self.step._replace(
            t=int(self.arrays["best_t"]),
            cost=float(self.arrays["best_cost"]),
            coef=self.arrays["best_coef"],
            intercept=self.arrays["best_intercept"],
            coordinates=run.problem.coordinates,
        )
        for observer in run.observers:
            if observer.saved:
                state = {name: self.arrays[_key(observer, name)] for name in observer.saved}
                observer.restore(state, self.step)


def read(path, identity, max_iter):
    """What a checkpoint holds, once it is sure that it is one of this fit.

    Parameters
    ----------
    path : str or path-like
    identity : dict
        Of the fit that is to go on.
    max_iter : int
        How far it is to go.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"resume_from must be the path of a checkpoint; got {path!r}.")
    path = Path(path)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found = json.loads(str(arrays.pop("identity")))
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']}")
        saved = Saved(arrays)
        for name, value in identity["parameters"].items():
            earlier = found["parameters"][name]
            if earlier != value:
                raise OtherFit(f"parameters: {name} was {earlier}, and is {value}")
        for name in ("shape", "classes"):
            if found[name] != identity[name]:
                raise OtherFit(f"data: the {name} was {found[name]}, and is {identity[name]}")
        if found["data"] != identity["data"]:
            raise OtherFit("data: X, y or the weights differ, or how X lies in memory")
        if found["validation"] != identity["validation"]:
            raise OtherFit("validation data")
    except OtherFit as other:
        raise ValueError(
            f"resume_from={str(path)!r} is a checkpoint of other {other}. A descent goes on only "
            "with the parameters and over the examples that it began with."
        ) from None
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(
            f"resume_from={str(path)!r} is not a checkpoint, or it is damaged. Begin again without "
            "resume_from."
        ) from error
    if saved.step.t > max_iter:
        raise ValueError(
            f"resume_from={str(path)!r} is a checkpoint of iteration {saved.step.t}, beyond "
            f"max_iter={max_iter}; raise max_iter."
        )
    return saved


class OtherFit(Exception):
    """The checkpoint is one, but not of this fit."""

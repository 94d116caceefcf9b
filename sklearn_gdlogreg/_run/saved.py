"""The state of a run in a file: a fit that was killed goes on, on the iterates it would have had.

The file is NumPy's .npz: arrays of numbers, and one text of JSON. Nothing in it is ever unpickled.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import warnings
from functools import partial
from numbers import Real
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds

from .._descent.steps import Step
from .observers import Observer
from .run import Record

FORMAT = 6
# What a resumed fit may change: it decides how far to go, and what to say, not where.
MAY_CHANGE = {"max_iter", "tol", "n_jobs", "verbose", "warm_start"}


def identity(parameters, objective, validation, schema):
    """What a fit must have in common with one that goes on from it.

    Parameters
    ----------
    parameters : GDLogisticRegression
    objective : Objective
    validation : Objective or None
        Of the rows that early stopping looks at.
    schema : Schema
    """
    named = parameters.get_params(deep=False)
    if not parameters.early_stopping:
        for name in ("validation_fraction", "n_iter_no_change", "random_state"):
            del named[name]
    return {
        "format": FORMAT,
        "parameters": {
            name: _described(value)
            for name, value in sorted(named.items())
            if name not in MAY_CHANGE
        },
        "classes": [repr(label) for label in schema.classes.tolist()],
        "shape": [objective.m, objective.n],
        "data": _fingerprint(objective),
        "validation": None if validation is None else _fingerprint(validation),
    }


class Saving(Observer):
    """Writes the state of a run into a file, now and then.

    Parameters
    ----------
    path : Path
    every : int
        How many iterations lie between two times.
    identity : callable
        What a file is to be recognized by; asked for when the first is written.
    """

    def __init__(self, path, every, identity):
        self.path, self.every, self.identity = path, every, identity
        self.has_warned = False

    def watch(self, step, run):
        if not step.t or step.t % self.every:
            return
        try:
            write(self.path, run, self.identity())
        except OSError as error:  # a full disk, say: no reason to lose the model too
            if not self.has_warned:
                self.has_warned = True
                warnings.warn(
                    f"The checkpoint of iteration {step.t} could not be written to "
                    f"{str(self.path)!r}: {error}. The fit goes on, and tries again every "
                    f"{self.every} iterations; until then the file is what it was.",
                    UserWarning,
                    stacklevel=2,
                )


def _described(value):
    """A text that is the same for equal values, in any process."""
    if isinstance(value, partial):
        return f"{_described(value.func)} of {value.args} and {value.keywords}"
    if callable(value):
        return f"a function {getattr(value, '__name__', '')}"
    if isinstance(value, np.ndarray):
        if value.size > 6:  # its own text would leave out the middle, or be as long as it is
            return f"an array of {value.shape} with the digest {_digest_of_arrays({'': value})}"
        return f"an array: {value.tolist()}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {[_described(each) for each in value]}"
    if isinstance(value, Bounds):
        return f"bounds {_described(np.asarray(value.lb))}, {_described(np.asarray(value.ub))}"
    if isinstance(value, dict):
        return str(sorted((_described(key), _described(value[key])) for key in value))
    return repr(float(value)) if isinstance(value, Real) else repr(value)


def _fingerprint(objective):
    """A digest of every bit of the rows, their labels and weights."""
    (of_parts,) = objective.rows.total(_part_digest, combine=_merged)
    digest = hashlib.blake2b(digest_size=16)
    for first in sorted(of_parts):
        digest.update(of_parts[first])
    return digest.hexdigest()


def _part_digest(part):
    """The digest of a part, by the number of its first row."""
    X = part.X
    if sparse.issparse(X):
        arrays = [X.data, X.indices, X.indptr]
    else:
        X = part.on_host(X)
        arrays = [X.T if X.strides[0] < X.strides[-1] else X]
    digest = hashlib.blake2b(digest_size=16)
    for array in (*arrays, part.on_host(part.y), part.on_host(part.share)):
        _feed(digest, array)
    return ({part.first: digest.digest()},)


def _feed(digest, array):
    """Have a digest tell apart arrays of other kinds, shapes or bits."""
    digest.update(f"{array.dtype} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8))


def _digest_of_arrays(arrays):
    """A digest of named arrays: whether they are those that were written, all of them."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        digest.update(name.encode())
        _feed(digest, arrays[name])
    return digest.hexdigest()


def _merged(a, b):
    return (a[0] | b[0],)


def write(path, run, identity):
    """Put the state of a run into a file, which is replaced as a whole; a link to it stays one."""
    arrays = _state(run)
    identity = json.dumps({**identity, "arrays": _digest_of_arrays(arrays)})
    path = Path(os.path.realpath(path))
    # Not by `tempfile`, whose files nobody else may read, whatever the umask says.
    temporary = path.with_name(f".checkpoint-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            np.savez(file, identity=np.array(identity), **arrays)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _state(run):
    here, best = run.last, run.best
    state = {
        "t": here.t,
        "w": here.w,
        "b": here.b,
        "cost": here.cost,
        "dw": here.dw,
        "db": here.db,
        "learning_rate": here.learning_rate,
        "wb": here.wb,
        "dwb": here.dwb,
        "memory": np.array(here.memory, dtype=np.float64),
        "records": np.array(run.records),
        "best_t": best.t,
        "best_cost": best.cost,
        "best_coef": best.coef,
        "best_intercept": best.intercept,
    }
    if here.coordinates.made_at is not None:
        state["map_t"], state["map_w"], state["map_b"] = here.coordinates.made_at
    if here.space is not None:
        state["entered_at"] = here.space.entered_at
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
    entered_at : ndarray or None
        The w that the descent entered the row space at.
    """

    def __init__(self, arrays):
        self.arrays = arrays
        number = arrays["w"].dtype.type

        def output(name):
            return arrays[name] if arrays[name].ndim else number(arrays[name])

        self.step = Step(
            t=int(arrays["t"]),
            w=arrays["w"],
            b=output("b"),
            cost=float(arrays["cost"]),
            dw=arrays["dw"],
            db=output("db"),
            learning_rate=float(arrays["learning_rate"]),
            wb=arrays["wb"],
            dwb=arrays["dwb"],
            coordinates=None,
            memory=tuple(arrays["memory"].tolist()),
        )
        self.made_at = None
        if "map_t" in arrays:
            self.made_at = int(arrays["map_t"]), arrays["map_w"], output("map_b")
        self.entered_at = arrays.get("entered_at")

    @property
    def records(self):
        """Those of before the step, which will be watched again."""
        earlier = self.arrays["records"].tolist()[: self.step.t]
        return [Record(*record) for record in earlier]

    @property
    def seconds(self):
        """How long the descent had taken."""
        return Record(*self.arrays["records"][-1].tolist()).seconds

    @property
    def best(self):
        """The step of the lowest cost, as far as it is known."""
        return self.step._replace(
            t=int(self.arrays["best_t"]),
            cost=float(self.arrays["best_cost"]),
            w=self.arrays["best_coef"],
            b=self.arrays["best_intercept"],
        )

    def restore(self, observers):
        """Make new observers what the earlier ones were before the step."""
        for observer in observers:
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
        found, saved = _loaded(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno,
            "resume_from names no file; leave it out of the first fit, as in "
            "resume_from=path if path.exists() else None",
            str(path),
        ) from None
    except (PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # there is no end of what bytes of any kind can lead to
        raise ValueError(
            f"resume_from={str(path)!r} is not a checkpoint, or it is damaged. Begin again without "
            "resume_from."
        ) from error
    if saved is None:
        raise ValueError(
            f"resume_from={str(path)!r} is a checkpoint of format {found['format']}, written by "
            f"another version of sklearn-gdlogreg; this one reads format {FORMAT}, as it would not "
            "go on with the same iterates. Resume it with that version, or begin again."
        )
    other = _difference(found, identity)
    if other:
        raise ValueError(
            f"resume_from={str(path)!r} is a checkpoint of other {other}. A descent goes on only "
            "with the parameters and over the examples that it began with."
        )
    if saved.step.t > max_iter:
        raise ValueError(
            f"resume_from={str(path)!r} is a checkpoint of iteration {saved.step.t}, beyond "
            f"max_iter={max_iter}; raise max_iter."
        )
    return saved


def _loaded(path):
    """The identity that a file has, and what else is in it; None for another format."""
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        found = json.loads(str(file["identity"]))
        if not isinstance(found["format"], int):
            raise ValueError(f"format {found['format']!r}")
        if found["format"] != FORMAT:
            return found, None
        arrays = {name: file[name] for name in file.files if name != "identity"}
    missing = {"parameters", "classes", "shape", "data", "validation"} - found.keys()
    if missing:
        raise LookupError(f"no {missing}")
    if found["arrays"] != _digest_of_arrays(arrays):
        raise ValueError("other arrays than were written")
    return found, Saved(arrays)


def _difference(found, expected):
    """What distinguishes two identities, in a few words; empty where they are the same."""
    for name, value in expected["parameters"].items():
        earlier = found["parameters"].get(name)
        if earlier != value:
            return f"parameters: {name} was {earlier}, and is {value}"
    for name in ("shape", "classes"):
        if found[name] != expected[name]:
            return f"data: the {name} was {found[name]}, and is {expected[name]}"
    if found["data"] != expected["data"]:
        return "data: X, y or the weights differ, or how X lies in memory"
    return "" if found["validation"] == expected["validation"] else "validation data"

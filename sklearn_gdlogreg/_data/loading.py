"""Examples as users pass them, checked, wherever X is."""

from .._check import library_of, refuse_lazy, remedied
from .array_examples import ArrayExamples, ArraySchema
from .examples import Examples


def load(X, y, sample_weight=None, *, caller, like=None):
    """The examples of arrays, of NumPy or of another library.

    Parameters
    ----------
    X, y, sample_weight : as in GDLogisticRegression.fit
    caller : GDLogisticRegression
        It stands in messages.
    like : Schema, or None
        Of examples that these are to stop a descent of: the same features, no other classes.
    """
    refuse_lazy("X" if like is None else "X_val", X)
    refuse_lazy("y" if like is None else "y_val", y)
    library = library_of(X)
    with remedied(X, y, "X" if like is None else "X_val"):
        if like is None:
            kind = Examples if library is None else ArrayExamples
            return kind.checked(X, y, sample_weight, caller)
        kind = ArrayExamples if isinstance(like, ArraySchema) else Examples
        return kind.checked_like(like, X, y, sample_weight, caller)

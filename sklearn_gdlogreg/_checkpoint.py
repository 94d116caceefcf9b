"""Checkpoint: the callback by which a user asks for the state of a descent in a file."""

import os
from inspect import signature
from numbers import Integral
from pathlib import Path


class Checkpoint:
    """Callback that writes the state of a descent to a file, for ``fit(..., resume_from=path)``.

    The file is replaced as a whole: one that was being written when the process was killed, or
    that the disk had no room for, does not harm the one before. A file that cannot be written is
    told in a warning, and ends no fit. A symbolic link stays one, and what it points to is
    replaced; the permissions are those of the file before, or of any new one.

    Parameters
    ----------
    path : str or path-like
        The file; its folder must exist. Fits that run at the same time need a file each.

    every : int, default=100
        How many iterations lie between two checkpoints, 1 or more. A fit that ends before the
        first of them writes none.

    Raises
    ------
    ValueError
        If `every` is not a positive integer.

    See Also
    --------
    GDLogisticRegression.fit : Its `resume_from` goes on from a checkpoint.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn_gdlogreg import Checkpoint, GDLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "descent.npz"
    ...     clf = GDLogisticRegression(tol=0, max_iter=50)
    ...     _ = clf.set_callbacks(Checkpoint(path, every=20)).fit(X, y)  # killed after 40, say
    ...     resumed = GDLogisticRegression(tol=0, max_iter=50).fit(X, y, resume_from=path)
    >>> np.array_equal(clf.coef_, resumed.coef_)
    True
    """

    # The run writes the file: scikit-learn need not tell it of anything.
    _served_by_fit = True

    def __init__(self, path, every=100):
        if not (isinstance(every, Integral) and every >= 1) or isinstance(every, bool):
            raise ValueError(f"every must be a positive number of iterations; got {every!r}.")
        self.path = Path(path)
        self.every = int(every)

    def setup(self, estimator, context):
        """Refuse what could not be resumed, before the fit begins.

        Parameters
        ----------
        estimator : GDLogisticRegression
            What is about to be fitted.

        context : object
            What scikit-learn tells of the fit.

        Raises
        ------
        TypeError
            If the estimator is not a GDLogisticRegression.
        OSError
            If there is no such folder, the path is a folder, or nothing can be written there.
        """
        if "resume_from" not in signature(estimator.fit).parameters:
            raise TypeError(
                f"Checkpoint writes the state of a GDLogisticRegression; {estimator!r} has none "
                "that a fit could go on from."
            )
        folder = Path(os.path.realpath(self.path)).parent
        if not folder.is_dir():
            raise FileNotFoundError(f"The folder of the checkpoint does not exist: {self.path}")
        if self.path.is_dir():
            raise IsADirectoryError(f"The checkpoint is to be a file, and is a folder: {self.path}")
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"The folder of the checkpoint is read-only: {self.path}")

    def on_fit_task_begin(self, estimator, context):
        """Do nothing: scikit-learn's protocol asks for it.

        Parameters
        ----------
        estimator : GDLogisticRegression
            What is being fitted.

        context : object
            What scikit-learn tells of the iteration.
        """

    def on_fit_task_end(self, estimator, context):
        """Do nothing: what is to be written only the run knows, which writes it itself.

        Parameters
        ----------
        estimator : GDLogisticRegression
            What is being fitted.

        context : object
            What scikit-learn tells of the iteration.
        """

    def teardown(self, estimator, context):
        """Do nothing: scikit-learn's protocol asks for it.

        Parameters
        ----------
        estimator : GDLogisticRegression
            What was fitted.

        context : object
            What scikit-learn tells of the fit.
        """

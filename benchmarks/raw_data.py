"""Default settings on raw, unscaled data: python benchmarks/raw_data.py

GDLogisticRegression(C=1) and LogisticRegression(C=1) on data sets of scikit-learn as they come,
every feature in its own unit. Distance is the cost above the lowest one found by long runs.
"""

import platform
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from sklearn_gdlogreg._cli.comparison import compare

LOADERS = (load_breast_cancer, load_digits, load_iris, load_wine)

if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, {platform.machine()}; median of up to 5 fits"
    )
    print(f"{'':14}{'model':30}{'distance':>10}{'iterations':>14}{'time':>12}")
    for load in LOADERS:
        X, y = load(return_X_y=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how fits end is in the table
            fits = compare(X, X, y, y, learning_rates=["auto"], C=1.0)
        for fit in fits:
            print(
                f"{load.__name__[5:]:14}{fit.name:30}{fit.above_optimum:10.1e}{fit.iterations:>14}"
                f"{fit.seconds * 1e3:9.1f} ms"
            )

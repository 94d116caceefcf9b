"""
Text: sparse columns and the words that decide
==============================================

A table of words has a column for every word and is mostly zeros.
:class:`~sklearn_gdlogreg.GDLogisticRegression` takes it as the sparse matrix that scikit-learn's
vectorizers make, and its coefficients say which words speak for which class.
"""

# %%
# A corpus that is installed already
# ----------------------------------
#
# The documents are descriptions of SciPy's functions and classes: the part of a docstring that
# comes before the parameters. The task is to tell which package of SciPy a description is from.

import importlib
import inspect

import matplotlib.pyplot as plt
import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklearn_gdlogreg import GDLogisticRegression

packages = ["linalg", "ndimage", "optimize", "signal", "special", "stats"]


def descriptions(package):
    module = importlib.import_module(f"scipy.{package}")
    found = set()
    for name in module.__all__:
        doc = inspect.getdoc(getattr(module, name)) or ""
        description, parameters, _ = doc.partition("\nParameters\n")
        if description.startswith(f"{name}("):  # a signature is no text
            description = description.partition("\n")[2]
        if parameters:
            found.add(description.strip())
    return sorted(found)


corpus = {package: descriptions(package) for package in packages}
texts = [text for found in corpus.values() for text in found]
labels = [package for package, found in corpus.items() for _ in found]
print({package: len(found) for package, found in corpus.items()})
print()
print(corpus["optimize"][0])

# %%
# From words to a model
# ---------------------
#
# :class:`~sklearn.feature_extraction.text.TfidfVectorizer` counts words and gives less weight to
# those that are everywhere. The names of the packages are left out, which would be too easy.

texts_train, texts_test, train, test = train_test_split(
    texts, labels, random_state=0, stratify=labels
)
vectorizer = TfidfVectorizer(
    stop_words=[*ENGLISH_STOP_WORDS, "scipy", *packages],
    token_pattern="[a-zA-Z]{3,}",
    min_df=3,
    sublinear_tf=True,
)
model = make_pipeline(vectorizer, GDLogisticRegression(C=10.0)).fit(texts_train, train)
clf = model[-1]

X = vectorizer.transform(texts_train)
print(f"{X.shape[0]} x {X.shape[1]}, {X.nnz / np.prod(X.shape):.1%} of it not zero")
print(f"{clf.stop_reason_} after {clf.n_iter_[0]} iterations")
most_frequent = DummyClassifier().fit(texts_train, train).score(texts_test, test)
print(f"accuracy on the test texts {model.score(texts_test, test):.3f}")
print(f"of the most frequent class {most_frequent:.3f}")

# %%
# The words with the largest weights
# ----------------------------------
#
# With three classes or more, ``coef_`` has a row for each class. A word with a large coefficient
# raises the probability of that class at the cost of the others.

plt.style.use("tableau-colorblind10")
words = vectorizer.get_feature_names_out()
figure, axes = plt.subplots(2, 3, figsize=(8, 5.6), sharex=True, layout="constrained")
for ax, package, coef in zip(axes.flat, clf.classes_, clf.coef_, strict=True):
    top = np.argsort(coef)[-10:]
    ax.barh(words[top], coef[top])
    ax.set_title(f"scipy.{package}")
    ax.grid(alpha=0.3, axis="x")
figure.supxlabel("Coefficient")
plt.show()

# %%
# Most of them are what a textbook of the field would have in its index. Some are not: the weights
# show what the model reads, and that need not be what was meant. Many functions of one package
# share a paragraph on batches of arrays, and its words have become evidence:

for package, found in corpus.items():
    share = np.mean(["batch" in text for text in found])
    print(f'{package:8}  "batch" is in {share:.0%} of the descriptions')

# %%
# The pipeline takes sentences as they are:

sentences = [
    "How likely is a sample mean this large?",
    "Eigenvalues of a Hermitian matrix",
    "Find the lowest point of a valley, given gradient and Hessian",
    "Attenuate frequencies above the cutoff",
]
for sentence, proba in zip(sentences, model.predict_proba(sentences), strict=True):
    print(f"{sentence:62} {clf.classes_[proba.argmax()]:8} {proba.max():.2f}")

"""Every formula from the margins to the gradient, against 50-digit arithmetic.

``python tools/accuracy.py`` prints the errors of more margins.
"""

import importlib
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[1] / "tools"


@pytest.fixture
def accuracy(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("accuracy")


def test_no_formula_errs_by_more_than_a_few_roundings(accuracy):
    results = accuracy.measure(quick=True)
    assert len(results) == 18
    for what, (_, errors) in results.items():
        assert set(errors) == {"float32", "float64"}
        # docs/trust.md has those of a longer run; exp differs a little among processors.
        assert max(errors.values()) < 4, (what, errors)


@pytest.mark.parametrize("K", [2, 4])
def test_the_exact_values_are_the_textbooks(K, accuracy, rng):
    """-log a_y and a - y as they stand there, with so many digits that nothing is lost."""
    z = rng.uniform(-400, 400, (K, 20))
    y = rng.integers(0, K, 20)
    own = np.arange(K)[:, None] == y
    with localcontext() as context:
        context.prec = 1000  # exp(800) has 348 digits before the point
        e = accuracy.exp(accuracy.decimals(z))
        a = e / e.sum(axis=0)
        loss = [-p.ln() for p in a[y, np.arange(20)]]
        context.prec = accuracy.DIGITS
        found = accuracy.exact_loss(accuracy.decimals(z), y)
        difference = accuracy.decimals(z[1]) - accuracy.decimals(z[0])
        of_two = accuracy.exact_loss(difference, y) if K == 2 else found
        for f in (found, of_two):
            assert max(abs(f[0] / loss - 1)) < Decimal("1e-50")
        assert abs(found[1] - (a - accuracy.decimals(own))).max() < Decimal("1e-50")
        assert abs(of_two[1] - found[1][1 if K == 2 else slice(None)]).max() < Decimal("1e-50")


@pytest.mark.parametrize("wrong", [1.0 + 2e-6, np.nan])
def test_an_error_would_be_seen(wrong, accuracy):
    found = np.array([1.0, wrong], np.float32)
    error = accuracy.error(found, Decimal(1), Decimal(1), np.float32)
    assert error > 4

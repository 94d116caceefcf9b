"""Every test of this room needs matplotlib, and leaves no figure to the next."""

import pytest


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    pytest.importorskip("matplotlib").use("Agg")
    yield
    from matplotlib import pyplot

    pyplot.close("all")

"""The table of tools/versions.py: what was run with which versions, and why the rest was not."""

import runpy
import sys
from importlib.metadata import version

from .layout import ROOT

TOOL = runpy.run_path(ROOT / "tools" / "versions.py")

REPORT = """<testsuites><testsuite tests="9" failures="1" errors="1" skipped="5">
<testcase><skipped message="needs scikit-learn 1.9"/></testcase>
<testcase><skipped message="could not import 'pandas': No module named 'pandas'"/></testcase>
<testcase><skipped message="collection skipped">('f.py', 9, "Skipped: could not import 'rich':
No module named 'rich'")</skipped></testcase>
<testcase><skipped message="pandas is not installed: not testing for it"/></testcase>
<testcase><skipped message="got empty parameter set for (xp)"/></testcase>
<testcase><failure message="an assertion"/></testcase>
</testsuite></testsuites>"""


def test_a_row_counts_what_was_run_and_says_why_the_rest_was_skipped(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    cells = TOOL["row"]("here", sys.executable, report, "all").strip("| ").split(" | ")
    libraries = [version(name) for name in ("numpy", "scipy", "scikit-learn")]
    assert cells[0] == "here"
    assert cells[1].startswith(f"3.{sys.version_info.minor}.")
    assert cells[2:5] == libraries
    why = "2 no pandas, 1 needs scikit-learn 1.9, 1 no rich, 1 no array_api_strict"
    assert cells[5:] == ["all", "4", "2", "2", "5", why]


def test_the_oldest_versions_are_those_that_are_declared():
    oldest = TOOL["oldest"]()
    assert {each.partition("==")[0] for each in oldest} >= {"numpy", "scipy", "scikit-learn"}
    assert all("==" in each for each in oldest)

"""The tests with other versions: python tools/versions.py [NAME ...] [--all] [--newest REPORT]

Each NAME is one of the combinations below, or a Python, such as python3.14t, which gets the newest
versions of all. A virtual environment is made for each, without any extra, and the tests marked
`sklearn` are run there, those of what touches scikit-learn; with --all, all of them. REPORT is what
pytest's --junitxml wrote of the tests in the environment that runs this; it makes a row too.

At the end there is a table, in Markdown: docs/trust.md has one. The exit status is 1 if a test
failed; but a nightly build of scikit-learn may fail, or not be there. The environment variable
NIGHTLY_INDEX names the index that has it; without it, a pre-release is taken where there is one.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Of scikit-learn 1.6, newer ones of pytest warn.
TESTING = ("pytest==8.*", "pytest-xdist", "hypothesis")
LIBRARIES = ("numpy", "scipy", "scikit-learn")
VERSIONS = f"""
import json, sys
from importlib.metadata import version
free = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else "t"
python = ".".join(map(str, sys.version_info[:3])) + free
print(json.dumps([python, *map(version, {LIBRARIES})]))
"""


def oldest():
    """The oldest versions that are declared."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return [each.replace(">=", "==") for each in tomllib.load(file)["project"]["dependencies"]]


def nightly():
    """What is to come of scikit-learn."""
    index = os.environ.get("NIGHTLY_INDEX")
    return ["--pre", *(["--extra-index-url", index] if index else []), "scikit-learn"]


COMBINATIONS = {
    "oldest": oldest,
    "middle": lambda: ["scikit-learn==1.7.*", "numpy==2.2.*", "scipy==1.15.*"],
    "1.8": lambda: ["scikit-learn==1.8.*"],
    "nightly": nightly,
}


def versions(python):
    """Those of Python and of the libraries that it has."""
    return json.loads(subprocess.check_output([python, "-c", VERSIONS], text=True))


def installed(name, folder):
    """The Python of an environment with such versions; None if they are not to be had."""
    chosen = COMBINATIONS[name]() if name in COMBINATIONS else []
    subprocess.run([sys.executable if chosen else name, "-m", "venv", folder], check=True)
    python = str(Path(folder, "bin", "python"))
    install = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    done = subprocess.run([*install, str(ROOT), *TESTING, *chosen], check=False)
    if done.returncode:
        return None
    is_release = re.fullmatch(r"[\d.]+", versions(python)[-1])
    return None if name == "nightly" and is_release else python


def tested(python, report, which):
    """Run the tests; whether none of them failed."""
    command = [python, "-m", "pytest", "-n", "auto", "-q", "--no-header", f"--junitxml={report}"]
    return not subprocess.run([*command, *which, "tests"], cwd=ROOT, check=False).returncode


def reason(skipped):
    """Why a test was skipped, in few words: "no pandas"."""
    told = f"{skipped.get('message')} {skipped.text}"
    if "empty parameter set for (xp)" in told:
        return "no array_api_strict"
    missing = re.search(r"could not import '([\w.]+)'|(\w+) is not installed", told)
    return f"no {missing[1] or missing[2]}" if missing else skipped.get("message")


def row(name, python, report, which):
    """The row of a combination, of what pytest has written."""
    (suite,) = ET.parse(report).getroot().iter("testsuite")
    count = {key: int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped")}
    reasons = collections.Counter(map(reason, suite.iter("skipped")))
    run = count["tests"] - count["skipped"]
    failed = count["failures"] + count["errors"]
    told = ", ".join(f"{n} {why}" for why, n in reasons.most_common())
    cells = [name, *versions(python), which, run, run - failed, failed, count["skipped"], told]
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    options = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    options.add_argument("names", nargs="*", metavar="NAME", help="a combination, or a Python")
    options.add_argument("--all", action="store_true", help="run all tests")
    options.add_argument("--newest", metavar="REPORT", help="what pytest wrote here")
    options = options.parse_args()
    which = [] if options.all else ["-m", "sklearn"]
    title = ["combination", "Python", *LIBRARIES, "tests"]
    title += ["run", "passed", "failed", "skipped", "why skipped"]
    table = ["| " + " | ".join(title) + " |", "|---" * len(title) + "|"]
    if options.newest:
        table.append(row("newest, all extras", sys.executable, options.newest, "all"))
    failed = False
    for name in options.names or COMBINATIONS:
        print(f"== {name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            python = installed(name, folder)
            if python is None:
                print(f"{name}: there is no such version for this Python.", flush=True)
                failed |= name != "nightly"
                continue
            report = Path(folder, "report.xml")
            passed = tested(python, report, which)
            failed |= not passed and name != "nightly"
            table.append(row(name, python, report, "all" if options.all else "marked"))
    print(*table, sep="\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

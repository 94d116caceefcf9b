"""`python -m sklearn_gdlogreg`: see `_cli/main.py`."""

import sys

from ._cli.main import main

if __name__ == "__main__":
    sys.exit(main())

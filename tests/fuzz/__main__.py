"""`python -m tests.fuzz`, from the root of a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    TESTS = Path(__file__).parents[1]
    sys.path[:0] = map(str, (TESTS.parent, TESTS, TESTS / "support"))

    from fuzz.command import main

    sys.exit(main())

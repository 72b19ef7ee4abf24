"""A number as all programs write it into tables: no letters of other scripts, no words."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""There is one way to match any text, so that no long one takes longer than it is."""

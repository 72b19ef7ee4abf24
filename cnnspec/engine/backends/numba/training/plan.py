"""Tables of native calls that are worked out once for shapes: a step adds where its arrays begin.

A network's layers ask for the same shapes step after step, and a table takes the interpreter longer to write than
small layers take to carry out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .steps import Numbers

PLANS = 1 << 10
"""Shapes whose tables are kept, of each function."""


class Plan(NamedTuple):
    """Tables whose addresses of arrays lack where these begin, what else they point to, and the thread of each."""

    tables: Numbers
    fields: tuple[str, ...]
    alive: tuple[object, ...]
    owners: Numbers
    cells: int = 0

    def at(self, **begins: int) -> Numbers:
        """The tables for arrays that begin at these addresses."""
        row = np.zeros(len(self.fields), np.int64)
        for name, begin in begins.items():
            row[self.fields.index(name)] = begin
        found: Numbers = self.tables + row
        return found

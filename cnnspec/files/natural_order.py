"""The order in which people count files: `2.png` before `10.png`."""

from __future__ import annotations

import re
from pathlib import PurePath


def natural(path: PurePath) -> tuple[list[str | int], str]:
    """To sort by: numbers in a name count as numbers; the name itself decides between `1.png` and `01.png`."""
    pieces = re.split(r"(\d+)", path.name.casefold())
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)], path.name

"""Mistakes as pictures: files whose names tell the example, its class and what it was taken for."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from math import ceil

from PIL import Image

from ...spec.output_image import Pixels
from ...train.mistakes import Mistake
from .mistakes_text import name

SIDE = 112
"""Pixels that the longer side has at least, so that small inputs can be seen."""
LONGEST = 60
"""Letters of a class' name."""


def file_name(mistake: Mistake, names: Sequence[str] | None) -> str:
    """`1717-seven-taken-for-one.png`: of the names letters, digits, points and dashes are kept."""
    right, said = (_plain(name(index, names)) for index in (mistake.right, mistake.said))
    return f"{mistake.example}-{right}-taken-for-{said}.png"


def png(pixels: Pixels) -> bytes:
    """Pixels (H, W) or (H, W, 3) as a file, each a square."""
    times = max(1, ceil(SIDE / max(pixels.shape[:2])))
    stream = io.BytesIO()
    Image.fromarray(pixels.repeat(times, 0).repeat(times, 1)).save(stream, "PNG")
    return stream.getvalue()


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text)[:LONGEST] or "_"

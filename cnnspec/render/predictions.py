"""Results of `run` as text and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..kernels.windows import Array
from ..layer import times
from ..predictions import Class
from .safe import escaped, width

BAR = 24
EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, columns: int = BAR) -> str:
    """A share from 0 to 1 as a bar of up to `columns`, in steps of an eighth."""
    eighths = round(min(max(share, 0.0), 1.0) * columns * 8)
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()


def table(name: str, classes: Sequence[Class]) -> str:
    """An input's name and its top classes, a line each."""
    labels = [escaped(c.name) or f"class {c.index}" for c in classes]
    room = max(map(width, labels), default=0)
    lines = [
        f"  {label}{' ' * (room - width(label))}  {100 * c.score:6.2f} %  {bar(c.score)}".rstrip()
        for label, c in zip(labels, classes, strict=True)
    ]
    return "\n".join([escaped(name), *lines]) + "\n"


def line(name: str, classes: Sequence[Class]) -> str:
    """An input's top classes as one JSON object."""
    top = [{"index": c.index, "class": c.name or None, "score": c.score} for c in classes]
    return json.dumps({"input": name, "top": top}, ensure_ascii=False) + "\n"


def array_text(name: str, output: str, y: Array) -> str:
    """An output that is no list of classes, by its size and range."""
    return f"{escaped(name)}\n  {escaped(output)}  {times(y.shape)}  min {y.min():.4g}  mean {y.mean():.4g}  max {y.max():.4g}\n"


def array_line(name: str, output: str, y: Array) -> str:
    """The same as one JSON object."""
    values = {"min": float(y.min()), "mean": float(y.mean()), "max": float(y.max())}
    return json.dumps({"input": name, "output": output, "shape": list(y.shape), **values}, ensure_ascii=False) + "\n"


def picture(image: Array) -> str:
    """A small gray image (H, W) in half blocks, two rows of pixels a line; bright where the image is bright."""
    low, high = float(image.min()), float(image.max())
    lit = image > (low + high) / 2
    if len(lit) % 2:
        lit = lit[: len(lit) - 1]
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    rows = zip(lit[::2].tolist(), lit[1::2].tolist(), strict=True)
    lines = ["".join(blocks[pair] for pair in zip(upper, lower, strict=True)).rstrip() for upper, lower in rows]
    return "\n".join(lines).strip("\n") + "\n"

"""The size of a model's input, from its file and from who asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.shape import Shape, times
from .faults import broken


def settled(path: str, known: Sequence[int], asked: Shape | None) -> Shape:
    """The size that a file says, (C, H, W) or (C,), 0 where it leaves that free, and then what is asked for.

    Raises FileError (E430) where both do not agree, and where the size stays open.
    """
    said = "x".join(str(own) if own > 0 else "?" for own in known)
    if asked is not None and not _agree(known, asked):
        raise broken(path, f"the input is not {times(asked)}", f"the file says {said}", "leave out `--input`")
    size = asked or tuple(known)
    if min(size) < 1:
        axes = ",".join("CHW"[: len(known)])
        raise broken(path, "the file leaves the size of the input free", f"it says {said}", f"`--input {axes}`")
    return size


def _agree(known: Sequence[int], asked: Shape) -> bool:
    return len(known) == len(asked) and all(own in (0, size) for own, size in zip(known, asked, strict=True))

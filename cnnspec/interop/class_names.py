"""Names of classes that are too many to stand in a spec: in a text file beside it, a name a line."""

from __future__ import annotations

from collections.abc import Sequence

MANY = 20
"""Names that stand in the spec, at most."""


def stand_apart(names: Sequence[str]) -> bool:
    """Whether the names are that many, and a file gives them back as they are."""
    from ..spec.assets import MAX_CLASSES

    are_lines = all(name.isprintable() and name == name.strip() != "" for name in names)
    return len(names) > MANY and are_lines and len(as_lines(names)) <= MAX_CLASSES


def as_lines(names: Sequence[str]) -> bytes:
    """What is in the file."""
    return "".join(f"{name}\n" for name in names).encode()

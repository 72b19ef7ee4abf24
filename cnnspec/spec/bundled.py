"""The networks and data sets that come with cnnspec, by name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the bundled specs lie: inside an installed package, beside it in a checkout."""
    inside = PACKAGE / "specs"
    return inside if inside.is_dir() else PACKAGE.parent / "specs"


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder().glob("*.yaml")))


def data() -> dict[str, Path]:
    """The folders of the data sets."""
    return {path.name: path for path in sorted(folder().iterdir()) if any(path.glob("*-ubyte.gz"))}


def path(name: str) -> Path | None:
    """The file of a bundled spec; None when there is none of that name."""
    return folder() / f"{name}.yaml" if name in names() else None

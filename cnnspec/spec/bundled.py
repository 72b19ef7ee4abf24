"""The networks and data sets that come with cnnspec, by name."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ..diagnostics import closest
from .naming import spec_name

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
    """The data sets: folders of images, and tables."""
    found = [path for path in folder().iterdir() if path.suffix == ".csv" or any(path.glob("*-ubyte.gz"))]
    return {path.stem: path for path in sorted(found)}


def path(name: str) -> Path | None:
    """The file of a bundled spec; None when there is none of that name."""
    return folder() / f"{name}.yaml" if name in names() else None


def near(what: str) -> str | None:
    """The bundled spec that was most likely meant: `lenet5.yaml`, `LeNet-5` and `lenet` are `lenet5`."""
    word = _bare(spec_name(what) if Path(what).suffix.lower() in (".yaml", ".yml") else Path(what).name)
    digits = re.sub(r"[^0-9]", "", word)
    alike = (name for name in names() if digits in ("", re.sub(r"[^0-9]", "", name)))  # resnet34 is not resnet18
    spelled = {_bare(name): name for name in alike}
    found = closest(word, spelled)
    return spelled[found] if found else None


def _bare(name: str) -> str:
    """A name without its case and joints."""
    return re.sub(r"[-_ .]", "", name.lower())

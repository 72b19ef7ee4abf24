"""One file per layer kind: the file's name is the kind, its one `Layer` class the definition.

A kind is imported when a spec uses it. Files that begin with `_` hold what several kinds share.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules

from ..graph.layer import Layer


@lru_cache(maxsize=1)
def kinds() -> tuple[str, ...]:
    """All layer kinds, sorted."""
    return tuple(sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_")))


@cache
def find(kind: str) -> type[Layer]:
    """The class of a kind. Raises KeyError for a kind that does not exist."""
    if kind not in kinds():
        raise KeyError(kind)
    module = import_module(f"{__name__}.{kind}")
    return next(
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Layer) and found.__module__ == module.__name__
    )

"""The living definition of every layer: naive loops over one input in float64, after the language's page.

An oracle is a function named as its layer kind: it takes the layer, of which it reads the fields alone, one
array for each arriving tensor (no batch), and the layer's tensors by name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def find(kind: str) -> Callable[..., Array]:
    """The oracle of a layer kind. Raises KeyError when nobody has written it."""
    for entry in iter_modules(__path__):
        module = import_module(f"{__name__}.{entry.name}")
        found: Any = vars(module).get(kind)
        if callable(found) and found.__module__ == module.__name__:
            oracle: Callable[..., Array] = found
            return oracle
    raise KeyError(kind)

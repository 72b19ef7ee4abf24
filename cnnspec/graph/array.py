"""The names of array types, for signatures alone: nothing that only describes a network imports NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool]
else:  # aliases such as `Callable[[Array], Array]` are evaluated when a module is imported
    Array = Mask = Any

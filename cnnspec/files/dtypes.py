"""Types of stored numbers, under the names that safetensors gives them: F32, BF16, I64, BOOL, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CODES = {
    "F64": "f8", "F32": "f4", "F16": "f2", "BF16": "u2",
    "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
    "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "b1",
}  # fmt: skip
"""How a number stands in a file: NumPy's letter for its kind, and its bytes. BF16, which NumPy lacks, is `widened`."""


def dtype_name(kind: str, itemsize: int) -> str:
    """The name of NumPy's type of this kind: `f`, `i`, `u` or `b`."""
    return "BOOL" if kind == "b" else f"{kind.upper()}{8 * itemsize}"


def width(dtype: str) -> int:
    """Bytes of one number."""
    return int(CODES[dtype][1])


def widened(stored: NDArray[Any]) -> NDArray[np.float32]:
    """BF16, read as whole numbers of 16 bits, as float32: each is the upper half of one."""
    import numpy as np

    upper = stored.astype(np.uint32, order="C")
    upper <<= 16
    return upper.view(np.float32)

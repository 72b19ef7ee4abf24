"""What generated code defines in several languages: types, and what needs NumPy alone. Read as text; the definitions of
a language, and the tests, import it, too.
"""

import json
from pathlib import Path

import numpy as np

Array = np.ndarray
Tensors = dict[str, Array]
Pair = int | tuple[int, int]
Sides = int | tuple[tuple[int, int], tuple[int, int]]


def load_safetensors(path: Path) -> Tensors:
    """The arrays of a file: 8 bytes of length, a JSON header, then the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    if not 8 < start <= len(data):
        raise ValueError("it is no .safetensors file, or cut short")
    types = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            if entry["dtype"] not in types:
                raise ValueError(f"{name} is of {entry['dtype']}, not of floats")
            first, end = entry["data_offsets"]
            if start + end > len(data):
                raise ValueError("it is cut short")
            piece = data[start + first : start + end]
            values = np.frombuffer(piece, types[entry["dtype"]]).astype(np.float32)
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def sides(P: Sides) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cells at the top and the bottom, at the left and the right."""
    return ((P, P), (P, P)) if isinstance(P, int) else P


def bins(size: int, out: int) -> list[slice]:
    """So many bins that cover an axis; neighbours may share a cell."""
    return [slice(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]

"""Weights in several `.safetensors` files: an index, `NAME.safetensors.index.json`, says which tensor is where.

Source: "model.safetensors.index.json" as huggingface_hub writes it: `{"metadata": ..., "weight_map": {TENSOR: FILE}}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files.reading import AnyPath, Malformed, blaming, opened
from . import read
from .stored import StoredTensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 16 * 2**20
"""Bytes of an index."""
MANY = 1_000
"""Files of a model."""


def sharded(path: AnyPath) -> StoredTensors:
    """The tensors of all files that an index names, which lie beside it. Raises FileError: E403 for an index or a file
    that is none, or that lacks what the index promises, E404 for a file that is not there."""
    with blaming(path):
        places = _places(path)
    files = {name: read(Path(path).with_name(name), mapped=True) for name in sorted(set(places.values()))}
    for name, file in places.items():
        if name not in files[file].header:
            with blaming(Path(path).with_name(file)):
                raise Malformed(f"it lacks `{name}`, which `{Path(path).name}` says to be in it", "download both again")
    header = {name: files[file].header[name] for name, file in places.items()}

    def load(name: str) -> NDArray[Any]:
        return files[places[name]][name]

    return StoredTensors(header, load)


def _places(path: AnyPath) -> dict[str, str]:
    """The file of each tensor, by name."""
    with opened(path) as stream:
        data = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise Malformed(f"an index of more than {LONGEST:,} bytes is not read")
    try:
        found = json.loads(data).get("weight_map")
    except (ValueError, RecursionError, AttributeError) as fault:
        raise Malformed(f"it is no index of weights: {fault}") from fault
    if not isinstance(found, dict) or not found or not all(map(_is_beside, found.values())):
        raise Malformed("its `weight_map` does not name .safetensors files beside it", "download it again")
    if len(set(found.values())) > MANY:
        raise Malformed(f"it names more than {MANY:,} files")
    return found


def _is_beside(file: object) -> bool:
    """Whether a word is the name of a file in the same folder, on any system."""
    if not isinstance(file, str) or not file.isprintable() or any(sign in file for sign in "/\\:"):
        return False
    return file.endswith(".safetensors") and not file.startswith(".")

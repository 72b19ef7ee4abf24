"""Tensors for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...graph.layer import TensorSpec
from .cells import DTYPE


def render(tensors: Mapping[str, TensorSpec]) -> str:
    """A list of records, a tensor a line."""
    records = (
        {"name": name, "shape": tensor.shape, "dtype": DTYPE, "buffer": tensor.buffer}
        for name, tensor in tensors.items()
    )
    return "[\n" + ",\n".join(f"  {json.dumps(record)}" for record in records) + "\n]\n"

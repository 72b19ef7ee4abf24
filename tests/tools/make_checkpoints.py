"""Write data/checkpoint-archive.pth and data/checkpoint-stream.pth: what training programs leave behind.

    python tests/tools/make_checkpoints.py

Both hold the same; the second is in the format from before PyTorch 1.6. `expected` says it with NumPy.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parents[1] / "data"
ARCHIVE = DATA / "checkpoint-archive.pth"
STREAM = DATA / "checkpoint-stream.pth"

DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")


def saved() -> dict[str, Any]:
    """A checkpoint with every type, views of all kinds, and an optimizer's state beside the weights."""
    import torch

    table = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    weights = {f"module.{name}": torch.tensor([[0, 1], [2, 3]]).to(getattr(torch, name)) for name in DTYPES}
    weights |= {
        "module.transposed": table.T,
        "module.part": table[1:, ::2],
        "module.tied": table,
        "module.repeated": torch.tensor([7.0, 8.0]).expand(3, 2),
        "module.number": torch.tensor(5),
        "module.half_number": torch.tensor(1.5, dtype=torch.bfloat16),
        "module.empty": torch.empty(0, 3),
        "module.parameter": torch.nn.Parameter(torch.tensor([0.5, -0.25])),
    }
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    return {
        "epoch": 90,
        "best": -1.5,
        "note": None,
        "done": True,
        "large": -(2**70),
        "model": {"name": "none of the weights are here"},
        "device": torch.device("cpu"),
        "type": torch.float16,
        "shape": torch.Size([1, 2]),
        "accuracy": np.float64(76.1),
        "counts": Counter([70_000, -1, 1]),
        "steps": [30, 60, (), (1, 2), (1, 2, 3), {"a"}],
        "raw": b"\x00\xff",
        "optimizer": optimizer.state_dict(),
        "state_dict": weights,
    }


def expected() -> dict[str, NDArray[Any]]:
    """What reading either file must give."""
    small = np.array([[0, 1], [2, 3]])
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {name: small.astype("float32" if name == "bfloat16" else name) for name in DTYPES}
    return arrays | {
        "transposed": table.T,
        "part": table[1:, ::2],
        "tied": table,
        "repeated": np.array([[7, 8]] * 3, np.float32),
        "number": np.array(5),
        "half_number": np.array(1.5, np.float32),
        "empty": np.empty((0, 3), np.float32),
        "parameter": np.array([0.5, -0.25], np.float32),
    }


if __name__ == "__main__":
    import torch

    torch.save(saved(), ARCHIVE)
    torch.save(saved(), STREAM, _use_new_zipfile_serialization=False)

"""Write data/torchvision-names.json.gz: names and shapes of the tensors of torchvision's networks.

    python tests/tools/make_torchvision_names.py

The specs in `specs/` take their names from there, so that torchvision's published files load into them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from benchmarks.public_networks import torchvision

NAMES = Path(__file__).parents[1] / "data" / "torchvision-names.json.gz"
NETWORKS = (
    "alexnet",
    "vgg11",
    "vgg16",
    "vgg19",
    "googlenet",
    "squeezenet1_1",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "densenet121",
    "mobilenet_v2",
    "mobilenet_v3_small",
)


def build(network: str) -> Any:
    """A torchvision network without values (on torch's device `meta`), as it stands after training."""
    import torch

    with torch.device("meta"):
        return made(network)


def made(network: str) -> Any:
    """A torchvision network with the values that it begins with, as it stands after training."""
    models = torchvision("models")
    without_auxiliary = {"aux_logits": False, "init_weights": False} if network == "googlenet" else {}
    return getattr(models, network)(weights=None, **without_auxiliary).eval()


def names(module: Any) -> dict[str, list[int]]:
    """Tensors of a PyTorch module that a spec has too: all but the counter of batches."""
    state = module.state_dict()
    return {name: list(state[name].shape) for name in state if not name.endswith(".num_batches_tracked")}


def read() -> dict[str, dict[str, list[int]]]:
    """The file as written: network -> tensor -> shape."""
    found: dict[str, dict[str, list[int]]] = json.loads(gzip.decompress(NAMES.read_bytes()))
    return found


if __name__ == "__main__":
    text = json.dumps({network: names(build(network)) for network in NETWORKS})
    # Without a time stamp the same names give the same file.
    NAMES.write_bytes(gzip.compress(text.encode(), mtime=0))

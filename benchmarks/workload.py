"""A network with values on disk, as every engine is given it: weights, an ONNX file, an input, what must come out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cnnspec.graph.layer import TensorSpec

    Array = NDArray[np.float32]

NETWORKS: dict[str, tuple[int, ...]] = {
    "lenet5": (1, 64),
    "squeezenet1_1": (1, 16),
    "mobilenet_v1": (1, 16),
    "mobilenet_v2": (1, 16),
    "efficientnet_lite0": (1, 16),
    "resnet18": (1, 16),
    "resnet50": (1, 16),
    "vgg16": (1, 16),
    "googlenet": (1, 16),
    "densenet121": (1, 16),
    "unet": (1, 16),
}
"""The bundled networks that are timed, with the batch sizes at which they are."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Inputs of `batch` images for the network of `spec`: a path or a bundled name. `folder` holds the files."""

    spec: str
    batch: int
    macs: int
    folder: Path

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def onnx(self) -> Path:
        return self.folder / "network.onnx"

    @property
    def input(self) -> Path:
        return self.folder / f"input{self.batch}.npy"

    @property
    def expected(self) -> Path:
        """The output for the first and the last input."""
        return self.folder / f"expected{self.batch}.npy"


def prepare(spec_name: str, batch: int, folder: Path) -> Workload:
    """Write a workload's files into `folder`; those that are there stay. The expected output is that of plain
    execution, the definition of what a spec computes."""
    import numpy as np

    from cnnspec import load
    from cnnspec.engine.model import Model
    from cnnspec.interop.onnx import encode
    from cnnspec.weights import save, take

    spec = load(spec_name)
    work = Workload(spec_name, batch, spec.graph.totals.macs, folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not work.onnx.exists():
        values = {name: value(name, tensor) for name, tensor in spec.graph.tensors.items()}
        save(values, work.weights)
        work.onnx.write_bytes(encode(spec, values).data)
    if not work.expected.exists():
        x = np.random.default_rng(batch).standard_normal((batch, *spec.graph.input), np.float32)
        model = Model(spec.graph, take(spec.graph.tensors, work.weights))
        np.save(work.input, x)
        np.save(work.expected, model.trace(ends(x))[spec.graph.outputs[0]])
    return work


def ends(batch: Any) -> Any:
    """The first and the last of a batch: what went wrong in the middle of it shows at its end."""
    return batch[:: max(1, len(batch) - 1)]


def value(name: str, tensor: TensorSpec) -> Array:
    """Values to run with: drawn as for training, but with scales, biases and statistics as training leaves them.

    Scales and variances of 1 and offsets of 0 would hide a mistake, and let an engine leave work out.
    """
    import numpy as np

    from cnnspec.weights import initial

    if tensor.fan is not None:
        return initial({name: tensor}, "he", 0)[name]
    random = np.random.default_rng([*name.encode()])
    if tensor.fill:
        return (tensor.fill * random.uniform(0.5, 1.5, tensor.shape)).astype(np.float32)
    return random.normal(0, 0.1, tensor.shape).astype(np.float32)

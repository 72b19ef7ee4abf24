"""Layers that leave the shape as it is beside PyTorch's functions, with values from ordinary to extreme ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.graph.layer import Layer
from cnnspec.graph.shape import Shape
from cnnspec.layers import find

Array = NDArray[np.floating[Any]]
IMAGE, VECTOR = (6, 4, 5), (12,)
BATCH = 3
LARGEST = 1000.0


@dataclass(frozen=True)
class Case:
    """A layer's fields, and PyTorch's function: (functional, x, tensors) -> y."""

    kind: str
    peer: Callable[[Any, Any, dict[str, Any]], Any]
    fields: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[Shape, ...] = (IMAGE, VECTOR)

    @property
    def layer(self) -> Layer:
        return find(self.kind)(**self.fields)

    def __str__(self) -> str:
        return "-".join(map(str, (self.kind, *self.fields.values())))


def normal(f: Any, x: Any, t: dict[str, Any], eps: float = 1e-5) -> Any:
    return f.batch_norm(x, t["running_mean"], t["running_var"], t["weight"], t["bias"], eps=eps)


def over_channels(f: Any, x: Any, t: dict[str, Any]) -> Any:
    return f.layer_norm(x.movedim(1, -1), x.shape[1:2], t["weight"], t["bias"]).movedim(-1, 1)


CASES = (
    Case("relu", lambda f, x, t: f.relu(x)),
    Case("relu6", lambda f, x, t: f.relu6(x)),
    Case("sigmoid", lambda f, x, t: x.sigmoid()),
    Case("tanh", lambda f, x, t: x.tanh()),
    Case("silu", lambda f, x, t: f.silu(x)),
    Case("hardsigmoid", lambda f, x, t: f.hardsigmoid(x)),
    Case("hardsigmoid", lambda f, x, t: (0.2 * x + 0.45).clamp(0, 1), {"slope": 0.2, "offset": 0.45}),
    Case("hardswish", lambda f, x, t: f.hardswish(x)),
    Case("leakyrelu", lambda f, x, t: f.leaky_relu(x)),
    Case("leakyrelu", lambda f, x, t: f.leaky_relu(x, 0.2), {"slope": 0.2}),
    Case("elu", lambda f, x, t: f.elu(x)),
    Case("elu", lambda f, x, t: f.elu(x, 0.3), {"alpha": 0.3}),
    Case("celu", lambda f, x, t: f.celu(x)),
    Case("celu", lambda f, x, t: f.celu(x, 0.25), {"alpha": 0.25}),
    Case("selu", lambda f, x, t: f.selu(x)),
    Case("exp", lambda f, x, t: x.exp()),
    Case("abs", lambda f, x, t: x.abs()),
    Case("softplus", lambda f, x, t: f.softplus(x)),
    Case("softsign", lambda f, x, t: f.softsign(x)),
    Case("sqrt", lambda f, x, t: x.sqrt()),
    Case("mish", lambda f, x, t: f.mish(x)),
    Case("thresholdedrelu", lambda f, x, t: f.threshold(x, 1.0, 0.0)),
    Case("thresholdedrelu", lambda f, x, t: f.threshold(x, -0.5, 0.0), {"alpha": -0.5}),
    Case("clip", lambda f, x, t: x.clamp(-1, 3), {"min": -1.0, "max": 3.0}),
    Case("clip", lambda f, x, t: x.clamp(min=0), {"min": 0.0}),
    Case("clip", lambda f, x, t: x.clamp(max=0), {"max": 0.0}),
    Case("prelu", lambda f, x, t: f.prelu(x, t["weight"])),
    Case("gelu", lambda f, x, t: f.gelu(x)),
    Case("gelu", lambda f, x, t: f.gelu(x, approximate="tanh"), {"approx": "tanh"}),
    Case("softmax", lambda f, x, t: f.softmax(x, dim=1)),
    Case("logsoftmax", lambda f, x, t: f.log_softmax(x, dim=1)),
    Case("softmax", lambda f, x, t: f.softmax(x, dim=2), {"axis": "H"}, (IMAGE,)),
    Case("softmax", lambda f, x, t: f.softmax(x, dim=3), {"axis": "W"}, (IMAGE,)),
    Case("logsoftmax", lambda f, x, t: f.log_softmax(x, dim=3), {"axis": "W"}, (IMAGE,)),
    Case("logsoftmax", lambda f, x, t: f.log_softmax(x, dim=2), {"axis": "H"}, (IMAGE,)),
    Case("dropout", lambda f, x, t: f.dropout(x, training=False)),
    Case("droppath", lambda f, x, t: x, {"p": 0.2}),
    Case("scale", lambda f, x, t: x * t["weight"].reshape(-1, *[1] * (x.ndim - 2))),
    Case(
        "scale",
        lambda f, x, t: (x.movedim(1, -1) * t["weight"] + t["bias"]).movedim(-1, 1),
        {"bias": True},
    ),
    Case("constant", lambda f, x, t: x + t["weight"]),
    Case("constant", lambda f, x, t: x * t["weight"], {"by": "mul"}),
    Case("rmsnorm", lambda f, x, t: f.rms_norm(x.movedim(1, -1), x.shape[1:2], t["weight"], 1e-5).movedim(-1, 1)),
    Case("rmsnorm", lambda f, x, t: f.rms_norm(x, x.shape[1:], t["weight"], 1e-2), {"over": "all", "eps": 1e-2}),
    Case("batchnorm", normal),
    Case("batchnorm", lambda f, x, t: normal(f, x, t, 1e-2), {"eps": 1e-2}),
    Case("batchnorm", lambda f, x, t: f.batch_norm(x, t["running_mean"], t["running_var"]), {"affine": False}),
    Case("layernorm", over_channels),
    Case("layernorm", lambda f, x, t: f.layer_norm(x, x.shape[1:], t["weight"], t["bias"]), {"over": "all"}),
    Case("groupnorm", lambda f, x, t: f.group_norm(x, 3, t["weight"], t["bias"]), {"G": 3}),
    Case("groupnorm", lambda f, x, t: f.group_norm(x, 1, t["weight"], t["bias"], 1e-2), {"G": 1, "eps": 1e-2}),
    Case("instancenorm", lambda f, x, t: f.instance_norm(x, None, None, t["weight"], t["bias"]), {}, (IMAGE,)),
    Case("instancenorm", lambda f, x, t: f.instance_norm(x), {"affine": False}, (IMAGE,)),
    Case("layernorm", lambda f, x, t: f.layer_norm(x, x.shape[1:]), {"over": "all", "affine": False}),
    Case("groupnorm", lambda f, x, t: f.group_norm(x, 3), {"G": 3, "affine": False}),
    Case("lrn", lambda f, x, t: f.local_response_norm(x, 5), {"size": 5}, (IMAGE,)),
    Case(
        "lrn",
        lambda f, x, t: f.local_response_norm(x, 4, 0.1, 0.5, 2.0),
        {"size": 4, "alpha": 0.1, "beta": 0.5, "k": 2.0},
        (IMAGE,),
    ),
    Case("lrn", lambda f, x, t: f.local_response_norm(x, 1, 1.0), {"size": 1, "alpha": 1.0}, (IMAGE,)),
    Case("lrn", lambda f, x, t: f.local_response_norm(x, 30, 1.0), {"size": 30, "alpha": 1.0}, (IMAGE,)),
)


def inputs(shape: Shape) -> Iterator[Array]:
    """Batches: ordinary, tiny, wide and extreme values, those at the bends of the functions, constants."""
    random = np.random.default_rng(0)
    ordinary = random.standard_normal((BATCH, *shape))
    yield from (ordinary, 1e-8 * ordinary, 5 * ordinary, LARGEST * np.sign(ordinary))
    yield random.choice([-LARGEST, -6, -3, -1, -0.0, 0, 1e-300, 1, 3, 6, LARGEST], (BATCH, *shape))
    yield from (np.full((BATCH, *shape), value) for value in (-LARGEST, 0.0, LARGEST))


def drawn(layer: Layer, shape: Shape) -> dict[str, Array]:
    """Random tensors: those that start at 1 (weights, variances) positive."""
    random = np.random.default_rng(1)
    return {
        name: random.uniform(0.5, 2, tensor.shape) if tensor.fill == 1 else random.standard_normal(tensor.shape)
        for name, tensor in layer.tensors(shape).items()
    }


def scale(expected: Array) -> float:
    """The largest finite value, or 1 where all are smaller."""
    return float(np.abs(expected[np.isfinite(expected)]).max(initial=1.0))

"""A spec's graph as a PyTorch module: a table from layer kinds to PyTorch's modules, and an interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnspec import load
from cnnspec.graph.graph import INPUT, Graph, Step
from cnnspec.weights import take


class Network(nn.Module):
    """The steps of a graph, run in order; a tensor is dropped once nothing needs it."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.output = graph.outputs[0]
        self.steps = [(step.name, step.inputs) for step in graph.steps]
        self.layers = nn.ModuleList(KINDS[step.kind](step, step.layer) for step in graph.steps)
        last = {name: i for i, (_, inputs) in enumerate(self.steps) for name in inputs}
        self.dies = [[name for name, j in last.items() if j == i] for i in range(len(self.steps))]

    def forward(self, x: Tensor) -> Tensor:
        live = {INPUT: x}
        for (name, inputs), layer, dying in zip(self.steps, self.layers, self.dies, strict=True):
            live[name] = layer(*(live[source] for source in inputs))
            for source in dying:
                del live[source]
        return live[self.output]

    def held(self, graph: Graph) -> Iterator[tuple[str, Tensor]]:
        """The parameters and buffers by the names that they have in the graph."""
        for step, layer in zip(graph.steps, self.layers, strict=True):
            held = dict(layer.named_parameters()) | dict(layer.named_buffers())
            for key in step.tensors:
                # A convolution behind a padding is the second of two modules: `1.weight`.
                (found,) = (tensor for name, tensor in held.items() if name.rpartition(".")[2] == key)
                yield f"{step.name}.{key}", found


def filled(graph: Graph, values: Mapping[str, Any]) -> Network:
    """The module of a graph with values for its tensors."""
    module = Network(graph)
    with torch.no_grad():
        for name, tensor in module.held(graph):
            tensor.copy_(torch.tensor(values[name]))
    return module


def network(spec_name: str, weights: Path) -> nn.Module:
    """The module of a spec with the values of a weights file, ready to run."""
    graph = load(spec_name).graph
    return filled(graph, take(graph.tensors, weights)).eval()


class Joined(nn.Module):
    """A function of all branches at once."""

    def __init__(self, join: Callable[[tuple[Tensor, ...]], Tensor]) -> None:
        super().__init__()
        self.join = join

    def forward(self, *branches: Tensor) -> Tensor:
        return self.join(branches)


def _before(step: Step, layer: Any) -> tuple[int, int]:
    """Rows and columns of padding at the top and left, which for this table are those at the bottom and right."""
    rows, columns = layer.windows(step.arriving[0])
    return rows.before, columns.before


def _conv(step: Step, layer: Any) -> nn.Module:
    rows, columns = layer.windows(step.arriving[0])
    uneven = rows.before != rows.after or columns.before != columns.after
    P = 0 if uneven else _before(step, layer)
    conv = nn.Conv2d(step.arriving[0][0], layer.K, layer.F, layer.S, P, layer.D, layer.G, layer.bias)
    edges = (columns.before, columns.after, rows.before, rows.after)
    return nn.Sequential(nn.ZeroPad2d(edges), conv) if uneven else conv


def _deconv(step: Step, layer: Any) -> nn.Module:
    C, P = step.arriving[0][0], _before(step, layer)
    return nn.ConvTranspose2d(C, layer.K, layer.F, layer.S, P, layer.extra, layer.G, layer.bias, layer.D)


def _pad(step: Step, layer: Any) -> nn.Module:
    edges = [width for widths in reversed(layer.widths(step.arriving[0])) for width in widths]
    return Joined(lambda branches: nn.functional.pad(branches[0], edges))


KINDS: dict[str, Callable[[Step, Any], nn.Module]] = {
    "conv": _conv,
    "deconv": _deconv,
    "dense": lambda step, layer: nn.Linear(step.arriving[0][0], layer.K, layer.bias),
    "batchnorm": lambda step, layer: nn.BatchNorm2d(step.arriving[0][0], layer.eps),
    "maxpool": lambda step, layer: nn.MaxPool2d(
        layer.F, layer.stride, _before(step, layer), ceil_mode=layer.rounds == "ceil"
    ),
    "avgpool": lambda step, layer: nn.AvgPool2d(
        layer.F, layer.stride, _before(step, layer), layer.rounds == "ceil", layer.count_padding
    ),
    "adaptiveavgpool": lambda step, layer: nn.AdaptiveAvgPool2d(layer.out),
    "globalavgpool": lambda step, layer: nn.AdaptiveAvgPool2d(1),
    "globalmaxpool": lambda step, layer: nn.AdaptiveMaxPool2d(1),
    "flatten": lambda step, layer: nn.Flatten(),
    "pad": _pad,
    "identity": lambda step, layer: nn.Identity(),
    "dropout": lambda step, layer: nn.Identity(),
    "relu": lambda step, layer: nn.ReLU(),
    "relu6": lambda step, layer: nn.ReLU6(),
    "leakyrelu": lambda step, layer: nn.LeakyReLU(layer.slope),
    "sigmoid": lambda step, layer: nn.Sigmoid(),
    "tanh": lambda step, layer: nn.Tanh(),
    "silu": lambda step, layer: nn.SiLU(),
    "hardsigmoid": lambda step, layer: nn.Hardsigmoid(),
    "hardswish": lambda step, layer: nn.Hardswish(),
    "softmax": lambda step, layer: nn.Softmax(1),
    "add": lambda step, layer: Joined(lambda branches: reduce(torch.add, branches)),
    "mul": lambda step, layer: Joined(lambda branches: reduce(torch.mul, branches)),
    "concat": lambda step, layer: Joined(lambda branches: torch.cat(branches, layer.index)),
}
"""Windows whose padding is uneven are here for `conv` alone, as the timed networks need it."""

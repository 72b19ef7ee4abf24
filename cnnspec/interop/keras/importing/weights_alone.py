"""Weights that Keras has saved without their network, as `model.save_weights` does: a spec says the network.

Keras 3 counts layers by their classes, `layers/conv2d_1/vars/0`, and notes their names beside; earlier ones have groups
of the layers' names, `conv1/conv1/kernel:0`, and a list of these in the order of the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from ....diagnostics import Diagnostic, FileError
from ....files.reading import AnyPath, Malformed, blaming, opened
from ....files.recognition import HDF5, recognised
from ....graph.graph import INPUT, Graph, Step
from ...faults import ALONE, SHOWN, Unsaid, broken
from .hdf5 import Hdf5, unusual
from .values import Array, unrolled_order
from .windows import depthwise_kernel, flat_kernel

Tensors = dict[str, Array]
GROUP = re.compile(r"layers/([^/]+?)(_\d{1,9})?/vars/(\d{1,9})")
WHOLE = "save the whole model with `model.save`: it says its network"
SORTS = {
    "batch_normalization": "batchnorm", "conv1d": "conv", "conv2d": "conv", "conv2d_transpose": "deconv",
    "dense": "dense", "depthwise_conv1d": "depthwise", "depthwise_conv2d": "depthwise",
    "group_normalization": "groupnorm", "layer_normalization": "layernorm", "p_re_lu": "prelu",
}  # fmt: skip
"""Classes of Keras by the names that they have in files."""
COUNTED, AS_SPECS = "columns", "channels first"
"""What is said in a file of ours whose columns are counted as specs do."""
SPLIT = frozenset({"conv"})
"""Kinds of which Keras has a class more, for channels apart."""
TELLING = {"depthwise_kernel": "depthwise", "moving_mean": "batchnorm", "alpha": "prelu", "kernel": "conv"}
"""What an array is part of."""


class Saved(NamedTuple):
    """A layer in a file: its name, what it is, and its arrays by their names or numbers."""

    name: str
    sort: str
    arrays: Mapping[str, Array]
    by_rows: bool = True
    """Whether columns of an unrolled image are counted as Keras does."""

    def array(self, number: int, *names: str) -> Array:
        for name in (*names, str(number)):
            if name in self.arrays:
                return self.arrays[name]
        raise Unsaid(f"the file holds no {names[0]} for it")


def weights_alone(path: AnyPath, graph: Graph) -> Tensors | None:
    """The tensors of a graph from a file of weights; None for a file of another kind.

    Layers are told by their names, or by their order where that can only be one. Raises FileError: E403, E404, E430
    where neither tells them, and for layers whose arrays do not say how they are used.
    """
    with blaming(path), opened(path) as stream:
        if recognised(stream) is not HDF5:
            return None
        hdf5 = Hdf5(stream)
        with closing(hdf5.root):
            if hdf5.text("model_config") is not None:
                return None
            by_rows = hdf5.text(COUNTED) != AS_SPECS
            saved = [held._replace(by_rows=by_rows) for held in _saved(hdf5)]
            is_permuted = _is_permuted(hdf5)
    steps = [step for step in graph.steps if step.tensors]
    pairs = _by_name(steps, saved) or _by_order(steps, saved, graph, str(path))
    tensors: Tensors = {}
    faults = []
    for step, held in pairs:
        try:
            if is_permuted and column_order(step, graph) is not None:
                raise Unsaid("the network permutes axes, so that the order of its columns cannot be told")
            tensors |= {
                f"{step.name}.{key}": array for key, array in RULES[keras_sort(step)](held, step, graph).items()
            }
        except (Unsaid, KeyError) as fault:
            why = str(fault) if isinstance(fault, Unsaid) else f"weights of {fault} are only read with their network"
            message = f"the weights of `{held.name:.60}` cannot be taken"
            faults.append(Diagnostic("E430", message, file=str(path), why=why, help=WHOLE))
    if faults:
        raise FileError(faults[:SHOWN])
    return tensors


def _saved(hdf5: Hdf5) -> list[Saved]:
    names = hdf5.under("layers/")
    return _counted(hdf5, names) if names else _named(hdf5)


def _is_permuted(hdf5: Hdf5) -> bool:
    """Whether there is a layer of this class; layers without arrays are groups, or names, all the same."""
    with unusual():
        groups = [*hdf5.root["layers"]] if hdf5.under("layers/") else hdf5.texts("layer_names")
    return any(re.fullmatch(r"permute(_\d+)?", name) for name in groups)


def _counted(hdf5: Hdf5, names: list[str]) -> list[Saved]:
    """As Keras 3 has them: each class in the order of its numbers."""
    groups: dict[tuple[str, int], dict[str, str]] = {}
    for name in names:
        match = GROUP.fullmatch(name)
        if match is None:
            raise Malformed("its layers lie in models inside of each other, or are several in one", WHOLE)
        groups.setdefault((match[1], int((match[2] or "_0")[1:])), {})[match[3]] = name
    found = []
    for (sort, _), held in sorted(groups.items()):
        group = next(iter(held.values())).rpartition("/")[0]
        name = hdf5.text("name", group) or group.split("/")[1]
        found.append(Saved(name, SORTS.get(sort, sort), {key: hdf5.array(each) for key, each in held.items()}))
    return found


def _named(hdf5: Hdf5) -> list[Saved]:
    """As earlier ones have them: in the order of the network."""
    found = []
    for name in hdf5.texts("layer_names"):
        held = {re.sub(r":\d+$", "", each.rpartition("/")[2]): hdf5.array(each) for each in hdf5.under(f"{name}/")}
        if held:
            sort = next((sort for key, sort in TELLING.items() if key in held), "")
            is_dense = "kernel" in held and held["kernel"].ndim == 2
            found.append(Saved(name, "dense" if is_dense else sort, held))
    return found


def _by_name(steps: list[Step], saved: list[Saved]) -> list[tuple[Step, Saved]]:
    """Each layer of the spec with the one of its name, dots or not; nothing where one has none."""
    names = {held.name.replace("/", ".").replace(".", "_"): held for held in saved}
    found = [(step, names[each]) for step in steps if (each := step.name.replace(".", "_")) in names]
    return found if len(found) == len(steps) else []


def _by_order(steps: list[Step], saved: list[Saved], graph: Graph, path: str) -> list[tuple[Step, Saved]]:
    """The first convolution with the first, and so on."""
    if not _is_row(graph):
        why = "its layers are called otherwise than those of the spec, whose branches leave no single order"
        raise broken(path, ALONE, why, WHOLE)
    own = [keras_sort(step) for step in steps]
    theirs = [held.sort for held in saved]
    for sort in sorted({*own, *theirs}):
        if own.count(sort) != theirs.count(sort):
            why = f"it has {theirs.count(sort)} layers like `{sort:.60}`, the spec has {own.count(sort)}"
            raise broken(path, "the file holds the weights of another network", why, WHOLE)
    queues = {sort: iter([held for held in saved if held.sort == sort]) for sort in own}
    return [(step, next(queues[keras_sort(step)])) for step in steps]


def _is_row(graph: Graph) -> bool:
    """Whether all layers with weights lie behind each other."""
    above: dict[str, int] = {INPUT: 0}
    count = 0
    for step in graph.steps:
        above[step.name] = max(above[each] for each in step.inputs)
        if step.tensors:
            if above[step.name] < count:
                return False
            count += 1
            above[step.name] = count
    return True


def column_order(step: Step, graph: Graph) -> Array | None:
    """Where each column of a layer's weight, whose cells are an image's, stands among those of Keras; None where all
    stand in the same place."""
    weight = graph.tensors.get(f"{step.name}.weight")
    return unrolled_order(*weight.unrolled) if weight is not None and weight.unrolled else None


def keras_sort(step: Step) -> str:
    """What a layer is in Keras: one whose channels are apart is another one there."""
    groups = getattr(step.layer, "G", 1)
    return "depthwise" if step.kind in SPLIT and groups == step.arriving[0][0] > 1 else step.kind


def _with_bias(held: Saved, weight: Array, step: Step) -> Tensors:
    return {"weight": weight} | ({"bias": held.array(1, "bias")} if "bias" in step.tensors else {})


def _convolution(held: Saved, step: Step, graph: Graph) -> Tensors:
    kernel = held.array(0, "kernel")
    weight = kernel.T[:, :, np.newaxis, np.newaxis] if kernel.ndim == 2 else flat_kernel(kernel).transpose(3, 2, 0, 1)
    return _with_bias(held, weight, step)


def _depthwise(held: Saved, step: Step, graph: Graph) -> Tensors:
    if held.sort != "depthwise":
        return _convolution(held, step, graph)
    return _with_bias(held, depthwise_kernel(held.array(0, "depthwise_kernel", "kernel")), step)


def _dense(held: Saved, step: Step, graph: Graph) -> Tensors:
    kernel = held.array(0, "kernel")
    if kernel.ndim != 2:
        return _convolution(held, step, graph)
    if graph.tensors[f"{step.name}.weight"].unrolled == ():
        raise Unsaid("cells of an image arrive at it in an order that cannot be told")
    order = column_order(step, graph)
    if order is not None and held.by_rows and len(order) == len(kernel):
        kernel = kernel[order]
    return _with_bias(held, kernel.T, step)


def _batchnorm(held: Saved, step: Step, graph: Graph) -> Tensors:
    count = len(held.arrays)
    if "0" in held.arrays and count not in (2, 4):
        raise Unsaid(f"which {count} of its four arrays are there, the file does not say")
    last = count - 2
    mean, variance = held.array(last, "moving_mean"), held.array(last + 1, "moving_variance")
    is_learned = "0" in held.arrays and count == 4
    gamma = held.array(0, "gamma") if is_learned or "gamma" in held.arrays else np.ones_like(mean)
    beta = held.array(1, "beta") if is_learned or "beta" in held.arrays else np.zeros_like(mean)
    found = {"weight": gamma, "bias": beta, "running_mean": mean, "running_var": variance}
    return {key: found[key] for key in step.tensors}


def _norm(held: Saved, step: Step, graph: Graph) -> Tensors:
    return {"weight": held.array(0, "gamma"), "bias": held.array(1, "beta")}


def _prelu(held: Saved, step: Step, graph: Graph) -> Tensors:
    return {"weight": held.array(0, "alpha").reshape(-1)}


RULES: dict[str, Callable[[Saved, Step, Graph], Any]] = {
    "batchnorm": _batchnorm,
    "conv": _convolution,
    "deconv": _convolution,
    "dense": _dense,
    "depthwise": _depthwise,
    "groupnorm": _norm,
    "layernorm": _norm,
    "prelu": _prelu,
}
"""By what a layer is in Keras."""

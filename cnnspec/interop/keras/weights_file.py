"""Weights as Keras has them in an `.h5` file without a network: `model.load_weights` takes them layer by layer."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import Diagnostic, FileError
from ...files.reading import AnyPath
from ...files.writing import whole
from ...graph.graph import Graph, Step
from ..exporter import Tensors
from .importing.weights_alone import AS_SPECS, COUNTED, column_order, keras_sort

if TYPE_CHECKING:
    from ...spec import Spec

Arrays = dict[str, NDArray[Any]]
Order = NDArray[Any] | None
"""Where each column of a weight stands among those of Keras."""
WHY = "Keras has no layer with such weights, or its order of axes is not known"
HELP = "`-o` with `.safetensors` keeps them as they are"


def save_for_keras(spec: Spec, tensors: Tensors, path: AnyPath, by_rows: bool = True) -> None:
    """Write the tensors of a spec, whole or not at all: columns of an unrolled image `by_rows`, as Keras' own `Flatten`
    counts them, or as the spec does. The package h5py is there. Raises FileError: E415 where nothing can be written,
    E419 for layers whose weights Keras does not have."""
    import h5py

    layers = keras_layers(spec, tensors, by_rows)
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        if not by_rows:
            file.attrs[COUNTED] = AS_SPECS
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in arrays]
            for key, array in arrays.items():
                group[f"{name}/{key}:0"] = array
    with whole(path) as stream:
        stream.write(held.getbuffer())


def keras_layers(spec: Spec, tensors: Tensors, by_rows: bool = True) -> dict[str, Arrays]:
    """The arrays of each layer as Keras has them, in its order, under the names of layers with `_` for dots."""
    found: dict[str, Arrays] = {}
    faults = []
    for step in spec.graph.steps:
        if step.tensors:
            rule = RULES.get(keras_sort(step))
            name = step.name.replace(".", "_")
            if rule is None or name in found or _is_lost(step, spec.graph):
                why = f"`{name}` is the name of another layer, too" if name in found else WHY
                faults.append(
                    Diagnostic("E419", f"no weights for `{step.name}` in Keras", span=step.span, why=why, help=HELP)
                )
                continue
            own = {key: tensors[f"{step.name}.{key}"] for key in step.tensors}
            order = column_order(step, spec.graph) if by_rows else None
            found[name] = rule(own, step, order)
    if faults:
        raise FileError(replace(each, file=spec.source.file) for each in faults)
    return found


def _is_lost(step: Step, graph: Graph) -> bool:
    """Whether it cannot be told in which order the cells of an image arrive."""
    weight = graph.tensors.get(f"{step.name}.weight")
    return weight is not None and weight.unrolled == ()


def _with_bias(kernel: str, array: NDArray[Any], own: Tensors) -> Arrays:
    return {kernel: array} | ({"bias": own["bias"]} if "bias" in own else {})


def _convolution(own: Tensors, step: Step, order: Order) -> Arrays:
    return _with_bias("kernel", own["weight"].transpose(2, 3, 1, 0), own)


def _depthwise(own: Tensors, step: Step, order: Order) -> Arrays:
    C, *window = step.arriving[0][0], *own["weight"].shape[2:]
    kernel = own["weight"].reshape(C, -1, *window).transpose(2, 3, 0, 1)
    return _with_bias("depthwise_kernel", kernel, own)


def behind_an_image(graph: Graph) -> list[str]:
    """The layers whose columns Keras' own `Flatten` counts in another order than the spec."""
    return [step.name for step in graph.steps if column_order(step, graph) is not None]


def _dense(own: Tensors, step: Step, order: Order) -> Arrays:
    kernel = own["weight"].T
    if order is not None:
        kernel = kernel[np.argsort(order)]
    return _with_bias("kernel", kernel, own)


def _norm(own: Tensors, step: Step, order: Order) -> Arrays:
    names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    return {names[key]: own[key] for key in names if key in own}


def _prelu(own: Tensors, step: Step, order: Order) -> Arrays:
    return {"alpha": own["weight"].reshape(*[1] * (len(step.arriving[0]) - 1), -1)}


RULES: Mapping[str, Callable[[Tensors, Step, Order], Arrays]] = {
    "batchnorm": _norm,
    "conv": _convolution,
    "deconv": _convolution,
    "dense": _dense,
    "depthwise": _depthwise,
    "groupnorm": _norm,
    "layernorm": _norm,
    "prelu": _prelu,
}
"""By what a layer is in Keras."""

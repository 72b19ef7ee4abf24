"""ONNX: a Graph with its weights as one file that other programs run.

Nodes are called as the layers, initialisers as their tensors, outputs as the layers that make them. A layer that takes
several operators has inner nodes `<layer>/<operator>_<n>`. The input is `input`, float32, its batch size free;
`preprocess` is left out. The file holds weights and all, up to the 2 GiB of a protobuf
message; beyond, they lie in a file beside it. Equal networks give equal bytes.

Format: https://onnx.ai/onnx/repo-docs/IR.html, and Operators.md beside it. The operators are used as they are since
opset 17 and still are in later ones, so any of these may be declared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...diagnostics import Diagnostic, FileError
from ...diagnostics.missing_package import needed
from ...graph.graph import INPUT, Graph
from ..exporter import Encoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...spec import Spec

OPSET = 17
"""The oldest opset with all operators that are used."""
BESIDE = ".data"
"""What the name of the file with the weights adds to that of the model."""


def problems(graph: Graph) -> list[Diagnostic]:
    """What keeps `encode` from writing the network (E417, E419), seen before weights are read or made for it."""
    from .operators import without_rule

    if found := without_rule(graph.steps):
        return found
    try:
        needed("writing ONNX", "onnx")
    except FileError as error:
        return list(error.diagnostics)
    return []


def opsets() -> range:
    """The opsets that can be declared, up to the newest that the installed package `onnx` knows."""
    from onnx.defs import onnx_opset_version

    return range(OPSET, onnx_opset_version() + 1)


def encode(
    spec: Spec,
    tensors: Mapping[str, NDArray[Any]],
    opset: int = OPSET,
    free_size: bool = False,
    external_data: bool = False,
    name: str = "net.onnx",
) -> Encoded:
    """An ONNX file called `name`: the part of the network that makes the spec's outputs, with `tensors` by name.

    Where they are more than a file holds, or with `external_data`, weights lie in a file beside it, with `BESIDE`
    behind its name. `opset` is one of `opsets()`; with `free_size` height and width of the input are free, called `H`
    and `W`. Raises FileError: E428 for a network that fixes them, E417 without the package `onnx`, E418 for a layer
    whose constants are too large, E419 for a layer kind without a rule, and what is wrong with a file of class names.
    """
    graph = spec.graph.until(*spec.graph.outputs)
    if found := problems(graph):
        raise FileError(found)
    from onnx import ModelProto, helper

    from .free_size import dimensions, fixed, other_sizes
    from .writer import Writer, typed

    others = other_sizes(spec) if free_size else []
    if free_size and (found := fixed(graph, others)):
        raise FileError(replace(diagnostic, file=spec.source.file) for diagnostic in found)
    versions = [helper.make_opsetid("", opset)]
    model = ModelProto(
        ir_version=helper.find_min_ir_version_for(versions),
        opset_import=versions,
        producer_name="cnnspec",
        producer_version=__version__,
    )
    names = spec.classes()
    if names is not None:
        model.metadata_props.add(key="classes", value=json.dumps(names, ensure_ascii=False))
    model.graph.name = spec.name
    model.graph.doc_string = spec.header.about or ""
    model.graph.input.append(typed(INPUT, dimensions(INPUT, graph, others)))
    model.graph.output.extend(typed(name, dimensions(name, graph, others)) for name in graph.outputs)
    # The other shapes are for people, and for the checker, which compares them with what it infers.
    inner = (step for step in graph.steps if step.name not in graph.outputs)
    model.graph.value_info.extend(typed(step.name, dimensions(step.name, graph, others)) for step in inner)
    writer = Writer(model.graph, graph, tensors)
    for step in graph.steps:
        writer.write(step)
    beside: dict[str, Iterable[bytes | memoryview]] = {}
    if (external_data and writer.initializers.has_large) or not writer.initializers.fit:
        beside[name + BESIDE] = writer.initializers.put_beside(name + BESIDE)
    else:
        writer.initializers.put_inside()
    return Encoded(model.SerializeToString(deterministic=True), beside)

"""ONNX as an exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic
from ...graph.graph import Graph
from ..exporter import Encoded, Option, OptionError, OptionValues, Tensors
from . import OPSET, encode, opsets, problems

if TYPE_CHECKING:
    from ...spec import Spec


class ONNX:
    """A spec as an `.onnx` file."""

    name = "onnx"
    suffixes = (".onnx",)
    needs_weights = True
    about = (
        "ONNX: nodes are called as the layers; the batch size stays free. `preprocess` is left out: the input is the "
        "array that comes out of it. Needs the package onnx: pip install onnx."
    )
    options = (
        Option("opset", OPSET, "Version of ONNX's operators to declare.", least=OPSET),
        Option("free_size", False, "Leave height and width free, as H and W, where the network allows it."),
        Option("external_data", False, "Write weights to a file beside it, OUTPUT.data; above 2 GB they always are."),
    )

    def problems(self, graph: Graph) -> list[Diagnostic]:
        return problems(graph)

    def check_options(self, choices: OptionValues) -> None:
        opset, newest = choices["opset"], opsets()[-1]
        if opset > newest:
            raise OptionError("opset", opset, f"the installed onnx knows {newest} at most")

    def encode(self, spec: Spec, tensors: Tensors, choices: OptionValues, name: str) -> Encoded:
        return encode(spec, tensors, **choices, name=name)

    def describe(self, choices: OptionValues) -> str:
        return f"ONNX, opset {choices['opset']}" + (", H and W free" if choices["free_size"] else "")

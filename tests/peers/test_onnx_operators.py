"""Nodes in exported files, read as layers: the file says no less than the expressions it is made from."""

from __future__ import annotations

import pytest
from layer_cases import RUN, drawn, spec
from onnx_nodes import from_call, from_file

from cnnspec.graph.layer import Example
from cnnspec.interop import onnx as export
from cnnspec.interop.onnx.operators import KINDS, read
from cnnspec.layers import find
from cnnspec.spec import check

pytestmark = pytest.mark.peers


def is_one_node(kind: str, example: Example) -> bool:
    checked = spec(example.yaml, example.arriving)
    assert checked.spec is not None
    step = checked.steps[-1]
    calls = list(KINDS[kind].write(step.layer, step).in_order())
    return len(calls) == 1 and not (calls[0].op == "Conv" and kind != "conv")


SINGLE = [example for example in RUN if example.values[0] in KINDS and is_one_node(*example.values)]


@pytest.mark.parametrize(("kind", "example"), SINGLE)
def test_a_node_in_a_file_is_read_as_its_expression(kind: str, example: Example) -> None:
    import onnx

    checked = spec(example.yaml, example.arriving)
    assert checked.spec is not None
    step = checked.steps[-1]
    calls = list(KINDS[kind].write(step.layer, step).in_order())
    tensors = {
        f"{other.name}.{key}": array for other in checked.steps for key, array in drawn(other, "float32").items()
    }
    model = onnx.load_from_string(export.encode(checked.spec, tensors).data)
    node = from_file(model, step.name)
    found = read(node)
    assert found is not None
    assert found == read(from_call(calls[0], step))
    find(found[0]).model_validate(found[1])


def test_a_networks_nodes_are_its_layers() -> None:
    """LeNet-5 has a node a layer: read one by one, they are its layers again."""
    import onnx

    checked = check("lenet5")
    assert checked.spec is not None
    graph = checked.spec.graph
    tensors = {f"{step.name}.{key}": array for step in graph.steps for key, array in drawn(step, "float32").items()}
    model = onnx.load_from_string(export.encode(checked.spec, tensors).data)
    for step in graph.steps:
        found = read(from_file(model, step.name))
        assert found is not None
        assert find(found[0]).model_validate(found[1]) == step.layer

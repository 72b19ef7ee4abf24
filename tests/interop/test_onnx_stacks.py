"""Stacks of images (N, P, C, H, W) in ONNX models come in as images of P*C channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import model, node, numbers, written

from cnnspec.diagnostics import FileError
from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model

pytestmark = pytest.mark.peers

P, C, H, W = 2, 3, 4, 5


def shape(*sizes: int) -> Any:
    return np.array(sizes, np.int64)


def imported(nodes: list[Any], folder: Path, size: tuple[int, ...] = (P * C, H, W), **constants: Any) -> Imported:
    found = read_model(written(model(nodes, constants, size=size), folder / "net.onnx"))
    assert found.difference is not None
    assert found.difference.largest < 1e-6
    return found


def kinds(found: Imported) -> list[str]:
    return [step.kind for step in found.spec.graph.steps]


def attended(kernel: Any) -> list[Any]:
    """A stack's images weighed by a softmax over them, as in a selective kernel."""
    return [
        node("ReduceSum", ["stack", "one"], "total", keepdims=0),
        node("GlobalAveragePool", ["total"], "mean"),
        node("Conv", ["mean", "kernel"], "logits"),
        node("Reshape", ["logits", "table"], "split"),
        node("Softmax", ["split"], "shares", axis=1),
        node("Mul", ["stack", "shares"], "weighed"),
        node("ReduceSum", ["weighed", "one"], "y", keepdims=0),
    ]


STORED = {"one": shape(1), "table": shape(1, P, C, 1, 1), "kernel": numbers(P * C, C, 1, 1)}


def test_channels_become_a_stack(tmp_path: Path) -> None:
    stack = node("Reshape", ["x", "five"], "stack")
    found = imported([stack, *attended(STORED["kernel"])], tmp_path, **STORED, five=shape(1, P, C, H, W))
    assert found.spec.graph.steps[-1].shape == (C, H, W)
    assert kinds(found).count("slice") == 2 * P
    assert "permute" not in kinds(found)


def test_branches_become_a_stack(tmp_path: Path) -> None:
    branches = [
        node("Relu", ["x"], "left"),
        node("Sigmoid", ["x"], "right"),
        *(node("Unsqueeze", [name, "one"], f"{name}1") for name in ("left", "right")),
        node("Concat", ["left1", "right1"], "stack", axis=1),
    ]
    found = imported([*branches, *attended(STORED["kernel"])], tmp_path, (C, H, W), **STORED)
    assert kinds(found).count("softmax") == 1


def test_a_sum_that_keeps_its_axis_and_values_one_by_one(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "five"], "stack"),
        node("Tanh", ["stack"], "bent"),
        node("Add", ["bent", "stack"], "both"),
        node("ReduceSum", ["both", "axis"], "one_of_all", keepdims=1),
        node("Squeeze", ["one_of_all", "axis"], "y"),
    ]
    found = imported(nodes, tmp_path, five=shape(1, 3, 2, H, W), axis=shape(1))
    assert found.spec.graph.steps[-1].shape == (2, H, W)


def test_what_goes_over_other_axes_is_refused(tmp_path: Path) -> None:
    """All that touches such a stack stays as it was, and is told as it was."""
    nodes = [
        node("Reshape", ["x", "five"], "stack"),
        node("ReduceSum", ["stack", "axis"], "sums", keepdims=0),
        node("Relu", ["sums"], "y"),
    ]
    found = model(nodes, {"five": shape(1, P, C, H, W), "axis": shape(2)}, size=(P * C, H, W))
    with pytest.raises(FileError, match="Reshape"):
        read_model(written(found, tmp_path / "net.onnx"))


def test_a_stack_that_is_an_output_is_refused(tmp_path: Path) -> None:
    """The spec's would be an image."""
    nodes = [node("Reshape", ["x", "five"], "stack"), node("Relu", ["stack"], "y")]
    with pytest.raises(FileError, match="E431"):
        read_model(written(model(nodes, {"five": shape(1, P, C, H, W)}, size=(P * C, H, W)), tmp_path / "net.onnx"))


def test_images_of_one_image_are_not_added_to_those_of_many(tmp_path: Path) -> None:
    """ONNX would add it to each: channels would not."""
    nodes = [
        node("Reshape", ["x", "five"], "stack"),
        node("ReduceSum", ["stack", "axis"], "all", keepdims=1),
        node("Mul", ["stack", "all"], "each"),
        node("Reshape", ["each", "four"], "y"),
    ]
    constants = {"five": shape(1, P, C, H, W), "four": shape(1, P * C, H, W), "axis": shape(1)}
    with pytest.raises(FileError):
        read_model(written(model(nodes, constants, size=(P * C, H, W)), tmp_path / "net.onnx"))


def test_squares_as_channels_in_both_orders(tmp_path: Path) -> None:
    """By six axes, as PyTorch writes what has no operator of its own (TResNet's first layer)."""
    for perm, wanted in (
        ([0, 1, 3, 5, 2, 4], ["pixelunshuffle"]),
        ([0, 3, 5, 1, 2, 4], ["pixelunshuffle", "channelshuffle"]),
    ):
        nodes = [
            node("Reshape", ["x", "six"], "cells"),
            node("Transpose", ["cells"], "turned", perm=perm),
            node("Reshape", ["turned", "four"], "y"),
        ]
        found = imported(nodes, tmp_path, (3, 4, 6), six=shape(1, 3, 2, 2, 3, 2), four=shape(1, 12, 2, 3))
        assert kinds(found) == wanted


def test_a_gate_that_is_written_out_is_a_gate(tmp_path: Path) -> None:
    nodes = [
        node("GlobalAveragePool", ["x"], "mean"),
        node("Expand", ["mean", "whole"], "wide"),
        node("Mul", ["x", "wide"], "y"),
    ]
    assert kinds(imported(nodes, tmp_path, (C, H, W), whole=shape(1, C, H, W))) == ["globalavgpool", "mul"]

"""A weights file is compared with the network: what is misshapen, missing and extra is named."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import pytest

from cnnspec import weights
from cnnspec.graph.layer import TensorSpec
from cnnspec.layers import find
from cnnspec.weights import TensorInfo

LENET = {
    "conv1.weight": TensorSpec((6, 1, 5, 5), fan=(25, 150)),
    "conv1.bias": TensorSpec((6,)),
    "fc1.weight": TensorSpec((10, 24), fan=(24, 10)),
    "fc1.bias": TensorSpec((10,)),
}


def entries(shapes: Mapping[str, tuple[int, ...]], dtype: str = "F32") -> dict[str, TensorInfo]:
    return {name: TensorInfo(dtype, shape, 0, 0) for name, shape in shapes.items()}


def test_weights_that_fit_are_not_mentioned() -> None:
    held = entries({name: tensor.shape for name, tensor in LENET.items()})
    assert weights.match(LENET, held, "a") == []


def test_axes_of_length_one_at_the_end_do_not_matter() -> None:
    needed = {"a.weight": TensorSpec((6,)), "b.weight": TensorSpec((6, 4, 1, 1)), "c.weight": TensorSpec((1,))}
    assert weights.match(needed, entries({"a.weight": (6, 1, 1), "b.weight": (6, 4), "c.weight": ()}), "a") == []
    found = weights.match(needed, entries({"a.weight": (1, 6), "b.weight": (6, 4), "c.weight": ()}), "a")
    assert [d.code for d in found] == ["E401"]


def test_a_bare_tensor_may_have_the_name_of_its_layer() -> None:
    needed = {"layer_scale.weight": TensorSpec((6,), bare=True)}
    assert weights.match(needed, entries({"layer_scale": (6, 1, 1)}), "a") == []
    assert weights.match(needed, entries({"layer_scale.weight": (6,)}), "a") == []
    both = weights.match(needed, entries({"layer_scale.weight": (6,), "layer_scale": (6,)}), "a")
    assert [d.code for d in both] == ["W401"]
    other = weights.match({"fc.weight": TensorSpec((6,))}, entries({"fc": (6,)}), "a")
    assert [d.code for d in other] == ["E402", "W401"]


@pytest.mark.parametrize(
    ("needed", "held", "why", "help"),
    [
        ((16, 6, 5, 5), (5, 5, 6, 16), "weight (16, 6, 5, 5) = K, C, FH, FW; the file holds (5, 5, 6, 16)",
         "that is the Keras layout: save `array.transpose(3, 2, 0, 1)`"),
        ((16, 6, 5, 5), (16, 5, 5, 6), "",
         "that is the channels-last layout: save `array.transpose(0, 3, 1, 2)`"),
        ((8, 1, 3, 3), (3, 3, 8, 1), "", "its axes are in another order: save `array.transpose(2, 3, 0, 1)`"),
        ((10, 84), (84, 10), "weight (10, 84) = K, C; the file holds (84, 10)",
         "that is the transpose, the Keras layout: save `array.transpose(1, 0)`"),
        ((10, 84), (10, 85), "", ""),
        ((10,), (11,), "weight (10,); the file", ""),
        ((10,), (1,) * 32, "", ""),
    ],
)  # fmt: skip
def test_a_misshapen_tensor(needed: Any, held: Any, why: str, help: str) -> None:
    [found] = weights.match(
        {"conv2.weight": TensorSpec(needed, fan=(prod(needed[1:]), needed[0] * prod(needed[2:])))},
        entries({"conv2.weight": held}),
        "a",
    )
    assert (found.code, found.message) == ("E401", "weights for `conv2` have the wrong shape")
    assert (found.file, found.help) == ("a", help)
    assert why in found.why


@pytest.mark.parametrize("axes", [(3, 2, 0, 1), (0, 3, 1, 2), (1, 0), (2, 3, 0, 1)])
def test_the_transposition_that_is_proposed_is_right(axes: tuple[int, ...]) -> None:
    array = np.arange(np.prod(range(2, 2 + len(axes)))).reshape(range(2, 2 + len(axes)))
    needed = {"a.weight": TensorSpec(array.transpose(axes).shape)}
    [found] = weights.match(needed, entries({"a.weight": array.shape}), "a")
    assert f"array.transpose{axes}" in found.help


@pytest.mark.parametrize(
    ("kind", "fields", "letters"),
    [
        ("conv", {"K": 12, "F": 3}, "(12, 6, 3, 3) = K, C, FH, FW;"),
        ("conv", {"K": 12, "F": 3, "G": 2}, "(12, 3, 3, 3) = K, C/G, FH, FW;"),
        ("conv", {"K": 6, "F": 3, "G": 6}, "(6, 1, 3, 3) = K, C/G, FH, FW;"),
        ("deconv", {"K": 12, "F": 3}, "(6, 12, 3, 3) = C, K, FH, FW;"),
        ("deconv", {"K": 12, "F": 3, "G": 2}, "(6, 6, 3, 3) = C, K/G, FH, FW;"),
    ],
)
def test_axes_have_the_letters_of_their_layer(kind: str, fields: dict[str, int], letters: str) -> None:
    needed = find(kind).model_validate(fields).tensors((6, 9, 9))["weight"]
    [found] = weights.match({"a.weight": needed}, entries({"a.weight": (5, 5)}), "a")
    assert letters in found.why


@pytest.mark.parametrize("dtype", ["I64", "U8", "BOOL"])
def test_weights_that_are_no_floats(dtype: str) -> None:
    [found] = weights.match({"a.b.bias": TensorSpec((3,))}, entries({"a.b.bias": (3,)}, dtype), "a")
    assert (found.code, found.message) == ("E401", "weights for `a.b` have the wrong type")
    assert dtype in found.why


@pytest.mark.parametrize(("count", "shown"), [(50, 50), (51, 51), (1000, 51)])
def test_many_misfits_are_cut_short(count: int, shown: int) -> None:
    needed = {f"a{i}.weight": TensorSpec((2,)) for i in range(count)}
    found = weights.match(needed, entries(dict.fromkeys(needed, (3,))), "a")
    assert len(found) == shown
    assert {d.code for d in found} == {"E401"}
    assert (f"{count:,} tensors" in found[-1].message) == (count > 50)


def test_missing_tensors_are_listed_once() -> None:
    needed = {f"a{i}.weight": TensorSpec((2,)) for i in range(12)}
    [found] = weights.match(needed, {}, "a")
    assert (found.code, found.message) == ("E402", "the weights file lacks 12 of 12 tensors")
    assert found.why.startswith("missing: `a0.weight`, `a1.weight`")
    assert found.why.endswith("`a9.weight` and 2 more")
    assert found.help == ""


@pytest.mark.parametrize(
    ("needed", "held", "help"),
    [
        (
            ["conv1.weight", "conv1.bias"],
            ["module.conv1.weight", "module.conv1.bias"],
            "`module.`: `convert --rename '^module\\.='` removes it",
        ),
        (["a.weight", "a.bias"], ["b.a.weight", "c.a.weight", "c.a.bias"], "begin with `c.`"),
        (["net.a.weight", "net.a.bias"], ["a.weight", "a.bias"], "lack `net.`: `convert --rename '^=net.'` adds it"),
        (["net.b.a.weight"], ["a.weight"], "lack `net.b.`"),
        (["net.a.weight", "a.bias"], ["a.weight"], "the file has `a.weight`"),
        (
            ["conv1.weight"],
            ["conv_1.weight", "other"],
            "`conv_1.weight`: did you mean that for `conv1.weight`?",
        ),
        (["conv1.weight"], ["elsewhere"], ""),
        (["conv1.weight"], ["'; rm -rf .; '.conv1.weight"], ""),
    ],
)
def test_missing_tensors_are_looked_for_under_other_names(needed: list[str], held: list[str], help: str) -> None:
    found = weights.match({name: TensorSpec((2,)) for name in needed}, entries(dict.fromkeys(held, (2,))), "a")
    assert [d.code for d in found] == ["E402", "W401"]
    assert (help in found[0].help) if help else not found[0].help


def test_a_tensor_of_another_shape_is_not_proposed() -> None:
    held = {"conv4.weight": (10, 84), "conv_3.weight": (8, 4)}
    found = weights.match({"conv3.weight": TensorSpec((8, 4, 1, 1))}, entries(held), "a")
    assert "`conv_3.weight`: did you mean that for `conv3.weight`?" in found[0].help
    del held["conv_3.weight"]
    assert not weights.match({"conv3.weight": TensorSpec((8, 4, 1, 1))}, entries(held), "a")[0].help


def test_extra_tensors_are_one_warning_and_counters_none() -> None:
    held = entries({"a.weight": (2,), "bn.num_batches_tracked": (), **{f"x{i}": (1,) for i in range(12)}})
    [found] = weights.match({"a.weight": TensorSpec((2,))}, held, "a")
    assert (found.code, found.severity) == ("W401", "warning")
    assert found.message == "the spec does not use 12 of the file's 14 tensors"
    assert found.why == "unused: " + ", ".join(f"`x{i}`" for i in range(10)) + " and 2 more"


def test_what_training_keeps_beside_the_weights_is_not_mentioned() -> None:
    held = {"a.weight": (2,), "optimizer/a.weight/momentum": (2,), "best/a.weight": (2,)}
    assert weights.match({"a.weight": TensorSpec((2,))}, entries(held), "a") == []
    [found] = weights.match({"a.weight": TensorSpec((2,))}, entries({**held, "other/a.weight": (2,)}), "a")
    assert found.why == "unused: `other/a.weight`"

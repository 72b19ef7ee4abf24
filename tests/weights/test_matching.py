"""A weights file is compared with the network: what is misshapen, missing and extra is named."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec import weights
from cnnspec.graph.layer import TensorSpec
from cnnspec.layers import find
from cnnspec.spec import load
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
        ((8, 1, 3, 3), (3, 3, 8, 1), "",
         "that is the Keras layout of one filter a channel: save `array.transpose(2, 3, 0, 1)`"),
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


@pytest.mark.parametrize("dtype", ["BOOL"])
def test_weights_that_are_no_numbers(dtype: str) -> None:
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


def network(*layers: str, input: str = "{C: 2, H: 6, W: 5}") -> dict[str, TensorSpec]:
    text = "".join(f"  - {layer}\n" for layer in layers)
    return load(StringIO(f"input: {input}\nlayers:\n{text}")).graph.tensors


CONV, FC = "{conv: {F: 3, K: 3}, name: c}", "{dense: {K: 4}, name: fc}"


def keras_cure(needed: Mapping[str, TensorSpec], name: str = "fc.weight") -> str:
    """What is said of a matrix in Keras' layout."""
    held = {at: tensor.shape[::-1] if at == name else tensor.shape for at, tensor in needed.items()}
    found = [one for one in weights.match(needed, entries(held), "a") if one.message.endswith("the wrong shape")]
    assert [one.code for one in found] == ["E401"]
    return found[0].help


def applied(cure: str, array: NDArray[Any]) -> NDArray[Any]:
    _, program, _ = cure.split("`")[-3:]
    made: NDArray[Any] = eval(program, {"array": array})
    return made


@pytest.mark.parametrize("between", [(), ("relu",), ("relu", "dropout", "relu")])
def test_the_cure_for_keras_neurons_behind_flatten_computes_what_keras_computes(between: tuple[str, ...]) -> None:
    cure = keras_cure(network(CONV, "flatten", *between, FC))
    image = np.random.default_rng(0).normal(size=(3, 4, 3))  # C, H, W behind the convolution
    kernel = np.random.default_rng(1).normal(size=(36, 4))
    in_keras = image.transpose(1, 2, 0).reshape(-1) @ kernel
    np.testing.assert_allclose(applied(cure, kernel) @ image.reshape(-1), in_keras, rtol=1e-12)


@pytest.mark.parametrize(
    "layers",
    [
        (CONV, "globalavgpool", "flatten", FC),
        (CONV, "flatten", "{dense: {K: 7}}", "relu", FC),
        ("{conv: {F: 3, K: 1}}", "flatten", FC),
        (CONV, "adaptiveavgpool: {out: 1}", "flatten", FC),
    ],
)
def test_elsewhere_the_transpose_is_right(layers: tuple[str, ...]) -> None:
    kernel = np.random.default_rng(1).normal(size=(network(*layers)["fc.weight"].shape[1], 4))
    np.testing.assert_array_equal(applied(keras_cure(network(*layers)), kernel), kernel.T)


@pytest.mark.parametrize(
    "layers",
    [
        (CONV, "flatten", "batchnorm", FC),
        ("permute: {order: [H, W, C]}", "flatten", FC),
    ],
)
def test_no_cure_is_given_where_the_order_cannot_be_told(layers: tuple[str, ...]) -> None:
    assert keras_cure(network(*layers)) == ""


def test_a_square_matrix_among_transposed_ones_is_named() -> None:
    needed = network(CONV, "globalavgpool", "flatten", "{dense: {K: 5}, name: a}", "{dense: {K: 5}, name: b}", FC)
    held = {
        name: tensor.shape[::-1] if name in ("a.weight", "fc.weight") else tensor.shape
        for name, tensor in needed.items()
    }
    found = weights.match(needed, entries(held), "a")
    assert [one.message.split("`")[1] for one in found] == ["a", "fc", "b"]
    assert found[-1].message == "weights for `b` fit in either layout"
    assert found[-1].help.endswith("save `array.transpose(1, 0)`")
    assert weights.match(needed, entries({name: tensor.shape for name, tensor in needed.items()}), "a") == []


def test_axes_that_may_have_moved_in_several_ways_get_no_cure() -> None:
    needed = {"a.weight": TensorSpec((4, 2, 3, 3), fan=(18, 36))}
    [found] = weights.match(needed, entries({"a.weight": (2, 3, 3, 4)}), "a")
    assert (found.code, found.help) == ("E401", "")


@pytest.mark.parametrize("dtype", ["I8", "U8", "I16", "I32", "I64", "U64"])
def test_whole_numbers_are_weights_too(dtype: str) -> None:
    assert weights.match({"a.bias": TensorSpec((3,))}, entries({"a.bias": (3,)}, dtype), "a") == []
    arrays, found = weights.fit({"a.bias": TensorSpec((3,))}, {"a.bias": np.array([1, 2, 3], np.int16)}, "a")
    assert (arrays["a.bias"].dtype.name, arrays["a.bias"].tolist()) == ("float32", [1, 2, 3])
    assert not found

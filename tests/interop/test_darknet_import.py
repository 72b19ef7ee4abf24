"""`cnnspec import` of Darknet's networks: against an oracle of their own; what is none is said with its line."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from darknet_networks import Oracle, Section

from cnnspec.interop.importing import read_model


def conv(filters: int, size: int = 1, **more: Any) -> Section:
    return "convolutional", {"filters": filters, "size": size, **more}


def leaky(filters: int, size: int, **more: Any) -> Section:
    return conv(filters, size, batch_normalize=1, pad=1, activation="leaky", **more)


NETWORKS: dict[str, tuple[list[Section], tuple[int, int, int]]] = {
    "a detector with two heads": (
        [
            leaky(4, 3),
            ("maxpool", {"size": 2, "stride": 2}),
            leaky(6, 3),
            ("maxpool", {"size": 2, "stride": 1}),
            leaky(5, 1),
            conv(7, 1, activation="linear"),
            ("yolo", {"mask": "0,1", "classes": 2}),
            ("route", {"layers": "-3"}),
            ("upsample", {"stride": 2}),
            ("route", {"layers": "-1, 0"}),
            conv(3, 1, activation="linear"),
            ("yolo", {"mask": "2"}),
        ],
        (3, 12, 8),
    ),
    "parts of channels": (
        [
            conv(8, 3, pad=1, stride=2, activation="mish"),
            ("route", {"layers": -1, "groups": 2, "group_id": 1}),
            conv(4, 3, groups=2, pad=1, activation="swish"),
            ("route", {"layers": "-1,-2"}),
            ("shortcut", {"from": 0, "activation": "relu"}),
        ],
        (3, 9, 11),
    ),
    "a gate": (
        [
            conv(4, 3, padding=1, activation="relu"),
            ("avgpool", {}),
            conv(4, 1, activation="logistic"),
            ("scale_channels", {"from": -3}),
        ],
        (2, 7, 6),
    ),
    "pooling of all kinds": (
        [
            ("maxpool", {"size": 3, "stride": 2}),
            ("maxpool", {"size": 5, "stride": 1}),
            ("maxpool", {"size": 2, "stride": 2}),
            ("maxpool", {"size": 2, "stride": 2, "padding": 0}),
        ],
        (2, 19, 14),
    ),
    "a classifier": (
        [
            conv(3, 3, activation="leaky"),
            ("connected", {"output": 6, "activation": "relu", "batch_normalize": 1}),
            ("dropout", {"probability": 0.3}),
            ("connected", {"output": 4, "activation": "linear"}),
            ("softmax", {"groups": 1}),
            ("cost", {"type": "sse"}),
        ],
        (1, 6, 5),
    ),
    "squares of cells": ([conv(8, 1, activation="linear"), ("reorg", {"stride": 2}), conv(3, 1)], (3, 4, 6)),
}


@pytest.mark.peers
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_the_same(name: str, tmp_path: Path) -> None:
    oracle = Oracle(*NETWORKS[name])
    found = read_model(oracle.written(tmp_path))
    made = found.spec.compile(found.tensors, exact=True).run(oracle.x)
    assert len(found.spec.graph.outputs) == len(oracle.outputs)
    for step, wanted in zip(found.spec.graph.outputs, oracle.outputs, strict=True):
        np.testing.assert_allclose(made[step], wanted, atol=1e-5 * np.abs(wanted).max())
    assert "not checked: no other program is asked about networks of Darknet" in found.notes


@pytest.mark.peers
def test_the_letters_are_a_persons(tmp_path: Path) -> None:
    text = read_model(Oracle(*NETWORKS["a detector with two heads"]).written(tmp_path)).text
    assert "leakyrelu: {slope: 0.1}" in text
    assert "- maxpool: {F: 2}" in text
    assert "conv: {F: 3, K: 4, P: same, bias: false}" in text


@pytest.mark.peers
@pytest.mark.parametrize("header", [struct.pack("<iiii", 0, 1, 0, 9), struct.pack("<iiiq", 1, 0, 0, 9)])
def test_headers_of_either_length_are_read(header: bytes, tmp_path: Path) -> None:
    oracle = Oracle([conv(2, 1, activation="linear")], (3, 4, 4))
    found = read_model(oracle.written(tmp_path, header))
    assert {name.rpartition(".")[2]: array.shape for name, array in found.tensors.items()} == {
        "weight": (2, 3, 1, 1),
        "bias": (2,),
    }
    bias = next(array for name, array in found.tensors.items() if name.endswith(".bias"))
    np.testing.assert_array_equal(bias, oracle.drawn[0])


# what is not there, and what is no network

PLAIN = "[net]\nheight=4\nwidth=4\nchannels=2\n[convolutional]\nfilters=3\nsize=1\nactivation=linear\n"
NUMBERS = struct.pack("<iiiq", 0, 2, 0, 0) + bytes(4 * 9)


def put(folder: Path, text: str, weights: bytes | None = None, name: str = "net.weights") -> Path:
    (folder / "net.cfg").write_text(text)
    if weights is not None:
        (folder / name).write_bytes(weights)
    return folder / "net.cfg"


def refused(path: Path, *options: str) -> str:
    called = call("import", str(path), "-o", str(path.with_name("out.yaml")), *options)
    assert called.code == 3, called.err
    assert not path.with_name("out.yaml").exists()
    return called.err


def test_without_weights_the_network_comes_in(tmp_path: Path) -> None:
    found = read_model(put(tmp_path, PLAIN), "net.safetensors")
    assert (found.tensors, found.spec.header.weights) == ({}, None)
    assert any("`--weights FILE` names one" in note for note in found.notes)


def test_fields_that_are_not_read_or_not_there_are_told(tmp_path: Path) -> None:
    text = f"{PLAIN}flipped=1\n[connected]\nactivation=linear\n"
    notes = read_model(put(tmp_path, text)).notes
    assert "fields that nothing here reads: `flipped` (line 9)" in notes
    assert "not given, so 1 as in Darknet: `output=` of `[connected]` (line 10)" in notes
    assert len(read_model(put(tmp_path, PLAIN)).notes) == len(notes) - 2


def test_weights_may_be_called_otherwise(tmp_path: Path) -> None:
    path = put(tmp_path, PLAIN, NUMBERS, "other.bin")
    spec = tmp_path / "net.yaml"
    called = call("import", str(path), "-o", str(spec), "--weights", str(tmp_path / "other.bin"))
    assert called.code == 0, called.err
    assert (tmp_path / "net.safetensors").exists()
    assert "weights: net.safetensors" in spec.read_text()


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (NUMBERS[:-1], "the weights end too early"),
        (NUMBERS + bytes(4), "the weights are of a larger network"),
        (NUMBERS[:7], "the weights have no header"),
        (NUMBERS[:16], "the weights end too early"),
        (NUMBERS[:-4] + struct.pack("<f", float("nan")), "is it the weights of this network?"),
    ],
)
def test_numbers_are_those_of_the_network(weights: bytes, said: str, tmp_path: Path) -> None:
    assert said in refused(put(tmp_path, PLAIN, weights))


REFUSED = {
    "[lstm]\noutput=3\n": ("E431]: `[lstm]` is no layer", 9),
    "[convolutional]\nfilters=2\nsize=1\nactivation=hardtan\n": ("the activation `hardtan`", 9),
    "[convolutional]\nfilters=many\n": ("`filters=many` of `[convolutional]` is no whole number", 10),
    "[convolutional]\nfilters=0\n": ("is no whole number from 1 on", 10),
    "[convolutional]\nfilters=999999999\nsize=9999\n": ("does not fit", 9),
    "[route]\nlayers=-9\n": ("names no layer before it", 10),
    "[route]\nlayers=1\n": ("names no layer before it", 10),
    "[route]\nlayers=0\ngroups=2\n": ("wants part 0 of 2 of 3 channels", 9),
    "[shortcut]\nfrom=0\nweights_type=per_channel\n": ("learned weights", 9),
    "nonsense\n": ("is no section and no `key=value`", 9),
}


@pytest.mark.parametrize("more", REFUSED)
def test_what_is_no_layer_is_said_with_its_line(more: str, tmp_path: Path) -> None:
    said, line = REFUSED[more]
    told = refused(put(tmp_path, PLAIN + more))
    assert said in told
    assert f"net.cfg:{line}:" in told


def test_other_formats_have_their_numbers_in_themselves(tmp_path: Path) -> None:
    path = put(tmp_path, PLAIN, NUMBERS)
    (tmp_path / "net.onnx").write_bytes(b"\x08\x08\x12\x01a")
    assert "leave out `--weights`" in refused(tmp_path / "net.onnx", "--weights", str(path.with_suffix(".weights")))


def test_the_part_before_comes_in(tmp_path: Path) -> None:
    path = put(tmp_path, PLAIN + "[lstm]\noutput=3\n")
    assert "`--outputs 0` imports the part before it" in refused(path)
    found = read_model(path, outputs=["0"])
    assert [step.kind for step in found.spec.graph.steps] == ["conv"]
    assert "has no layer `7`" in refused(path, "--outputs", "7")


def test_claims_are_not_believed(tmp_path: Path) -> None:
    huge = PLAIN.replace("filters=3", "filters=99999999")
    assert "the weights end too early" in refused(put(tmp_path, huge, NUMBERS))
    assert "more than 2,147,483,648 values" in refused(put(tmp_path, PLAIN.replace("height=4", "height=999999999")))
    assert "does not begin with `[net]`" in refused(put(tmp_path, "[convolutional]\n"))

"""The networks in `specs/` are what they say: published counts, names and shortness."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import make_torchvision_names
import pytest
from guide_examples import EXAMPLES

from cnnspec.spec import bundled, spec

WIDTH = 120


class Decimals(NamedTuple):
    """Counts for one input; the receptive field of the last layer whose cells have a place in the image."""

    params: int
    macs: int
    buffers: int
    receptive_field: int
    lines: int
    """Most lines that `input`, `rounding`, `blocks` and `layers` may take."""


# Params as published with the reference implementation (torchvision's model metadata, timm for MobileNetV1,
# the released weights for EfficientNet-Lite0). MACs agree with the published ones to the last digit given.
FIGURES = {
    "digits": Decimals(25_866, 601_600, 0, 12, 17),
    "lenet5": Decimals(61_706, 416_520, 0, 16, 17),
    "alexnet": Decimals(61_100_840, 714_188_480, 0, 195, 30),
    "vgg11": Decimals(132_863_336, 7_609_090_048, 0, 150, 35),
    "vgg16": Decimals(138_357_544, 15_470_264_320, 0, 212, 45),
    "vgg19": Decimals(143_667_240, 19_632_062_464, 0, 268, 50),
    "googlenet": Decimals(6_624_904, 1_498_376_192, 14_560, 379, 45),
    "squeezenet1_1": Decimals(1_235_496, 349_151_936, 0, 207, 35),
    "resnet18": Decimals(11_689_512, 1_814_073_344, 9_600, 435, 45),
    "resnet34": Decimals(21_797_672, 3_663_761_408, 17_024, 899, 45),
    "resnet50": Decimals(25_557_032, 4_089_184_256, 53_120, 427, 45),
    "resnet101": Decimals(44_549_160, 7_801_405_440, 105_344, 971, 45),
    "densenet121": Decimals(7_978_856, 2_834_161_664, 83_648, 2071, 45),
    "mobilenet_v1": Decimals(4_231_976, 568_740_352, 21_888, 315, 35),
    "mobilenet_v2": Decimals(3_504_872, 300_774_272, 34_112, 491, 45),
    "mobilenet_v3_small": Decimals(2_542_856, 56_510_400, 12_112, 639, 50),
    "efficientnet_lite0": Decimals(4_652_008, 385_187_552, 42_016, 851, 45),
    "unet": Decimals(31_037_633, 48_167_387_136, 11_776, 204, 40),
    "darknet19": Decimals(20_842_376, 2_790_989_824, 14_400, 374, 35),
    "resnet20_cifar": Decimals(269_722, 40_551_040, 1_376, 81, 35),
    "tinyvgg": Decimals(19_920, 5_608_780, 0, 16, 17),
}

every_spec = pytest.mark.parametrize("name", FIGURES)


@cache
def load(name: str) -> spec.Spec:
    return spec.load(name)


def read(name: str) -> str:
    return (bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8")


def sections(text: str) -> dict[str, list[str]]:
    """Top-level key -> its lines, blank ones left out."""
    found: dict[str, list[str]] = {}
    for line in filter(str.strip, text.splitlines()):
        if key := re.match(r"(\w+):", line):
            lines = found.setdefault(key[1], [])
        lines.append(line)
    return found


def test_every_spec_has_its_figures() -> None:
    assert set(bundled.names()) == set(FIGURES).union(EXAMPLES)


@every_spec
def test_loads_without_warnings(name: str) -> None:
    loaded = load(name)
    assert loaded.warnings == ()
    loaded.graph.verify()


@every_spec
def test_counts_are_the_published_ones(name: str) -> None:
    totals = load(name).graph.totals
    assert (totals.params, totals.macs, totals.buffers) == FIGURES[name][:3]


@every_spec
def test_receptive_field(name: str) -> None:
    fields = [step.receptive_field for step in load(name).graph.steps if step.receptive_field]
    assert fields[-1] == (FIGURES[name].receptive_field,) * 2


@every_spec
def test_contract_states_the_figures(name: str) -> None:
    """Plain integers in `expect`, so that `validate` by itself holds a spec to them."""
    expect, graph = load(name).header.expect, load(name).graph
    assert expect is not None
    assert (expect.params, expect.macs, expect.buffers or 0) == FIGURES[name][:3]
    assert expect.output == graph.shape(graph.outputs[0])


@every_spec
def test_is_short(name: str) -> None:
    parts = sections(read(name))
    counted = [line for key in ("input", "rounding", "blocks", "layers") for line in parts.get(key, ())]
    assert len(counted) <= FIGURES[name].lines
    assert max(map(len, read(name).splitlines())) <= WIDTH


@every_spec
def test_files_that_a_spec_names_are_there(name: str) -> None:
    header = load(name).header
    named = [path for path in (header.classes, header.weights, header.sample) if isinstance(path, str)]
    assert [path for path in named if not (bundled.folder() / path).is_file()] == []


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"unet"}))
def test_classes_are_as_many_as_scores(name: str) -> None:
    classes, graph = load(name).header.classes, load(name).graph
    if isinstance(classes, str):
        classes = tuple((bundled.folder() / classes).read_text(encoding="utf-8").splitlines())
    assert classes is not None
    assert graph.shape(graph.outputs[0]) == (len(classes),)


@pytest.mark.parametrize("name", make_torchvision_names.NETWORKS)
def test_tensors_are_called_as_in_torchvision(name: str) -> None:
    tensors = load(name).graph.tensors
    assert {key: list(tensor.shape) for key, tensor in tensors.items()} == make_torchvision_names.read()[name]

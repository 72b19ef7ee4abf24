"""OpenCV's dnn runs what is written: single layers and whole networks give what they give here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layer_cases import spec as spec_of

from cnnspec.graph.shape import Shape
from cnnspec.interop.onnx import encode
from cnnspec.interop.onnx.operators import KINDS
from cnnspec.layers import find
from cnnspec.spec import Spec, bundled, load
from cnnspec.weights import initial

pytestmark = pytest.mark.peers

CLOSE = 1e-4
"""The largest difference, as a share of the output's scale."""
MOST = 5 * 10**8
"""Multiply-accumulates of a network that is run here, at most."""
REFUSED = {"globall2pool", "groupnorm: {G: 2}"}
"""Examples that OpenCV has no layer for; the second one over a vector alone."""
SPREAD = {"resize: {factor: 1.5, mode: cubic, place: asymmetric}"}
"""An example that it computes otherwise: where a factor leaves part of a cell over, its cells lie further apart."""
EXAMPLES = [
    pytest.param(example.yaml, example.arriving, id=f"{example.yaml} on {example.arriving}")
    for kind in KINDS
    for example in find(kind).examples
    if isinstance(example.produces, tuple) and example.yaml not in SPREAD
]
GATE = "[globalavgpool, {conv: {F: 1, K: 4}}, hardsigmoid]"
HARDER = [
    (f"mul: [{GATE}, []]", (4, 6, 5)),
    (f"mul: [[], {GATE}]", (4, 6, 5)),
    ("mul: [[], [globalavgpool, {hardsigmoid: {slope: 0.2, offset: 0.4}}]]", (4, 6, 5)),
    ("avgpool: {F: 3, S: 1, P: same}", (3, 8, 8)),
    ("avgpool: {F: 3, S: 2, P: {top: 1, left: 2}}", (3, 8, 9)),
    ("avgpool: {F: 3, S: 1, D: 2, P: same}", (2, 8, 8)),
    ("sumpool: {F: 3, S: 1, P: 1}", (2, 6, 5)),
    ("maxpool: {F: 3, S: 1, D: 2, P: 3}", (2, 8, 8)),
    ("deconv: {F: 3, K: 4, S: 2, P: same-upper}", (2, 3, 4)),
    ("deconv: {F: 3, K: 4, G: 2, S: [3, 2], P: {top: 2, right: 3}, extra: [2, 1]}", (6, 4, 5)),
    ("resize: {to: [7, 9], mode: cubic, place: asymmetric}", (2, 4, 5)),
    ("resize: {to: [3, 2], near: ceil, place: asymmetric}", (2, 4, 5)),
]


def drawn(spec: Spec) -> dict[str, Any]:
    tensors = initial(spec.graph.tensors, "he", 0)
    random = np.random.default_rng(0)
    return {name: array + 0.1 * random.random(array.shape, np.float32) for name, array in tensors.items()}


def assert_same(spec: Spec) -> None:
    """Raises cv2.error where OpenCV does not run it."""
    import cv2

    tensors, names = drawn(spec), list(spec.graph.outputs)
    x = np.random.default_rng(0).standard_normal((1, *spec.graph.input), np.float32)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(encode(spec, tensors).data, np.uint8))
    net.setInput(x)
    for name, theirs in zip(names, net.forward(names), strict=True):
        ours = spec.compile(tensors).run(x)[name]
        difference = np.abs(ours - theirs.reshape(ours.shape))
        assert np.array_equal(np.isnan(difference), np.isnan(ours))
        assert float(np.nanmax(difference)) <= CLOSE * max(1e-9, float(np.nanmax(np.abs(ours))))


@pytest.mark.parametrize(("yaml", "arriving"), EXAMPLES)
def test_examples_of_every_kind(yaml: str, arriving: Shape) -> None:
    import cv2

    spec = spec_of(yaml, arriving).spec
    assert spec is not None
    if yaml in REFUSED and (yaml == "globall2pool" or len(arriving) == 1):
        with pytest.raises(cv2.error):
            assert_same(spec)
        return
    assert_same(spec)


@pytest.mark.parametrize(("yaml", "arriving"), HARDER)
def test_harder_cases(yaml: str, arriving: Shape) -> None:
    spec = spec_of(f"{{{yaml}}}", arriving).spec
    assert spec is not None
    assert_same(spec)


@pytest.mark.parametrize("name", [name for name in bundled.names() if load(name).graph.totals.macs < MOST])
def test_bundled_networks(name: str) -> None:
    assert_same(load(name))

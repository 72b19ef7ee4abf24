"""ONNX files whose height and width are free: one file agrees with the network at every size."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call

from cnnspec.diagnostics import FileError
from cnnspec.engine.model import Model
from cnnspec.graph.graph import INPUT
from cnnspec.interop import onnx as export
from cnnspec.spec import Spec, load
from cnnspec.weights import initial

pytestmark = pytest.mark.peers

HEAD = "input: {C: 3, H: 16, W: 20}\nlayers:\n  - {conv: {F: 3, K: 4, S: 2, P: same}, name: c}\n"


def spec_of(*layers: str) -> Spec:
    return load(StringIO(HEAD + "".join(f"  - {layer}\n" for layer in layers)))


FREE = {
    "pooling over all": ("globalavgpool", "flatten", "{dense: {K: 5}}"),
    "maps": ("{maxpool: {F: 2}}", "{deconv: {F: 2, K: 2, S: 2}}", "{upsample: {factor: 3}}"),
    "bilinear": ("{upsample: {factor: 2, mode: bilinear}}", "{avgpool: {F: 3, S: 1, P: 1}}"),
    "normed": (
        "batchnorm",
        "instancenorm",
        "{lrn: {size: 5}}",
        "gelu",
        "{pad: {top: 1, right: 2}}",
    ),
    "sums": ("silu", "{sumpool: {F: 2, rounding: floor}}", "hardswish"),
    "dilated": ("{conv: {F: 3, K: 4, P: 0, D: 2}}", "prelu", "{permute: {order: [C, W, H]}}"),
}


@pytest.mark.parametrize("layers", FREE.values(), ids=FREE)
def test_one_file_agrees_at_every_size(layers: tuple[str, ...]) -> None:
    import onnx
    import onnxruntime

    spec = spec_of(*layers)
    tensors = initial(spec.graph.tensors, "he", 0)
    data = export.encode(spec, tensors, free_size=True).data
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    (given,) = model.graph.input
    assert [dim.dim_param or dim.dim_value for dim in given.type.tensor_type.shape.dim] == ["N", 3, "H", "W"]
    session: Any = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for size in ((16, 20), (17, 20), (31, 44), (64, 23)):
        graph = spec.at((3, *size))
        if graph is None:
            continue
        x = np.random.default_rng(0).normal(size=(2, 3, *size)).astype(np.float32)
        wanted = Model(graph, tensors).run(x)
        found = session.run(list(graph.outputs), {INPUT: x})
        for name, array in zip(graph.outputs, found, strict=True):
            np.testing.assert_allclose(array, wanted[name], rtol=1e-4, atol=1e-5)


FIXED = {
    "neurons": (("flatten", "{dense: {K: 5}, name: d}"), "d"),
    "bins": (("{adaptiveavgpool: {out: 2}, name: a}",), "a"),
    "padding by the size": (("{conv: {F: 3, K: 4, S: 2, P: same-upper}, name: a}",), "a"),
    "windows that hang over": (("{maxpool: {F: 2, rounding: ceil}, name: m}",), "m"),
    "a part of the rows": (("{crop: {top: 1}, name: k}",), "k"),
    "an expression": (("{avgpool: {F: H}, name: p}",), "p"),
    "a norm over all": (("{layernorm: {over: all}, name: n}",), "n"),
    "maps in groups": (("{groupnorm: {G: 2}, name: g}",), "g"),
    "a fixed shape": (("{channelshuffle: {G: 2}, name: s}",), "s"),
}


@pytest.mark.parametrize(("layers", "name"), FIXED.values(), ids=FIXED)
def test_a_layer_that_fixes_the_size_is_named(layers: tuple[str, ...], name: str) -> None:
    spec = spec_of(*layers)
    with pytest.raises(FileError) as caught:
        export.encode(spec, initial(spec.graph.tensors, "he", 0), free_size=True)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("E428", f"`{name}` fixes the size of the input")
    assert diagnostic.span is not None


def test_a_network_of_one_size() -> None:
    spec = load(StringIO("input: {C: 1, H: 4, W: 4}\nlayers:\n  - {reshape: {C: 16, H: 1, W: 1}}\n"))
    with pytest.raises(FileError, match="takes images of one size"):
        export.encode(spec, {}, free_size=True)


def test_sizes_that_grow_have_names_of_their_own() -> None:
    import onnx

    spec = spec_of("{maxpool: {F: 2}, name: m}", "{upsample: {factor: 4}, name: u}")
    graph = onnx.load_from_string(export.encode(spec, initial(spec.graph.tensors, "he", 0), free_size=True).data).graph
    found = {
        each.name: [dim.dim_param or dim.dim_value for dim in each.type.tensor_type.shape.dim]
        for each in (*graph.value_info, *graph.output)
    }
    assert found["m"] == ["N", 4, "m_H", "m_W"]
    assert found["u"][:2] == ["N", 4]


def test_the_command_says_it(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(HEAD + "  - relu\n")
    out = tmp_path / "net.onnx"
    called = call("export", tmp_path / "net.yaml", "-o", out, "--init", "he", "--free-size")
    assert called.code == 0
    assert "ONNX, opset 17, H and W free" in called.out
    called = call("export", "lenet5", "-o", tmp_path / "no.onnx", "--free-size")
    assert called.code == 3
    assert "error[E428]: `dense1` fixes the size of the input" in called.err
    assert not (tmp_path / "no.onnx").exists()

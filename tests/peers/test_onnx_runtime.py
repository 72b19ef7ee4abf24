"""Exported ONNX files: accepted by the checker with full shape inference, and run by ONNX Runtime with our results."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import cnnspec
from cnnspec.cli import group
from cnnspec.engine.interpreter import execute
from cnnspec.engine.model import Model
from cnnspec.graph.graph import INPUT
from cnnspec.graph.shape import Shape
from cnnspec.interop import onnx as export
from cnnspec.interop.onnx import expression
from cnnspec.interop.onnx.operators import KINDS
from cnnspec.layers import find
from cnnspec.spec import Spec, bundled, check, load
from cnnspec.weights import initial, save

pytestmark = pytest.mark.peers

Array = NDArray[Any]
Arrays = Mapping[str, Array]
Write = Callable[[str, str], str]


def spec_of(text: str) -> Spec:
    checked = check(io.StringIO(text))
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def layers(arriving: Shape, *items: str) -> Spec:
    """A spec of the given layers; a vector arrives from `flatten`."""
    C, H, W = (*arriving, 1, 1)[:3]
    before = [] if len(arriving) == 3 else ["flatten"]
    lines = "".join(f"  - {item}\n" for item in (*before, *items))
    return spec_of(f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n{lines}")


def drawn(spec: Spec) -> dict[str, Array]:
    """He's filters; what is not drawn by them (biases, norms) a little off its start, so that it is not neutral."""
    random = np.random.default_rng(2)
    tensors = initial(spec.graph.tensors, "he", 1)
    for name, tensor in spec.graph.tensors.items():
        if tensor.fan is None:
            tensors[name] = tensors[name] + random.uniform(-0.3, 0.3, tensor.shape).astype(np.float32)
    return dict(tensors)


def normal(spec: Spec, batch: int) -> Array:
    return np.random.default_rng(3).standard_normal((batch, *spec.graph.input), np.float32)


def check_file(data: bytes) -> None:
    """With full shape inference; what it infers must be what is declared."""
    import onnx

    onnx.checker.check_model(data, full_check=True)


def checked_model(data: bytes) -> Any:
    import onnx

    check_file(data)
    return onnx.load_from_string(data)


def session(data: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def by_runtime(running: Any, x: Array) -> dict[str, Array]:
    names = [output.name for output in running.get_outputs()]
    return dict(zip(names, running.run(names, {INPUT: x}), strict=True))


def by_definition(spec: Spec, tensors: Arrays, x: Array) -> dict[str, Array]:
    """The outputs by plain execution in float64."""
    wide = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    made = {INPUT: x} | dict(execute(spec.graph, wide, x.astype(np.float64)))
    return {name: made[name] for name in spec.graph.outputs}


def assert_close(found: Arrays, expected: Arrays, share: float) -> None:
    """Every output within `share` of its largest value."""
    assert list(found) == list(expected)
    for name, y in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], y, rtol=0, atol=share * float(np.nanmax(np.abs(y))), err_msg=name)


def assert_same(spec: Spec) -> None:
    """The checker accepts the spec's export; ONNX Runtime agrees with the definition for batches of 1 and 3."""
    tensors = drawn(spec)
    data = export.encode(spec, tensors).data
    check_file(data)
    running = session(data)
    for batch in (1, 3):
        x = normal(spec, batch)
        assert_close(by_runtime(running, x), by_definition(spec, tensors, x), 1e-5)


@pytest.mark.parametrize("limit", [None, 2000])
def test_weights_in_a_file_beside_it(limit: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are asked for there, and where a single file does not hold them."""
    if limit:
        monkeypatch.setattr("cnnspec.interop.onnx.expression.LIMIT", expression.NAMES + limit)
    import onnx
    import onnxruntime

    spec = layers((3, 8, 8), "conv: {F: 3, K: 12, P: same}", "batchnorm", "flatten", "dense: {K: 10}")
    tensors = drawn(spec)
    out = tmp_path / "net.onnx"
    cnnspec.export(spec, out, tensors, external_data=not limit)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.onnx.data"]
    onnx.checker.check_model(out, full_check=True)
    held = onnx.load(out)
    stored = onnx.load(out, load_external_data=False).graph.initializer
    for tensor, array in zip(stored, held.graph.initializer, strict=True):
        assert (tensor.data_location == onnx.TensorProto.EXTERNAL) == (len(array.raw_data) >= 1024), tensor.name
        assert bool(tensor.raw_data) == (len(array.raw_data) < 1024)
    x = normal(spec, 2)
    running = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    assert_close(by_runtime(running, x), by_definition(spec, tensors, x), 1e-5)
    monkeypatch.undo()
    data = export.encode(spec, tensors).data
    np.testing.assert_array_equal(by_runtime(session(data), x)["dense1"], by_runtime(running, x)["dense1"])
    assert [array.raw_data for array in held.graph.initializer] == [
        array.raw_data for array in onnx.load_from_string(data).graph.initializer
    ]


def test_small_arrays_need_no_file_beside_it(tmp_path: Path) -> None:
    spec = layers((3, 8, 8), "conv: {F: 1, K: 2}")
    cnnspec.export(spec, tmp_path / "net.onnx", drawn(spec), external_data=True)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_equal_networks_give_equal_files_beside_it(tmp_path: Path) -> None:
    spec = layers((3, 8, 8), "conv: {F: 3, K: 12, P: same}")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        cnnspec.export(spec, tmp_path / folder / "net.onnx", drawn(spec), external_data=True)
    for name in ("net.onnx", "net.onnx.data"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


# Each layer by itself


EXAMPLES = [
    pytest.param(example.yaml, example.arriving, id=f"{example.yaml} on {example.arriving}")
    for kind in KINDS
    for example in find(kind).examples
    if isinstance(example.produces, tuple)
]
HARDER = [
    ("maxpool: {F: 3, S: 4, P: {bottom: 4, right: 3}}", (2, 6, 9)),
    ("maxpool: {F: 2, S: 3, P: {top: 1, right: 3}, rounding: ceil}", (2, 7, 8)),
    ("avgpool: {F: 3, S: 2, P: 1, rounding: ceil, count_padding: false}", (2, 6, 7)),
    ("avgpool: {F: [2, 3], S: [5, 2], P: {bottom: 3, left: 2}}", (2, 8, 5)),
    ("avgpool: {F: 2, S: 2, P: {bottom: 3, right: 2}, rounding: ceil}", (2, 5, 6)),
    ("sumpool: {F: 3, S: 5, P: {bottom: 4, right: 2}}", (2, 6, 7)),
    ("conv: {F: 3, K: 4, S: [2, 3], D: [2, 1], P: {top: 4, left: 1, right: 5}, G: 2}", (6, 9, 8)),
    ("deconv: {F: 3, K: 4, S: [3, 2], D: [1, 2], P: {top: 2, right: 3}, extra: [2, 1], G: 2}", (6, 4, 5)),
    ("deconv: {F: 3, K: 4, D: [3, 2], P: {bottom: 1}, extra: [2, 1]}", (2, 3, 4)),
    ("deconv: {F: [1, 2], K: 2, S: 2, D: 5, extra: [4, 3]}", (2, 3, 4)),
    ("deconv: {F: 2, K: 3, S: 3, P: same-upper}", (2, 3, 4)),
    ("lrn: {size: 31, alpha: 1}", (5, 2, 3)),
    ("lrn: {size: 30, alpha: 1, beta: 0.6, k: 2}", (5, 2, 3)),
    ("lrn: {size: 1, alpha: 1}", (5, 2, 3)),
    ("upsample: {factor: [7, 5]}", (2, 11, 9)),
    ("upsample: {factor: [5, 7], mode: bilinear}", (2, 11, 9)),
    ("upsample: {factor: 3, mode: bilinear}", (2, 1, 2)),
    ("adaptiveavgpool: {out: [3, 4]}", (2, 3, 6)),
    ("adaptiveavgpool: {out: [3, 7]}", (2, 7, 3)),
    ("channelshuffle: {G: 3}", (12, 3, 2)),
    ("groupnorm: {G: 3}", (12, 1, 1)),
    ("layernorm: {over: all}", (8,)),
    ("crop: {axis: H, before: 1, after: 2}", (2, 5, 4)),
    ("pad: {axis: H, before: 1, after: 2}", (2, 5, 4)),
    ("slice: {axis: H, from: 2}", (2, 5, 4)),
    ("add: [[], [relu], [tanh], [sigmoid], []]", (2, 3, 4)),
    ("mul: [[globalavgpool], [], [sigmoid], [globalmaxpool]]", (2, 3, 4)),
    ("concat: [[], [], [tanh], []]", (2, 3, 4)),
]


@pytest.mark.parametrize(("yaml", "arriving"), EXAMPLES)
def test_examples_of_every_kind(yaml: str, arriving: Shape) -> None:
    assert_same(layers(arriving, yaml))


@pytest.mark.parametrize(("yaml", "arriving"), HARDER)
def test_harder_cases(yaml: str, arriving: Shape) -> None:
    assert_same(layers(arriving, f"{{{yaml}}}"))


@pytest.mark.parametrize("join", ["add", "mul"])
def test_joins_of_very_many_branches(join: str) -> None:
    spec = layers((1, 1, 1), f"{{{join}: [{', '.join(['[]'] * 1200)}]}}")
    x = np.full((1, 1, 1, 1), 1.001, np.float32)
    (found,) = by_runtime(session(export.encode(spec, {}).data), x).values()
    (expected,) = Model(spec.graph, {}).run(x).values()
    np.testing.assert_allclose(found, expected, rtol=1e-4)


small = st.integers(1, 4)
padding = st.one_of(
    st.just("same-upper"),
    st.builds("{{top: {}, bottom: {}, left: {}, right: {}}}".format, *(st.integers(0, 4) for _ in range(4))),
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    kind=st.sampled_from(["avgpool", "maxpool", "sumpool"]),
    F=st.tuples(small, small),
    S=st.tuples(small, small),
    D=st.just((1, 1)) | st.tuples(small, small),
    P=padding,
    rounding=st.sampled_from(["floor", "ceil"]),
    count=st.booleans(),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_any_pooling(kind: str, F: Shape, S: Shape, D: Shape, P: str, rounding: str, count: bool, size: Shape) -> None:
    counted = f", count_padding: {str(count).lower()}" if kind == "avgpool" else ""
    layer = f"{kind}: {{F: {[*F]}, S: {[*S]}, D: {[*D]}, P: {P}, rounding: {rounding}{counted}}}"
    text = f"input: {{C: 2, H: {size[0]}, W: {size[1]}}}\nlayers: [{layer}]\n"
    spec = check(io.StringIO(text)).spec
    assume(spec is not None)
    assert spec is not None
    assert_same(spec)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    kind=st.sampled_from(["conv", "deconv"]),
    F=st.tuples(small, small),
    S=st.tuples(small, small),
    D=st.tuples(small, small),
    P=padding,
    extra=st.integers(0, 2),
    G=st.integers(1, 2),
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
)
def test_any_convolution(kind: str, F: Shape, S: Shape, D: Shape, P: str, extra: int, G: int, size: Shape) -> None:
    more = f", extra: {extra}" if kind == "deconv" else ", rounding: floor"
    layer = f"{kind}: {{F: {[*F]}, S: {[*S]}, D: {[*D]}, P: {P}, K: 4, G: {G}{more}}}"
    text = f"input: {{C: 2, H: {size[0]}, W: {size[1]}}}\nlayers: [{layer}]\n"
    spec = check(io.StringIO(text)).spec
    assume(spec is not None)
    assert spec is not None
    assert_same(spec)


# Whole networks


SMALLER: dict[str, Shape] = {
    "alexnet": (3, 95, 127),
    "darknet19": (3, 64, 96),
    "densenet121": (3, 64, 96),
    "efficientnet_lite0": (3, 64, 96),
    "googlenet": (3, 64, 96),
    "mobilenet_v1": (3, 64, 96),
    "mobilenet_v2": (3, 64, 96),
    "mobilenet_v3_small": (3, 64, 96),
    "resnet18": (3, 64, 96),
    "resnet34": (3, 64, 96),
    "resnet50": (3, 64, 96),
    "resnet101": (3, 64, 96),
    "squeezenet1_1": (3, 63, 95),
    "unet": (3, 64, 96),
    "vgg11": (3, 64, 96),
    "vgg16": (3, 64, 96),
    "vgg19": (3, 64, 96),
}
"""Input sizes that take less time than the spec's own; networks that are not named here run at theirs."""


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks(name: str) -> None:
    spec = load(name, SMALLER.get(name))
    tensors = drawn(spec)
    data = export.encode(spec, tensors).data
    check_file(data)
    x = normal(spec, 2)
    assert_close(by_runtime(session(data), x), Model(spec.graph, tensors).run(x), 1e-4)


# The file


TWO_HEADS = """
name: Two heads
about: A trunk with two outputs.
input: {C: 2, H: 4, W: 4}
layers:
  - {conv: {F: 3, K: 4, P: same}, name: trunk}
  - {globalavgpool: {}, name: pooled}
  - {relu: {}, name: unused}
  - {from: trunk}
  - {gelu: {}, name: trunk.weight}
classes: [a, "b", ü, d]
outputs: [pooled, trunk.weight]
"""


def test_names_metadata_and_the_free_batch() -> None:
    spec = spec_of(TWO_HEADS)
    model = checked_model(export.encode(spec, drawn(spec)).data)
    graph = model.graph
    assert (model.producer_name, graph.name, graph.doc_string) == ("cnnspec", spec.name, spec.header.about)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    assert {entry.key: json.loads(entry.value) for entry in model.metadata_props} == {"classes": ["a", "b", "ü", "d"]}
    declared = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert declared == {"input": ["N", 2, 4, 4], "pooled": ["N", 4, 1, 1], "trunk.weight": ["N", 4, 4, 4]}
    assert {"trunk", "pooled", "trunk.weight"} <= {node.name for node in graph.node}
    assert "unused" not in {node.name for node in graph.node}
    assert {"trunk.bias", "trunk.weight/tensor"} <= {tensor.name for tensor in graph.initializer}
    assert_same(spec)


def test_tensors_keep_their_names_and_values() -> None:
    import onnx

    spec = load("lenet5")
    tensors = drawn(spec)
    model = checked_model(export.encode(spec, tensors).data)
    held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert list(held) == list(tensors)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(held[name], tensor)
    assert [node.name for node in model.graph.node] == [step.name for step in spec.graph.steps]


def test_declared_shapes_are_those_inferred() -> None:
    """The checker compares what is declared with what it infers: every layer's shape is declared."""
    import onnx

    spec = load("mobilenet_v3_small", (3, 64, 96))
    model = checked_model(export.encode(spec, drawn(spec)).data)
    declared = {value.name for value in (*model.graph.value_info, *model.graph.output)}
    assert declared == {step.name for step in spec.graph.steps}
    wrong = model.graph.value_info[5].type.tensor_type.shape.dim[1]
    wrong.dim_value += 1
    with pytest.raises(onnx.shape_inference.InferenceError):
        onnx.checker.check_model(model, full_check=True)


def test_an_output_that_is_the_input() -> None:
    spec = spec_of("input: {C: 1, H: 2, W: 2}\nlayers: [{relu: {}, name: a}]\noutputs: [input, a]\n")
    assert_same(spec)


def test_every_later_opset_says_the_same() -> None:
    import onnx

    spec = layers(
        (8, 12, 12),
        "{conv: {F: 3, K: 8, P: same}}",
        "batchnorm",
        "hardswish",
        "{avgpool: {F: 3, S: 2, P: 1, rounding: ceil}}",
        "{upsample: {factor: 2, mode: bilinear}}",
        "{pad: {top: 1}}",
        "{slice: {to: 4}}",
        "layernorm",
        "{groupnorm: {G: 2}}",
        "{lrn: {size: 4}}",
        "{lrn: {size: 3}}",
        "gelu",
        "{deconv: {F: 2, K: 4, S: 2}}",
        "{pixelshuffle: {factor: 2}}",
        "{adaptiveavgpool: {out: 7}}",
        "relu6",
        "flatten",
        "{dense: {K: 5}}",
        "softmax",
    )
    tensors = drawn(spec)
    assert export.opsets()[0] == 17
    assert export.opsets()[-1] == onnx.defs.onnx_opset_version()
    for opset in export.opsets():
        data = export.encode(spec, tensors, opset).data
        assert checked_model(data).opset_import[0].version == opset
        if opset <= NEWEST_RUN:
            x = normal(spec, 2)
            assert_close(by_runtime(session(data), x), by_definition(spec, tensors, x), 1e-5)


NEWEST_RUN = 21
"""An opset that every ONNX Runtime of the extra `peers` runs."""


# The command


def exported(*args: str) -> Any:
    result = CliRunner().invoke(group, ["export", *args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_command_writes_what_the_spec_runs(tmp_path: Path) -> None:
    file = tmp_path / "net.onnx"
    result = exported("lenet5", "-o", str(file))
    assert "opset 17" in result.stdout
    assert "(N, 1, 28, 28)" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    spec = load("lenet5")
    x = normal(spec, 4)
    expected = spec.compile()(x)
    assert not isinstance(expected, dict)
    (found,) = by_runtime(session(file.read_bytes()), x).values()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert json.loads(checked_model(file.read_bytes()).metadata_props[0].value) == list(map(str, range(10)))


def test_equal_calls_write_equal_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.onnx", "b.onnx", "c.onnx")]
    for file, seed in zip(files, "112", strict=True):
        exported("resnet20_cifar", "-o", str(file), "--init", "glorot", "--seed", seed, "--opset", "18")
    first, second, other = (file.read_bytes() for file in files)
    assert first == second
    assert first != other
    assert checked_model(first).opset_import[0].version == 18


def test_weights_and_input_size_of_ones_own(tmp_path: Path) -> None:
    spec = load("resnet20_cifar", (3, 40, 24))
    tensors = drawn(spec)
    save(tensors, tmp_path / "w.npz")
    file = tmp_path / "net.ONNX"
    exported("resnet20_cifar", "-o", str(file), "--weights", str(tmp_path / "w.npz"), "--input", "3,40,24")
    x = normal(spec, 1)
    assert_close(by_runtime(session(file.read_bytes()), x), by_definition(spec, tensors, x), 1e-4)


def test_an_opset_beyond_the_package(tmp_path: Path) -> None:
    newest = export.opsets()[-1]
    result = CliRunner().invoke(group, ["export", "lenet5", "-o", str(tmp_path / "x.onnx"), "--opset", str(newest + 1)])
    assert result.exit_code == 2
    assert f"knows {newest} at most" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_it_cannot_be(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["export", "lenet5", "-o", str(tmp_path / "none" / "x.onnx")])
    assert "E415" in str(result.exception)

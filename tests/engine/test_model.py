"""A compiled spec from Python: plan and definition agree, calls do not touch each other, mistakes are named."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import HEAD, LAYERS, inputs, net
from numpy.typing import NDArray

import cnnspec
from cnnspec import weights
from cnnspec.diagnostics import FileError
from cnnspec.engine.model import Model
from cnnspec.spec import Spec, bundled, load

Array = NDArray[Any]

SMALL = {
    "lenet5": (1, 28, 28),
    "resnet20_cifar": (3, 32, 32),
    "tinyvgg": (3, 64, 64),
    "alexnet": (3, 67, 67),
    "googlenet": (3, 64, 64),
    "unet": (3, 32, 32),
}
"""Input sizes at which each network still has every layer; 3x64x64 for all others."""
LARGE = ("alexnet", "vgg11", "vgg16", "vgg19")
"""Networks whose neurons take most of the memory and none of the interest: compared up to the last convolution."""


def model(text: str, threads: int | None = None, seed: int = 0) -> Model:
    graph = load(io.StringIO(text)).graph
    return Model(graph, weights.initial(graph.tensors, "he", seed), threads)


def lively(needed: Any, seed: int = 0) -> dict[str, Array]:
    """Weights with statistics and biases that are not all 0 and 1, so that nothing passes unseen."""
    random = np.random.default_rng(seed)
    tensors = dict(weights.initial(needed, "he", seed))
    for name, tensor in needed.items():
        if tensor.fan is None:
            tensors[name] = random.uniform(0.5, 1.5, tensor.shape).astype(np.float32)
    return tensors


def close(found: Array, wanted: Array) -> None:
    """Within float32's rounding over many layers, on the scale of the values."""
    assert found.shape == wanted.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * float(np.abs(wanted).max()))


@pytest.mark.parametrize("name", bundled.names())
def test_the_plan_computes_what_the_layers_define(name: str) -> None:
    shape = SMALL.get(name, (3, 64, 64))
    graph = load(name, shape).graph
    if name in LARGE:
        graph = graph.until(next(step.name for step in graph.steps if step.kind == "flatten"))
    compiled = Model(graph, lively(graph.tensors))
    x = inputs(1, shape)
    traced = compiled.trace(x)
    assert list(traced) == [step.name for step in graph.steps]
    for output, y in compiled.run(x).items():
        close(y, traced[output])


def test_lenet_from_python() -> None:
    """The lines of the README."""
    compiled = cnnspec.load("lenet5").compile()
    x = inputs(3, (1, 28, 28))
    y = compiled(x)
    assert isinstance(y, np.ndarray)
    assert y.shape == (3, 10)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-5)
    acts = compiled.trace(x)
    graph = compiled.graph
    assert [(name, a.shape) for name, a in acts.items()] == [(s.name, (3, *s.shape)) for s in graph.steps]
    close(y, acts["softmax1"])


@pytest.mark.parametrize("threads", [None, 1, 2, 3])
def test_the_number_of_threads_changes_no_bit(threads: int | None) -> None:
    x = inputs(5, (1, 28, 28))
    spec = load("lenet5")
    np.testing.assert_array_equal(spec.compile(threads=threads)(x), spec.compile(threads=1)(x))


def test_a_batch_is_its_single_inputs() -> None:
    compiled = load("lenet5").compile()
    x = inputs(7, (1, 28, 28))
    singles = np.concatenate([compiled.run(x[i : i + 1])["softmax1"] for i in range(7)])
    np.testing.assert_allclose(compiled.run(x)["softmax1"], singles, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_threads_may_call_one_model(threads: int) -> None:
    compiled = load("lenet5").compile(threads=threads)
    batches = [inputs(1 + seed % 3, (1, 28, 28), seed) for seed in range(24)]
    alone = [compiled(x) for x in batches]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(compiled, batches * 2))
    for y, wanted in zip(together, alone * 2, strict=True):
        np.testing.assert_array_equal(y, wanted)


VIEWS = """\
input: {C: 2, H: 3, W: 3}
layers:
  - {identity: {}, name: same}
  - {flatten: {}, name: flat}
  - {reshape: {C: 2, H: 3, W: 3}, name: back}
  - {conv: {F: 1, K: 2}, name: conv}
  - {flatten: {}, name: last}
outputs: [same, flat, back, conv, last]
"""


@pytest.mark.parametrize("way", ["run", "trace"])
def test_arrays_are_fresh(way: str) -> None:
    """Outputs that are views of the input or of each other share no memory with anything."""
    compiled = model(VIEWS)
    x = inputs(2, (2, 3, 3))
    given = x.copy()
    first = getattr(compiled, way)(x)
    assert list(first) == ["same", "flat", "back", "conv", "last"]
    np.testing.assert_array_equal(first["back"], x)
    np.testing.assert_array_equal(first["flat"], x.reshape(2, 18))
    kept = {name: y.copy() for name, y in first.items()}
    for name, y in first.items():
        assert not np.may_share_memory(y, x)
        assert not any(np.may_share_memory(y, other) for key, other in first.items() if key != name)
        y[:] = np.nan
    np.testing.assert_array_equal(x, given)
    second = getattr(compiled, way)(x)
    for name in kept:
        np.testing.assert_array_equal(second[name], kept[name])


def test_several_outputs_are_a_mapping_in_their_order() -> None:
    found = model(VIEWS.replace("[same, flat, back, conv, last]", "[last, same]"))(inputs(1, (2, 3, 3)))
    assert isinstance(found, dict)
    assert list(found) == ["last", "same"]


def test_a_part_of_a_network() -> None:
    spec = load("lenet5")
    tensors = weights.take(spec.graph.tensors, spec.weights())
    part = Model(spec.graph.until("maxpool2"), tensors)
    x = inputs(2, (1, 28, 28))
    assert list(part.trace(x)) == ["conv1", "relu1", "maxpool1", "conv2", "relu2", "maxpool2"]
    y = part(x)
    assert isinstance(y, np.ndarray)
    close(y, spec.compile().trace(x)["maxpool2"])


@pytest.mark.parametrize("dtype", ["float64", "float16", "uint8", "int64", "bool"])
def test_numbers_become_float32(dtype: str) -> None:
    compiled = model(HEAD + LAYERS)
    x = (4 * np.abs(inputs(2))).astype(dtype)
    np.testing.assert_array_equal(compiled(x), compiled(x.astype(np.float32)))
    np.testing.assert_array_equal(compiled(np.asfortranarray(x)), compiled(x))
    assert compiled(x.tolist()).shape == (2, 3)  # type: ignore[union-attr]


def test_numbers_beyond_float32_make_no_noise() -> None:
    compiled = model(HEAD + LAYERS + "  - softmax\n", threads=2)
    x = inputs(3).astype(np.float64)
    x[0, 0, 0, 0], x[1] = np.nan, 1e300
    y, wanted = compiled(x), compiled.trace(x)["softmax1"]
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(wanted))
    assert np.isnan(y[:2]).all()
    assert not np.isnan(y[2]).any()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (inputs(1)[0], r"takes an array \(N, 1, 4, 6\) with N >= 1, not \(1, 4, 6\): give it a batch axis, x\[None\]"),
        (np.zeros((2, 4, 6, 1)), r"not \(2, 4, 6, 1\): put its channels first, x.transpose\(0, 3, 1, 2\)"),
        (np.zeros((2, 1, 6, 4)), r"not \(2, 1, 6, 4\)$"),
        (np.zeros((0, 1, 4, 6)), r"with N >= 1, not \(0, 1, 4, 6\)$"),
        (np.zeros((1, 1, 4, 6), complex), "real numbers, not an array of complex128"),
        (np.full((1, 1, 4, 6), "1"), "real numbers, not an array of <U1"),
        (None, "real numbers, not an array of object"),
    ],
)
@pytest.mark.parametrize("way", ["run", "trace"])
def test_what_is_no_input(way: str, x: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(model(HEAD + LAYERS), way)(x)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_too_few(threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads = {threads}; at least 1 is needed"):
        load("lenet5").compile(threads=threads)


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    return load(net(tmp_path))


def test_weights_come_from_a_file_or_from_arrays(spec: Spec, tmp_path: Path) -> None:
    x = inputs(2)
    wanted = spec.compile()(x)
    held = dict(weights.read(tmp_path / "net.safetensors"))
    for given in (
        tmp_path / "net.safetensors",
        str(tmp_path / "net.safetensors"),
        held,
        {name: array.astype(np.float64) for name, array in held.items()},
        {name: array.tolist() for name, array in held.items()},
        {name: array[..., None] for name, array in held.items()},
    ):
        np.testing.assert_array_equal(spec.compile(weights=given)(x), wanted)


def test_weights_that_do_not_fit(spec: Spec, tmp_path: Path) -> None:
    held = dict(weights.read(tmp_path / "net.safetensors"))
    wrong: dict[str, Any] = {
        "E402": {name: array for name, array in held.items() if name != "fc.bias"},
        "E401": {**held, "fc.bias": np.zeros(4)},
        "E407": {**held, "fc.bias": np.full(3, np.inf)},
        "E404": tmp_path / "none.npz",
    }
    for code, given in wrong.items():
        with pytest.raises(FileError) as caught:
            spec.compile(weights=given)
        assert [d.code for d in caught.value.diagnostics] == [code]
    with pytest.raises(FileError, match="the spec names no weights"):
        load("resnet18").compile()


def test_extra_weights_are_a_warning_where_they_are_given(spec: Spec, tmp_path: Path) -> None:
    held = dict(weights.read(tmp_path / "net.safetensors"))
    with pytest.warns(UserWarning, match="W401.* does not use 1 of .* 5 tensors; unused: `more`") as caught:
        spec.compile(weights={**held, "more": np.zeros(1)})
    assert caught[0].filename == __file__
    spec.compile(weights={**held, "bn.num_batches_tracked": np.array(3)})

"""Each layer kind on the engine against its definition, and whole networks against plain execution in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import readme
from calling import call, inputs, net
from engine_cases import Array, both_backends, defined, error, graph, interpreted, lively
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends import chain
from cnnspec.engine.backends.numpy import TAKE_ACTIVATION
from cnnspec.engine.backends.numpy.epilogue import EPILOGUES
from cnnspec.engine.backends.numpy.fallback import Fallback
from cnnspec.engine.backends.numpy.registry import LOWERINGS, lower
from cnnspec.engine.model import Model
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import program, with_arrays
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Example
from cnnspec.graph.shape import Shape
from cnnspec.kernels.strips import Scratch
from cnnspec.layers import find, kinds
from cnnspec.layers._activation import Activation
from cnnspec.spec import bundled, load

LAYER = 1e-5
"""Largest error of one layer, relative to its output's scale."""
NETWORK = 5e-4
"""Largest error of a whole network, relative to its output's scale."""


def examples(of: Iterable[str] = kinds()) -> list[tuple[Example, Shape]]:
    return [(e, e.arriving) for kind in of for e in find(kind).examples if isinstance(e.produces, tuple)]


def example(layer: str, arriving: Shape) -> Graph:
    """A network of one layer; a vector is made of an image's values."""
    if len(arriving) == 3:
        return graph(arriving, f"  - {layer}\n")
    return graph((arriving[0], 1, 1), f"  - flatten\n  - {layer}\n")


def differs(found: Graph, n: int, threads: int = 1, exact: bool = False, backend: str = "numpy") -> float:
    """The largest error of a network's outputs on random values."""
    tensors, x = lively(found), inputs(n, found.input)
    wanted = defined(found, tensors, x)
    return max(error(y, wanted[name]) for name, y in Model(found, tensors, threads, exact, backend).run(x).items())


@both_backends
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("case", "arriving"), examples(), ids=lambda v: v.yaml if isinstance(v, Example) else "")
def test_examples(case: Example, arriving: Shape, n: int, backend: str) -> None:
    assert differs(example(case.yaml, arriving), n, backend=backend) <= LAYER


@pytest.mark.parametrize(("case", "arriving"), examples(sorted(readme.listed_kinds())))
def test_examples_have_lowerings(case: Example, arriving: Shape) -> None:
    assert left_to_layers(example(case.yaml, arriving)) == []


def test_what_is_left_to_layers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(LOWERINGS, "tanh")
    found = graph((3, 4, 5), "  - {tanh: {}, name: left}\n  - conv: {F: 1, K: 2}\n")
    assert left_to_layers(found) == ["left"]
    assert differs(found, 2) <= LAYER


CORNERS = [
    ("avgpool: {F: 3, S: 2, P: 1, rounding: ceil}", (3, 7, 8)),
    ("avgpool: {F: 3, S: 1, P: same-upper}", (3, 7, 8)),
    ("avgpool: {F: 2, S: 3, P: 1, count_padding: false}", (3, 6, 7)),
    ("sumpool: {F: [1, 4], S: 1, P: same-upper}", (2, 3, 9)),
    ("sumpool: {F: 3, S: 3, P: 2}", (2, 2, 5)),  # no tap is on the image in every window
    ("maxpool: {F: 3, S: 3, P: 2}", (2, 2, 5)),
    ("maxpool: {F: 2, S: 5}", (2, 8, 9)),
    ("adaptiveavgpool: {out: [3, 7]}", (2, 5, 5)),
    ("upsample: {factor: [3, 2], mode: bilinear}", (2, 4, 5)),
    ("upsample: {factor: [1, 3]}", (2, 4, 5)),
    ("lrn: {size: 4, alpha: 0.1, k: 2}", (7, 3, 3)),
    ("lrn: {size: 9}", (3, 2, 2)),
    ("reshape: {C: 4, H: 3, W: 5}", (5, 3, 4)),
    ("permute: {order: [W, C, H]}", (2, 3, 4)),
    ("conv: {F: 3, K: 12, G: 3, P: 1}", (6, 5, 5)),
    ("conv: {F: 3, K: 8, G: 4, P: 1, bias: false}", (4, 5, 5)),  # two maps for each channel
    ("conv: {F: 1, K: 4, P: 1}", (3, 4, 4)),
    ("conv: {F: 1, K: 4, S: 2, G: 2}", (4, 5, 5)),
    ("deconv: {F: 3, K: 4, G: 2, S: 2}", (4, 3, 3)),
    ("deconv: {F: 2, K: 4, S: 2}", (4, 3, 3)),
    ("mul: [[globalavgpool], []]", (3, 1, 5)),
    ("mul: [[globalavgpool], [], [globalmaxpool]]", (3, 4, 5)),
    ("mul: [[], [tanh], [relu]]", (3, 4, 5)),
    ("mul: [[{slice: {to: 1}}], [], [globalavgpool]]", (3, 70, 90)),
    ("div: [[{slice: {to: 1}}], [exp]]", (3, 4, 5)),
    ("max: [[], [tanh], [relu]]", (3, 4, 5)),
    ("mul: [[globalavgpool], [globalmaxpool], []]", (3, 4, 5)),
    ("deconv: {F: 3, K: 4, G: 4, S: 2, P: 1, bias: false}", (4, 3, 3)),
    ("deconv: {F: 2, K: 6, G: 2, S: 2}", (4, 3, 3)),  # side by side, in groups
    ("groupnorm: {G: 3}", (6, 70, 90)),  # several strips
    ("groupnorm: {G: 1}", (7, 5, 4)),
    ("groupnorm: {G: 7}", (7, 5, 4)),
    ("instancenorm", (6, 1, 9)),
    ("layernorm: {over: all}", (6, 70, 90)),
    ("layernorm: {over: all, affine: false}", (6, 7, 9)),
    ("layernorm: {affine: false}", (6, 7, 9)),
    ("batchnorm: {affine: false}", (6, 7, 9)),
    ("layernorm", (1, 4, 5)),
    ("add: [[], [], [tanh]]", (3, 4, 5)),
    ("logsoftmax", (5, 2, 3)),
    ("softmax", (5, 2, 3)),
    ("prelu", (5, 2, 3)),
    ("softmax: {axis: W}", (5, 70, 90)),
    ("logsoftmax: {axis: W}", (5, 70, 90)),
    ("logsoftmax: {axis: H}", (5, 70, 90)),
    ("maxpool: {F: [2, 3], S: 2, D: [3, 2], P: 1}", (3, 9, 8)),
    ("avgpool: {F: [2, 3], S: 2, D: [3, 2], P: 1, rounding: ceil}", (3, 9, 8)),
    ("avgpool: {F: 3, S: 1, D: 3, P: same, count_padding: false}", (3, 9, 8)),
    ("sumpool: {F: 2, D: 4, P: 1, S: 1}", (3, 9, 8)),
    ("l2pool: {F: 3, S: 2, P: 1, rounding: ceil}", (3, 70, 90)),
    ("pad: {axis: C, before: 2, after: 1, mode: wrap}", (3, 4, 5)),
    ("pad: {top: 1, bottom: 2, left: 1, right: 1, value: 3}", (3, 4, 5)),
    ("rmsnorm: {over: all}", (5, 6, 7)),
    ("constant: {by: mul}", (5, 6, 7)),
    ("pixelunshuffle: {factor: 2}", (3, 4, 6)),
    ("globall2pool", (3, 4, 6)),
    ("adaptivemaxpool: {out: [3, 7]}", (2, 5, 5)),
    ("globall2pool", (40, 7, 5)),
    ("mul: [[globalavgpool], []]", (1, 6, 7)),  # one value is a gate, of one channel
    ("mul: [[globalavgpool], []]", (1, 1, 7)),
    ("globalmaxpool", (40, 7, 5)),
    ("adaptivemaxpool: {out: [7, 5]}", (21, 30, 4)),
    ("adaptiveavgpool: {out: [2, 4]}", (21, 30, 4)),
    ("adaptiveavgpool: {out: [4, 9]}", (1, 5, 6)),
    ("div: [[{slice: {to: 1}}], [globall2pool], [exp]]", (3, 4, 5)),
    ("div: [[globalavgpool], [{slice: {to: 1}}, exp], [exp]]", (3, 4, 5)),
    ("sub: [[], [tanh], [relu]]", (1, 4, 5)),
    ("mean: [[], [tanh], [relu]]", (17, 40, 50)),
    ("leakyrelu: {slope: 2.0}", (3, 4, 5)),
    ("elu: {alpha: 0.3}", (3, 4, 5)),
]


Window = tuple[int, int, int, int, int]


@st.composite
def window(draw: Callable[..., Any]) -> Window:
    """Of an axis: its size, F, S and the padding on both sides, less than the window."""
    F = draw(st.integers(1, 5))
    before, after = draw(st.integers(0, F - 1)), draw(st.integers(0, F - 1))
    return draw(st.integers(max(1, F - before - after), 24)), F, draw(st.integers(1, 4)), before, after


@both_backends
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("layer", "arriving"), CORNERS, ids=lambda v: v if isinstance(v, str) else "")
def test_corners(layer: str, arriving: Shape, n: int, backend: str) -> None:
    assert differs(example(layer, arriving), n, backend=backend) <= LAYER


@both_backends
@given(
    kind=st.sampled_from(["maxpool", "sumpool", "avgpool", "avgpool-inside", "l2pool"]),
    rows=window(),
    columns=window(),
    C=st.sampled_from([1, 3, 16, 21, 40]),
    ends=st.sampled_from(["", "  - relu\n", "  - silu\n", "  - add: [[], [relu]]\n"]),
)
@settings(max_examples=60, deadline=None)
def test_pooling(kind: str, rows: Window, columns: Window, C: int, ends: str, backend: str) -> None:
    (size, *fields), (wide, *others) = rows, columns
    F, S, top, bottom = zip(fields, others, strict=True)
    P = f"{{top: {top[0]}, left: {top[1]}, bottom: {bottom[0]}, right: {bottom[1]}}}"
    name, _, inside = kind.partition("-")
    more = ", count_padding: false" if inside else ""
    found = graph((C, size, wide), f"  - {name}: {{F: {[*F]}, S: {[*S]}, P: {P}{more}}}\n{ends}")
    assert differs(found, 2, backend=backend) <= LAYER


@both_backends
@pytest.mark.parametrize(("layer", "arriving"), CORNERS, ids=lambda v: v if isinstance(v, str) else "")
def test_corners_in_a_slot(layer: str, arriving: Shape, backend: str) -> None:
    """From one slot of a concatenation to another, both with a border: nothing lies side by side."""
    one = f"[{{{layer if ':' in layer else f'{layer}: {{}}'}}}]"
    lines = f"  - concat: [[tanh], [relu]]\n  - {{slice: {{to: C/2}}, name: half}}\n  - concat: [{one}, {one}]\n"
    lines = f"  - concat: [[{{tanh: {{}}, name: half}}], []]\n  - from: half\n  - concat: [{one}, {one}]\n"
    lines += "  - {conv: {F: 3, K: 2, P: 1}, name: last}\n  - from: half\n  - {conv: {F: 3, K: 2, P: 1}, name: other}\n"
    assert differs(graph(arriving, lines, "last, other"), 2, backend=backend) <= LAYER


ENDING = [
    "conv: {F: 3, K: 5, P: 1}",
    "deconv: {F: 3, K: 5, S: 2}",
    "deconv: {F: 2, K: 5, S: 2}",
    "add: [[], []]",
    "mul: [[], [globalavgpool]]",
    "div: [[], [globalavgpool]]",
    "max: [[], [tanh]]",
    "mean: [[], [tanh]]",
    "min: [[], [tanh]]",
    "sub: [[], [tanh]]",
    "batchnorm",
    "scale",
    "layernorm",
    "instancenorm",
    "groupnorm: {G: 3}",
    "dense: {K: 5}",
]
"""Layers whose lowerings end with an epilogue."""


@both_backends
@pytest.mark.parametrize("kind", sorted(EPILOGUES))
@pytest.mark.parametrize("way", ENDING)
def test_activations_are_finished_in_their_strip(kind: str, way: str, backend: str) -> None:
    first = "  - flatten\n" if way.startswith("dense") else ""
    assert (
        differs(graph((3, 6, 7), f"{first}  - {way}\n  - {find(kind).examples[0].yaml}\n"), 2, backend=backend) <= LAYER
    )


def test_all_that_takes_an_activation_is_tested() -> None:
    assert {way.partition(":")[0] for way in ENDING} == TAKE_ACTIVATION


@pytest.mark.parametrize("approx", ["none", "tanh"])
def test_gelu_is_as_exact_as_float32(approx: str) -> None:
    layer = find("gelu").model_validate({"approx": approx})
    x = np.linspace(-20, 20, 40_001, dtype=np.float32)
    wanted, y = layer.forward(x.astype(np.float64)), np.empty_like(x)
    for bound in EPILOGUES["gelu"](layer, x.copy(), y, Scratch()):
        bound()
    assert (np.abs(y - wanted) / np.maximum(1, np.abs(wanted))).max() <= 3e-7  # measured 2.2e-7


def test_gelu_keeps_the_digits_of_tiny_values() -> None:
    layer, x = find("gelu")(), np.linspace(-9, -1e-3, 40_001, dtype=np.float32)
    y = np.empty_like(x)
    for bound in EPILOGUES["gelu"](layer, x.copy(), y, Scratch()):
        bound()
    np.testing.assert_allclose(y, layer.forward(x.astype(np.float64)), rtol=5e-6)


@pytest.mark.parametrize("kind", ["gelu: {}", "silu: {}", "relu: {}"])
def test_norms_are_finished_strip_by_strip(kind: str) -> None:
    assert differs(graph((6, 90, 120), f"  - groupnorm: {{G: 2}}\n  - {kind}\n"), 1) <= LAYER


def test_every_activation_has_an_epilogue() -> None:
    listed = readme.listed_kinds()
    assert set(EPILOGUES) == {kind for kind in kinds() if kind in listed and issubclass(find(kind), Activation)}


def test_an_activation_without_calls_is_done_by_its_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(EPILOGUES, "tanh")
    found = graph((3, 6, 7), "  - {conv: {F: 3, K: 5, P: 1}}\n  - tanh\n")
    assert [o.layer.kind for o in optimise(program(found), Wanted(found.outputs, chain()))] == ["conv"]
    assert differs(found, 2) <= LAYER


def test_the_engine_has_lowerings_for_every_kind() -> None:
    """A kind that somebody adds as a file is carried out by the layer itself, and need not be named."""
    assert set(LOWERINGS) == readme.listed_kinds()
    assert set(LOWERINGS) <= set(kinds())


def left_to_layers(found: Graph) -> list[str]:
    """The operations of a network that the engine has no calls for."""
    tensors = {key: np.zeros(tensor.shape, np.float32) for key, tensor in found.tensors.items()}
    operations = optimise(program(found), Wanted(found.outputs, chain()))
    return [o.name for o in operations if isinstance(lower(with_arrays(o, tensors)), Fallback)]


SIZES = {"lenet5": (1, 28, 28), "tinyvgg": (3, 64, 64), "resnet20_cifar": (3, 32, 32), "alexnet": (3, 67, 67)}


def without_neurons(name: str, shape: Shape) -> Graph:
    """A bundled network, up to `flatten` where its neurons take most of the memory and none of the interest."""
    found = load(name, shape).graph
    if name.startswith(("vgg", "alexnet")):
        return found.until(next(step.name for step in found.steps if step.kind == "flatten"))
    return found


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks_have_lowerings_for_all_they_use(name: str) -> None:
    assert left_to_layers(without_neurons(name, SIZES.get(name, (3, 64, 64)))) == []


@both_backends
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "lenet5",
        "resnet18",
        "mobilenet_v2",
        "squeezenet1_1",
        "densenet121",
        "googlenet",
        "unet",
        "efficientnet_lite0",
    ],
)
def test_networks(name: str, exact: bool, backend: str) -> None:
    found = load(name, SIZES.get(name, (3, 64, 64))).graph
    assert differs(found, 1, 2, exact, backend) <= NETWORK


def test_exact_leaves_winograd_out() -> None:
    found = load("resnet18", (3, 64, 64)).graph
    plain, exact = (optimise(program(found), Wanted(found.outputs, chain(), exact)) for exact in (False, True))
    assert any(o.kernel.startswith("winograd") for o in plain)
    assert not any(o.kernel.startswith("winograd") for o in exact)
    assert [o.name for o in plain] == [o.name for o in exact]


def test_exact_is_more_exact() -> None:
    found = graph((64, 28, 28), "".join("  - {conv: {F: 3, K: 64, P: 1}}\n  - {relu: {}}\n" for _ in range(6)))
    assert differs(found, 1, exact=True) * 3 < differs(found, 1)


def test_exact_from_python_and_from_the_command_line(tmp_path: Path) -> None:
    lines = "  - {conv: {F: 3, K: 64, P: 1}}\n  - {conv: {F: 3, K: 64, P: 1}}\n"
    path = net(tmp_path, f"input: {{C: 64, H: 28, W: 28}}\nlayers:\n{lines}")
    x = inputs(1, (64, 28, 28))
    np.save(tmp_path / "x.npy", x)
    given = {exact: load(path).compile(exact=exact).run(x)["conv2"] for exact in (False, True)}
    assert not np.array_equal(given[False], given[True])
    for exact, more in ((False, []), (True, ["--exact"])):
        called = call("run", path, tmp_path / "x.npy", "--out", tmp_path / "y.npz", *more)
        assert called.code == 0, called.err
        np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["conv2"], given[exact])


def test_interpreting_is_defining() -> None:
    """The tests of the passes stand on this."""
    found = load("mobilenet_v2", (3, 32, 32)).graph
    tensors, x = lively(found), inputs(1, found.input)
    wanted: dict[str, Array] = defined(found, tensors, x)
    for name, y in interpreted(program(found), tensors, x).items():
        np.testing.assert_array_equal(y, wanted[name])

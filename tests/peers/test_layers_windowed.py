"""Layers against other engines: PyTorch's functions in float64, ONNX Runtime where padding is `same-upper`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Pair, often, pairs, sides, sizes
from windowed_cases import Array, fits, layer, outside, tensors, values

from cnnspec.graph.layer import Layer

pytestmark = pytest.mark.peers


def agree(layer: Layer, expected: Any, *inputs: Array, **held: Array) -> None:
    """The layer's output and shape are those of a PyTorch tensor."""
    np.testing.assert_allclose(layer.forward(*inputs, **held), expected.numpy(), rtol=1e-9, atol=1e-9)
    assert layer.output(*(x.shape[1:] for x in inputs)) == tuple(expected.shape[1:])


def torched(*arrays: Array | None) -> list[Any]:
    import torch

    return [None if array is None else torch.from_numpy(array) for array in arrays]


# Convolutions


@often
@given(
    size=sizes,
    F=pairs(1, 4),
    S=pairs(1, 3),
    D=pairs(1, 3),
    P=pairs(0, 3) | sides,
    G=st.integers(1, 3),
    depth=st.integers(1, 2),
    maps=st.integers(1, 2),
    bias=st.booleans(),
)
def test_conv(size: Pair, F: Pair, S: Pair, D: Pair, P: Any, G: int, depth: int, maps: int, bias: bool) -> None:
    from torch.nn import functional

    conv = layer("conv", F=F, S=S, D=D, P=P, G=G, K=G * maps, bias=bias)
    x = values(2, G * depth, *size)
    assume(fits(conv, x.shape[1:]))
    held = tensors(conv, x.shape[1:])
    image, weight, offset = torched(x, held["weight"], held.get("bias"))
    padded = functional.pad(image, outside(P))
    agree(conv, functional.conv2d(padded, weight, offset, S, 0, D, G), x, **held)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@often
@given(size=sizes, F=pairs(1, 5), D=pairs(1, 3), G=st.sampled_from([1, 2]))
def test_conv_same(size: Pair, F: Pair, D: Pair, G: int) -> None:
    """PyTorch's "same" puts the odd cell behind, as `same-upper` does; ONNX Runtime's knows no dilation."""
    from torch.nn import functional

    odd = all(d * (f - 1) % 2 == 0 for f, d in zip(F, D, strict=True))
    conv = layer("conv", F=F, D=D, P="same" if odd else "same-upper", G=G, K=4, bias=False)
    x = values(1, 2, *size)
    held = tensors(conv, x.shape[1:])
    image, weight = torched(x, held["weight"])
    agree(conv, functional.conv2d(image, weight, None, 1, "same", D, G), x, **held)


@often
@given(
    size=pairs(1, 5),
    F=pairs(1, 4),
    S=pairs(1, 4),
    D=pairs(1, 3),
    P=pairs(0, 3),
    extra=pairs(0, 3),
    G=st.integers(1, 3),
    depth=st.integers(1, 2),
    maps=st.integers(1, 2),
    bias=st.booleans(),
)
def test_deconv(
    size: Pair, F: Pair, S: Pair, D: Pair, P: Pair, extra: Pair, G: int, depth: int, maps: int, bias: bool
) -> None:
    from torch.nn import functional

    assume(all(e < max(s, d) for e, s, d in zip(extra, S, D, strict=True)))
    deconv = layer("deconv", F=F, S=S, D=D, P=P, G=G, K=G * maps, extra=extra, bias=bias)
    x = values(2, G * depth, *size)
    assume(fits(deconv, x.shape[1:]))
    held = tensors(deconv, x.shape[1:])
    image, weight, offset = torched(x, held["weight"], held.get("bias"))
    agree(deconv, functional.conv_transpose2d(image, weight, offset, S, P, extra, G, D), x, **held)


@often
@given(size=pairs(1, 5), F=pairs(1, 4), S=pairs(1, 4), D=pairs(1, 3), P=sides)
def test_deconv_cuts_its_sides(size: Pair, F: Pair, S: Pair, D: Pair, P: dict[str, int]) -> None:
    from torch.nn import functional

    deconv = layer("deconv", F=F, S=S, D=D, P=P, K=3, bias=False)
    x = values(1, 2, *size)
    assume(fits(deconv, x.shape[1:]))
    held = tensors(deconv, x.shape[1:])
    image, weight = torched(x, held["weight"])
    whole = functional.conv_transpose2d(image, weight, None, S, 0, 0, 1, D)
    agree(deconv, functional.pad(whole, [-p for p in outside(P)]), x, **held)


def test_deconv_is_the_gradient_of_conv() -> None:
    """`same-upper` is what TensorFlow does: the gradient of a convolution with the padding of the larger image."""
    import torch
    from torch.nn import functional

    x, weight = values(1, 3, 4, 5), values(3, 2, 3, 4)
    large = torch.zeros(1, 2, 8, 15, dtype=torch.float64, requires_grad=True)
    image, filters = torched(x, weight)
    small = functional.conv2d(functional.pad(large, (0, 1, 0, 1)), filters, stride=(2, 3))
    (gradient,) = torch.autograd.grad(small, large, image)
    deconv = layer("deconv", F=(3, 4), S=(2, 3), K=2, P="same-upper", bias=False)
    agree(deconv, gradient, x, weight=weight)


# Pools


@often
@given(size=sizes, F=pairs(1, 4), S=st.none() | pairs(1, 4), P=pairs(0, 2), ceil=st.booleans())
@pytest.mark.parametrize("kind", ["maxpool", "avgpool", "sumpool"])
@pytest.mark.parametrize("counted", [True, False])
def test_pools(kind: str, counted: bool, size: Pair, F: Pair, S: Pair | None, P: Pair, ceil: bool) -> None:
    from torch.nn import functional

    assume(all(2 * p <= f for p, f in zip(P, F, strict=True)))
    fields = {"count_padding": counted} if kind == "avgpool" else {}
    pool = layer(kind, F=F, S=S, P=P, rounding="ceil" if ceil else None, **fields)
    x = values(2, 3, *size)
    assume(fits(pool, x.shape[1:]))
    (image,) = torched(x)
    expected = {
        "maxpool": lambda: functional.max_pool2d(image, F, S, P, ceil_mode=ceil),
        "avgpool": lambda: functional.avg_pool2d(image, F, S, P, ceil, counted),
        "sumpool": lambda: functional.avg_pool2d(image, F, S, P, ceil, divisor_override=1),
    }
    agree(pool, expected[kind](), x)


@often
@given(size=sizes, F=pairs(1, 4), S=st.none() | pairs(1, 4), P=pairs(0, 2), D=pairs(1, 3), ceil=st.booleans())
def test_dilated_pools(size: Pair, F: Pair, S: Pair | None, P: Pair, D: Pair, ceil: bool) -> None:
    from torch.nn import functional

    assume(all(2 * p <= f for p, f in zip(P, F, strict=True)))
    pool = layer("maxpool", F=F, S=S, P=P, D=D, rounding="ceil" if ceil else None)
    x = values(2, 3, *size)
    assume(fits(pool, x.shape[1:]))
    (image,) = torched(x)
    agree(pool, functional.max_pool2d(image, F, S, P, D, ceil_mode=ceil), x)


@often
@given(size=sizes, F=pairs(1, 4), S=st.none() | pairs(1, 4), ceil=st.booleans())
def test_l2pool(size: Pair, F: Pair, S: Pair | None, ceil: bool) -> None:
    from torch.nn import functional

    pool = layer("l2pool", F=F, S=S, rounding="ceil" if ceil else None)
    x = values(2, 3, *size)
    assume(fits(pool, x.shape[1:]))
    total = functional.avg_pool2d(torched(x)[0] ** 2, F, S, 0, ceil, divisor_override=1)
    agree(pool, total.sqrt(), x)


@often
@given(size=pairs(1, 12), out=pairs(1, 9))
def test_adaptiveavgpool(size: Pair, out: Pair) -> None:
    from torch.nn import functional

    x = values(2, 3, *size)
    agree(layer("adaptiveavgpool", out=out), functional.adaptive_avg_pool2d(torched(x)[0], out), x)


def test_global_pools() -> None:
    from torch.nn import functional

    x = values(2, 3, 4, 5)
    (image,) = torched(x)
    agree(layer("globalavgpool"), functional.adaptive_avg_pool2d(image, 1), x)
    agree(layer("adaptivemaxpool", out=(2, 5)), functional.adaptive_max_pool2d(image, (2, 5)), x)
    agree(layer("globall2pool"), image.norm(dim=(2, 3), keepdim=True), x)
    agree(layer("globalmaxpool"), functional.adaptive_max_pool2d(image, 1), x)


# Sizes and places


@often
@given(size=pairs(1, 6), factor=pairs(1, 5), mode=st.sampled_from(["nearest", "bilinear"]))
def test_upsample(size: Pair, factor: Pair, mode: str) -> None:
    from torch.nn import functional

    x = values(2, 3, *size)
    corners = False if mode == "bilinear" else None
    large = tuple(n * f for n, f in zip(size, factor, strict=True))
    expected = functional.interpolate(torched(x)[0], large, mode=mode, align_corners=corners)
    agree(layer("upsample", factor=factor, mode=mode), expected, x)


@often
@given(
    size=pairs(1, 7),
    to=pairs(1, 9),
    mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]),
    corners=st.booleans(),
    antialias=st.booleans(),
)
def test_resize(size: Pair, to: Pair, mode: str, corners: bool, antialias: bool) -> None:
    from torch.nn import functional

    x = values(2, 3, *size)
    fields: dict[str, Any] = {"to": to, "mode": mode.replace("bicubic", "cubic")}
    said: dict[str, Any] = {}
    if mode == "nearest":
        fields |= {"place": "asymmetric", "near": "floor"}
    elif mode == "nearest-exact":
        fields |= {"mode": "nearest", "near": "round-half-up"}
    else:
        said = {"align_corners": corners, "antialias": antialias}
        fields |= {"place": "align-corners" if corners else "half-pixel", "antialias": antialias}
        assume(not (antialias and corners))  # PyTorch spreads what shrinks by another share there
        assume(not (antialias and to[1] == 1))  # to a single column it copies its first cell
        fields |= {"outside": "none", "a": -0.5} if antialias else {}
    agree(layer("resize", **fields), functional.interpolate(torched(x)[0], to, mode=mode, **said), x)


@often
@given(size=pairs(2, 7), factor=st.sampled_from([0.5, 0.75, 1.5, 2.25]), mode=st.sampled_from(["bilinear", "bicubic"]))
def test_resize_by_a_factor(size: Pair, factor: float, mode: str) -> None:
    from torch.nn import functional

    x = values(2, 3, *size)
    expected = functional.interpolate(torched(x)[0], scale_factor=factor, mode=mode, align_corners=False)
    agree(layer("resize", factor=factor, mode=mode.replace("bicubic", "cubic")), expected, x)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_shuffles(factor: int) -> None:
    from torch.nn import functional

    x = values(2, 2 * factor**2, 3, 4)
    (image,) = torched(x)
    agree(layer("pixelshuffle", factor=factor), functional.pixel_shuffle(image, factor), x)
    agree(layer("channelshuffle", G=factor), functional.channel_shuffle(image, factor), x)


@pytest.mark.parametrize("order", ["HWC", "CWH", "WHC", "HCW", "CHW", "WCH"])
def test_permute(order: str) -> None:
    x = values(2, 3, 4, 5)
    axes = [1 + "CHW".index(axis) for axis in order]
    agree(layer("permute", order=tuple(order)), torched(x)[0].permute(0, *axes), x)


@often
@given(widths=sides, axis=st.sampled_from([0, 1, 2]), before=st.integers(0, 2), after=st.integers(0, 2))
def test_pad_and_crop(widths: dict[str, int], axis: int, before: int, after: int) -> None:
    from torch.nn import functional

    x = values(2, 5, 7, 8)
    (image,) = torched(x)
    amounts = outside(widths)
    agree(layer("pad", **widths), functional.pad(image, amounts), x)
    agree(layer("crop", **widths), functional.pad(image, [-n for n in amounts]), x)
    edge = {"axis": "CHW"[axis], "before": before, "after": after}
    along = [0, 0] * (2 - axis) + [before, after]
    agree(layer("pad", **edge), functional.pad(image, along), x)
    agree(layer("crop", **edge), functional.pad(image, [-n for n in along]), x)
    cut = layer("slice", axis="CHW"[axis], **{"from": before, "to": 5 - after})
    agree(cut, image.narrow(1 + axis, before, 5 - after - before), x)


def test_values_that_only_move() -> None:
    x = values(2, 4, 3, 2)
    (image,) = torched(x)
    agree(layer("identity"), image, x)
    agree(layer("flatten"), image.flatten(1), x)
    agree(layer("reshape", C=2, H=6, W=2), image.reshape(2, 2, 6, 2), x)
    agree(layer("reshape", C=24), image.reshape(2, 24), x)


# Joins, and layers over vectors


def test_joins() -> None:
    import torch

    a, b, gate = values(2, 3, 4, 5), values(2, 3, 4, 5, seed=1), values(2, 3, 1, 1)
    x, y, g = torched(a, b, gate)
    agree(layer("add"), x + y + y, a, b, b)
    agree(layer("mul"), x * y, a, b)
    agree(layer("mul"), x * g * y, gate, a, b)
    agree(layer("mul"), x * y[:, :1] * g, a, b[:, :1], gate)
    agree(layer("div"), y[:, :1] / x / g, b[:, :1], a, gate)
    agree(layer("sub"), x - y - x, a, b, a)
    agree(layer("max"), torch.maximum(torch.maximum(x, y), -x), a, b, -a)
    agree(layer("min"), torch.minimum(x, y), a, b)
    agree(layer("mean"), torch.stack([x, y, y]).mean(0), a, b, b)
    agree(layer("concat"), torch.cat([x, y, x], 1), a, b, a)
    agree(layer("concat"), torch.cat([x[:, :, 0, 0], y[:, :2, 0, 0]], 1), a[:, :, 0, 0], b[:, :2, 0, 0])


@pytest.mark.parametrize("bias", [True, False])
def test_dense(bias: bool) -> None:
    from torch.nn import functional

    x = values(3, 7)
    dense = layer("dense", K=5, bias=bias)
    held = tensors(dense, (7,))
    image, weight, offset = torched(x, held["weight"], held.get("bias"))
    agree(dense, functional.linear(image, weight, offset), x, **held)


@pytest.mark.parametrize("shape", [(2, 10), (2, 5, 3, 4)])
def test_softmax(shape: tuple[int, ...]) -> None:
    x = 500 * values(*shape)
    agree(layer("softmax"), torched(x)[0].softmax(1), x)


# ONNX Runtime's SAME_UPPER


def onnx_runs(operator: str, x: Array, y: tuple[int, ...], weight: Array | None, **attributes: Any) -> Array:
    """One node with auto_pad SAME_UPPER, run by ONNX Runtime in float32."""
    onnx = pytest.importorskip("onnx")
    engine = pytest.importorskip("onnxruntime")
    held = {} if weight is None else {"w": weight.astype(np.float32)}
    node = onnx.helper.make_node(operator, ["x", *held], ["y"], auto_pad="SAME_UPPER", **attributes)
    graph = onnx.helper.make_graph(
        [node],
        "one",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x.shape)],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, y)],
        [onnx.numpy_helper.from_array(array, name) for name, array in held.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    options = engine.SessionOptions()
    options.intra_op_num_threads = 1
    session = engine.InferenceSession(model.SerializeToString(), options)
    result: Array = session.run(None, {"x": x.astype(np.float32)})[0]
    return result


def agrees_with_onnx(operator: str, layer: Layer, x: Array, **attributes: Any) -> None:
    held = {name: array.astype(np.float32) for name, array in tensors(layer, x.shape[1:]).items()}
    y = layer.forward(x.astype(np.float32), **held)
    expected = onnx_runs(operator, x, y.shape, held.get("weight"), **attributes)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


same_upper = settings(deadline=None, max_examples=60)


def reaches(F: Pair, S: Pair, D: Pair = (1, 1)) -> bool:
    """Windows leave no gap between them. Where they do, ONNX Runtime pads by a negative amount; TensorFlow by 0."""
    return all(d * (f - 1) + 1 >= s for f, s, d in zip(F, S, D, strict=True))


@same_upper
@given(size=sizes, F=pairs(1, 5), S=pairs(1, 4), G=st.sampled_from([1, 2]))
def test_conv_same_upper(size: Pair, F: Pair, S: Pair, G: int) -> None:
    assume(reaches(F, S))
    conv = layer("conv", F=F, S=S, G=G, K=4, P="same-upper", bias=False)
    agrees_with_onnx("Conv", conv, values(1, 2, *size), strides=S, kernel_shape=F, group=G)


@same_upper
@given(size=sizes, F=pairs(1, 4), S=pairs(1, 4))
def test_pools_same_upper(size: Pair, F: Pair, S: Pair) -> None:
    assume(reaches(F, S))
    x = values(1, 3, *size)
    fields: dict[str, Any] = {"F": F, "S": S, "P": "same-upper"}
    agrees_with_onnx("MaxPool", layer("maxpool", **fields), x, strides=S, kernel_shape=F)
    agrees_with_onnx("AveragePool", layer("avgpool", **fields), x, strides=S, kernel_shape=F)


@same_upper
@given(size=pairs(1, 5), F=pairs(1, 5), S=pairs(1, 3), D=pairs(1, 2))
def test_deconv_same_upper(size: Pair, F: Pair, S: Pair, D: Pair) -> None:
    assume(reaches(F, S, D))
    deconv = layer("deconv", F=F, S=S, D=D, K=3, P="same-upper", bias=False)
    attributes = {"strides": S, "kernel_shape": F, "dilations": D}
    agrees_with_onnx("ConvTranspose", deconv, values(1, 2, *size), **attributes)

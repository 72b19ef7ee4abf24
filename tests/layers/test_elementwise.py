"""What the contract of layers leaves open for those that keep the shape: accuracy, extremes, absorbing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import values

from cnnspec.kernels.reference.error_function import erfc
from cnnspec.layers import find
from cnnspec.layers._branches import difference

EXTREME = np.array([-1e6, -1000, -745, -89, -30, -6, -3, -0.0, 0, 3, 6, 30, 89, 745, 1000, 1e6])


@pytest.mark.parametrize("ends", [(-30, 0), (-1, 1), (0, 5), (5, 26)])
def test_erfc_is_right_to_the_last_digits(ends: tuple[int, int]) -> None:
    x = np.linspace(*ends, 5001)
    np.testing.assert_allclose(erfc(x), [math.erfc(v) for v in x], rtol=1e-15, atol=0)


def test_erfc_at_the_ends_and_the_seams() -> None:
    seams = np.array([0.46875, 4.0])
    x = np.concatenate([np.nextafter(seams, 0), seams, np.nextafter(seams, 5), -seams])
    np.testing.assert_allclose(erfc(x), [math.erfc(v) for v in x], rtol=1e-15, atol=0)
    np.testing.assert_array_equal(erfc(np.array([np.inf, -np.inf, 0.0, 1e300, np.nan])), [0, 2, 1, 0, np.nan])


def test_erfc_keeps_single_precision() -> None:
    x = np.linspace(-9, 9, 5001, dtype=np.float32)
    y = erfc(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [math.erfc(v) for v in x], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "kind",
    [
        *("relu", "relu6", "sigmoid", "tanh", "silu", "hardsigmoid", "hardswish", "leakyrelu", "elu", "gelu"),
        *("softmax", "logsoftmax", "abs", "softplus", "softsign", "mish", "selu", "celu", "thresholdedrelu", "sqrt"),
    ],
)
def test_extremes_give_neither_warning_nor_nonsense(kind: str, dtype: type[np.float32 | np.float64]) -> None:
    layer: Any = find(kind)()
    x: NDArray[np.floating[Any]] = EXTREME.astype(dtype)
    expected = getattr(values, kind)(layer, x.astype(np.float64))
    np.testing.assert_allclose(layer.forward(x[None])[0], expected, rtol=1e-6, atol=1e-12)


def test_where_the_bounds_of_clip_cross_the_upper_one_holds() -> None:
    layer: Any = find("clip")(min=2.0, max=1.0)
    y, pull = layer.vjp(EXTREME[None])
    np.testing.assert_array_equal(y, np.ones((1, len(EXTREME))))
    np.testing.assert_array_equal(pull(np.ones_like(y))[0][0], np.zeros_like(y))


def drawn(layer: Any, arriving: tuple[int, ...], random: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Random positive tensors."""
    return {name: random.uniform(0.5, 2, t.shape) for name, t in layer.tensors(arriving).items()}


@pytest.mark.parametrize(
    ("kind", "fields", "shape"),
    [
        ("conv", {"F": (3, 2), "K": 4, "G": 2}, (6, 4, 5)),
        ("conv", {"F": (1, 1), "K": 4, "bias": False}, (6, 4, 5)),
        ("dense", {"K": 4}, (12,)),
        ("dense", {"K": 4, "bias": False}, (12,)),
    ],
)
@pytest.mark.parametrize(("after", "its_fields"), [("batchnorm", {}), ("batchnorm", {"affine": False}), ("scale", {})])
def test_absorbing_what_follows_changes_nothing(
    kind: str, fields: dict[str, Any], shape: tuple[int, ...], after: str, its_fields: dict[str, Any]
) -> None:
    layer: Any = find(kind)(**fields)
    follower: Any = find(after)(**its_fields)
    random = np.random.default_rng(0)
    own, its = drawn(layer, shape, random), drawn(follower, layer.output(shape), random)
    x = random.standard_normal((3, *shape))
    absorbed = layer.absorb(*follower.line(**its), **own)
    one = layer.model_copy(update={"bias": True})
    assert {name: array.shape for name, array in absorbed.items()} == {
        name: tensor.shape for name, tensor in one.tensors(shape).items()
    }
    expected = follower.forward(layer.forward(x, **own), **its)
    np.testing.assert_allclose(one.forward(x, **absorbed), expected, rtol=1e-12, atol=1e-12)


def test_branches_with_axes_of_no_name() -> None:
    assert difference(((2, 3), (2, 4))) == "axis 1 3 != 4"

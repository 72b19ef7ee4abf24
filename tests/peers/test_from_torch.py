"""PyTorch modules become specs, with their names and batch norms."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cnnspec

pytestmark = pytest.mark.peers


def network() -> Any:
    """Two units, of which one has a shortcut, and a part that is in training."""
    import torch
    from torch import nn

    class Unit(nn.Module):  # type: ignore[misc]
        def __init__(self, depth: int) -> None:
            super().__init__()
            self.conv = nn.Conv2d(depth, 4, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(4)

        def forward(self, x: Any) -> Any:
            y = torch.relu(self.norm(self.conv(x)))
            return x + y if x.shape == y.shape else y

    torch.manual_seed(0)
    return nn.Sequential(Unit(2), Unit(4), nn.Dropout(), nn.Flatten(), nn.Linear(4 * 6 * 5, 3))


def test_names_and_norms_are_kept() -> None:
    module = network()
    found = cnnspec.from_torch(module, (2, 6, 5))
    wanted = {name for name in module.state_dict() if not name.endswith("num_batches_tracked")}
    assert found.tensors.keys() == wanted
    assert found.spec.graph.totals.buffers == 16
    assert found.spec.header.weights is None


def test_it_computes_the_same() -> None:
    import torch

    module = network()
    found = cnnspec.from_torch(module, (2, 6, 5))
    x = np.random.default_rng(0).standard_normal((3, 2, 6, 5), np.float32)
    with torch.no_grad():
        theirs = module.eval()(torch.from_numpy(x)).numpy()
    ours = found.spec.compile(found.tensors)(x)
    assert isinstance(ours, np.ndarray)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", [3, 130])
def test_a_norm_without_weights_has_none(channels: int) -> None:
    from torch import nn

    norm = nn.BatchNorm2d(channels, affine=False)
    nn.init.uniform_(norm.running_mean)
    found = cnnspec.from_torch(nn.Sequential(nn.Conv2d(2, channels, 3), nn.ReLU(), norm), (2, 6, 5))
    assert {name for name in found.tensors if name.startswith("2.")} == {"2.running_mean", "2.running_var"}
    assert found.spec.graph.tensors["2.running_mean"].shape == (channels,)


@pytest.mark.parametrize(
    "name",
    [
        "BatchNorm2d(4)",
        "InstanceNorm2d(4, affine=True)",
        "GroupNorm(2, 4)",
        "LayerNorm((4, 6, 5))",
        "PReLU(4)",
        "Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))",
    ],
)
@pytest.mark.parametrize("is_moved", [False, True])
def test_what_has_not_learned_yet_is_there(name: str, is_moved: bool) -> None:
    """Weights of 1 and biases of 0 throughout are parameters like others."""
    from torch import nn

    layer = eval(f"nn.{name}", {"nn": nn})
    for key, buffer in layer.named_buffers():
        if is_moved and "running" in key:
            nn.init.uniform_(buffer, 0.5, 2)
    for module in (nn.Sequential(layer), layer):
        found = cnnspec.from_torch(module, (4, 6, 5))
        learned = [each.numel() for each in module.parameters()]
        assert found.spec.graph.totals.params == sum(learned)
        assert found.spec.graph.totals.buffers == sum(
            each.numel() for key, each in module.named_buffers() if "running" in key
        )


@pytest.mark.parametrize("name", ["BatchNorm2d(4, affine=False)", "InstanceNorm2d(4)"])
def test_what_is_never_learned_is_not_there(name: str) -> None:
    """A batch norm's statistics may be those before any training."""
    from torch import nn

    found = cnnspec.from_torch(nn.Sequential(eval(f"nn.{name}", {"nn": nn})), (4, 6, 5))
    assert found.spec.graph.totals.params == 0
    assert "affine: false" in found.text


def test_a_shift_of_nothing_is_there() -> None:
    import torch
    from torch import nn

    class Shift(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(4, 1, 1))

        def forward(self, x: Any) -> Any:
            return x + self.bias

    found = cnnspec.from_torch(nn.Sequential(Shift(), nn.ReLU()), (4, 6, 5))
    assert [step.kind for step in found.spec.graph.steps] == ["scale", "relu"]
    assert found.tensors["0.bias"].shape == (4,)


def test_a_module_stays_as_it_was() -> None:
    module = network()
    module[0].eval()
    before = [part.training for part in module.modules()]
    values = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    cnnspec.from_torch(module, (2, 6, 5))
    assert [part.training for part in module.modules()] == before
    assert all(bool((tensor == values[name]).all()) for name, tensor in module.state_dict().items())


def test_a_spec_is_written_with_its_weights(tmp_path: Path) -> None:
    found = cnnspec.from_torch(network(), (2, 6, 5), tmp_path / "net.yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.safetensors", "net.yaml"]
    spec = cnnspec.load(tmp_path / "net.yaml")
    x = np.ones((1, 2, 6, 5), np.float32)
    np.testing.assert_array_equal(spec.compile()(x), found.spec.compile(found.tensors)(x))


def test_what_is_no_network_of_layers_is_refused(tmp_path: Path) -> None:
    import torch
    from torch import nn

    class Attention(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x @ x.transpose(2, 3)

    class Fails(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            raise RuntimeError("no")

    for module, code in ((Attention(), "E431"), (Fails(), "E430"), (nn.Conv2d(7, 1, 1), "E430")):
        with pytest.raises(cnnspec.FileError) as caught:
            cnnspec.from_torch(module, (2, 4, 4), tmp_path / "net.yaml")
        assert caught.value.diagnostics[0].code == code
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError):
        cnnspec.from_torch(torch.zeros(1), (2, 4, 4))
    with pytest.raises(TypeError):
        cnnspec.from_torch(network(), (2, 6, 5, 1))


@pytest.mark.parametrize("shape", [3, (), (3, 8, 8, 8), (0,), (3, 8.0, 8), "abc", (3, 0, 8), None])
def test_a_shape_is_one_to_three_sizes(shape: Any) -> None:
    from torch import nn

    with pytest.raises(TypeError, match=r"the shape \(C, H, W\), \(C, W\) or \(C,\) of its input"):
        cnnspec.from_torch(nn.ReLU(), shape)


def test_a_module_over_vectors() -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3)).eval()
    found = cnnspec.from_torch(module, (6,))
    assert "input: {C: 6}\n" in found.text
    assert [step.kind for step in found.spec.graph.steps] == ["dense", "batchnorm", "relu", "dense"]
    x = np.random.default_rng(0).standard_normal((4, 6), np.float32)
    (y,) = found.spec.compile(found.tensors).run(x).values()
    np.testing.assert_allclose(y, module(torch.from_numpy(x)).detach().numpy(), rtol=1e-5, atol=1e-6)


def test_helps_are_those_of_a_call() -> None:
    import torch
    from torch import nn

    class Error(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return torch.erf(torch.relu(x))

    with pytest.raises(cnnspec.FileError) as caught:
        cnnspec.from_torch(Error(), (3, 8, 8))
    assert [(each.code, each.help) for each in caught.value.diagnostics] == [("E431", "")]


def test_a_module_over_signals() -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30, 3)).eval()
    found = cnnspec.from_torch(module, (2, 32))
    assert found.spec.graph.input == (2, 1, 32)
    x = np.random.default_rng(0).standard_normal((4, 2, 32), np.float32)
    (y,) = found.spec.compile(found.tensors).run(x[:, :, None]).values()
    np.testing.assert_allclose(y, module(torch.from_numpy(x)).detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_other_numbers_become_float32(dtype: str) -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(getattr(torch, dtype))
    found = cnnspec.from_torch(module, (3, 8, 8))
    assert {tensor.dtype for tensor in found.tensors.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found.tensors["0.weight"], module[0].weight.detach().float().numpy())
    assert module[0].weight.dtype == getattr(torch, dtype)
    said = {"float64": "double", "float16": "float16"}[dtype]
    assert found.notes[0] == f"numbers are {said} in the model; here, and where it is checked, they are float32"


def test_notes_are_of_what_was_done() -> None:
    """Nothing is folded, a maximum is no part that does nothing, and a scale that is used twice is named once."""
    import torch
    from torch import nn

    class Scaled(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 3, 1)

        def forward(self, x: Any) -> Any:
            y = self.first(torch.relu(self.first(x)))
            return y.amax(-1).amax(-1)

    (note,) = cnnspec.from_torch(Scaled(), (3, 8, 8)).notes
    assert note == "renamed: first.weight, whose names say no layer"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["Max", "Avg"])
@pytest.mark.parametrize("out", [(3, 5), (1, 4), (7, 2)])
def test_adaptive_pooling_to_sizes_that_do_not_divide(kind: str, out: tuple[int, int]) -> None:
    """PyTorch's exporter refuses these; it does so again afterwards."""
    import torch
    from torch import nn

    module = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), getattr(nn, f"Adaptive{kind}Pool2d")(out))
    found = cnnspec.from_torch(module, (2, 6, 11))
    assert [step.kind for step in found.spec.graph.steps] == ["conv", f"adaptive{kind.lower()}pool"]
    assert found.difference is not None
    assert found.difference.largest < 1e-5
    with pytest.raises(Exception, match="not factor of input size"):
        torch.onnx.export(module, (torch.zeros(1, 2, 6, 11),), io.BytesIO(), dynamo=False)


@pytest.mark.parametrize("channels", [3, 130])
@pytest.mark.parametrize("affine", [False, True])
def test_a_layer_norm_has_the_weights_that_it_has(channels: int, affine: bool) -> None:
    from torch import nn

    class Norm(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(channels, elementwise_affine=affine)

        def forward(self, x: Any) -> Any:
            return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    found = cnnspec.from_torch(Norm(), (channels, 4, 5))
    assert [step.kind for step in found.spec.graph.steps] == ["layernorm"]
    assert set(found.tensors) == ({"norm.weight", "norm.bias"} if affine else set())

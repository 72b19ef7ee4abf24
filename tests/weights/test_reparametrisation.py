"""Weights in parts: put together where the rule is certain, told where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from numpy.typing import NDArray

from cnnspec import weights
from cnnspec.weights.published import published
from cnnspec.weights.reparametrisation import joined

Arrays = dict[str, NDArray[Any]]
RANDOM = np.random.default_rng(0)


def drawn(*shape: int) -> NDArray[Any]:
    return RANDOM.normal(size=shape).astype(np.float32)


V = np.array([[3.0, 4.0], [0.0, 2.0]], np.float32)


@pytest.mark.parametrize("names", [("c.weight_g", "c.weight_v"), ("weight_g", "weight_v")])
def test_weight_norm_by_hand(names: tuple[str, str]) -> None:
    found = joined(dict(zip(names, (np.array([[10.0], [3.0]], np.float32), V), strict=True)))
    (name,) = found.tensors
    assert name == names[0].removesuffix("_g")
    assert found.tensors[name].tolist() == [[6, 8], [0, 3]]
    assert (found.made, found.left) == ({name: "weight norm"}, {})


def test_weight_norm_of_all_filters_together() -> None:
    found = joined(
        {"a.parametrizations.weight.original0": np.array(np.sqrt(29)), "a.parametrizations.weight.original1": V}
    )
    np.testing.assert_allclose(found.tensors["a.weight"], V, rtol=1e-6)


def test_pruned_weights_are_masked() -> None:
    mask = np.array([[1, 0], [0, 1]], np.float32)
    found = joined(
        {"a.weight_orig": V, "a.weight_mask": mask, "a.bias_orig": V[0], "a.bias_mask": mask[1], "b.weight": V}
    )
    assert {name: array.tolist() for name, array in found.tensors.items()} == {
        "a.weight": [[3, 0], [0, 2]],
        "a.bias": [0, 4],
        "b.weight": V.tolist(),
    }


@pytest.mark.parametrize("axis", [0, 1])
def test_spectral_norm_knows_the_axis_of_the_filters(axis: int) -> None:
    """Both axes have three entries: only one of them goes with what training has left in u and v."""
    weight = drawn(3, 3, 2, 2)
    matrix = np.moveaxis(weight, axis, 0).reshape(3, -1)
    left, sigma, right = np.linalg.svd(matrix)
    found = joined({"c.weight_orig": weight, "c.weight_u": left[:, 0], "c.weight_v": right[0]})
    np.testing.assert_allclose(found.tensors["c.weight"], weight / sigma[0], rtol=1e-5)
    assert found.made == {"c.weight": "spectral norm"}


UNCERTAIN: dict[str, Arrays] = {
    "lengths of another shape": {"weight_g": drawn(3, 1), "weight_v": V},
    "lengths of every value": {"weight_g": V, "weight_v": V},
    "vectors of another size": {"weight_orig": V, "weight_u": drawn(3), "weight_v": drawn(2)},
    "vectors of neither axis": {"weight_orig": drawn(3, 3, 2, 2), "weight_u": drawn(3), "weight_v": drawn(12)},
    "one vector": {"weight_orig": V, "weight_u": drawn(2)},
    "a weight beside its parts": {"weight": V, "weight_orig": V, "weight_u": drawn(2), "weight_v": drawn(2)},
    "a mask of another shape": {"weight_orig": V, "weight_mask": drawn(3)},
    "two rules in turn": {f"parametrizations.weight.{part}": V for part in ("original", "0._u", "0._v", "1.base")},
    "an unknown rule": {"parametrizations.weight.original": V},
    "three originals": {f"parametrizations.weight.original{i}": V for i in range(3)},
}  # fmt: skip


@pytest.mark.parametrize("parts", UNCERTAIN.values(), ids=UNCERTAIN)
def test_what_is_not_certain_stays_in_parts(parts: Arrays) -> None:
    arrays = {f"c.{name}": array for name, array in parts.items()}
    found = joined(arrays)
    assert found.tensors == arrays
    assert found.made == {}
    assert set(found.left["c.weight"]) == arrays.keys() - {"c.weight"}


@pytest.mark.parametrize("names", [["a.weight_v"], ["running_u", "proj_g"], ["a.weight_orig"], ["a.mask"]])
def test_other_names_are_nobodys_parts(names: list[str]) -> None:
    arrays = dict.fromkeys(names, V)
    found = joined(arrays)
    assert (found.tensors, found.made, found.left) == (arrays, {}, {})


NET = """input: {C: 1, H: 4, W: 4}
layers:
  - {conv: {F: 3, K: 2}, name: c}
"""


@pytest.mark.parametrize("certain", [True, False])
def test_a_part_is_not_offered_for_the_weight(tmp_path: Path, certain: bool) -> None:
    """The help is followed, where it is a command, and the network runs."""
    parts = {"c.weight_g": drawn(2, 1, 1, 1), "c.weight_v": drawn(2, 1, 3, 3), "c.bias": drawn(2)}
    if not certain:
        parts["c.weight_u"] = drawn(2)
    weights.save(parts, tmp_path / "in.npz")
    (tmp_path / "net.yaml").write_text(NET)
    np.save(tmp_path / "x.npy", drawn(1, 4, 4))
    run = ("run", tmp_path / "net.yaml", tmp_path / "x.npy", "--weights")
    called = call(*run, tmp_path / "in.npz")
    assert called.code == 3
    assert "did you mean" not in called.err
    assert "`c.weight` is kept in parts" in called.err
    assert "cnnspec convert" in called.err
    out = tmp_path / "out.npz"
    called = call("convert", tmp_path / "in.npz", "-o", out, "--for", tmp_path / "net.yaml")
    assert called.code == (0 if certain else 3)
    if certain:
        assert "note: in.npz: put together from the parts of weight norm: `c.weight`" in called.err
        assert call(*run, out).code == 0
    else:
        assert "torch.nn.utils" in called.err
        assert not out.exists()


def test_files_of_every_kind_are_put_together(tmp_path: Path) -> None:
    parts = {"module.c.weight_g": drawn(2, 1), "module.c.weight_v": V}
    for name in ("a.npz", "a.safetensors"):
        weights.save(parts, tmp_path / name)
        assert list(published(tmp_path / name).tensors) == ["c.weight"]

"""Starting values follow their papers and depend on nothing but the seed and the tensor's name."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_systems import machine

from cnnspec import weights
from cnnspec.diagnostics import FileError
from cnnspec.graph.layer import TensorSpec
from cnnspec.machine import hardware
from cnnspec.machine.hardware import SystemMemory, memory

LARGE = {
    "a.weight": TensorSpec((400, 300), fan=(300, 400)),
    "a.bias": TensorSpec((400,)),
    "bn.weight": TensorSpec((9,), fill=1),
}


@pytest.mark.parametrize(("style", "variance"), [("he", 2 / 300), ("glorot", 2 / 700), ("lecun", 1 / 300)])
def test_starting_values_have_the_variance_of_their_paper(style: Any, variance: float) -> None:
    found = weights.initial(LARGE, style, seed=1)
    values = found["a.weight"]
    assert all(array.dtype == np.float32 and array.shape == LARGE[name].shape for name, array in found.items())
    assert abs(values.mean()) < 4 * np.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.02)
    assert (found["a.bias"] == 0).all()
    assert (found["bn.weight"] == 1).all()


def test_glorot_is_bounded_and_he_is_normal() -> None:
    uniform = weights.initial(LARGE, "glorot", seed=1)["a.weight"]
    limit = np.sqrt(6 / 700)
    assert limit * 0.999 < np.abs(uniform).max() <= limit * 1.000001
    normal = weights.initial(LARGE, "he", seed=1)["a.weight"] / np.sqrt(2 / 300)
    assert np.mean(np.abs(normal) < 1) == pytest.approx(0.6827, abs=0.01)


def test_starting_values_depend_on_the_seed_and_the_name_only() -> None:
    first = weights.initial(LARGE, "he", seed=1)["a.weight"]
    more = {"b.weight": TensorSpec((400, 300), fan=(300, 400)), **LARGE}
    again = weights.initial(more, "he", seed=1)
    np.testing.assert_array_equal(first, again["a.weight"])
    assert not np.array_equal(first, again["b.weight"])
    assert not np.array_equal(first, weights.initial(LARGE, "he", seed=2)["a.weight"])


def test_too_large_a_network_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(FileError) as error:
        weights.initial({"a.weight": TensorSpec((10**6, 10**9), fan=(10**9, 10**6))}, "he", seed=1)
    [found] = error.value.diagnostics
    assert found.code == "E409"
    assert "4,000,000,000,000,000 bytes" in found.why


def refused_because(size: int) -> str:
    """Why weights of so many values are refused (E409); "" when they are made."""
    try:
        assert weights.initial({"a": TensorSpec((size,))}, "he", seed=1)["a"].shape == (size,)
    except FileError as error:
        [found] = error.diagnostics
        assert found.code == "E409"
        return found.why
    return ""


def test_the_bound_is_half_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "memory", lambda: SystemMemory(80))
    assert refused_because(10) == ""
    assert refused_because(11) == "they take 44 bytes; half of its memory is 40"


def test_a_containers_limit_is_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has far more: only the limit of the process' control group refuses it."""
    root = machine(tmp_path, proc__self__cgroup="0::/a\n", sys__fs__cgroup__a__memory_DOT_max="80\n")
    monkeypatch.setattr(hardware, "memory", partial(memory, root))
    assert refused_because(10) == ""
    assert refused_because(11) == "they take 44 bytes; half of what this process is limited to is 40"


def test_a_system_that_does_not_tell_its_memory_gets_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "memory", lambda: SystemMemory(None))
    assert "half of its memory is 4,294,967,296" in refused_because(2**30 + 1)

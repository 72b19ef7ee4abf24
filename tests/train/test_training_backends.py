"""Training by another backend: the same steps but for rounding, and a run keeps the one that it was begun with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call
from trainers import graph

import cnnspec
from cnnspec.diagnostics import TrainingError
from cnnspec.engine.backend import UnknownBackendError
from cnnspec.engine.backends.numba.training import calls
from cnnspec.graph.array import Array
from cnnspec.language.sections.train import Train
from cnnspec.train.trainer import Trainer
from cnnspec.weights import initial

NETWORK = """
name: All kinds with kernels of their own
input: {C: 3, H: 9, W: 8}
layers:
  - conv: {F: 3, K: 10, P: same, bias: false}
  - batchnorm
  - relu
  - conv: {F: 3, K: 10, G: 10, S: 2, P: 1}
  - relu6
  - conv: {F: 1, K: 6, G: 2}
  - deconv: {F: 2, K: 5, S: 2}
  - maxpool: {F: 2}
  - batchnorm: {affine: false}
  - flatten
  - batchnorm
  - dense: {K: 4}
"""


def trainer(backend: str, dtype: str = "float32", workers: int = 1) -> Trainer:
    network = graph(NETWORK)
    tensors = {name: array.astype(dtype) for name, array in initial(network.tensors, "he", 0).items()}
    return Trainer(network, Train(optimizer="sgd"), tensors, workers, backend=backend)


def steps(backend: str, dtype: str = "float32", workers: int = 1) -> tuple[list[float], dict[str, Array]]:
    random = np.random.default_rng(0)
    x, y = random.standard_normal((6, 3, 9, 8)).astype(dtype), random.integers(0, 4, 6)
    learner = trainer(backend, dtype, workers)
    losses = [learner.step(x, y, 0.05).loss for _ in range(4)]
    return losses, learner.tensors


def test_steps_are_those_of_numpy_but_for_rounding() -> None:
    losses, tensors = steps("numba")
    exact, wanted = steps("numpy", "float64")
    np.testing.assert_allclose(losses, exact, rtol=1e-4)
    for name, found in tensors.items():
        np.testing.assert_allclose(found, wanted[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_kernels_are_really_used() -> None:
    assert not all(
        np.array_equal(a, b) for a, b in zip(steps("numba")[1].values(), steps("numpy")[1].values(), strict=True)
    )


def test_the_same_bytes_come_out_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    losses, first = steps("numba")
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    again, second = steps("numba", workers=3)
    assert losses == again
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_what_is_not_float32_is_numpys() -> None:
    losses, tensors = steps("numba", "float64")
    exact, wanted = steps("numpy", "float64")
    assert losses == exact
    for name in wanted:
        np.testing.assert_array_equal(tensors[name], wanted[name])


def test_a_backend_that_there_is_not() -> None:
    with pytest.raises(UnknownBackendError):
        trainer("cupy")


def test_a_run_goes_on_with_its_backend(folder: Path) -> None:
    run = ("train", "net.yaml", "--threads", "1", "--set", "train.epochs=1")
    whole = call(*run, "--backend", "numba", "--set", "train.epochs=2", "-o", "whole.safetensors")
    assert whole.code == 0, whole.err
    assert call(*run, "--backend", "numba").code == 0
    more = ("--resume", "--set", "train.epochs=2")
    refused = call(*run, *more)
    assert refused.code == 1
    assert "it had the backend numba, has numpy" in " ".join(refused.err.split())
    assert call(*run, *more, "--backend", "numba").code == 0


def test_from_python_a_run_goes_on_with_its_backend(folder: Path) -> None:
    spec = cnnspec.load("net.yaml")
    output, kept = "net.safetensors", "net.checkpoint.safetensors"
    spec.train(output=output, checkpoint=kept, threads=1, backend="numba", epochs=1)
    with pytest.raises(TrainingError, match="backend"):
        spec.train(output=output, checkpoint=kept, threads=1, resume=True, epochs=2)

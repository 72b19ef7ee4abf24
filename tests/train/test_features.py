"""Networks over vectors learn from tables of features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnspec import load

IRIS = """\
input: {C: 4}
layers: [batchnorm, {dense: {K: 16}}, relu, {dense: {K: 3}}, softmax]
classes: [setosa, versicolor, virginica]
train: {data: iris, validation: 1/5, batch: 16, epochs: 40, rate: 0.01, schedule: one-cycle}
"""


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_irises_are_told_apart(backend: str) -> None:
    spec = load(IRIS)
    learned = spec.train(threads=2, backend=backend, progress=False)
    found = spec.evaluate(weights=learned.tensors, backend=backend, progress=False)
    assert found.examples == 30
    assert found.accuracy is not None
    assert found.accuracy >= 29 / 30


def test_a_line_is_found(tmp_path: Path) -> None:
    """`mse` over a table of numbers: y = 2a - b + 3."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (200, 2))
    np.savetxt(tmp_path / "line.csv", np.column_stack([x, x @ [2, -1] + 3]), delimiter=",", header="a,b,y", comments="")
    spec = load("input: {C: 2}\nlayers: [{dense: {K: 1}}]\n")
    learned = spec.train(tmp_path / "line.csv", loss="mse", epochs=60, rate=0.05, batch=20, progress=False)
    np.testing.assert_allclose(learned.tensors["dense1.weight"], [[2, -1]], atol=1e-2)
    np.testing.assert_allclose(learned.tensors["dense1.bias"], [3], atol=1e-2)


def test_arrays_of_vectors() -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((120, 3)).astype(np.float32)
    spec = load("input: {C: 3}\nlayers: [{dense: {K: 2}}]\n")
    learned = spec.train((x, (x[:, 0] > 0).astype(int)), epochs=40, rate=0.05, progress=False)
    weight = learned.tensors["dense1.weight"]
    assert abs(weight[1, 0] - weight[0, 0]) > 5 * abs(weight[1, 1:] - weight[0, 1:]).max()

"""Batch norm trained by native code, in float32, beside PyTorch's in float64."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.engine.backends.numba.training import NativeTraining
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.layers.batchnorm import BatchNorm

pytestmark = pytest.mark.peers

BOUND = 3e-6
"""Largest difference, relative to the largest value or 1; measured 5e-7."""


@pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (7, 6), (8, 72, 33, 50), (9, 17, 1, 1)])
@pytest.mark.parametrize("affine", [True, False])
def test_output_gradients_and_statistics(shape: tuple[int, ...], affine: bool, vectors: Vectors) -> None:
    import torch
    from torch.nn import functional

    random = np.random.default_rng(0)

    def drawn(*shape: int) -> NDArray[Any]:
        return random.standard_normal(shape).astype(np.float32)

    layer = BatchNorm(affine=affine, eps=1e-3, momentum=0.3)
    x, dy = 3 * drawn(*shape) + 2, drawn(*shape)
    own = {name: np.abs(drawn(shape[1])) + np.float32(0.5) for name in layer.tensors(shape[1:])}

    theirs = {name: torch.tensor(tensor.astype(float)) for name, tensor in own.items()}
    image = torch.tensor(x.astype(float), requires_grad=True)
    learned = [theirs[name].requires_grad_() for name in ("weight", "bias") if affine]
    output = functional.batch_norm(
        image, theirs["running_mean"], theirs["running_var"], *(learned or [None, None]), True, 0.3, 1e-3
    )
    output.backward(torch.tensor(dy.astype(float)))

    buffers: dict[str, NDArray[Any]] = {}
    context: Any = SimpleNamespace(update_buffers=buffers.update)
    y, back = NativeTraining(vectors).vjp(layer)(context, x, **own)
    (dx,), gradients = back(dy)
    pairs = [(y, output.detach()), (dx, image.grad)]
    pairs += [(gradients[name], theirs[name].grad) for name in gradients]
    pairs += [(buffers[name], theirs[name]) for name in ("running_mean", "running_var")]
    assert list(gradients) == (["weight", "bias"] if affine else [])
    for found, tensor in pairs:
        exact = tensor.numpy()
        assert found.shape == exact.shape
        np.testing.assert_allclose(found, exact, rtol=0, atol=BOUND * max(1, np.abs(exact).max()))

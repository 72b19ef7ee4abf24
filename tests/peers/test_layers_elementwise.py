"""Layers that leave the shape as it is against PyTorch's, float64, from ordinary to extreme values."""

from __future__ import annotations

import numpy as np
import pytest
import readme
from elementwise_cases import CASES, Case, drawn, inputs, scale
from oracle import values

from cnnspec.layers import find

pytestmark = pytest.mark.peers


def test_there_is_a_case_for_each_kind_that_the_readme_lists() -> None:
    rules = {name for name, rule in vars(values).items() if getattr(rule, "__module__", "") == values.__name__}
    assert {case.kind for case in CASES} == rules & readme.listed_kinds()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_are_those_of_pytorch(case: Case) -> None:
    import torch
    from torch.nn import functional

    for shape in case.shapes:
        tensors = drawn(case.layer, shape)
        theirs = {name: torch.from_numpy(tensor) for name, tensor in tensors.items()}
        for x in inputs(shape):
            y = case.layer.forward(x, **tensors)
            expected = case.peer(functional, torch.from_numpy(x), theirs).numpy()
            np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-10 * scale(expected))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_single_precision_stays_and_is_close(case: Case) -> None:
    import torch
    from torch.nn import functional

    for shape in case.shapes:
        tensors = {name: tensor.astype(np.float32) for name, tensor in drawn(case.layer, shape).items()}
        theirs = {name: torch.from_numpy(tensor).double() for name, tensor in tensors.items()}
        x = next(inputs(shape)).astype(np.float32)
        y = case.layer.forward(x, **tensors)
        expected = case.peer(functional, torch.from_numpy(x).double(), theirs).numpy()
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("approx", ["none", "tanh"])
def test_gelu_in_float64_agrees_to_the_last_digits(approx: str) -> None:
    import torch

    x = np.linspace(-12, 12, 10_001)
    y = find("gelu").model_validate({"approx": approx}).forward(x[None])[0]
    expected = torch.nn.functional.gelu(torch.from_numpy(x), approximate=approx).numpy()
    np.testing.assert_allclose(y, expected, rtol=4e-16, atol=2e-15)

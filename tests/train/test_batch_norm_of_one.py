"""A batch norm that gets one value of a channel from an example learns nothing from one example: there is none left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from datasets import network
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.diagnostics import FileError, SpecError
from cnnspec.spec import Spec
from cnnspec.train.datasets.batches import Batches, batch_count

LONELY = "[flatten, dense: {K: 4}, batchnorm, relu, dense: {K: 3}]"


def examples(count: int) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    return random.normal(size=(count, 1, 4, 5)).astype(np.float32), np.arange(count) % 3


def net(layers: str = LONELY) -> Spec:
    return network(layers=layers)


@pytest.mark.parametrize("layers", [LONELY, "[conv: {F: [4, 5], K: 4}, batchnorm, flatten, dense: {K: 3}]"])
def test_batches_of_one_are_refused(layers: str) -> None:
    with pytest.raises(SpecError, match="E306") as caught:
        net(layers).train(examples(9), batch=1)
    (found,) = caught.value.diagnostics
    assert found.help == "`batch: 2` or more"
    net(layers).train(examples(9), batch=2, epochs=1)


@pytest.mark.parametrize(
    ("layers", "settings"),
    [
        ("[conv: {F: 3, K: 4}, batchnorm, flatten, dense: {K: 3}]", {}),
        (LONELY, {"freeze": ["batchnorm*"]}),
        ("[flatten, dense: {K: 3}]", {}),
    ],
)
def test_others_may_have_one(layers: str, settings: dict[str, Any]) -> None:
    learned = net(layers).train(examples(9), batch=1, epochs=1, validation=0, **settings)
    assert learned.notes.progress.step == 9


def test_a_rest_of_one_joins_the_batch_before_it() -> None:
    """The running variance falls towards 0 where a batch has a single value."""
    learned = net().train(examples(65), validation=0, epochs=4)
    assert learned.notes.progress.step == 4
    assert learned.tensors["batchnorm1.running_var"].min() > 0.05
    plain = net("[flatten, dense: {K: 3}]").train(examples(65), validation=0, epochs=4)
    assert plain.notes.progress.step == 8


def test_one_example_is_too_little() -> None:
    with pytest.raises(FileError, match="E420"):
        net().train(examples(1), validation=0)


@given(count=st.integers(1, 40), size=st.integers(1, 9), least=st.integers(1, 2))
def test_every_example_is_in_one_batch(count: int, size: int, least: int) -> None:
    seen: list[Any] = []

    class Numbers:
        def read(self, indices: Any) -> tuple[Any, Any]:
            return indices, indices

    batches = Batches(Numbers(), count, size, 0, least=least)  # type: ignore[arg-type]
    seen = [x for x, _ in batches.of(1)]
    assert len(seen) == len(batches) == batch_count(count, size, least)
    assert sorted(np.concatenate(seen)) == list(range(count))
    if size >= least:
        assert all(len(part) >= min(least, count) for part in seen)


def test_a_frozen_buffer_stays() -> None:
    """PyTorch's running statistics move; here, what `freeze` names stays as it is."""
    spec = net("[{conv: {F: 3, K: 4}}, {batchnorm: {}, name: bn}, flatten, {dense: {K: 3}}]")
    start = spec.train(examples(30), epochs=1).tensors
    for freeze, stays in ((["bn.running_mean"], {"running_mean"}), (["*.running_*"], {"running_mean", "running_var"})):
        learned = spec.train(examples(30), weights=start, epochs=2, freeze=freeze).tensors
        kept = {
            key for key in ("running_mean", "running_var") if np.array_equal(learned[f"bn.{key}"], start[f"bn.{key}"])
        }
        assert kept == stays
        assert not np.array_equal(learned["bn.weight"], start["bn.weight"])

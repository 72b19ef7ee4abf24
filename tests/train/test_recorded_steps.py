"""Steps that are carried out again as the first one was written down: to the byte what goes layer by layer gives."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence

import all_kinds
import numpy as np
import pytest
from numpy.typing import NDArray
from trainers import Array, graph

from cnnspec.engine.backends.numba.training import NativeTraining, calls
from cnnspec.engine.backends.numba.training.arena import Block
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Example
from cnnspec.language.sections.train import Train
from cnnspec.train.recorded_tape import KEPT
from cnnspec.train.trainer import StepResult, Trainer
from cnnspec.weights import initial

BATCH, STEPS = 3, 4
DEEP = """
name: What layers hand to each other
input: {C: 3, H: 9, W: 8}
layers:
  - {conv: {F: 3, K: 8, P: same}, name: stem}
  - batchnorm
  - relu
  - add: [[{conv: {F: 3, K: 8, P: same, bias: false}}, batchnorm, dropout], []]
  - conv: {F: 3, K: 8, G: 8, S: 2, P: 1}
  - concat: [[relu6], [{conv: {F: 1, K: 4}}]]
  - conv: {F: 3, K: 6, S: 2, P: same-upper}
  - maxpool: {F: 2}
  - flatten
  - dense: {K: 4}
"""


def trainer(network: Graph, threads: int, **settings: object) -> Trainer:
    tensors = {name: array.astype(np.float32) for name, array in initial(network.tensors, "he", 0).items()}
    return Trainer(network, Train(**{"optimizer": "sgd", **settings}), tensors, threads, backend="numba")


def by_layers(learner: Trainer) -> Trainer:
    learner.tape.tape.kernels.recorder = lambda dtype: None  # type: ignore[method-assign]
    return learner


def arena_bytes(learner: Trainer) -> int:
    return sum(chunk.nbytes for chunk in kernels(learner).native._chunks)


def kernels(learner: Trainer) -> NativeTraining:
    found = learner.tape.tape.kernels
    assert isinstance(found, NativeTraining)
    return found


def batches(network: Graph, classes: int | None) -> list[tuple[Array, NDArray[np.generic]]]:
    random = np.random.default_rng(1)
    x = random.standard_normal((STEPS, BATCH, *network.input)).astype(np.float32)
    shape = STEPS, BATCH, *network.shape(network.outputs[0])
    y = random.integers(0, classes, shape[:2]) if classes else random.standard_normal(shape)
    return list(zip(x, y, strict=True))


def steps(learner: Trainer, given: Sequence[tuple[Array, NDArray[np.generic]]]) -> list[StepResult]:
    return [learner.step(x, y, 0.01, number=i) for i, (x, y) in enumerate(given)]


def assert_same(one: Trainer, other: Trainer) -> None:
    for name, found in one.tensors.items():
        np.testing.assert_array_equal(found, other.tensors[name], err_msg=name)


@pytest.mark.parametrize("example", all_kinds.examples(), ids=lambda example: example.item)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_kind_learns_as_it_does_layer_by_layer(example: Example) -> None:
    network = graph(all_kinds.alone(example))
    recorded, plain = trainer(network, 1, loss="mse"), by_layers(trainer(network, 1, loss="mse"))
    given = batches(network, None)
    assert str(steps(recorded, given)) == str(steps(plain, given))
    assert_same(recorded, plain)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_network_does(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    network = graph(DEEP)
    recorded, plain = trainer(network, threads), by_layers(trainer(network, threads))
    given = batches(network, 4)
    assert steps(recorded, given) == steps(plain, given)
    assert [step.is_whole for step in recorded.tape.steps.values()] == [True]
    assert_same(recorded, plain)


def test_each_size_of_batches_has_a_step_in_the_same_memory() -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    (x, y), *others = batches(network, 4)
    given = [(x[:2], y[:2]), (x, y), (x[:2], y[:2]), *others, (x[:2], y[:2])]
    assert steps(recorded, given[:2]) == steps(plain, given[:2])
    taken = arena_bytes(recorded)
    assert steps(recorded, given[2:]) == steps(plain, given[2:])
    assert_same(recorded, plain)
    alone = trainer(network, 1)
    steps(alone, others)
    assert taken == arena_bytes(recorded) < 1.5 * arena_bytes(alone)


def test_few_sizes_are_kept() -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    random = np.random.default_rng(2)
    given = [
        (random.standard_normal((n, *network.input)).astype(np.float32), random.integers(0, 4, n))
        for n in (1, 2, 3, 4, 5, 6, 1, 6)
    ]
    assert steps(recorded, given) == steps(plain, given)
    assert len(recorded.tape.steps) == KEPT
    assert_same(recorded, plain)


@pytest.mark.parametrize("order", [(0.5, np.inf), (np.inf, 0.5)])
def test_kernels_are_chosen_anew_where_filters_become_finite_or_no_longer_are(order: tuple[float, float]) -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    given = batches(network, 4)
    for value in (*order, *order):
        found = []
        for learner in (recorded, plain):
            learner.tensors["stem.weight"][0, 0, 0, 0] = value
            results = np.array([learner.vjp(x, y) for x, y in given])
            found.append(np.concatenate([results.ravel(), learner.gradients[0].whole]))
        np.testing.assert_array_equal(found[0], found[1])


def test_a_layer_that_nobody_goes_back_through_keeps_nothing() -> None:
    depth, size = 12, 32
    text = f"input: {{C: 4, H: {size}, W: {size}}}\nlayers:\n"
    text += "  - {conv: {F: 3, K: 4, P: same}, name: first}\n"
    text += "".join(f"  - {{gelu: {{}}, name: frozen{i}}}\n" for i in range(depth)) + "  - globalavgpool\n"
    network = graph(text + "  - flatten\n  - {dense: {K: 4}, name: head}\n")
    learner = trainer(network, 1, freeze=("first",))
    steps(learner, batches(network, 4))
    assert arena_bytes(learner) < 5 * 4 * BATCH * 4 * size * size


def test_a_first_step_that_was_broken_off_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    given = batches(network, 4)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recorded.tape.tape.kernels, "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recorded.step(*given[0], 0.01)
    assert steps(recorded, given) == steps(plain, given)
    assert_same(recorded, plain)


def test_memory_is_given_from_array_to_array_and_no_step_takes_more() -> None:
    network = graph(DEEP)
    recorded = trainer(network, 1)
    given = batches(network, 4)
    steps(recorded, given)
    made = arena_bytes(recorded)
    assert made < 4 * 4 * BATCH * sum(int(np.prod(step.shape)) for step in network.steps)
    steps(recorded, given)
    gc.collect()
    assert arena_bytes(recorded) == made


def test_a_trainer_takes_the_memory_of_its_steps_along() -> None:
    network = graph(DEEP)
    learner = trainer(network, 1)
    steps(learner, batches(network, 4))
    chunk = weakref.ref(kernels(learner).native._chunks[0])
    gc.disable()
    try:
        del learner
        assert chunk() is None
    finally:
        gc.enable()


def test_only_float32_is_written_down() -> None:
    network = graph(DEEP)
    tensors = {name: array.astype(np.float64) for name, array in initial(network.tensors, "he", 0).items()}
    learner = Trainer(network, Train(optimizer="sgd"), tensors, backend="numba")
    steps(learner, batches(network, 4))
    assert not learner.tape.steps


def test_a_block_that_was_never_whole_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    del_of_nothing = Block.__new__(Block)
    del del_of_nothing
    assert capfd.readouterr().err == ""

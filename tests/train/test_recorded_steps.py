"""Steps that are carried out again as the first one was written down: to the byte what goes layer by layer gives."""

from __future__ import annotations

import gc
import weakref

import all_kinds
import numpy as np
import pytest
from numpy.typing import NDArray
from trainers import Array, graph

from cnnspec.engine.backends.numba.training import calls
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Example
from cnnspec.language.sections.train import Train
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
    learner.tape.layer_by_layer = True
    return learner


def batches(network: Graph, classes: int | None) -> list[tuple[Array, NDArray[np.generic]]]:
    random = np.random.default_rng(1)
    x = random.standard_normal((STEPS, BATCH, *network.input)).astype(np.float32)
    shape = STEPS, BATCH, *network.shape(network.outputs[0])
    y = random.integers(0, classes, shape[:2]) if classes else random.standard_normal(shape)
    return list(zip(x, y, strict=True))


def steps(learner: Trainer, given: list[tuple[Array, NDArray[np.generic]]]) -> list[StepResult]:
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
    assert recorded.tape.step is not None
    assert recorded.tape.step.is_whole
    assert_same(recorded, plain)


def test_batches_of_another_size_go_layer_by_layer_between_the_others() -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    (x, y), *others = batches(network, 4)
    given = [(x, y), (x[:2], y[:2]), *others, (x[:1], y[:1])]
    assert steps(recorded, given) == steps(plain, given)
    assert_same(recorded, plain)


def test_filters_that_are_not_finite_are_numpys_again() -> None:
    network = graph(DEEP)
    recorded, plain = trainer(network, 1), by_layers(trainer(network, 1))
    given = batches(network, 4)
    for learner in (recorded, plain):
        steps(learner, given[:2])
        learner.tensors["stem.weight"][0, 0, 0, 0] = np.inf
    np.testing.assert_equal(steps(recorded, given[2:]), steps(plain, given[2:]))
    for learner in (recorded, plain):
        learner.tensors["stem.weight"][0, 0, 0, 0] = 0.5
    assert steps(recorded, given) == steps(plain, given)
    assert_same(recorded, plain)


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
    assert recorded.tape.step is not None
    arena = recorded.tape.step.recorder._recording.arena  # type: ignore[attr-defined]
    made = sum(chunk.nbytes for chunk in arena.chunks)
    activations = 4 * BATCH * sum(int(np.prod(step.shape)) for step in network.steps)
    assert made < 4 * activations
    steps(recorded, given)
    gc.collect()
    assert sum(chunk.nbytes for chunk in arena.chunks) == made


def test_a_trainer_takes_the_memory_of_its_steps_along() -> None:
    network = graph(DEEP)
    learner = trainer(network, 1)
    steps(learner, batches(network, 4))
    assert learner.tape.step is not None
    arena = weakref.ref(learner.tape.step.recorder._recording.arena)  # type: ignore[attr-defined]
    gc.disable()
    try:
        del learner
        assert arena() is None
    finally:
        gc.enable()

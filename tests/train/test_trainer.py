"""A step of training: gradients, workers, frozen layers, numbers that leave their range."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from checkout import ROOT, TESTS
from trainers import Array, batch, drawn, graph, trainer

from cnnspec.language.sections.train import Train
from cnnspec.train.trainer import StepResult, Trainer

pytestmark = pytest.mark.usefixtures("small_networks_are_shared")

HEAD = "input: {C: 2, H: 6, W: 5}\nlayers:\n"
PLAIN = HEAD + "  - {conv: {F: 3, K: 4}}\n  - relu\n  - flatten\n  - {dense: {K: 3}}\n  - softmax\n"
DEEP = (
    HEAD
    + """\
  - {conv: {F: 3, K: 4, P: same, bias: false}, name: stem}
  - {batchnorm: {}, name: bn}
  - relu
  - add: {main: [{conv: {F: 3, K: 4, P: same}, name: inner}, batchnorm, relu], shortcut: []}
  - concat: [[], [{conv: {F: 1, K: 2}}], stem]
  - dropout: {p: 0.25}
  - globalavgpool
  - flatten
  - {dense: {K: 3}, name: head}
"""
)


def without_dropping(text: str) -> str:
    return text.replace("p: 0.25", "p: 0")


def run(text: str, workers: int = 1, steps: int = 3, **given: Any) -> tuple[list[StepResult], dict[str, Array]]:
    """What some steps give, and the tensors behind them."""
    learning = trainer(text, workers, **given)
    x, y = batch(learning.graph)
    found = [learning.step(x, y, 0.05, 0, number) for number in range(steps)]
    return found, learning.tensors


@pytest.mark.parametrize("text", [PLAIN, without_dropping(DEEP)], ids=["plain", "deep"])
def test_gradients_by_finite_differences(text: str) -> None:
    learning = trainer(text, optimizer="sgd", momentum=0.0)
    x, y = batch(learning.graph)
    start = {name: array.copy() for name, array in learning.tensors.items()}
    learning.step(x, y, 1.0)
    gradients = {name: start[name] - learning.tensors[name] for name in learning.weights.named}

    def loss(name: str, change: Array) -> float:
        for key, array in start.items():
            learning.tensors[key][...] = array + change if key == name else array
        return learning.step(x, y, 0.0).loss

    random = np.random.default_rng(6)
    for name, gradient in gradients.items():
        change = 1e-5 * random.standard_normal(gradient.shape)
        slope = (loss(name, change) - loss(name, -change)) / 2
        assert slope == pytest.approx(float((gradient * change).sum()), rel=1e-4, abs=1e-12), name


@pytest.mark.parametrize("workers", [2, 3, 9])
def test_workers_change_nothing_but_the_rounding(workers: int) -> None:
    """Batch statistics are those of the whole batch, also where there are fewer images than workers."""
    alone, tensors = run(without_dropping(DEEP), optimizer="sgd")
    shared, others = run(without_dropping(DEEP), workers, optimizer="sgd")
    for one, other in zip(alone, shared, strict=True):
        assert other.correct == one.correct
        assert (other.loss, other.gradient_norm) == pytest.approx((one.loss, one.gradient_norm), rel=1e-9)
    for name, array in tensors.items():
        np.testing.assert_allclose(others[name], array, rtol=1e-8, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("workers", [1, 2])
def test_equal_runs_give_equal_bytes(workers: int) -> None:
    first, tensors = run(DEEP, workers, dtype=np.float32)
    second, others = run(DEEP, workers, dtype=np.float32)
    assert first == second
    assert {name: array.tobytes() for name, array in tensors.items()} == {
        name: array.tobytes() for name, array in others.items()
    }


def test_random_numbers_hang_on_seed_and_step() -> None:
    def loss(seed: int = 0, epoch: int = 0, number: int = 0) -> float:
        learning = trainer(DEEP, seed=seed)
        return learning.step(*batch(learning.graph), 0.1, epoch, number).loss

    assert len({loss(), loss(seed=1), loss(epoch=1), loss(number=1)}) == 4
    assert loss(1, 2, 3) == loss(1, 2, 3)


def test_it_learns() -> None:
    learning = trainer(DEEP, dtype=np.float32)
    x, y = batch(learning.graph)
    losses = [learning.step(x, y, 0.02, 0, number).loss for number in range(60)]
    assert losses[-1] < 0.3 * losses[0]


def test_a_final_softmax_is_part_of_the_loss() -> None:
    _, with_softmax = run(PLAIN)
    for other in (PLAIN.replace("  - softmax\n", ""), PLAIN.replace("softmax", "logsoftmax")):
        _, without = run(other)
        for name, array in with_softmax.items():
            np.testing.assert_array_equal(without[name], array)


def test_mean_squared_error_goes_through_a_final_softmax() -> None:
    learning = trainer(PLAIN, loss="mse")
    x, y = batch(learning.graph)
    targets = np.eye(3)[y]
    assert learning.step(x, y, 0.0) == learning.step(x, targets, 0.0)._replace(correct=learning.step(x, y, 0.0).correct)
    losses = [learning.step(x, targets, 0.05).loss for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]


def test_dense_targets() -> None:
    learning = trainer(HEAD + "  - {conv: {F: 3, K: 2, P: same}}\n", loss="mse")
    x, _ = batch(learning.graph)
    losses = [learning.step(x, x * 0.5, 0.05).loss for _ in range(60)]
    assert losses[-1] < 0.2 * losses[0]


def test_classes_of_cells() -> None:
    learning = trainer(HEAD + "  - {conv: {F: 3, K: 2, P: same}}\n", optimizer="sgd")
    x, _ = batch(learning.graph)
    y = (x[:, 0] > x[:, 1]).astype(np.int64)
    found = [learning.step(x, y, 0.5) for _ in range(60)]
    assert found[-1].loss < 0.5 * found[0].loss
    assert found[-1].correct > 0.9 * y.size


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_out_of_range_move_nothing(workers: int, value: float) -> None:
    learning = trainer(DEEP, workers, dtype=np.float32)
    x, y = batch(learning.graph)
    learning.step(x, y, 0.1)
    before = {name: array.tobytes() for name, array in learning.tensors.items()}
    state = {name: array.tobytes() for name, array in learning.optimizer.state().items()}
    x[3, 1, 2, 2] = value
    assert not learning.step(x, y, 0.1).is_finite
    assert {name: array.tobytes() for name, array in learning.tensors.items()} == before
    assert {name: array.tobytes() for name, array in learning.optimizer.state().items()} == state


def test_what_is_frozen_stays() -> None:
    start = drawn(graph(DEEP))
    _, tensors = run(DEEP, freeze=("stem", "bn", "inner.bias", "head.w*"))
    moved = {name for name, array in tensors.items() if (array != start[name]).any()}
    frozen = {"stem.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "inner.bias", "head.weight"}
    assert moved == set(tensors) - frozen


def test_a_frozen_batchnorm_runs_on_its_running_statistics() -> None:
    """So the loss of an example does not hang on the others in its batch."""
    text = (
        HEAD + "  - {conv: {F: 3, K: 4}, name: stem}\n  - {batchnorm: {}, name: bn}\n  - flatten\n  - dense: {K: 3}\n"
    )
    learning = trainer(text, freeze=("bn",))
    x, y = batch(learning.graph, 4)
    whole = learning.step(x, y, 0.0).loss
    alone = [learning.step(x[i : i + 1], y[i : i + 1], 0.0).loss for i in range(4)]
    assert whole == pytest.approx(np.mean(alone))


def test_nothing_goes_back_behind_the_first_layer_that_learns() -> None:
    learning = trainer(DEEP, freeze=("stem", "bn", "inner", "batchnorm*", "conv*"))
    assert learning.tape.tape.path.on_the_way == {"head"}


@pytest.mark.parametrize("clip", [1e-3, 1e3])
def test_clipping_bounds_the_step(clip: float) -> None:
    learning = trainer(PLAIN, optimizer="sgd", momentum=0.0, clip=clip)
    before = learning.weights.whole.copy()
    norm = learning.step(*batch(learning.graph), 1.0).gradient_norm
    moved = float(np.linalg.norm(learning.weights.whole - before))
    assert moved == pytest.approx(min(norm, clip), rel=1e-2)


def test_buffers_follow_the_batch() -> None:
    learning = trainer(DEEP)
    before = learning.tensors["bn.running_mean"].copy()
    learning.step(*batch(learning.graph), 0.0)
    assert (learning.tensors["bn.running_mean"] != before).all()


def test_given_tensors_stay() -> None:
    network = graph(PLAIN)
    given = drawn(network)
    before = {name: array.copy() for name, array in given.items()}
    Trainer(network, Train(), given).step(*batch(network), 0.1)
    assert all((given[name] == before[name]).all() for name in given)


def test_learned_tensors_are_not_copied_aside() -> None:
    class Uncopied(np.ndarray[Any, Any]):
        def copy(self, *given: Any) -> Any:
            pytest.fail("a copy for nothing")

    network = graph(PLAIN)
    Trainer(network, Train(), {name: array.view(Uncopied) for name, array in drawn(network).items()})


def test_a_layer_that_the_output_does_not_hang_on_stays() -> None:
    text = HEAD + "  - {conv: {F: 3, K: 4}, name: stem}\n  - {conv: {F: 1, K: 2}, name: side}\n"
    text += "  - from: stem\n  - flatten\n  - {dense: {K: 3}}\n"
    learning = trainer(text)
    before = learning.tensors["side.weight"].copy()
    x, y = batch(learning.graph)
    for number in range(3):
        learning.step(x, y, 0.1, 0, number)
    np.testing.assert_array_equal(learning.tensors["side.weight"], before)
    assert "side.weight" not in learning.weights.named


MEMORY = """
import resource, sys
import numpy as np
from trainers import batch, drawn, graph
from cnnspec.language.sections.train import Train
from cnnspec.train.trainer import Trainer

network = graph("input: {C: 8, H: 64, W: 64}\\nlayers: [{conv: {F: 1, K: 8}}, relu, flatten, {dense: {K: 3}}]\\n")
learning = Trainer(network, Train(), drawn(network, np.float32), int(sys.argv[1]))
x, y = batch(network, 16)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    learning.step(x, y, 0.1)
before = faults()
for _ in range(10):
    learning.step(x, y, 0.1)
print((faults() - before) // 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
@pytest.mark.parametrize("workers", [1, 2])
def test_steps_take_their_memory_from_the_step_before(workers: int) -> None:
    """Arrays of 2 MiB each are 500 pages, which the system would have to clear again and again."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, TESTS / "support")))}
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(workers)], capture_output=True, text=True, check=True, env=environment
    )
    assert int(done.stdout) < 200

"""`cnnspec summary --train`: what a step of training takes in memory; what is said is what is taken."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from io import StringIO
from typing import Any

import numpy as np
import pytest
from calling import call
from processes import code_of, modules_after

from cnnspec import weights
from cnnspec.graph.graph import Graph
from cnnspec.language.sections.train import Train
from cnnspec.spec import load
from cnnspec.train.step_memory import StepMemory, step_memory
from cnnspec.train.trainer import Trainer

MODERN = """
  - {conv: {F: 2, S: 2, K: 32}}
  - layernorm
  - add:
      - []
      - - {conv: {F: 7, K: C, G: C, P: same}}
        - layernorm
        - {conv: {F: 1, K: 4*C}}
        - gelu
        - {conv: {F: 1, K: C/4}}
        - scale
        - {droppath: {p: 0.1}}
  - {conv: {F: 3, K: 64, G: 4, P: 1}}
  - {groupnorm: {G: 8}}
  - hardswish
  - {channelshuffle: {G: 4}}
  - mul: [[], [globalavgpool, {conv: {F: 1, K: C}}, sigmoid]]
  - {avgpool: {F: 2}}
  - {dropout: {p: 0.2}}
  - flatten
  - {dense: {K: 10}}
"""
DENSE = """
  - {conv: {F: 3, K: 16, P: 1, bias: false}, name: stem}
  - concat: [[], [batchnorm, relu, {conv: {F: 3, K: 16, P: 1, bias: false}}]]
  - concat: [[], [batchnorm, relu, {conv: {F: 3, K: 16, P: 1, bias: false}}]]
  - {lrn: {size: 5}}
  - {prelu: {}}
  - {maxpool: {F: 2}}
  - {deconv: {F: 2, S: 2, K: 16}}
  - concat: [stem, []]
  - {conv: {F: 3, K: 16, P: 1}}
  - elu
  - {upsample: {factor: 2, mode: bilinear}}
  - {conv: {F: 1, K: 4}}
  - softmax
"""
WIDE = """
  - {conv: {F: 3, S: 4, P: 1, K: 256}}
  - {conv: {F: 3, P: 1, K: 384}}
  - relu
  - {deconv: {F: 2, S: 2, K: 256}}
  - {conv: {F: 3, P: 1, S: 2, K: 256}}
  - globalmaxpool
  - flatten
  - {dense: {K: 10}}
"""

pytestmark = pytest.mark.usefixtures("small_networks_are_shared")


def network(layers: str) -> Graph:
    return load(io.StringIO(f"input: {{C: 3, H: 32, W: 32}}\nlayers:{layers}")).graph


def taken(graph: Graph, settings: Train, workers: int) -> int:
    """Peak bytes of a step, by tracemalloc: the second one, when nothing is made for the first time."""
    arrays = dict(weights.initial(graph.tensors, "he", 0))
    random = np.random.default_rng(0)
    classes, *cells = graph.shape(graph.outputs[0])
    tracemalloc.start()
    try:
        x = random.random((settings.batch, *graph.input), np.float32)
        y = random.integers(0, classes, (settings.batch, *cells))
        trainer = Trainer(graph, settings, arrays, workers)
        trainer.step(x, y, 1e-3)
        tracemalloc.reset_peak()
        trainer.step(x, y, 1e-3)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("graph", "batch", "given"),
    [
        (load("lenet5").graph, 256, {"optimizer": "sgd"}),
        (load("resnet20_cifar").graph, 24, {}),
        (load("mobilenet_v2", (3, 32, 32)).graph, 16, {"optimizer": "sgd", "momentum": 0.0}),
        (load("mobilenet_v2", (3, 32, 32)).graph, 16, {"freeze": ("features.?.*", "features.??.*")}),
        (network(MODERN), 32, {}),
        (network(DENSE), 16, {}),
        (network(WIDE), 4, {}),
    ],
)
def test_what_is_said_is_what_is_taken(graph: Graph, batch: int, given: dict[str, Any], workers: int) -> None:
    """Workers may be at their peaks at once, for which what is said makes room; whether they are is chance."""
    settings = Train(batch=batch, **given)
    said, measured = step_memory(graph, settings, workers).total, taken(graph, settings, workers)
    assert measured <= said
    if workers == 1:
        assert said <= 1.25 * measured


def said(layers: str = MODERN, workers: int = 1, **given: Any) -> StepMemory:
    return step_memory(network(layers), Train(**given), workers)


def test_the_batch_counts_between_layers_and_in_the_examples() -> None:
    small, large = said(batch=16), said(batch=32)
    assert large.examples == 2 * small.examples == 32 * (4 * 3 * 32 * 32 + 8)
    assert 1.9 * small.between < large.between <= 2 * small.between
    assert (large.weights, large.gradients, large.state) == (small.weights, small.gradients, small.state)


def test_every_worker_has_gradients_of_its_own() -> None:
    assert said(workers=3).gradients == 3 * said().gradients
    assert said(workers=3).state == said().state


def test_an_optimizer_remembers_what_its_rule_needs() -> None:
    gradients = said().gradients
    for rule, slots in (("sgd", 1), ("adam", 2), ("adamw", 2)):
        assert said(optimizer=rule).state == slots * gradients
    assert said(optimizer="sgd", momentum=0.0).state == 0


def test_frozen_layers_have_no_gradients_and_keep_nothing() -> None:
    frozen = said(freeze=("conv*", "layernorm*", "scale*", "groupnorm*"))
    assert frozen.gradients == 4 * 10 * (64 * 8 * 8 + 1)
    assert frozen.between < said().between / 2
    assert not frozen.backward


def test_a_small_peak_by_hand() -> None:
    """Going back through the second convolution exist: what it and the first keep, its output's gradient, its input's,
    and a copy of one of them; beside them its filters' gradient and four more of that size."""
    layers = """
  - {conv: {F: 1, K: 2}}
  - {conv: {F: 3, K: 2, P: 1, bias: false}, name: second}
  - globalavgpool
  - flatten
"""
    found = said(layers, batch=2)
    image, maps = 2 * 4 * 3 * 32 * 32, 2 * 4 * 2 * 32 * 32
    filters = 4 * 2 * 2 * 3 * 3
    assert (found.at, found.backward) == ("second", True)
    assert found.between == image + 4 * maps + 5 * filters


# The command


def test_text_for_people() -> None:
    code, out, err = call("summary", "lenet5", "--train", "--set", "train.batch=16", "--threads", "2")
    assert (code, err) == (0, "")
    memory = step_memory(load("lenet5").graph, Train(batch=16), 2)
    lines = out.splitlines()
    assert lines[0] == "LeNet-5: a step of training, 16 examples on 2 threads"
    assert lines[2] == "weights         246,824 bytes (247 kB), with buffers"
    assert f"total           {memory.total:,} bytes" in out
    assert f"when {memory.at} goes back" in out


def test_json_markdown_and_csv_say_the_same() -> None:
    memory = step_memory(load("lenet5").graph, Train())
    document = json.loads(call("summary", "lenet5", "--train", "--format", "json").out)
    assert (document["batch"], document["threads"]) == (64, 1)
    assert document["bytes"]["total"] == memory.total == sum(document["bytes"].values()) - memory.total
    assert document["peak"] == {"layer": memory.at, "way": "back"}
    rows = list(csv.reader(StringIO(call("summary", "lenet5", "--train", "--format", "csv").out)))
    assert [int(nbytes) for _, nbytes, _ in rows[1:]] == list(document["bytes"].values())
    assert f"| total | {memory.total:,} |" in call("summary", "lenet5", "--train", "--format", "markdown").out


@pytest.mark.parametrize("width", [60, 80])
def test_text_fits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.cli.commands.summary.width", lambda: width)
    out = call("summary", "mobilenet_v2", "--train").out
    assert max(map(len, out.splitlines())) <= width


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--train", "--plan"], "exclude each other"),
        (["--train", "--depth", "1"], "never nested"),
        (["--train", "--batch", "2"], "--set train.batch=N"),
        (["--set", "train.batch=2"], "go with --train"),
        (["--threads", "2"], "go with --train"),
    ],
)
def test_options_without_effect_are_refused(options: list[str], message: str) -> None:
    code, out, err = call("summary", "lenet5", *options)
    assert (code, out) == (2, "")
    assert message in err


def test_mistakes_in_settings_are_shown() -> None:
    code, out, err = call("summary", "lenet5", "--train", "--set", "train.batch=0")
    assert (code, out) == (1, "")
    assert "error[E104]: `train.batch` must be at least 1" in err


def test_it_loads_nothing_heavy() -> None:
    loaded = modules_after(code_of("summary", "resnet18", "--train"))
    assert "cnnspec.train.step_memory" in loaded
    assert not loaded & {"numpy", "rich", "PIL", "safetensors", "threadpoolctl"}

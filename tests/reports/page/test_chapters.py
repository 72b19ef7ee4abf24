"""The guide as data: which chapters a network has, at which cells, and that what they say is true."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from guide_examples import EXAMPLES

from cnnspec import load
from cnnspec.graph.graph import INPUT
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.reports.page import guide
from cnnspec.reports.page.report import LANGUAGES, words
from cnnspec.spec import Spec
from cnnspec.weights import initial

SMALL = dict.fromkeys(
    ("mobilenet_v2", "mobilenet_v3_small", "efficientnet_lite0", "squeezenet1_1", "unet"), (3, 64, 64)
)
"""Sizes at which large networks run quickly."""
NAMES = (*EXAMPLES, "digits", "lenet5", "tinyvgg", "resnet20_cifar", *SMALL)


@cache
def ran(name: str) -> tuple[Spec, Trace]:
    return of(load(name, SMALL.get(name)))


def of(spec: Spec) -> tuple[Spec, Trace]:
    header = spec.header
    typed = spec.weights() if isinstance(header.weights, dict) else None
    tensors = typed if isinstance(typed, dict) else initial(spec.graph.tensors, "he", 0)
    sample = spec.sample() if header.sample is not None and not isinstance(header.sample, str) else None
    x = sample if isinstance(sample, np.ndarray) else np.random.default_rng(0).random(spec.graph.input, np.float32)
    return spec, trace(spec.graph, tensors, x)


def story(name: str) -> guide.Story:
    return told_of(*ran(name))


def told_of(spec: Spec, run: Trace) -> guide.Story:
    return guide.story(spec, run, None, is_random=False)


def chapters(name: str) -> dict[str, guide.Chapter]:
    return {chapter.key: chapter for chapter in story(name).chapters()}


def said(chapter: guide.Chapter) -> list[str]:
    return [sentence.key for sentence in chapter.sentences]


def text(spec_text: str) -> dict[str, guide.Chapter]:
    return {c.key: c for c in told_of(*of(load(io.StringIO(spec_text)))).chapters()}


def facts(chapter: guide.Chapter) -> dict[str, guide.Fact]:
    """All facts of a chapter."""
    return {name: fact for sentence in chapter.sentences for name, fact in sentence.facts.items()}


def test_the_whole_way_of_a_small_network() -> None:
    found = chapters("strokes")
    assert list(found) == ["numbers", "filter", "depth", "curve", "pooling", "flatten", "dense", "output", "learned"]
    assert said(found["numbers"]) == ["numbers.gray", "numbers.here"]
    assert facts(found["numbers"]) == {"channels": 1, "rows": 6, "columns": 6, "count": 36}
    assert found["numbers"].cells == (("input", (0, 3, 2)),)
    assert found["filter"].cells[0] == ("conv", (0, 3, 1))
    assert said(found["filter"]) == ["filter.text", "filter.bias", "filter.slides"]
    told = facts(found["filter"])
    assert (told["high"], told["wide"], told["stride"], told["rows"], told["columns"]) == (3, 3, 1, 4, 4)
    assert found["depth"].cells == (("conv", (0, 3, 1)), ("conv", (1, 3, 1)))
    assert facts(found["curve"]) == {"layer": "relu", "percent": 78}
    # First a cell that the curve changes, then the one on the thread.
    assert ran("strokes")[1].values["relu"][found["curve"].cells[0][1]] == 0
    assert found["curve"].cells[1] == ("relu", (0, 3, 1))
    assert said(found["pooling"]) == ["pooling.window", "pooling.largest", "pooling.size"]
    told = facts(found["pooling"])
    assert (told["others"], told["stride"], told["from"], told["to"]) == (3, 2, "2x4x4", "2x2x2")
    assert found["flatten"].cells[0] == ("row", (2,))
    assert facts(found["flatten"]) == {"layer": "row", "from": "2x2x2", "count": 8}
    assert (facts(found["dense"])["inputs"], facts(found["dense"])["weights"]) == (8, 16)
    assert said(found["output"]) == ["output.softmax", "output.class"]
    assert (facts(found["output"])["class"], facts(found["output"])["percent"]) == ("upright", "88.1")
    assert said(found["learned"]) == ["learned.set", "learned.params", "learned.typed"]
    assert facts(found["learned"]) == {"layers": 6, "params": 38}


def test_colour_and_groups() -> None:
    found = chapters("filters")
    assert list(found) == ["numbers", "filter", "colour", "depth", "result", "learned"]
    assert said(found["numbers"])[0] == "numbers.colour"
    assert facts(found["colour"])["channels"] == 3
    assert facts(found["result"])["to"] == "2x2x2"
    depthwise = text("input: {C: 4, H: 5, W: 5}\nlayers: [{conv: {F: 1, K: 4}}, {conv: {F: 3, K: 4, G: 2}}]\n")
    assert said(depthwise["numbers"])[0] == "numbers.planes"
    assert said(depthwise["again"]) == ["again.text", "again.grouped", "again.field"]
    assert (facts(depthwise["again"])["channels"], facts(depthwise["again"])["seen"]) == (4, 2)
    assert depthwise["again"].sentences[2].facts == {"rows": 3, "columns": 3}


@pytest.mark.parametrize(
    ("layer", "sentences"),
    [
        ("avgpool: {F: 2}", ["pooling.window", "pooling.average"]),
        ("sumpool: {F: [1, 2], S: 1}", ["pooling.window", "pooling.sum"]),
        ("globalavgpool: {}", ["pooling.all", "pooling.average"]),
        ("globalmaxpool: {}", ["pooling.all", "pooling.largest"]),
        ("adaptiveavgpool: {out: 2}", ["pooling.window", "pooling.average"]),
    ],
)
def test_ways_to_pool(layer: str, sentences: list[str]) -> None:
    found = text(f"input: {{C: 2, H: 4, W: 6}}\nlayers: [{{{layer}}}]\n")
    assert said(found["pooling"]) == [*sentences, "pooling.size"]


def test_every_other_way_to_pool_is_told() -> None:
    told = story("pooling").chapters()
    assert [chapter.key for chapter in told] == ["numbers", "pooling", "other", "other", "result", "learned"]
    assert [said(chapter)[-1] for chapter in told[2:4]] == ["pooling.average", "pooling.sum"]
    assert [chapter.cells[0][0] for chapter in told[1:4]] == ["max", "average", "sum"]


@pytest.mark.parametrize(
    ("join", "sentence"), [("add", "join.sum"), ("mul", "join.product"), ("concat", "join.stacked")]
)
def test_ways_to_join(join: str, sentence: str) -> None:
    found = text(f"input: {{C: 2, H: 4, W: 4}}\nlayers: [{{{join}: [[], [relu], [tanh]]}}]\n")
    assert said(found["join"]) == [sentence]
    assert facts(found["join"])["branches"] == 3


def test_padding_that_keeps_the_size_is_told() -> None:
    found = text("input: {C: 1, H: 6, W: 6}\nlayers: [{conv: {F: 5, K: 2, P: same, bias: false}}]\n")
    assert said(found["filter"]) == ["filter.text", "filter.no_bias", "filter.slides", "filter.padding"]
    assert found["filter"].sentences[3].facts == {"padding": 2}


def test_maps_that_grow_are_no_filter_on_a_patch() -> None:
    found = text("input: {C: 2, H: 4, W: 4}\nlayers: [{deconv: {F: 2, S: 2, K: 3}}, {conv: {F: 3, K: 1}}]\n")
    assert list(found) == ["numbers", "larger", "filter", "colour", "depth", "result", "learned"]
    assert facts(found["larger"]) == {"layer": "deconv1", "from": "2x4x4", "to": "3x8x8"}


def test_a_network_without_weights_learns_nothing() -> None:
    assert said(chapters("pooling")["learned"]) == ["learned.set", "learned.nothing"]


def test_where_weights_come_from_is_told() -> None:
    spec, run = ran("strokes")
    assert guide.story(spec, run, None, is_random=True).weights == "random"
    assert guide.story(spec, run, None, is_random=False).weights == "typed"
    others = {name: array + 1 for name, array in run.tensors.items()}
    assert told_of(spec, trace(spec.graph, others, run.values[INPUT])).weights == "learned"
    for weights in ("learned", "random", "typed"):
        found = guide.Story(run, [("softmax", (0,))], None, weights).chapters()
        assert said(found[-1])[-1] == f"learned.{weights}"


@pytest.mark.parametrize("name", NAMES)
def test_bundled_networks_have_their_stories(name: str) -> None:
    """In the order of the network, at cells that there are, each chapter once, with words for all of it."""
    own = story(name)
    found = own.chapters()
    keys = [chapter.key for chapter in found]
    assert keys[0] == "numbers"
    assert keys[-1] == "learned"
    once = [key for key in keys if key != "other"]
    assert len(once) == len(set(once)) >= 4
    position = {INPUT: -1} | {step.name: i for i, step in enumerate(own.trace.graph.steps)}
    way = [position[chapter.cells[0][0]] for chapter in found[:-1]]
    assert way == sorted(way)
    for chapter in found[:-1]:
        assert 1 <= len(chapter.cells) <= guide.CELLS
        assert len(set(chapter.cells)) == len(chapter.cells)
        for layer, place in chapter.cells:
            assert own.trace.values[layer][place] is not None
    assert set(own.marks) == {cell for chapter in found for cell in chapter.cells if cell[0] != INPUT}
    number = {INPUT: 0} | {step.name: i for i, step in enumerate(own.trace.graph.steps, 1)}
    json.dumps(guide.told(found, number), allow_nan=False)
    for language in LANGUAGES:
        for chapter in found:
            assert not placeholders(language, f"{chapter.key}.title")
            for key, filled in chapter.sentences:
                assert placeholders(language, key) <= filled.keys() | guide.CELL, key


def placeholders(language: str, key: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", words(language)["guide"][key]))


def test_a_network_that_makes_nothing_finite_has_its_story_too() -> None:
    spec = load(io.StringIO("input: {C: 1, H: 2, W: 2}\nlayers: [{conv: {F: 1, K: 2}}, {flatten: {}}]\n"))
    weights = initial(spec.graph.tensors, "he", 0)
    run = trace(spec.graph, weights, np.full((1, 2, 2), np.nan, np.float32))
    number = {"input": 0, "conv1": 1, "flatten1": 2}
    json.dumps(guide.told(told_of(spec, run).chapters(), number), allow_nan=False)


def test_names_that_do_more_than_show_are_told_harmlessly() -> None:
    chapter = guide.Chapter("numbers", (guide.Sentence("numbers.here", {"class": "a\x1b[31mb", "percent": np.nan}),))
    (told,) = guide.told([chapter], {})
    ((_, plain),) = told["sentences"]
    assert "\x1b" not in plain["class"]
    assert plain["percent"] is None


# Words


def test_both_languages_have_the_same_keys_and_facts() -> None:
    texts: dict[str, Any] = {language: words(language)["guide"] for language in LANGUAGES}
    assert texts["en"].keys() == texts["zh"].keys()
    for key in texts["en"]:
        assert placeholders("en", key) == placeholders("zh", key), key
    assert all(re.search("[一-鿿]", said) for said in texts["zh"].values())
    assert not any(re.search("[一-鿿]", said) for said in texts["en"].values())


def test_every_word_is_used() -> None:
    """As it stands, as the title of a chapter, or put together of two parts that stand there."""
    python = Path(guide.__file__).read_text(encoding="utf-8")
    scripts = "".join(
        file.read_text(encoding="utf-8") for file in Path(guide.__file__).parent.glob("scripts/guide*.js")
    )
    for key in words("en")["guide"]:
        head, _, tail = key.partition(".")
        put_together = f'f"{head}.{{' in python and re.search(rf'"{tail}"', python)
        of_two_layers = head in ("filter", "dense") and f'f"{{of}}.{tail}"' in python
        is_title = tail == "title" and re.search(rf'Chapter\(\s*"{head}"', python)
        assert f'"{key}"' in python + scripts or put_together or of_two_layers or is_title, key

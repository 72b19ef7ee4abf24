"""The guide to convolutional networks, told again for one network and one input: which chapters, at which cells.

A chapter is there where the network has what it is about. It says its sentences by their keys in `words`, with the
facts to fill in, and names the real cells that show it, the one on the strongest thread first. What is said of the cell
that is looked at, `CELL`, the page fills in. What a layer does is seen by its family, its shapes and its explanations:
no kind is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np

from ...graph.explanation import Explanation, Part, Read
from ...graph.graph import INPUT, Step
from ...graph.layer import Family
from ...graph.shape import Shape, is_image, times
from ...spec import Spec
from ..drawing.json_number import json_number
from ..drawing.terminal_text import escaped
from ..inspection.maps.brightness import by_strength
from ..inspection.trace import Trace
from .boxes import Mark
from .run_data import likeliest, thread

CELLS = 4
"""Places at which a chapter can be looked at."""
CELL = frozenset({"value", "channel", "row", "column", "index", "before", "source", "place"})
"""Facts of a cell: its value, where it is, and the value, the layer and the place of the first cell that it reads."""

Fact = str | int | float
Weights = Literal["learned", "typed", "random"]


class Sentence(NamedTuple):
    """A text by its key, and what is filled in: numbers as they are, names as texts."""

    key: str
    facts: Mapping[str, Fact] = {}


class Chapter(NamedTuple):
    """Its title has the key `KEY.title`."""

    key: str
    sentences: tuple[Sentence, ...]
    cells: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Story:
    """What the guide tells of: a network that has run, the thread through it, its answer, and its weights.

    `answer` is the likeliest class by name and its probability, None where the output is no list of classes; `weights`
    says where they come from.
    """

    trace: Trace
    thread: Sequence[Mark]
    answer: tuple[str, float] | None
    weights: Weights = "learned"

    def chapters(self) -> list[Chapter]:
        """The chapters in the order in which the network goes through them."""
        steps = self.trace.graph.steps
        position = {step.name: i for i, step in enumerate(steps)}
        on_the_way = sorted(self._on_the_way(), key=lambda chapter: position[chapter.cells[0][0]])
        return [self._numbers(), *on_the_way, *self._end(), self._learned()]

    # which layer is told of

    def _on_the_way(self) -> Iterator[Chapter]:
        filters = [step for step in self._family("convolution") if not _grows(step)]
        if filters:
            yield from self._filters(filters[0])
        if len(filters) > 1 and (again := next((s for s in filters[1:] if self._depth(s) > 1), None)):
            yield self._again(again)
        firsts: Iterable[tuple[Step | None, Any]] = (
            (next(self._family("normalization"), None), self._norm),
            (next(self._family("activation"), None), self._curve),
            (next(filter(self._chooses, self._family("pooling")), None), self._pooling),
            (next(self._family("join"), None), self._join),
            (next(filter(_grows, self._steps), None), self._larger),
            (next(filter(_unrolls, self._steps), None), self._flatten),
            (next(self._family("dense"), None), self._dense),
        )
        for step, tell in firsts:
            if step is not None:
                yield tell(step)
        yield from self._other_ways()

    def _other_ways(self) -> Iterator[Chapter]:
        """Pooling that takes something else of its windows than the first one does."""
        first: dict[str, Step] = {}
        for step in filter(self._chooses, self._family("pooling")):
            first.setdefault(_pooled(self._explained(step, (0,) * len(step.shape))), step)
        for how, step in list(first.items())[1:]:
            cells = self._cells(step.name)
            others = prod(axis.length for axis in _arriving(self._explained(step, cells[0][1])).axes) - 1
            said = Sentence("other.text", {"layer": step.name}), Sentence(f"pooling.{how}", {"others": others})
            yield Chapter("other", said, cells)

    def _chooses(self, step: Step) -> bool:
        """Whether a window holds several cells: one of 1x1 only leaves out."""
        return prod(axis.length for axis in self._read(step).axes) > 1

    @property
    def _steps(self) -> Sequence[Step]:
        return self.trace.graph.steps

    def _family(self, family: Family) -> Iterator[Step]:
        return (step for step in self._steps if step.layer.family == family)

    # its cells

    def _cells(self, name: str) -> tuple[Mark, ...]:
        """That on the thread, then the largest values of the strongest maps."""
        values = self.trace.values[name]
        found: list[Mark] = [mark for mark in self.thread if mark[0] == name]
        if values.ndim == 1:
            order = np.argsort(-np.abs(values), kind="stable")[:CELLS]
            found += [(name, (int(i),)) for i in order]
        else:
            found += [(name, _largest(values, c)) for c in by_strength(values)[:CELLS]]
        return tuple(dict.fromkeys(found))[:CELLS]

    def _explained(self, step: Step, place: Shape) -> Explanation:
        return step.layer.explain(place, *step.arriving)

    def _read(self, step: Step, place: Shape | None = None) -> Read:
        """The first block of arriving cells that a value is made of."""
        return _arriving(self._explained(step, self._cells(step.name)[0][1] if place is None else place))

    def _depth(self, step: Step) -> int:
        """Channels that a filter looks at."""
        return self._read(step).axes[0].length

    def _stride(self, step: Step) -> int:
        """How far the window moves from a cell to its neighbour, by the first axis along which there is one."""
        for axis, size in enumerate(step.shape[1:], 1):
            if size > 1:
                there = [0] * len(step.shape)
                there[axis] = size // 2
                here = list(there)
                here[axis] -= 1
                first, second = (self._read(step, tuple(place)).axes[axis].first for place in (here, there))
                return second - first
        return 1

    # the chapters

    def _numbers(self) -> Chapter:
        if not is_image(self.trace.graph.input):
            return self._values()
        C, H, W = self.trace.graph.input
        facts: dict[str, Fact] = {"channels": C, "rows": H, "columns": W, "count": C * H * W}
        kind = {1: "gray", 3: "colour"}.get(C, "planes")
        return Chapter("numbers", (Sentence(f"numbers.{kind}", facts), Sentence("numbers.here")), self._given())

    def _values(self) -> Chapter:
        """Of a network whose input is a vector."""
        said = Sentence("values.text", {"count": self.trace.graph.input[0]}), Sentence("values.here")
        return Chapter("values", said, self._given())

    def _given(self) -> tuple[Mark, ...]:
        """The input's cell on the thread, or else its strongest."""
        return tuple(mark for mark in self.thread if mark[0] == INPUT) or ((INPUT, self.trace.strongest(INPUT)),)

    def _filters(self, step: Step) -> Iterator[Chapter]:
        cells = self._cells(step.name)
        channels, high, wide = (axis.length for axis in self._read(step).axes)
        facts: dict[str, Fact] = {"layer": step.name, "high": high, "wide": wide, "stride": self._stride(step)}
        facts |= {"rows": step.shape[1], "columns": step.shape[2], "channels": channels}
        said = [Sentence("filter.text", facts), Sentence(self._bias(step, "filter"), facts)]
        if step.shape[1] * step.shape[2] > 1:
            said.append(Sentence("filter.slides", facts))
        if padding := self._padding(step):
            said.append(Sentence("filter.padding", {"padding": padding}))
        yield Chapter("filter", tuple(said), cells)
        if channels > 1:
            yield Chapter("colour", (Sentence("colour.text", facts),), cells)
        row_column = cells[0][1][1:]
        filters = dict.fromkeys([cells[0][1][0], *by_strength(self.trace.values[step.name])])
        depth: dict[str, Fact] = {"layer": step.name, "filters": step.shape[0]}
        same = tuple((step.name, (c, *row_column)) for c in filters)[:CELLS]
        yield Chapter("depth", (Sentence("depth.text", depth),), same)

    def _bias(self, step: Step, of: str) -> str:
        has_bias = "bias" in self._explained(step, self._cells(step.name)[0][1]).parts
        return f"{of}.bias" if has_bias else f"{of}.no_bias"

    def _padding(self, step: Step) -> int:
        """Rows of zeros above, where they keep rows and columns as many as arrive."""
        above = -self._read(step, (0,) * len(step.shape)).axes[1].first
        return max(0, above) if step.shape[1:] == step.arriving[0][1:] else 0

    def _again(self, step: Step) -> Chapter:
        facts: dict[str, Fact] = {"layer": step.name, "channels": step.arriving[0][0], "seen": self._depth(step)}
        said = [Sentence("again.text", facts)]
        if facts["seen"] != facts["channels"]:
            said.append(Sentence("again.grouped", facts))
        if step.receptive_field is not None:
            rows, columns = map(min, step.receptive_field, self.trace.graph.input[1:])
            said.append(Sentence("again.field", {"rows": rows, "columns": columns}))
        return Chapter("again", tuple(said), self._cells(step.name))

    def _norm(self, step: Step) -> Chapter:
        return Chapter("norm", (Sentence("norm.text", {"layer": step.name}),), self._cells(step.name))

    def _curve(self, step: Step) -> Chapter:
        cells = self._cells(step.name)
        said = [Sentence("curve.text", {"layer": step.name}), Sentence("curve.why")]
        values = self.trace.values[step.name]
        if zeros := float((values == 0).mean()):
            said.append(Sentence("curve.zeros", {"percent": round(100 * zeros)}))
            away = np.flatnonzero(values == 0)
            place = np.unravel_index(away[len(away) // 2], values.shape)
            cells = ((step.name, tuple(map(int, place))), *cells[: CELLS - 1])  # first one that the curve changes
        return Chapter("curve", tuple(said), tuple(dict.fromkeys(cells)))

    def _pooling(self, step: Step) -> Chapter:
        cells = self._cells(step.name)
        said_of = self._explained(step, cells[0][1])
        _, high, wide = (axis.length for axis in _arriving(said_of).axes)
        arriving = step.arriving[0]
        facts: dict[str, Fact] = {"layer": step.name, "high": high, "wide": wide, "count": high * wide}
        facts |= {"others": high * wide - 1, "stride": self._stride(step)}
        facts |= {"from": times(arriving), "to": times(step.shape)}
        window = "pooling.all" if (high, wide) == arriving[1:] else "pooling.window"
        said = [
            Sentence(window, facts),
            Sentence(f"pooling.{_pooled(said_of)}", facts),
            Sentence("pooling.size", facts),
        ]
        return Chapter("pooling", tuple(said), cells)

    def _join(self, step: Step) -> Chapter:
        cells = self._cells(step.name)
        formula = self._explained(step, cells[0][1]).formula
        how = "sum" if "+" in formula else "product" if "*" in formula else "stacked"
        facts: dict[str, Fact] = {"layer": step.name, "branches": len(step.inputs)}
        return Chapter("join", (Sentence(f"join.{how}", facts),), cells)

    def _larger(self, step: Step) -> Chapter:
        facts: dict[str, Fact] = {"layer": step.name, "from": times(step.arriving[0]), "to": times(step.shape)}
        return Chapter("larger", (Sentence("larger.text", facts),), self._cells(step.name))

    def _flatten(self, step: Step) -> Chapter:
        facts: dict[str, Fact] = {"layer": step.name, "from": times(step.arriving[0]), "count": step.shape[0]}
        return Chapter("flatten", (Sentence("flatten.text", facts), Sentence("flatten.here")), self._cells(step.name))

    def _dense(self, step: Step) -> Chapter:
        inputs = prod(step.arriving[0])
        facts: dict[str, Fact] = {"layer": step.name, "inputs": inputs, "neurons": step.shape[0]}
        facts |= {"weights": inputs * step.shape[0]}
        said = Sentence("dense.text", facts), Sentence(self._bias(step, "dense"), facts)
        return Chapter("dense", said, self._cells(step.name))

    def _end(self) -> Iterator[Chapter]:
        """The answer: a class, or whatever comes out."""
        last = self.trace.graph.by_name[self.thread[0][0]]
        cells = self._cells(last.name)
        facts: dict[str, Fact] = {"layer": last.name, "to": times(last.shape)}
        if self.answer is None:
            yield Chapter("result", (Sentence("result.text", facts),), cells)
            return
        name, probability = self.answer
        facts |= {"count": last.shape[0], "class": name, "percent": f"{100 * probability:.1f}"}
        how = "output.softmax" if last.layer.family == "output" else "output.scores"
        yield Chapter("output", (Sentence(how, facts), Sentence("output.class", facts)), cells)

    def _learned(self) -> Chapter:
        totals = self.trace.graph.totals
        facts: dict[str, Fact] = {"layers": len(self._steps), "params": totals.params}
        said = [Sentence("learned.set" if len(self._steps) > 1 else "learned.set_one", facts)]
        if not totals.params:
            said.append(Sentence("learned.nothing", facts))
        else:
            said.append(Sentence("learned.params", facts))
            said.append(Sentence(f"learned.{self.weights}"))
        return Chapter("learned", tuple(said))

    @cached_property
    def marks(self) -> list[Mark]:
        """Every cell that a chapter shows."""
        return list(dict.fromkeys(mark for chapter in self.chapters() for mark in chapter.cells if mark[0] != INPUT))


def story(spec: Spec, trace: Trace, target: int | None, is_random: bool) -> Story:
    """Of a spec's network on one input; `target` is the class that the thread starts from."""
    found, answer = likeliest(trace), None
    if found is not None:
        index, probability = found["classes"][0]
        classes = spec.classes()
        name = classes[index] if classes and index < len(classes) else str(index)
        answer = (name, probability) if probability is not None else None
    weights: Weights = "random" if is_random else "typed" if _are_typed(spec, trace) else "learned"
    return Story(trace, thread(trace, target), answer, weights)


def _are_typed(spec: Spec, trace: Trace) -> bool:
    """Whether the network has run with the weights that stand in the spec itself."""
    if not isinstance(spec.header.weights, Mapping):
        return False
    typed = spec.weights()
    return isinstance(typed, Mapping) and all(np.array_equal(typed[name], trace.tensors[name]) for name in typed)


def told(chapters: Sequence[Chapter], number: Mapping[str, int]) -> list[dict[str, Any]]:
    """The chapters as JSON; layers by their `number`."""
    return [
        {
            "key": chapter.key,
            "sentences": [[key, _plain(facts)] for key, facts in chapter.sentences],
            "cells": [[number[name], place] for name, place in chapter.cells],
        }
        for chapter in chapters
    ]


def _plain(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """As JSON has it: None for what is no finite number, and texts without characters that do more than show."""
    return {
        name: escaped(fact) if isinstance(fact, str) else json_number(fact) if isinstance(fact, float) else fact
        for name, fact in facts.items()
    }


def _arriving(said: Explanation) -> Read:
    reads = (part.read for part in said.parts.values() if part.read is not None)
    return next(read for read in reads if isinstance(read.of, int))


def _pooled(said: Explanation) -> str:
    """What is done with the window."""
    how: dict[str, str] = {"largest": "largest", "mean": "average"}
    part: Part = next(iter(said.parts.values()))
    return how.get(part.how, "average" if "/" in said.formula else "sum")


def _grows(step: Step) -> bool:
    """Whether a map comes out at least twice as large as what arrives."""
    first = step.arriving[0]
    return is_image(step.shape) and is_image(first) and prod(step.shape[1:]) >= 2 * prod(first[1:])


def _unrolls(step: Step) -> bool:
    return len(step.shape) == 1 and is_image(step.arriving[0])


def _largest(values: Any, c: int) -> Shape:
    """Where a map is largest in size."""
    row, column = np.unravel_index(int(np.abs(values[c]).argmax()), values.shape[1:])
    return c, int(row), int(column)

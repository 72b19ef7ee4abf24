"""A graph -> bodies of functions: the network's own, and one for each block, in which its uses are one.

A use of a block becomes a call when it has a name, holds tensors, and nothing outside reads what is inside of it; all
others are written out where they stand. Uses of one block may differ in numbers, and in layers that some of them leave
out; where they differ otherwise, there are several bodies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from ...graph.graph import INPUT, BlockUse, Graph, Step
from .bodies import Body, Item, Part, Program, Use
from .merging import form, merged

END = 1 << 60
"""The number of whoever reads the outputs."""


def program(graph: Graph, fits: Callable[[list[Item]], bool] = lambda items: True) -> Program:
    """The bodies of a graph; those of several uses that differ must be what `fits` takes."""
    return _Builder(graph, fits).program()


class _Builder:
    def __init__(self, graph: Graph, fits: Callable[[list[Item]], bool]) -> None:
        self.fits = fits
        self.steps = graph.steps
        self.numbers = {INPUT: 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
        self.reads = [(), *(tuple(self.numbers[name] for name in step.inputs) for step in graph.steps)]
        self.last_reader = [0] * (len(graph.steps) + 1)
        for number, reads in enumerate(self.reads):
            for each in reads:
                self.last_reader[each] = number
        self.outputs = tuple(self.numbers[name] for name in graph.outputs)
        for each in self.outputs:
            self.last_reader[each] = END
        self.under = Counter(prefix for step in graph.steps for prefix in _prefixes(step.name))
        self.around = self._around()
        self.bodies: dict[Use, Body] = {}
        self.made = Program()

    def program(self) -> Program:
        whole = Use("", "", 1, len(self.steps) + 1, {})
        by_block: dict[str, list[Use]] = {}
        depth: dict[str, int] = {}
        for chain in self.around:
            for level, use in enumerate(chain):
                found = by_block.setdefault(use.block, [])
                depth[use.block] = max(level, depth.get(use.block, 0))
                if not found or found[-1] is not use:
                    found.append(use)
        # A block that others use stands deeper than they do.
        for block in sorted(by_block, key=lambda each: -depth[each]):
            self._make(block, list(dict.fromkeys(by_block[block])))
        parts = self._parts(whole, 0)
        together = merged([parts], [self._externals(whole)], self.bodies) if parts else (1, [])
        assert together is not None
        arriving, items = together
        places = {part.number: index for index, part in enumerate(parts)} | {0: -1}
        self.made.main = Body("", (whole,), items, max(1, arriving), tuple(places[each] for each in self.outputs))
        return self.made

    def _around(self) -> list[tuple[Use, ...]]:
        """For each step, from 1 on, the uses around it that become calls, outermost first."""
        spans: dict[BlockUse, list[int]] = {}
        for number, step in enumerate(self.steps, 1):
            for call in step.calls:
                spans.setdefault(call, []).append(number)
        kept: dict[BlockUse, Use] = {}
        for call, numbers in spans.items():
            if call.label and self._is_closed(call, numbers):
                inner = self._wrapped(call, numbers, spans)
                first, end = numbers[0], numbers[-1] + 1
                kept[call] = Use(inner.block, call.label, first, end, dict(inner.arguments))
        return [(), *(tuple(kept[call] for call in step.calls if call in kept) for step in self.steps)]

    def _is_closed(self, call: BlockUse, numbers: list[int]) -> bool:
        """Whether a use can be a call."""
        inside = [self.steps[number - 1] for number in numbers]
        return (
            numbers[-1] - numbers[0] + 1 == len(numbers)
            and all(step.name.startswith(f"{call.label}.") for step in inside)
            and any(step.tensors for step in inside)
            and self.under[call.label] == len(numbers)
            and all(self.last_reader[number] <= numbers[-1] for number in numbers[:-1])
        )

    def _wrapped(self, call: BlockUse, numbers: list[int], spans: Mapping[BlockUse, list[int]]) -> BlockUse:
        """The innermost use without a name that a use consists of: a block that only fills in another's arguments."""
        calls = self.steps[numbers[0] - 1].calls
        for inner in calls[calls.index(call) + 1 :]:
            if inner.label or spans[inner] != numbers:
                break
            call = inner
        return call

    def _make(self, block: str, uses: list[Use]) -> None:
        """The body, or bodies, of a block."""
        parts = {use: self._parts(use, self._level(use) + 1) for use in uses}
        together = self._body(block, uses, parts)
        if together is not None:
            self.made.blocks.append(together)
            return
        alike: dict[Hashable, list[Use]] = {}
        for use in uses:
            alike.setdefault(tuple(map(self._form, parts[use])), []).append(use)
        for words, group in zip(_told_apart(list(alike)), alike.values(), strict=True):
            body = self._body(block, group, parts)
            if body is None:  # of one form, but not of one wiring
                for use in group:
                    alone = self._body(block, [use], parts)
                    assert alone is not None
                    self.made.blocks.append(alone)
                continue
            body.variant = words
            self.made.blocks.append(body)

    def _body(self, block: str, uses: list[Use], parts: Mapping[Use, list[Part]]) -> Body | None:
        found = merged([parts[use] for use in uses], [self._externals(use) for use in uses], self.bodies)
        if found is None or not self.fits(found[1]):
            return None
        arriving, items = found
        body = Body(block, tuple(uses), items, arriving, (len(items) - 1,))
        self.bodies.update(dict.fromkeys(uses, body))
        return body

    def _form(self, part: Part) -> Hashable:
        of = part.of
        if isinstance(of, Step):
            return of.kind, (part.name, form(of))
        return self.bodies[of].title, (part.name, self.bodies[of].variant)

    def _level(self, use: Use) -> int:
        return self.around[use.first].index(use)

    def _parts(self, use: Use, level: int) -> list[Part]:
        found: list[Part] = []
        number = use.first
        while number < use.end:
            chain = self.around[number]
            if len(chain) > level:
                inner = chain[level]
                number = inner.end - 1
                found.append(Part(inner.label.removeprefix(use.scope), inner, number, self._externals(inner)))
            else:
                step = self.steps[number - 1]
                found.append(Part(step.name.removeprefix(use.scope), step, number, self.reads[number]))
            number += 1
        return found

    def _externals(self, use: Use) -> tuple[int, ...]:
        """What a use reads from outside, in the order in which it does."""
        read = (each for number in range(use.first, use.end) for each in self.reads[number] if each < use.first)
        return tuple(dict.fromkeys(read))


def _prefixes(name: str) -> Iterator[str]:
    """The parts of a name before its dots."""
    at = name.find(".")
    while at >= 0:
        yield name[:at]
        at = name.find(".", at + 1)


def _told_apart(forms: Sequence[Hashable]) -> Iterator[tuple[str, ...]]:
    """Words for each of several forms: the kinds that not all of them have, else a number."""
    kinds = [tuple(dict.fromkeys(kind for kind, _ in form)) for form in forms]  # type: ignore[attr-defined]
    common = set.intersection(*map(set, kinds))
    words = [tuple(kind for kind in each if kind not in common) for each in kinds]
    are_apart = len(set(words)) == len(words) and all(len(each) <= 2 for each in words)
    yield from words if are_apart else ((str(number),) if number > 1 else () for number in range(1, len(forms) + 1))

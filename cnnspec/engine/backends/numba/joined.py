"""Operations carried out together: a few rows of the last one at a time, and of the others what it needs for these.

A work item is a band of rows. Inside of it, rows that the next ones need as well are moved up, not made again; between
bands they are made twice, so that no band waits for another.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ....graph.array import Array
from ....graph.window import SlidingWindow
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Call, Scratch, Strip
from ...halo import Halo
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem, ends, rows_read, rows_written
from .joining import bands, rows_at_once, rows_held
from .lowered import Lowered
from .lowering import LOWERINGS
from .movement import moved_up


class Joined:
    """The parts of an operation, each with the kernel that it has alone."""

    def __init__(self, operation: Operation, vectors: Vectors) -> None:
        self.lowered: list[Lowered] = []
        for part in operation.parts:
            lowered = LOWERINGS[part.layer.kind](part, vectors)
            assert isinstance(lowered, Lowered)
            self.lowered.append(lowered)
        self.operation = replace(operation, parts=tuple(each.operation for each in self.lowered))
        self.rows, self.count = rows_at_once(operation.parts), bands(operation.parts)
        self.vectors = vectors

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        operation = self.operation
        n, H, _, K = memory.inner(operation.name).shape
        bands = list(self.bands(n, H, K))
        items = [self.item(memory, band, scratch.fresh()) for band in bands]
        items[0] = [*memory.clear_border(operation.name), *items[0]]
        reads = {operation.plus: ends(bands, H)} if operation.plus else {}
        seen = {operation.inputs[0]: self.rows_read(bands)}
        both = {name: list(map(max, reads[name], seen[name])) for name in reads.keys() & seen.keys()}
        yield Stage(items, rows_written(bands, H, K), reads | seen | both)

    def bands(self, n: int, H: int, K: int) -> Iterator[Strip]:
        """The parts of n images of H rows that threads share."""
        count = max(1, self.count // max(1, n))
        edges = [H * i // count for i in range(count + 1)]
        for i in range(n):
            for first, end in itertools.pairwise(edges):
                yield Strip(i, i + 1, first, end, 0, K)

    def rows_read(self, bands: list[Strip]) -> list[int]:
        """Rows of the input that each band looks at, through all windows one behind the other."""
        for lowered in reversed(self.lowered):
            rows, H = rows_read(bands, lowered.rows), lowered.rows.size
            bands = [band._replace(r1=count - band.n0 * H) for band, count in zip(bands, rows, strict=True)]
        return rows

    def item(self, memory: BoundMemory, band: Strip, scratch: Scratch) -> WorkItem:
        parts = self.operation.parts
        height = band.r1 - band.r0
        rows = -(-height // -(-height // self.rows))
        held = [
            Held(before, after, lowered.rows, scratch, count)
            for before, after, lowered, count in zip(
                parts, parts[1:], self.lowered[1:], rows_held(parts, rows), strict=False
            )
        ]
        calls = [call for each in held for call in each.clear_sides()]
        x = memory.around(self.operation.inputs[0], self.operation.halo)
        out = memory.inner(self.operation.name)
        plus = memory.inner(self.operation.plus) if self.operation.plus else None
        for first in range(band.r0, band.r1, rows):
            strip = band._replace(r0=first, r1=min(first + rows, band.r1))
            more = None if plus is None else strip.of(plus)
            calls += self.make(len(parts) - 1, x, strip.of(out), more, strip, held, scratch)
        return calls

    def make(
        self, i: int, x: Array, out: Array, plus: Array | None, strip: Strip, held: list[Held], scratch: Scratch
    ) -> WorkItem:
        """The calls that make rows of part i: first those of the part before that they need and that are not there."""
        lowered = self.lowered[i]
        if i == 0:
            return lowered.calls(x, out, plus, strip, scratch.branch())
        source = held[i - 1]
        first, end, calls = source.turn_to(strip, self.vectors)
        if first < end:
            new = Strip(strip.n0, strip.n1, first, end, 0, source.x.shape[-1])
            calls += self.make(i - 1, x, source.inner(first, end), None, new, held, scratch)
        mine = strip._replace(n0=0, n1=1)
        return calls + lowered.calls(source.x, out, plus, mine, scratch.branch(), source.skipped)


class Held:
    """The rows of a tensor that exist at some moment, with their border, while calls are bound."""

    def __init__(self, before: Operation, after: Operation, window: SlidingWindow, scratch: Scratch, rows: int) -> None:
        C, self.H, self.W = before.shape
        self.halo: Halo = after.halo
        self.window = window
        self.x = scratch.take(1, rows, self.W + self.halo.left + self.halo.right, C)
        self.first = self.end = window.size + self.halo.bottom  # none yet

    @property
    def skipped(self) -> int:
        """Rows of the tensor with its border before those that are there."""
        return self.first + self.halo.top

    def inner(self, first: int, end: int) -> Array:
        """Rows of the tensor without its border."""
        return self.x[:, first - self.first : end - self.first, self.halo.left : self.halo.left + self.W]

    def clear_sides(self) -> WorkItem:
        sides = self.x[:, :, : self.halo.left], self.x[:, :, self.halo.left + self.W :]
        return [partial(side.fill, 0) for side in sides if side.size]

    def turn_to(self, strip: Strip, vectors: Vectors) -> tuple[int, int, list[Call]]:
        """Turn to the rows that a strip of the next part looks at: which rows of the tensor itself are yet to be made,
        from the first one up to an end, and the calls for all others."""
        window, halo = self.window, self.halo
        first = max(-halo.top, window.first + strip.r0 * window.S)
        end = min(self.H + halo.bottom, window.first + (strip.r1 - 1) * window.S + window.extent)
        calls: list[Call] = []
        there = self.end if self.first <= first < self.end else first
        if first > self.first and there > first:
            rows = self.x[0, : there - self.first].reshape(there - self.first, -1)
            calls.append(moved_up(rows, first - self.first, vectors))
        self.first, self.end = first, end
        for above, below in ((there, min(end, 0)), (max(there, self.H), end)):
            if above < below:
                calls.append(partial(self.x[:, above - first : below - first].fill, 0))
        return max(there, 0), min(end, self.H), calls

"""A step of training as it was carried out once: native calls with their tables, and between them what is Python's.

Arrays of the step lie in an arena, so whoever repeats it finds the same addresses: no table is written again, and all
native calls between two of Python's are one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .....graph.array import Array
from .....kernels.training.blocked_im2col import are_finite
from .arena import Arena, Chunk, bare, owner
from .steps import Numbers, Step

if TYPE_CHECKING:
    from .....graph.layer import Pullback

Function = Callable[..., Any]
Segments = Callable[[Sequence[Step]], Callable[[], None]]
"""Of calls that are carried out one step behind the other: what carries all of them out."""


class Program:
    """What is done again, item by item."""

    def __init__(self) -> None:
        self.items: list[Callable[[], object]] = []

    def __call__(self) -> None:
        for item in self.items:
            item()


class Recording:
    """What native functions do while a program is written, and the arrays of that."""

    def __init__(self, chunks: list[Chunk], segment: Segments, begin: Callable[[Recording | None], None]) -> None:
        self._arena = Arena(chunks)
        self._segment, self._begin = segment, begin
        self._finite: list[tuple[Array, bool]] = []
        self._alive: list[object] = []
        self._steps: list[Step] = []
        self._items: list[Callable[[], object]] = []

    @contextmanager
    def program(self) -> Iterator[Program]:
        """What is done meanwhile, to be done again. What was broken off is not to be gone on with."""
        program = Program()
        self._items = program.items
        self._begin(self)
        try:
            yield program
            self._close()
        finally:
            self._begin(None)
            self._items, self._steps = [], []

    @property
    def holds(self) -> bool:
        """Whether what was found out while it was recorded is true of the arrays as they are now."""
        return all(are_finite(x) == found for x, found in self._finite)

    def keep(self, thing: object) -> None:
        """What tables point to stays as long as the recording; arrays of the arena have their place anyway."""
        if not isinstance(thing, np.ndarray) or owner(thing) is None:
            self._alive.append(thing)

    def is_finite(self, x: Array) -> bool:
        """Whether all values are; that is asked again before each step."""
        found = are_finite(x)
        self._finite.append((x, found))
        return found

    def calls(self, pairs: Numbers, owners: Numbers | None, *tables: Numbers) -> None:
        """Pairs of native calls (calls, 2) with their tables, and the thread of each, if not all the first's."""
        self.keep(tables)
        self._steps.append((pairs, np.zeros(len(pairs), np.int64) if owners is None else owners))

    def by_python(self, function: Callable[[], object]) -> None:
        self._close()
        self._items.append(function)

    def empty(self, shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
        return self._arena.empty(shape, dtype)

    def like(self, x: NDArray[Any]) -> NDArray[Any]:
        """An array of the same shape, type and order of axes in memory."""
        order = sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis]))
        return self.empty([x.shape[axis] for axis in order], x.dtype).transpose(np.argsort(order))

    def left_to_numpy(
        self, way: Function, inputs: Sequence[Array], tensors: dict[str, Array]
    ) -> tuple[Array, Pullback]:
        """A layer's own way, which is gone again in every step. What it makes is copied to where it is looked for."""
        found, pull = way(*inputs, **tensors)
        back = WayBack(self, pull)
        y, seen, latest = self.like(found), [bare(x) for x in inputs], weakref.ref(back)
        np.copyto(y, found)
        target = bare(y)

        def forward() -> None:
            found, pull = way(*seen, **tensors)
            np.copyto(target, found)
            if (back := latest()) is not None:  # else nobody goes back through this layer
                back.pulls.append(pull)

        self.by_python(forward)
        return y, back

    def _close(self) -> None:
        """What was called natively up to now becomes an item."""
        if self._steps:
            self._items.append(self._segment(self._steps))
            self._steps = []


class WayBack:
    """The way back through a layer of NumPy's: in each step the one that the layer has given last, once."""

    def __init__(self, recording: Recording, pull: Pullback) -> None:
        self.pulls = [pull]
        self._recording = recording

    def __call__(self, dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_inputs, by_tensors = self.pulls.pop()(dy)
        found = [*by_inputs, *by_tensors.values()]
        own = [self._recording.like(each) for each in found]
        given, places = bare(dy), [bare(each) for each in own]

        def again() -> None:
            by_inputs, by_tensors = self.pulls.pop()(given)
            _put([*by_inputs, *by_tensors.values()], places)

        _put(found, own)
        self._recording.by_python(again)
        return tuple(own[: len(by_inputs)]), dict(zip(by_tensors, own[len(by_inputs) :], strict=True))


def _put(found: Sequence[Array], places: Sequence[Array]) -> None:
    for each, place in zip(found, places, strict=True):
        np.copyto(place, each)


def merged(steps: Sequence[Step]) -> Iterator[Step]:
    """Neighbouring steps of the first thread alone as one: nobody has to wait between them."""
    alone: list[Numbers] = []
    for pairs, owners in steps:
        if not owners.any():
            alone.append(pairs)
            continue
        if alone:
            yield _of_first(alone)
            alone = []
        yield pairs, owners
    if alone:
        yield _of_first(alone)


def _of_first(pairs: Sequence[Numbers]) -> Step:
    total = np.concatenate(pairs)
    return total, np.zeros(len(total), np.int64)

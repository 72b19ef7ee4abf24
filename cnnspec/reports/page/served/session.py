"""What a served page may ask for: the values of any tensor, and what the network makes of another input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from threading import Lock
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....diagnostics import FileError
from ....graph.array import Array
from ....graph.explanation import Read
from ....graph.graph import INPUT
from ....graph.window import AxisRange
from ....spec import Spec
from ....spec.running import first
from ...inspection.cell import gather
from ...inspection.trace import Trace, trace
from ..guide import story
from ..network import numbers
from ..told_run import told_run

MOST = 1 << 25
"""Values that are given at once."""
KEPT = 4
"""Inputs that came later and are held; the oldest makes room."""
NAME = 100
"""Letters of an input's name."""

Whole = Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)]
Count = Annotated[int, Field(ge=0, lt=1 << 31)]


class _Read(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    tensor: Count
    axes: list[list[Whole]]
    flat: bool = False


class _Asked(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    reads: Annotated[list[_Read], Field(max_length=1000)]


class Session:
    """A network with its `tensors`, which may be `random`, and the `traces` of the page's inputs. Calls may come from
    several threads.

    Tensors have the numbers that `contents.Tensors` gives them: first the layers' own, then for each input what every
    layer made of it.
    """

    def __init__(self, spec: Spec, tensors: Mapping[str, Array], traces: list[Trace], is_random: bool = False) -> None:
        self.spec, self.tensors, self.is_random = spec, tensors, is_random
        self._number = numbers(spec.graph)
        self._own = list(spec.graph.tensors)
        self._names = [INPUT, *(step.name for step in spec.graph.steps)]
        self._traces = dict(enumerate(traces))
        self._first_later = self._next = len(traces)
        self._lock = Lock()

    def values(self, asked: bytes) -> bytes:
        """The cells of some reads, in JSON: {"reads": [{"tensor", "axes": [[first, step, length], ...], "flat"}, ...]}.
        They are float32, little-endian, one read behind another; 0 beside a tensor. Raises ValueError for what is no
        such question, or too much, KeyError for an input that is held no longer."""
        try:
            reads = _Asked.model_validate_json(asked).reads
        except ValidationError as fault:
            raise ValueError(f"no question for values: {fault.errors()[0]['msg']}") from None
        blocks = [self._checked(read) for read in reads]
        if sum(prod(max(1, axis.length) for axis in read.axes) for read, _ in blocks) > MOST:
            raise ValueError(f"more than {MOST:,} values at once")
        return b"".join(gather(read, array).values.astype("<f4").tobytes() for read, array in blocks)

    def _checked(self, asked: _Read) -> tuple[Read, Array]:
        array = self._array(asked.tensor)
        if len(asked.axes) != (1 if asked.flat else array.ndim) or any(len(axis) != 3 for axis in asked.axes):
            raise ValueError("axes that the tensor does not have")
        axes = tuple(AxisRange(*axis) for axis in asked.axes)
        if any(axis.length < 0 for axis in axes):
            raise ValueError("an axis of fewer than no cells")
        return Read(0, axes, asked.flat), array

    def _array(self, tensor: int) -> Array:
        if tensor < len(self._own):
            return self.tensors[self._own[tensor]]
        run, layer = divmod(tensor - len(self._own), len(self._names))
        return self._traces[run].values[self._names[layer]]

    def add(self, data: bytes, name: str) -> dict[str, Any]:
        """Run the network on an image's or an array's file; what the page is told of it, with its number as `run`, and
        the numbers of those that are `held`. Raises FileError for one that cannot be used."""
        from ....files.received import as_file

        shown = name[:NAME] or INPUT
        with as_file(data, name) as path:
            try:
                x = first(path, self.spec.graph, self.spec.header.preprocess)
            except FileError as fault:
                raise FileError(replace(each, file=shown) for each in fault.diagnostics) from None
        with self._lock:
            made = trace(self.spec.graph, self.tensors, np.ascontiguousarray(x, np.float32))
            run, self._next = self._next, self._next + 1
            self._traces[run] = made
            self._traces.pop(run - KEPT if run - KEPT >= self._first_later else -1, None)
            held = list(self._traces)
        return {
            **told_run(shown, story(self.spec, made, None, self.is_random), self._number, None),
            "run": run,
            "held": held,
            "marked": [],
            "command": "",
        }

"""A compiled spec: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..graph.array import Array
from ..graph.graph import Graph
from ..graph.shape import Shape, batch_of, is_image, times
from ..machine.threads import default_threads, most_threads
from .backends import DEFAULT, chain
from .interpreter import execute
from .plan import Plan


class Model:
    """An executable network. Calls may come from several threads; every call returns fresh arrays.

    `threads` share the work of each layer, by default as many as `CNNSPEC_THREADS` says or the process has cores, and
    no more than 16 or four for each core; their number does not change a result. BLAS is held to one thread meanwhile,
    in the whole process. `exact` leaves out Winograd's convolution, whose rounding error is about ten times that of the
    plain sum. `backend` names whose kernels carry the layers out, where it has some; NumPy's do the rest. Raises
    ValueError for a name that none has, and for no number of threads. Numbers that leave float32 become infinity or
    NaN, as in NumPy, but without its warnings.
    """

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[str, Array],
        threads: int | None = None,
        exact: bool = False,
        backend: str = DEFAULT,
    ) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"threads = {threads}; at least 1 is needed")
        self.graph = graph
        self.tensors = tensors
        self.plan = Plan(graph, tensors, chain(backend), min(threads or default_threads(), most_threads()), exact)
        self._choices = threads, exact, backend

    def __repr__(self) -> str:
        outputs = ", ".join(f"{name} {times(self.graph.shape(name))}" for name in self.graph.outputs)
        return f"<Model: {times(self.graph.input)} -> {outputs}, {len(self.graph.steps):,} layers>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    def __reduce__(self) -> tuple[type[Model], tuple[Any, ...]]:
        """What it is made of: pickled or deep-copied it is compiled anew where it arrives, with threads of its own."""
        return Model, (self.graph, {name: np.array(array) for name, array in self.tensors.items()}, *self._choices)

    def __call__(self, x: Array) -> Array | dict[str, Array]:
        """The output (N, *shape) for x (N, C, H, W); a mapping by name where the spec names several `outputs`.

        Raises ValueError when x has another shape.
        """
        outputs = self.run(x)
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def run(self, x: Array) -> dict[str, Array]:
        """All outputs by name, each (N, *shape), for x (N, C, H, W). Raises ValueError."""
        return self.plan.run(self.accept(x))

    def trace(self, x: Array) -> dict[str, Array]:
        """Every layer's output (N, *shape) by name, in order, by plain execution. Raises ValueError."""
        x = self.accept(x)
        with np.errstate(all="ignore"):
            return dict(_fresh(execute(self.graph, self.tensors, x), x))

    def accept(self, x: Array) -> Array:
        """x as float32 (N, C, H, W), or raise ValueError."""
        given = np.asarray(x)
        if given.dtype.kind not in "fiub":
            raise ValueError(f"the network takes real numbers, not an array of {given.dtype}")
        if given.shape[1:] != self.graph.input or not len(given):
            wanted, cure = batch_of(self.graph.input), _cure(given.shape, self.graph.input)
            raise ValueError(f"the network takes an array {wanted} with N >= 1, not {given.shape}{cure}")
        if given.dtype == np.float32:
            return np.ascontiguousarray(given)
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(given, np.float32)


def _cure(found: Shape, input: Shape) -> str:
    if found == input:
        return ": give it a batch axis, x[None]"
    if is_image(input) and found[1:] == (*input[1:], input[0]):
        return ": put its channels first, x.transpose(0, 3, 1, 2)"
    return ""


def _fresh(outputs: Iterable[tuple[str, Array]], x: Array) -> Iterator[tuple[str, Array]]:
    """The outputs, those copied that lie in the memory of x or of one before: views, such as flatten's."""
    taken = [x]
    for name, y in outputs:
        if any(np.may_share_memory(y, other) for other in taken):
            y = y.copy()
        taken.append(y)
        yield name, y

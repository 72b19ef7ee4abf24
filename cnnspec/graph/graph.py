"""The network as a list of steps with shapes, tensors, counts and receptive fields; nothing is left to infer.

Conventions (params, buffers, MACs, receptive field, activation bytes) are those of the language's page *Counting*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from math import prod
from typing import NamedTuple

from ..diagnostics import Span
from .layer import Layer, TensorSpec
from .receptive_field import ReceptiveFields, compose
from .shape import FLOAT, Shape, is_image

INPUT = "input"


class BlockUse(NamedTuple):
    """One use of a block, around the steps that it made: its full name (empty when it has none), the block's name,
    a number that tells it from every other use, and the block's arguments with their values as texts, for people:
    nothing for layers."""

    label: str
    block: str
    number: int
    arguments: tuple[tuple[str, str], ...] = ()


class Costs(NamedTuple):
    """What a layer holds and does for one input: learned values, values of buffers, multiply-accumulates."""

    params: int
    buffers: int
    macs: int

    @classmethod
    def of(cls, tensors: Mapping[str, TensorSpec], macs: int) -> Costs:
        sizes = [(prod(tensor.shape), tensor.buffer) for tensor in tensors.values()]
        return cls(sum(n for n, buffer in sizes if not buffer), sum(n for n, buffer in sizes if buffer), macs)


class Step(NamedTuple):
    """One layer of the unrolled network. `inputs` are names of earlier steps or `input`; shape, tensors and costs are
    what the layer makes of the arriving shapes."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    arriving: tuple[Shape, ...]
    shape: Shape
    tensors: Mapping[str, TensorSpec]
    costs: Costs
    receptive_fields: ReceptiveFields
    span: Span
    calls: tuple[BlockUse, ...] = ()

    @property
    def kind(self) -> str:
        return self.layer.kind

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def params(self) -> int:
        return self.costs.params

    @property
    def buffers(self) -> int:
        return self.costs.buffers

    @property
    def going_on(self) -> tuple[str, ...]:
        """Those of its inputs whose rows and columns its own are made of; gates are none of them."""
        return tuple(compress(self.inputs, _going_on(self.arriving, self.shape)))

    @property
    def receptive_field(self) -> tuple[int, int] | None:
        """Rows and columns of the input that one output cell hangs on."""
        rows, columns = self.receptive_fields
        if rows is None or columns is None:
            return None
        size = rows.size
        return size, size if columns is rows else columns.size


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the network; bytes are those of float32."""

    params: int
    buffers: int
    macs: int
    weight_bytes: int
    peak_activation_bytes: int


@dataclass(frozen=True)
class Graph:
    """Steps in an order in which they can run."""

    input: Shape
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]

    @cached_property
    def by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    def shape(self, name: str) -> Shape:
        """Shape of a step's output, or of `input`."""
        return self.input if name == INPUT else self.by_name[name].shape

    @cached_property
    def tensors(self) -> dict[str, TensorSpec]:
        """Every array that a weights file must hold, by its full name."""
        held = ((step, key, tensor) for step in self.steps for key, tensor in step.tensors.items())
        return {f"{step.name}.{key}": self._placed(step, tensor) for step, key, tensor in held}

    def _placed(self, step: Step, tensor: TensorSpec) -> TensorSpec:
        """A tensor with what its place in the network says of it."""
        if tensor.fan is None or is_image(step.arriving[0]):
            return tensor
        return tensor._replace(unrolled=_unrolled_image(self.by_name, step.inputs[0]))

    @cached_property
    def totals(self) -> Totals:
        params = sum(step.params for step in self.steps)
        buffers = sum(step.buffers for step in self.steps)
        return Totals(
            params=params,
            buffers=buffers,
            macs=sum(step.macs for step in self.steps),
            weight_bytes=FLOAT * (params + buffers),
            peak_activation_bytes=max(self.live_bytes, default=FLOAT * prod(self.input)),
        )

    @cached_property
    def storage(self) -> dict[str, str]:
        """Whose memory each tensor lies in: its own, or for a view that of the tensor it is taken from."""
        owner = {INPUT: INPUT}
        for step in self.steps:
            owner[step.name] = owner[step.inputs[0]] if step.layer.is_view else step.name
        return owner

    @cached_property
    def last_use(self) -> dict[str, int]:
        """Index of the last step that needs a piece of storage; the number of steps for outputs."""
        storage = self.storage
        last = {storage[step.name]: i for i, step in enumerate(self.steps)}
        for i, step in enumerate(self.steps):
            for name in step.inputs:
                last[storage[name]] = i
        last.update((storage[name], len(self.steps)) for name in self.outputs)
        return last

    @property
    def live_bytes(self) -> list[int]:
        """Bytes of activations that exist while each step runs: inputs, output and what is still needed."""
        sizes = {INPUT: FLOAT * prod(self.input)} | {s.name: FLOAT * prod(s.shape) for s in self.steps}
        dies: dict[int, list[str]] = {}
        for name, i in self.last_use.items():
            dies.setdefault(i, []).append(name)
        live, live_at = sizes[INPUT], []
        for i, step in enumerate(self.steps):
            live += 0 if step.layer.is_view else sizes[step.name]
            live_at.append(live)
            for name in dies.get(i, ()):
                live -= sizes[name]
        return live_at

    def reached(self, outputs: Iterable[str]) -> set[str]:
        """Names of the steps that the given outputs hang on, themselves included."""
        needed = set(outputs)
        for step in reversed(self.steps):
            if step.name in needed:
                needed.update(step.inputs)
        return needed - {INPUT}

    def until(self, *outputs: str) -> Graph:
        """The part of the network that produces the steps named `outputs`."""
        needed = self.reached(outputs)
        return Graph(self.input, tuple(s for s in self.steps if s.name in needed), tuple(outputs))

    def verify(self) -> None:
        """Hold what every pass may rely on; an AssertionError is a bug in cnnspec, not in a spec."""
        shapes = {INPUT: self.input}
        for step in self.steps:
            assert step.name not in shapes, f"{step.name}: two steps of one name"
            assert all(name in shapes for name in step.inputs), f"{step.name}: runs before its input"
            assert step.arriving == tuple(shapes[name] for name in step.inputs), f"{step.name}: arriving shapes"
            assert step.layer.output(*step.arriving) == step.shape, f"{step.name}: output shape"
            assert step.layer.tensors(*step.arriving) == step.tensors, f"{step.name}: tensors"
            assert Costs.of(step.tensors, step.layer.macs(*step.arriving)) == step.costs, f"{step.name}: costs"
            shapes[step.name] = step.shape
        assert set(self.outputs) <= set(shapes), "an output is no step"


def compose_receptive_fields(
    own: ReceptiveFields, arriving: Sequence[Shape], fields: Sequence[ReceptiveFields], shape: Shape
) -> ReceptiveFields:
    """Which rows and columns of the image a cell behind a layer hangs on, along all paths. `own` is the layer's."""
    rows, columns = own
    through = list(compress(fields, _going_on(arriving, shape)))  # a gate widens no cell's view of the image
    composed = compose(rows, [field[0] for field in through])
    if (rows is columns or rows == columns) and all(row is column for row, column in through):
        return composed, composed
    return composed, compose(columns, [field[1] for field in through])


def _going_on(arriving: Sequence[Shape], shape: Shape) -> list[bool]:
    """Of each arriving tensor, whether rows and columns of the output are its own: a C x 1 x 1 gate weighs whole
    channels."""
    return [len(arriving) == 1 or each[1:] == shape[1:] for each in arriving]


def _unrolled_image(steps: Mapping[str, Step], name: str) -> Shape | None:
    """The image (C, H, W) whose values, row by row, are those of the vector that the step `name` makes.

    None when they are no image's, as behind a layer of neurons or a pooling over all; () when it cannot be told
    in which order they are: behind a join, a norm with a weight for each of them, or axes that changed places.
    """
    while (step := steps.get(name)) is not None:
        if len(step.arriving) > 1:
            return ()
        (arriving,) = step.arriving
        if is_image(arriving):
            if prod(arriving) != prod(step.shape):
                return None
            return () if _exchanged(steps) else arriving
        if any(tensor.fan for tensor in step.tensors.values()):
            return None
        if step.tensors:
            return ()
        (name,) = step.inputs
    return ()


def _exchanged(steps: Mapping[str, Step]) -> bool:
    """Whether a layer exchanges axes of an image, as far as its shape shows."""
    shapes = ((step.arriving[0], step.shape) for step in steps.values())
    return any(before != behind and sorted(before) == sorted(behind) for before, behind in shapes)

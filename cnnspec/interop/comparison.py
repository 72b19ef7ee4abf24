"""A spec held against the model that it was made of, on random inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph.shape import Shape
from .imported import Difference

if TYPE_CHECKING:
    from ..spec import Spec

INPUTS = 4
"""Random inputs; half of them uniform from 0 to 1, half normal."""
PROBABILITY = 0.01
"""The scale of probabilities at least, however small those of noise are: programs compute them to about 1e-7, which is
then no difference, and classes that are exchanged still are one."""
Array = NDArray[np.float32]


class Judge(NamedTuple):
    """Who runs the model: its outputs (N, ...) for an input (N, C, H, W), in their order. It sees so many inputs."""

    name: str
    run: Callable[[Array], list[Array]]
    inputs: int = INPUTS


class Answers(NamedTuple):
    """What a judge says: its outputs (1, ...) for each of some inputs (1, C, H, W)."""

    judge: str
    inputs: list[Array]
    outputs: list[list[Array]]


def answers(judge: Judge, shape: Shape) -> Answers:
    """Those for random inputs. The judge is not needed any more then: it holds a network of its own in memory."""
    inputs = random_inputs(shape)[: judge.inputs]
    return Answers(judge.name, inputs, [judge.run(x) for x in inputs])


def compared(known: Answers, spec: Spec, tensors: Mapping[str, Array], steps: Sequence[str]) -> Difference:
    """The largest difference over all outputs, which the spec's `steps` make."""
    network = spec.compile(tensors, exact=True).run
    largest, scale = 0.0, 0.0
    for x, outputs in zip(known.inputs, known.outputs, strict=True):
        ours = network(x)
        for step, theirs in zip(steps, outputs, strict=True):
            share = _share(_as_given(ours[step], theirs), np.asarray(theirs), _least(spec, step))
            largest = max(largest, share) if share == share else share
            scale = max(scale, float(np.abs(theirs).max(initial=0)))
    return Difference(known.judge, largest, scale, len(known.inputs))


class Rounding(NamedTuple):
    """How far a model and its spec, which compute with numbers of 32 bits, are from the spec in 64 bits: the largest
    difference of each as a share of the output's scale."""

    theirs: float
    ours: float

    @property
    def is_all(self) -> bool:
        """Whether the model is not much further off than the spec itself: then they compute the same, and rounding is
        what they differ by."""
        return self.theirs <= ALIKE * self.ours


ALIKE = 8
"""How many times as far off the model may be: a sum in another order is off by another little."""


def rounding(known: Answers, spec: Spec, tensors: Mapping[str, Array], steps: Sequence[str]) -> Rounding:
    """That of all outputs, which the spec's `steps` make."""
    from ..spec.in_float64 import in_float64

    network = spec.compile(tensors, exact=True).run
    theirs, ours = 0.0, 0.0
    for x, outputs in zip(known.inputs, known.outputs, strict=True):
        made, exact = network(x), in_float64(spec.graph, tensors, x)
        for step, output in zip(steps, outputs, strict=True):
            least = _least(spec, step)
            wanted = _as_given(exact[step], output)
            theirs = max(theirs, _share(np.asarray(output), wanted, least))
            ours = max(ours, _share(_as_given(made[step], output), wanted, least))
    return Rounding(theirs, ours if ours < float("inf") else 0.0)


def _as_given(ours: Array, theirs: Array) -> Array:
    """An output in the model's shape, where axes of length 1 are all that differs: a signal is an image of one row."""
    return ours.reshape(theirs.shape) if _long(ours) == _long(theirs) else ours


def _long(array: Array) -> list[int]:
    return [array.shape[0], *(size for size in array.shape[1:] if size != 1)] if array.ndim else []


def _least(spec: Spec, step: str) -> float:
    """What the scale of an output is at least."""
    made = spec.graph.by_name.get(step)
    return PROBABILITY if made is not None and made.layer.output_kind == "probabilities" else 0.0


def _share(ours: Array, theirs: Array, least: float = 0.0) -> float:
    """The largest difference as a share of the largest value, or of one that is at least looked for; infinite where one
    of both is not finite."""
    if ours.shape != theirs.shape or not np.isfinite(ours).all() or not np.isfinite(theirs).all():
        return float("inf")
    scale = max(float(np.abs(theirs).max(initial=0)), least)
    return float(np.abs(ours - theirs).max(initial=0)) / (scale or 1.0)


def random_inputs(shape: tuple[int, ...]) -> list[Array]:
    """Four images (1, C, H, W), the same ones each time."""
    random = np.random.default_rng(0)
    half = INPUTS // 2
    uniform = [random.random((1, *shape), np.float32) for _ in range(half)]
    return uniform + [random.standard_normal((1, *shape), np.float32) for _ in range(INPUTS - half)]

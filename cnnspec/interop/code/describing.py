"""What a generated file says of its network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...graph.graph import Graph
from ...graph.shape import Shape, batch_of
from .layout import WIDTH

if TYPE_CHECKING:
    from ...spec import Spec


def of_about(spec: Spec, stem: str) -> str:
    """The network's name, and what it is if that fits on the line."""
    name = _plain(spec.header.name or stem)
    about = _plain(spec.header.about or "")
    line = f"{name}: {about}" if about else f"{name}."
    return line if len(line) <= WIDTH - 3 else f"{name}."


def shapes_about(graph: Graph) -> str:
    """Input and output of a network."""
    return from_to(graph.input, [graph.shape(name) for name in graph.outputs])


def from_to(input: Shape, outputs: Sequence[Shape]) -> str:
    """The shapes of batches, those of outputs as far as they stand in the first line of a docstring."""
    line = f"{batch_of(input)} -> {' and '.join(map(batch_of, outputs))}"
    return line if len(line) <= WIDTH - 10 else f"{batch_of(input)} -> {len(outputs)} outputs"


def file_name(name: str) -> str:
    """A file's name in a docstring, which shows it as it is."""
    return _printable(name).replace("\\", "\\\\").replace('"', '\\"')


def _plain(text: str) -> str:
    """A text that can stand in a docstring: no end of it, no sign that means something else there."""
    return _printable(" ".join(text.split())).replace("\\", "/").replace('"', "'")


def _printable(text: str) -> str:
    """What cannot be seen, or turns the direction of what follows, would make a program look like another one."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)

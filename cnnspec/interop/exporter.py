"""The contract of a format that networks are exported to. Commands and library calls know no more of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..diagnostics import Diagnostic
from ..graph.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..spec import Spec

Tensors = Mapping[str, "NDArray[Any]"]
OptionValues = Mapping[str, Any]
"""A value for each of an exporter's options, by name."""


ELSEWHERE = "another format"
"""Stands in the help of E419 where the names of those go that can say the network."""


class OptionError(ValueError):
    """A value that an option of an exporter does not take."""

    def __init__(self, name: str, value: object, why: str) -> None:
        super().__init__(f"{name}={value!r}: {why}")
        self.name, self.value, self.why = name, value, why


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that an exporter leaves to the person: `--NAME` of the command, a keyword of `export`.

    Its type is that of `default`: a number of at least `least`, a word, or a flag that is off by default.
    """

    name: str
    default: int | str | bool
    help: str
    least: int | None = None

    def check(self, value: object) -> None:
        """Raise OptionError for a value of another type, or below the least."""
        if type(value) is not type(self.default):
            raise OptionError(self.name, value, f"it takes {_TYPES[type(self.default)]}")
        if self.least is not None and isinstance(value, int) and value < self.least:
            raise OptionError(self.name, value, f"it is at least {self.least}")


_TYPES: dict[type, str] = {int: "a whole number", str: "a word", bool: "True or False"}


class Encoded(NamedTuple):
    """What is to be written: the file itself, and the files that go with it, in pieces, by their names."""

    data: bytes
    beside: Mapping[str, Iterable[bytes | memoryview]] = {}


class Exporter(Protocol):
    """A format. All of it but `encode` works without the format's own packages and without NumPy."""

    @property
    def name(self) -> str:
        """What the command calls it: `--to onnx`."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of its files end, in small letters."""

    @property
    def about(self) -> str:
        """A paragraph of the command's help: what is written, and which extra it needs."""

    @property
    def needs_weights(self) -> bool:
        """Whether nothing is written of a network whose weights are not known."""

    @property
    def options(self) -> tuple[Option, ...]:
        """What a person may choose."""

    def problems(self, graph: Graph) -> Sequence[Diagnostic]:
        """What keeps a network from being written, before weights are read or made for it: a package that is missing
        (E417), layers that the format cannot say (E419, with their place in the spec)."""

    def check_options(self, choices: OptionValues) -> None:
        """Raise OptionError for what the installed packages cannot do. Called when there are no `problems`."""

    def encode(self, spec: Spec, tensors: Tensors, choices: OptionValues, name: str) -> Encoded:
        """The file called `name`: the part of the network that makes the spec's outputs, with `tensors` by name, none
        where they are not known; and what lies beside it.

        Equal specs, tensors, choices and names give equal bytes. Raises FileError for `problems`, for a layer that
        turns out too large (E418), and for an unusable file of class names.
        """

    def describe(self, choices: OptionValues) -> str:
        """What has been written, in two or three words: `ONNX, opset 17`."""


def complete(exporter: Exporter, given: OptionValues) -> dict[str, Any]:
    """The given choices, and defaults for the others. Raises TypeError for an unknown name, OptionError for a value."""
    known = {option.name: option for option in exporter.options}
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"`{exporter.name}` takes no option {name!r}; it takes {', '.join(known) or 'none'}")
        known[name].check(value)
    return {name: option.default for name, option in known.items()} | dict(given)

"""What a program consists of: bodies of functions, with their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...graph.graph import Step
from ...graph.layer import Join


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A use of a block that becomes a call: the steps number `first` up to, but without, `end`, counted from 1, in the
    `scope` of names that its label gives."""

    block: str
    label: str
    first: int
    end: int
    arguments: Mapping[str, str]

    @property
    def scope(self) -> str:
        return f"{self.label}." if self.label else ""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A layer or a use at one place of one body. `name` is that in the body's scope, `number` that of its output,
    `reads` those of its inputs; 0 is the network's input."""

    name: str
    of: Step | Use
    number: int
    reads: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Item:
    """A layer or a call in a body, for all uses of it: `steps` has the layer's step in each, or `calls` the inner use;
    None in those that leave it out.

    Values are numbers of items; those that arrive are -1, -2, ... In uses that leave the item out, its value is that of
    the input `through`.
    """

    name: str
    inputs: tuple[int, ...]
    steps: tuple[Step | None, ...] = ()
    calls: tuple[Use | None, ...] = ()
    body: Body | None = None
    through: int = 0

    @property
    def present(self) -> tuple[bool, ...]:
        return tuple(each is not None for each in self.steps or self.calls)

    @property
    def step(self) -> Step:
        """The layer's step in the first use that has it."""
        return next(step for step in self.steps if step is not None)

    @property
    def is_optional(self) -> bool:
        return not all(self.present)

    @property
    def has_tensors(self) -> bool:
        return self.body is not None or bool(self.step.tensors)


@dataclass(slots=True, eq=False)
class Body:
    """What a function does: items in their order, for so many arriving values; `outputs` are values.

    `title` is the block's name, empty for the network itself, and `variant` the words that tell several bodies of one
    block from each other.
    """

    title: str
    uses: tuple[Use, ...]
    items: list[Item]
    arriving: int
    outputs: tuple[int, ...]
    variant: tuple[str, ...] = ()

    @property
    def arriving_names(self) -> tuple[str, ...]:
        """What the values that arrive are called."""
        return "x", *(f"skip{number}" if number > 1 else "skip" for number in range(1, self.arriving))


@dataclass(slots=True, eq=False)
class Program:
    """The bodies of blocks, those that others call first, and the network's own."""

    blocks: list[Body] = field(default_factory=list)
    main: Body = field(init=False)


def is_join(item: Item) -> bool:
    return item.body is None and isinstance(item.step.layer, Join)

"""What a rule is told of a layer that it writes: the steps of all uses at once, and a way to say their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...graph.graph import Step
from ...graph.shape import Shape, is_image
from .bodies import Item
from .parameters import Parameters

Of = Callable[[Any, Step], Any]
"""From a layer and its step to a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A layer in a body."""

    item: Item
    parameters: Parameters

    @property
    def layer(self) -> Any:
        return self.item.step.layer

    @property
    def arriving(self) -> Shape:
        return self.item.step.arriving[0]

    @property
    def is_image(self) -> bool:
        return is_image(self.arriving)

    def each(self, of: Of) -> list[Any]:
        """A value in each use; None where there is no layer."""
        return [None if step is None else of(step.layer, step) for step in self.item.steps]

    def all(self, of: Of) -> bool:
        """Whether something holds in all uses."""
        return all(found for found in self.each(of) if found is not None)

    def value(self, letter: str, of: Of) -> str:
        """An expression for a value."""
        return self.parameters.text(letter, self.each(of))

    def option(self, name: str, default: Any, of: Of, letter: str = "") -> dict[str, str]:
        """A value as an argument by name; nothing where it is the default in all uses."""
        found = [value for value in self.each(of) if value is not None]
        if all(value == default for value in found):
            return {}
        return {name: self.value(letter or name, of)}


def single(pair: Any) -> Any:
    """One number for both axes, where they are equal."""
    return pair[0] if isinstance(pair, tuple) and len(set(pair)) == 1 else pair


def field(name: str, seen: Callable[[Any], Any] = lambda value: value) -> Of:
    """A field of the layer."""
    return lambda layer, _: seen(getattr(layer, name))


def channels(_: Any, step: Step) -> int:
    """The depth, or the length, of what arrives."""
    return step.arriving[0][0]

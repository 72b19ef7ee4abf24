"""How a layer kind is said in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..code.layout import Call, Expression, call
from ..code.place import Place

Arguments = list[Expression]


class Said(NamedTuple):
    """A layer in PyTorch: the `module` that it is, if it is one, and what is written in `forward` for the module's
    name and what arrives. `alone` where the module does all of it, `kept` where no function stands for it."""

    module: Call | None
    forward: Callable[[str, Arguments], Expression]
    alone: bool = True
    kept: bool = False


Rule = Callable[[Place], Said]


def applied(name: str, arriving: Arguments) -> Expression:
    """The usual `forward`: the module is called."""
    return call(name, *arriving)


def module(made: Call) -> Said:
    """A module, as which a layer must be written."""
    return Said(made, applied, kept=True)


def function(written: Callable[..., Expression], made: Call | None = None) -> Said:
    """A function without tensors; in a `nn.Sequential` a module stands for it."""
    return Said(made, lambda _, arriving: written(*arriving))

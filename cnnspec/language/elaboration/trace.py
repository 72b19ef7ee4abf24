"""What a walk came by, entry by entry: for editors, which tell it at the place where it is written.

Unlike the steps of a graph it goes on behind a mistake, as far as shapes are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ...graph.graph import BlockUse, Step
from ..syntax.nodes import Scalar
from ..syntax.tree import Entry
from ..values.scope import Scope
from .context import Tensor


class Visit(NamedTuple):
    """An entry of a list of layers as the walk met it: where (`scope`, scopes of `names`, uses of blocks around), what
    tensor arrived, and which one is behind it. An entry of a block has a visit for each use of the block. Inside of it
    were the visits of the trace from `first` on to this one."""

    entry: Entry
    scope: Scope
    names: tuple[str, ...]
    calls: tuple[BlockUse, ...]
    arriving: Tensor
    end: Tensor
    first: int


class Definition(NamedTuple):
    """A layer or call of a block that got a name: `prefix` is its scope, `own` its name in there, and
    `repetition` counts from 0 where it is repeated."""

    entry: Entry
    prefix: str
    own: str
    repetition: int | None

    @property
    def full(self) -> str:
        return self.prefix + self.own


class Reference(NamedTuple):
    """A word that names an earlier layer, by its `full` name."""

    scalar: Scalar
    full: str


@dataclass
class Trace:
    """All that a walk came by. `steps` are by name, also those behind a mistake."""

    visits: list[Visit] = field(default_factory=list)
    definitions: dict[str, Definition] = field(default_factory=dict)
    references: dict[Reference, None] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget a walk that is made anew."""
        self.visits.clear()
        self.definitions.clear()
        self.references.clear()
        self.steps.clear()

"""How much a spec may unroll to: a short text can ask for much."""

from __future__ import annotations

from ...diagnostics import Diagnostic, Failure
from ..syntax.tree import Entry

LAYERS = 20_000
ITEMS = 100_000
DEPTH = 100


class Bounds:
    """Counts what the walk comes by. Its methods raise `Failure` (E114) at the entry that passes a bound."""

    def __init__(self) -> None:
        self.layers = 0
        self.items = 0
        self.depth = 0
        """Blocks and branches around the entry."""

    def count_layer(self, entry: Entry) -> None:
        self.layers += 1
        if self.layers > LAYERS:
            raise _too_many(f"{LAYERS:,} layers", entry)

    def count_items(self, entry: Entry, items: int = 1) -> None:
        self.items += items
        if self.items > ITEMS:
            raise _too_many(f"{ITEMS:,} layers, branches, calls of blocks and their arguments", entry)
        if self.depth > DEPTH:
            raise _too_many(f"{DEPTH} blocks and branches around each other", entry)


def _too_many(what: str, entry: Entry) -> Failure:
    message = f"more than {what} after unrolling"
    return Failure([Diagnostic("E114", message, span=entry.span, help="fewer repetitions, or fewer blocks in blocks")])

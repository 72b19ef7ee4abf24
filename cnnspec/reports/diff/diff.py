"""What changes from one spec to another, as data: layers brought together, then compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from ...graph.graph import INPUT
from ..summary.summary import Row, Summary

RowPair = tuple[Row | None, Row | None]
RowKey = tuple[str, ...]

EXACT = 1_000_000
"""Pairs of layers; beyond, what recurs often is left out of the search for what is common, to keep it short."""


@dataclass(frozen=True, slots=True)
class Change:
    """A layer that differs, before and after; None where there is none. `what` names the aspects that differ."""

    before: Row | None
    after: Row | None
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes from `before` to `after`; `alike` counts the layers that stay."""

    before: Summary
    after: Summary
    changes: tuple[Change, ...]
    alike: int

    @property
    def is_empty(self) -> bool:
        """Same layers, same wiring, same input and outputs; what the specs are called does not matter."""
        same_ends = self.before.input == self.after.input and self.before.outputs == self.after.outputs
        return same_ends and not self.changes


def compare(before: Summary, after: Summary) -> Difference:
    """Compare two summaries that have a row for each layer."""
    pairs = list(align(before.rows, after.rows))
    wiring = Wiring({INPUT: INPUT} | {a.name: b.name for a, b in pairs if a and b})
    changes = tuple(change for pair in pairs if (change := _change(pair, wiring)))
    return Difference(before, after, changes, len(pairs) - len(changes))


def align(before: Sequence[Row], after: Sequence[Row]) -> Iterator[RowPair]:
    """Bring together layers that are the same, then, in between, those of one name, or of one kind where names are
    counted; order is kept."""
    yield from _aligned(before, after, (_same, _alike))


def _aligned(before: Sequence[Row], after: Sequence[Row], keys: Sequence[Callable[[Row], RowKey]]) -> Iterator[RowPair]:
    key, *looser = keys
    old, new = list(map(key, before)), list(map(key, after))
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) * len(new) > EXACT)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(before[i:j], after[k:m], strict=True)
        elif tag == "replace" and looser:
            yield from _aligned(before[i:j], after[k:m], looser)
        else:
            yield from ((row, None) for row in before[i:j])
            yield from ((None, row) for row in after[k:m])


def _alike(row: Row) -> RowKey:
    """Scope, kind, name; without a name that may come from counting, since one more layer shifts all counts."""
    scope, _, name = row.name.rpartition(".")
    return scope, row.kind, "" if re.fullmatch(rf"{row.kind}[0-9]+", name) else name


def _same(row: Row) -> RowKey:
    return *_alike(row), repr(row.fields)


@dataclass(frozen=True)
class Wiring:
    """Which layer after is which layer before, by names."""

    partners: Mapping[str, str]

    @cached_property
    def kept(self) -> frozenset[str]:
        """Names after of the layers that were there before."""
        return frozenset(self.partners.values())

    def differs(self, before: Sequence[str], after: Sequence[str]) -> bool:
        """Whether inputs were exchanged. A layer put in between, or taken out, is a change of its own."""
        return len(before) != len(after) or any(
            old in self.partners and new in self.kept and self.partners[old] != new
            for old, new in zip(before, after, strict=True)
        )


def _change(pair: RowPair, wiring: Wiring) -> Change | None:
    before, after = pair
    if before is None or after is None:
        return Change(before, after)
    what = tuple(_what(before, after, wiring))
    return Change(before, after, what) if what else None


def _what(before: Row, after: Row, wiring: Wiring) -> Iterator[str]:
    """The receptive field is left out: one window changes those of all layers after it."""
    if before.name != after.name and (before.params or before.buffers):
        yield "name"
    if wiring.differs(before.inputs, after.inputs):
        yield "inputs"
    for aspect in ("fields", "output", "params", "buffers", "macs"):
        if getattr(before, aspect) != getattr(after, aspect):
            yield aspect

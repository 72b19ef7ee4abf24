"""What is told of the word under the cursor, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ..diagnostics import Span
from ..language.syntax.nodes import Scalar
from ..language.syntax.tree import BlockCall, Entry
from ..reports.manual.names import page_of
from .completion import known
from .facts import facts, table
from .grammar import Offer, place, signature
from .reading import Reading
from .spot import Spot, locate
from .values import defaults, values


class Told(NamedTuple):
    """Markdown on the word at `span`."""

    text: str
    span: Span


def hover(reading: Reading, line: int, column: int) -> Told | None:
    """What there is to say of the word at a place; None of nothing."""
    document = reading.document
    spot = locate(document.root, line, column) if document is not None else None
    if spot is None:
        return None
    around = reading.entry(line, column)
    entry = around[0] if around else None
    parts = [part for part in _parts(reading, spot, entry) if part]
    return Told("\n\n---\n\n".join(parts), spot.word.span) if parts else None


def _parts(reading: Reading, spot: Spot, entry: Entry | None) -> Iterator[str]:
    offer = _offer(reading, spot)
    is_layer = entry is not None and (_is(spot, entry.word) or (entry.name is not None and _is(spot, entry.name)))
    if entry is not None and is_layer:
        yield _layer(reading, entry)
    elif not spot.is_key:
        yield _value(reading, spot, entry)
        yield _named(reading, spot)
    if offer is not None and offer.sort != "name":
        yield _told(offer, is_layer)


def _is(spot: Spot, scalar: Scalar) -> bool:
    return spot.word.span == scalar.span


def _layer(reading: Reading, entry: Entry) -> str:
    """The facts of a layer, or a use of a block."""
    uses = len(reading.visits.get(entry, ()))
    head = f"`{signature(entry.block)}`\n\n" if isinstance(entry, BlockCall) else ""
    return head + table(facts(reading, entry), uses) if uses else head.strip()


def _value(reading: Reading, spot: Spot, entry: Entry | None) -> str:
    """What an expression comes to; of an argument's default, what the argument does."""
    match spot.path:
        case ("blocks", str(block), "args", str(argument)) if entry is None:
            found = defaults(reading, block, argument)
            return f"`{argument}` = {found}" if found else ""
    found = values(reading, spot.word, entry)
    return f"`{spot.word.text}` = {found}" if found else ""


def _named(reading: Reading, spot: Spot) -> str:
    """The facts of the layer that a word refers to."""
    for scalar, full in reading.trace.references:
        if scalar.span == spot.word.span and (found := reading.trace.definitions.get(full)):
            return _layer(reading, found.entry)
    return ""


def _offer(reading: Reading, spot: Spot) -> Offer | None:
    """What the word is, by what may stand at its place."""
    here = place(spot.path, known(reading, spot.word.span.line))
    offers = here.keys() if spot.is_key else here.words()
    return next((offer for offer in offers if offer.word == spot.word.text), None)


def _told(offer: Offer, is_layer: bool) -> str:
    """A word's line, and its page."""
    page = manual(offer.page) if offer.page else ""
    line = "" if offer.sort in ("layer", "block") or (page and offer.sort == "key") else offer.about
    head = f"**{offer.word}**: {line}" if line else ""
    return "\n\n".join(filter(None, (head, page)))


@lru_cache(maxsize=256)
def manual(name: str) -> str:
    """A manual page. Its examples are run for it, so it is kept."""
    return page_of(name) or ""

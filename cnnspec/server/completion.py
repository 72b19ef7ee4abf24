"""What may be written where the cursor stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..diagnostics import Span
from ..graph.shape import times
from ..language.elaboration.trace import Visit
from ..language.syntax.nodes import Mapping, Node
from ..language.syntax.open_brackets import closers
from ..language.syntax.parser import parse
from ..language.syntax.source import Source
from ..language.syntax.unfinished import readable
from .grammar import Known, Offer, place
from .reading import Reading
from .spot import Spot, locate

WORD = re.compile(r"[A-Za-z0-9_.-]*\Z")
WORD_ON = re.compile(r"[A-Za-z0-9_.-]*")
MARK = "x"
"""Stands in for the word that is being typed, so that there is one."""


class Completion(NamedTuple):
    """An offer, and what is written with it: `text` in place of `span`, `$1` where something is to be filled in."""

    offer: Offer
    span: Span
    text: str


def complete(reading: Reading, line: int, column: int) -> list[Completion]:
    """What may stand where a word is being typed that ends at a place, best first."""
    lines = reading.source.lines
    if line > len(lines):
        return []
    before, behind = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    if _in_comment(before):
        return []
    start = column - len(WORD.search(before)[0])  # type: ignore[index]
    behind_word = WORD_ON.match(behind)
    assert behind_word is not None
    is_written = behind[behind_word.end() :].lstrip().startswith(":")
    span = Span(line, start, line, column + (behind_word.end() if is_written else 0))
    seen = known(reading, line)
    for spot, dash in _spots(lines[: line - 1], before[: start - 1], line):
        here = place(spot.path, seen)
        offers = list(dict.fromkeys(_keys(here.keys(), spot) if spot.is_key else here.words()))
        if offers:
            texts = [dash + offer.word + ("" if is_written else offer.behind) for offer in offers]
            return [Completion(offer, span, text) for offer, text in zip(offers, texts, strict=True)]
    return []


def known(reading: Reading, line: int) -> Known:
    """What the spec gives names to, as it is seen from a line."""
    blocks = reading.document.blocks if reading.document else {}
    return Known(blocks, lambda block: names(reading, block, line))


def names(reading: Reading, block: str, line: int) -> dict[str, str]:
    """The names of the layers of a block, or of the spec, that come before a line, each with its shape."""
    found = {"input": times(reading.document.header.input.shape)} if reading.document and not block else {"input": ""}
    trace = reading.trace
    for entry, within in reading.entries:
        if within == block and entry.name is not None and entry.span.end < (line, 1):
            found[entry.name.text] = ""
    for definition in trace.definitions.values():
        visit = reading.first_visit(definition.entry)
        if visit is None or _block(visit) != block or definition.prefix != visit.names[-1]:
            continue
        if definition.entry.span.end < (line, 1):
            step = trace.steps.get(definition.full)
            shape = step.shape if step is not None else visit.end.shape
            found[definition.own] = found.get(definition.own) or (times(shape) if shape else "")
    return found


def _block(visit: Visit) -> str:
    return visit.scope.within[-1] if visit.scope.within else ""


def _keys(offers: Iterable[Offer], spot: Spot) -> Iterator[Offer]:
    """The keys that are not written yet; beside a layer, no other layer."""
    offers = list(offers)
    layers = {offer.word for offer in offers if offer.sort in ("layer", "block")}
    has_layer = not layers.isdisjoint(spot.beside)
    for offer in offers:
        is_apart = offer.beside and offer.beside not in spot.beside
        if offer.word not in spot.beside and not is_apart and not (has_layer and offer.word in {*layers, "from"}):
            yield offer


def _spots(above: tuple[str, ...], before: str, line: int) -> Iterator[tuple[Spot, str]]:
    """What a word may be that comes behind `before` in a line, and what has to be written before it: a value, a key,
    an item of a list."""
    variants = [(MARK, ""), (f"{MARK}:", ""), *([] if before.strip() else [(f"- {MARK}", "- ")])]
    for read in (_exactly, readable):
        for variant, dash in variants:
            root = read("\n".join([*above, before + variant]))
            spot = locate(root, line, len(before) + len(dash) + 1) if root is not None else None
            if spot is not None and spot.word.text == MARK:
                yield spot, dash


def _exactly(text: str) -> Node | None:
    """The root of a text that ends in the midst of something, which is closed."""
    root, _ = parse(Source("", text + closers(text)))
    return root if isinstance(root, Mapping) else None


def _in_comment(before: str) -> bool:
    """Whether a line ends in a comment, as far as one can see without reading quotes."""
    at = re.search(r"(^|\s)#", before)
    return at is not None and before[: at.start()].count('"') % 2 == 0

"""The uses of a block -> the items of one body.

The longest use is the pattern. Another one fits if it has the pattern's layers, less some that it leaves out, and reads
what the pattern reads, where the value of what is left out is that of one of its inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from ...graph.graph import Step
from .bodies import Body, Item, Part, Use

NUMERIC = frozenset({"P", "rounding"})
"""Fields whose words come to numbers."""
CHOICES = 64
"""Ways at most in which what is left out may be passed by."""


def merged(
    uses: Sequence[Sequence[Part]], externals: Sequence[tuple[int, ...]], bodies: Mapping[Use, Body]
) -> tuple[int, list[Item]] | None:
    """How many values arrive, and the items; None where the uses do not fit together. `externals` are the numbers of
    what arrives in each use, `bodies` those of the inner calls."""
    pattern = max(uses, key=len)
    first = uses.index(pattern)
    arriving = len(externals[first])
    own = _values(pattern, externals[first], range(len(pattern)))
    inputs = [tuple(own[each] for each in part.reads) for part in pattern]
    through: dict[int, int] = {}
    rows: list[list[int | None]] = []
    for parts, read in zip(uses, externals, strict=True):
        row = _aligned(pattern, parts, bodies)
        if row is None or len(read) != arriving:
            return None
        passed = _passed(pattern, parts, read, row, inputs, through)
        if passed is None:
            return None
        through |= passed
        rows.append(row)
    items = []
    for place, part in enumerate(pattern):
        of = [None if (at := row[place]) is None else parts[at].of for row, parts in zip(rows, uses, strict=True)]
        steps = tuple(each if isinstance(each, Step) else None for each in of)
        item = Item(part.name, inputs[place], through=through.get(place, 0))
        if isinstance(part.of, Step):
            item.steps = steps
        else:
            item.calls, item.body = tuple(None if isinstance(each, Step) else each for each in of), bodies[part.of]
        items.append(item)
    return (arriving, items) if _are_detours(items) else None


def _values(parts: Sequence[Part], externals: tuple[int, ...], places: Sequence[int]) -> dict[int, int]:
    """The values of a body by the numbers of what makes them."""
    arriving = {number: -1 - index for index, number in enumerate(externals)}
    return arriving | {part.number: place for part, place in zip(parts, places, strict=True)}


def _aligned(pattern: Sequence[Part], parts: Sequence[Part], bodies: Mapping[Use, Body]) -> list[int | None] | None:
    """For each part of the pattern the same part of another use, None for what it leaves out."""
    at, found = 0, list[int | None]()
    for part in pattern:
        fits = at < len(parts) and _head(part, bodies) == _head(parts[at], bodies)
        found.append(at if fits else None)
        at += fits
    return found if at == len(parts) else None


def _head(part: Part, bodies: Mapping[Use, Body]) -> object:
    of = part.of
    return part.name, len(part.reads), form(of) if isinstance(of, Step) else bodies[of]


def form(step: Step) -> tuple[object, ...]:
    """What layers must have in common to be one: all but their numbers."""
    layer = step.layer
    fields = ((name, getattr(layer, name)) for name in type(layer).model_fields if name not in NUMERIC)
    words = tuple(each for each in fields if not _is_numeric(each[1]))
    return step.kind, tuple(map(len, step.arriving)), words


def _is_numeric(value: object) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _passed(
    pattern: Sequence[Part],
    parts: Sequence[Part],
    read: tuple[int, ...],
    row: list[int | None],
    inputs: list[tuple[int, ...]],
    known: Mapping[int, int],
) -> dict[int, int] | None:
    """Which input passes by what a use leaves out, so that it reads what the pattern reads; None for none."""
    places = [place for place, at in enumerate(row) if at is not None]
    own = _values(parts, read, places)
    absent = [place for place, at in enumerate(row) if at is None]
    options = [(known[place],) if place in known else range(len(inputs[place])) for place in absent]
    for count, choice in enumerate(product(*options)):
        chosen = dict(zip(absent, choice, strict=True))
        if count > CHOICES:
            break

        def seen(value: int, chosen: dict[int, int] = chosen) -> int:
            while value in chosen:
                value = inputs[value][chosen[value]]
            return value

        if seen(len(pattern) - 1) == own[parts[-1].number] and all(
            tuple(map(seen, inputs[place])) == tuple(own[each] for each in parts[at].reads)
            for place, at in enumerate(row)
            if at is not None
        ):
            return chosen
    return None


def _are_detours(items: Sequence[Item]) -> bool:
    """Whether what may be left out are stretches in a row with one way in and one way out."""
    start = 0
    while start < len(items):
        end = start + 1
        if items[start].is_optional:
            while end < len(items) and items[end].present == items[start].present:
                end += 1
            inside = range(start, end)
            outside = [each for place, item in enumerate(items) if place not in inside for each in item.inputs]
            if any(place in outside for place in inside[:-1]):
                return False
            if origin(items, end - 1) in inside:
                return False
        start = end
    return True


def origin(items: Sequence[Item], value: int) -> int:
    """The value that stands for one where it, and what is left out with it, is."""
    present = items[value].present
    while value >= 0 and items[value].present == present:
        value = items[value].inputs[items[value].through]
    return value

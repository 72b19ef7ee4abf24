"""What an expression comes to where it is written, in each use of the block around."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..diagnostics import NOWHERE, Failure
from ..diagnostics.wording import spelled
from ..graph.layer import Layer
from ..language.elaboration.trace import Visit
from ..language.syntax.nodes import Scalar
from ..language.syntax.tree import Entry
from ..language.values.arithmetic import number
from ..language.values.expression import ExpressionError, Number, parse
from ..language.values.scope import LayersArgument, PairArgument, Scope, UnknownValue, WordArgument
from .reading import Reading

SHOWN = 6
"""So many different values of an expression are told."""


def values(reading: Reading, scalar: Scalar, entry: Entry | None) -> str:
    """The values of a scalar that is an expression, `64, 128`; nothing for one that is not, or that says it itself."""
    try:
        expression = parse(scalar.text)
    except ExpressionError:
        return ""
    if scalar.text.lstrip("-").replace(".", "").isdigit():
        return ""
    if entry is None:
        scopes: Iterator[Scope] = iter((Scope(arriving=()),))
    else:
        scopes = (scope for visit in reading.visits_of(entry) for scope in _scopes(reading, visit, expression.names))
    return _listed(_value(scalar, scope) for scope in scopes)


def defaults(reading: Reading, block: str, argument: str) -> str:
    """The values of a block's argument in all its uses."""
    scopes = (visit.scope for visit in reading.trace.visits if visit.scope.within[-1:] == (block,))
    return _listed(_value(Scalar(argument, True, NOWHERE), scope) for scope in scopes)


def _listed(values: Iterable[str]) -> str:
    """The first of different values."""
    found = list(dict.fromkeys(filter(None, values)))
    return ", ".join(found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")


def _scopes(reading: Reading, visit: Visit, names: frozenset[str]) -> Iterator[Scope]:
    """What names mean in a layer's entry: for rows and for columns where its own letters are used."""
    here = visit.scope.at(visit.arriving.shape)
    step = reading.trace.steps.get(visit.end.name)
    letters = _letters(step.layer) if step is not None else {}
    if names.isdisjoint(letters):
        yield here
        return
    for axis in (0, 1):
        own = {letter: pair[axis] for letter, pair in letters.items()}
        yield Scope({**here.along(axis).arguments, **own}, here.arriving, here.within)


def _letters(layer: Layer) -> dict[str, tuple[int, int]]:
    fields = type(layer).model_fields
    return dict(type(layer).letters({info.alias or name: getattr(layer, name) for name, info in fields.items()}))


def _value(scalar: Scalar, scope: Scope) -> str:
    argument = scope.argument(scalar.text)
    if isinstance(argument, WordArgument):
        return f"`{argument.scalar.text}`"
    if isinstance(argument, LayersArgument):
        return f"{len(argument.items)} layers"
    if isinstance(argument, PairArgument):
        return f"[{_written(argument.rows)}, {_written(argument.columns)}]"
    if isinstance(argument, bool):
        return str(argument).lower()
    try:
        return _written(number(scalar, scope))
    except (Failure, UnknownValue):
        return ""


def _written(value: Number) -> str:
    return str(value) if isinstance(value, int) else spelled(float(value))

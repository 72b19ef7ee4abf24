"""Calls of blocks: how often, and what the block's arguments stand for."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ...diagnostics import Diagnostic, Failure, Note
from ...graph.shape import Shape
from ..syntax.nodes import Scalar, Sequence
from ..syntax.tree import Argument, BlockCall
from ..values.arithmetic import number
from ..values.expression import ExpressionError, parse
from ..values.field_reader import FieldReader
from ..values.field_types import field_type
from ..values.numeral import numeral
from ..values.scope import LETTERS, LayersArgument, PairArgument, Scope, SizeArgument, UnknownValue, Value, WordArgument
from .symbol_table import ROOT

REPEATS = 10_000
WHOLE = field_type(int)


def repetitions(call: BlockCall, scope: Scope) -> int | None:
    """The call's `repeat`, None where none is written. Raises `Failure`, or `UnknownValue` when it hangs on a shape
    that is not known."""
    if call.repeat is None:
        return None
    count = int(FieldReader(scope).value("repeat", call.repeat, WHOLE))
    if not 1 <= count <= REPEATS:
        message = f"`repeat` must be from 1 to {REPEATS:,}"
        raise Failure([Diagnostic("E114", message, span=call.repeat.span, label=f"this is {count:,}")])
    return count


class Binder:
    """Makes the scopes of blocks' bodies, equal ones once: what is read in one is then read once too."""

    def __init__(self) -> None:
        self._bound: dict[tuple[BlockCall, Scope, Shape | None, tuple[str, ...]], Scope] = {}
        self._scopes: dict[tuple[object, ...], Scope] = {}
        self._spelled: dict[Scope, tuple[tuple[str, str], ...]] = {}

    def bind(self, call: BlockCall, caller: Scope, arriving: Shape | None, places: tuple[str, ...]) -> Scope:
        """The scope of a block's body: arguments as given, seen from the caller; else defaults, seen from the block.

        `places` are the scopes of names around the call. Raises `Failure` with every mistake, or `UnknownValue`.
        """
        key = (call, caller, arriving, places)
        found = self._bound.get(key)
        if found is None:
            made = _bind(call, caller.at(arriving), places)
            values = tuple(made.arguments.values())
            equal = (made.within, values, tuple(map(_kind, values)))
            found = self._bound[key] = self._scopes.setdefault(equal, made)
        return found

    def spelled(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        """The arguments of a block's body with their values as they are written; nothing for layers."""
        if scope not in self._spelled:
            self._spelled[scope] = tuple([(name, _text(value)) for name, value in scope.arguments.items()])
        return self._spelled[scope]


def _bind(call: BlockCall, caller: Scope, places: tuple[str, ...]) -> Scope:
    """The scope of one use of a block."""
    binding = ArgumentBinder(call, caller, places)
    found = [*binding.missing()]
    if found and call.flawed:  # what seems to be missing may be what was misspelt
        raise UnknownValue
    for name in call.block.arguments:
        try:
            binding.add(name)
        except Failure as failure:
            found.extend(failure.diagnostics)
    if found:
        raise Failure(found)
    return Scope(binding.values, caller.arriving, binding.within, caller.used)


def _kind(value: Value) -> Hashable:
    """What tells values apart that are equal: 1 and true, or two sizes of the same number."""
    return type(value), value.letter if isinstance(value, SizeArgument) else ""


def _text(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case WordArgument(scalar):
            return scalar.text
        case LayersArgument():
            return ""
        case PairArgument(rows, columns):
            return f"[{_text(rows)}, {_text(columns)}]"
        case _:
            return numeral(value if isinstance(value, int) else float(value))


class ArgumentBinder:
    """Argument values as they come to be known, in the order of the block's `args`."""

    def __init__(self, call: BlockCall, caller: Scope, places: tuple[str, ...]) -> None:
        self.call = call
        self.caller = caller
        self.places = places
        self.values: dict[str, Value] = {}
        self.within = (*caller.within, call.block.name.text)
        self.given = {key.text: argument for key, argument in call.arguments}

    def missing(self) -> Iterator[Diagnostic]:
        block = self.call.block.name.text
        for name, (scalar, default) in self.call.block.arguments.items():
            if default is None and name not in self.given:
                yield Diagnostic(
                    "E103",
                    f"`{block}` needs the argument `{name}`",
                    span=self.call.word.span,
                    notes=(Note(scalar.span, "required here"),),
                    help=f"`{block}: {{{name}: ...}}`",
                )

    def add(self, name: str) -> None:
        """Work out one argument."""
        default = self.call.block.arguments[name][1]
        if name in self.given:
            self.values[name] = evaluate(self.given[name], self.caller, self.places)
        elif default is not None:
            own = Scope(dict(self.values), self.caller.arriving, self.within, self.caller.used)
            self.values[name] = evaluate(default, own, ROOT)


def evaluate(argument: Argument, scope: Scope, places: tuple[str, ...]) -> Value:
    """The value of an argument: layers, an argument handed on, true or false, a number, else a word."""
    if isinstance(argument, Sequence):
        return PairArgument(*(number(item, scope) for item in argument.items if isinstance(item, Scalar)))
    if not isinstance(argument, Scalar):
        return LayersArgument(argument, scope)
    handed_on = scope.argument(argument.text)
    if handed_on is not None:
        return handed_on
    if argument.plain and argument.text in ("true", "false"):
        return argument.text == "true"
    if argument.text in scope.sizes:
        return number(argument, scope)
    if _is_word(argument, scope):
        return WordArgument(argument, places)
    value = number(argument, scope)
    return SizeArgument(int(value), argument.text) if argument.text in LETTERS else value


def _is_word(scalar: Scalar, scope: Scope) -> bool:
    """Whether a text is a name rather than arithmetic: `enc1` and `block-2`, but neither `4*K` nor `C`."""
    parts = scalar.text.replace("-", "_").split(".")
    if scalar.is_null or not all(part and part.replace("_", "a").isalnum() for part in parts):
        return False
    try:
        names = parse(scalar.text).names
    except ExpressionError:
        return True
    return not names <= {*scope.arguments, *LETTERS}

"""A scalar that is an expression -> its value in a scope, or the mistake at its place in the text."""

from __future__ import annotations

from ...diagnostics import Diagnostic, Failure, Note, Span, closest, instead
from ...diagnostics.wording import listed
from ..syntax.nodes import Scalar
from .expression import ExpressionError, Number, evaluate, parse
from .scope import LETTERS, LayersArgument, PairArgument, Scope, Value, WordArgument
from .unknown_field import LISTED


def number(scalar: Scalar, scope: Scope) -> Number:
    """The value of an expression in a scope, or raise `Failure` at the place of the mistake."""
    try:
        expression = parse(scalar.text)
    except ExpressionError as error:
        raise Failure([located(scalar, error)]) from None

    values: dict[str, Number] = {}
    for use in expression.uses:
        value = scope.value(use.name)
        if value is None or isinstance(value, bool | WordArgument | LayersArgument | PairArgument):
            raise Failure([_no_number(use.name, value, scope, within(scalar, use.start, use.end))])
        values[use.name] = value
    try:
        return evaluate(expression, values.__getitem__)
    except ExpressionError as error:
        raise Failure([located(scalar, error)]) from None


def located(scalar: Scalar, error: ExpressionError) -> Diagnostic:
    return error.issue.at(within(scalar, error.start, error.end))


def _no_number(name: str, value: Value | None, scope: Scope, span: Span) -> Diagnostic:
    """E105 for a name that stands for nothing, or for no number."""
    known, why = scope.names(), ""
    if value is not None:
        why = f"the argument `{name}` is {describe(value)}, not a number"
    elif name in LETTERS and scope.arriving:
        why = f"a vector of {scope.arriving[0]} arrives: its length is C"
    elif "." in name and name.rpartition(".")[2] in LETTERS:
        why = f"`{name.rpartition('.')[0]}` gives a vector: its length is `{name.rpartition('.')[0]}.C`"
    near = closest(name, known) if not why else None
    return Diagnostic(
        "E105",
        f"`{name}` has no value here",
        span=span,
        label=f"did you mean `{near}`?" if near else "",
        notes=given_at(value),
        why=why,
        help=f"known here: {listed(known, LISTED)}" if known else "",
        fixes=(instead(span, near, name.lower() == near.lower()),) if near else (),
    )


def within(scalar: Scalar, start: int, end: int) -> Span:
    """The span of characters `start` to `end` of a scalar's text; all of it where the text is not written as it reads:
    over several lines, with escapes, or in a block (`|`)."""
    span, quote = scalar.span, 0 if scalar.plain else 1
    if span.line != span.end_line or span.end_column - span.column != len(scalar.text) + 2 * quote:
        return span
    first = span.column + quote + start
    return Span(span.line, first, span.line, min(first + max(1, end - start), span.end_column))


def given_at(value: Value | None) -> tuple[Note, ...]:
    """Where the value of an argument is written, if it is one that knows."""
    match value:
        case WordArgument(scalar):
            return (Note(scalar.span, "given here"),)
        case LayersArgument(items=(first, *others)):
            return (Note(first.span.up_to(others[-1].span if others else first.span), "given here"),)
        case _:
            return ()


def describe(value: Value) -> str:
    if isinstance(value, LayersArgument):
        return "a list of layers"
    if isinstance(value, WordArgument):
        return f"the word `{value.scalar.text}`"
    if isinstance(value, PairArgument):
        return f"the pair [{value.rows}, {value.columns}]"
    return str(value).lower()

"""A scalar that is an expression -> its value in a scope, or the mistake at its place in the text."""

from __future__ import annotations

from ...diagnostics import Diagnostic, Failure, Span, closest, instead
from ...diagnostics.wording import listed
from ..syntax.nodes import Scalar
from .expression import ExpressionError, Number, evaluate, parse
from .scope import LayersArgument, Scope, UndefinedName, Value, WordArgument
from .unknown_field import LISTED


def number(scalar: Scalar, scope: Scope) -> Number:
    """The value of an expression in a scope, or raise `Failure` at the place of the mistake."""
    try:
        expression = parse(scalar.text)
    except ExpressionError as error:
        raise Failure([located(scalar, error)]) from None

    def lookup(name: str) -> Number:
        value = scope.value(name)
        if isinstance(value, bool | WordArgument | LayersArgument):
            raise UndefinedName(name, scope.names(), f"the argument `{name}` is {describe(value)}, not a number")
        return value

    try:
        return evaluate(expression, lookup)
    except ExpressionError as error:
        raise Failure([located(scalar, error)]) from None
    except UndefinedName as error:
        start, end = expression.where(error.name)
        raise Failure([_no_such_name(error, within(scalar, start, end))]) from None


def located(scalar: Scalar, error: ExpressionError) -> Diagnostic:
    span = within(scalar, error.start, error.end)
    return Diagnostic(error.code, error.message, span=span, why=error.why, help=error.help)


def _no_such_name(error: UndefinedName, span: Span) -> Diagnostic:
    near = closest(error.name, error.known) if not error.why else None
    return Diagnostic(
        "E105",
        f"`{error.name}` has no value here",
        span=span,
        label=f"did you mean `{near}`?" if near else "",
        why=error.why,
        help=f"known here: {listed(error.known, LISTED)}" if error.known else "",
        fixes=(instead(span, near, error.name.lower() == near.lower()),) if near else (),
    )


def within(scalar: Scalar, start: int, end: int) -> Span:
    """The span of characters `start` to `end` of a scalar's text."""
    span = scalar.span
    if span.line != span.end_line:
        return span
    first = span.column + start + (0 if scalar.plain else 1)
    return Span(span.line, first, span.line, first + max(1, end - start))


def describe(value: Value) -> str:
    if isinstance(value, LayersArgument):
        return "a list of layers"
    if isinstance(value, WordArgument):
        return f"the word `{value.scalar.text}`"
    return str(value).lower()

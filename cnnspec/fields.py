"""YAML nodes -> Python values, guided by the types of a pydantic model's fields.

Words stay words, arithmetic is worked out, text is taken as written; what the types cannot say
(bounds, combinations) is then checked by the model itself. Every mistake becomes a Diagnostic at its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .diagnostics import Diagnostic, Failure, Span, closest
from .expression import ExpressionError, Number, evaluate, parse, whole
from .forms import Form, forms, spelled
from .layer import Layer
from .scope import Layers, NoSuchName, Scope, Unknown, Value, Word
from .source import Mapping, Node, Scalar, Sequence, trap

M = TypeVar("M", bound=BaseModel)
ROWS = ("top", "bottom")
LISTED = 20
SUGGESTED = 50


@dataclass(slots=True)
class Reader:
    """Reads the fields of one model in one scope; `axes` are the scopes of rows and of columns."""

    scope: Scope
    found: list[Diagnostic] = field(default_factory=list)

    def fields(self, model: type[BaseModel], body: Mapping) -> dict[str, Any]:
        """The values of `body`, whose keys are all the model's; mistakes go to `found`.

        A value that hangs on an earlier mistake is left out, as a mistaken one is.
        """
        known = forms(model)
        values: dict[str, Any] = {}
        for key, node in sorted(body.items, key=lambda item: known[item[0].text].per_axis):
            form = known[key.text]
            axes = self._axes(model, body, values) if form.per_axis else (self.scope, self.scope)
            try:
                values[key.text] = self.value(key.text, node, form, axes)
            except Failure as failure:
                self.found.extend(failure.diagnostics)
            except Unknown:
                continue
        return values

    def _axes(self, model: type[BaseModel], body: Mapping, values: MappingABC[str, Any]) -> tuple[Scope, Scope]:
        """The scopes of rows and of columns, in which the layer's own letters have their values."""
        own = model.letters(values) if issubclass(model, Layer) else {}
        written = {key.text for key, _ in body.items if not forms(model)[key.text].per_axis}
        required = {name for name, info in model.model_fields.items() if info.is_required()}
        hidden = self.scope.hidden | (written | required) - values.keys()

        def scope(axis: int) -> Scope:
            arguments = {**self.scope.arguments, **{letter: pair[axis] for letter, pair in own.items()}}
            return replace(self.scope, arguments=arguments, hidden=hidden)

        return scope(0), scope(1)

    def value(self, name: str, node: Node, form: Form, axes: tuple[Scope, Scope]) -> Any:
        """The value of one node."""
        if isinstance(node, Sequence):
            return self._sequence(name, node, form, axes)
        if isinstance(node, Mapping):
            return self._mapping(name, node, form, axes)
        if form.both:
            form = form.item(0)._replace(per_axis=form.per_axis)
        rows = _scalar(name, node, form, axes[0])
        if not form.per_axis or axes[0] is axes[1]:
            return rows
        columns = _scalar(name, node, form, axes[1])
        return rows if rows == columns else (rows, columns)

    def _sequence(self, name: str, node: Sequence, form: Form, axes: tuple[Scope, Scope]) -> tuple[Any, ...]:
        if not form.items:
            raise _wrong(name, node, form, "a list")
        if not node.items:
            raise _wrong(name, node, form, "empty")
        if not form.endless and len(node.items) != len(form.items):
            raise _wrong(name, node, form, f"a list of {len(node.items)}")
        return tuple(
            self.value(name, item, form.item(i), (axes[min(i, 1)],) * 2 if form.per_axis else axes)
            for i, item in enumerate(node.items)
        )

    def _mapping(self, name: str, node: Mapping, form: Form, axes: tuple[Scope, Scope]) -> dict[str, Any]:
        if form.entries is not None:
            return {key.text: self.value(key.text, item, form.entries, axes) for key, item in node.items}
        if form.model is None:
            raise _wrong(name, node, form, "a mapping")
        known = forms(form.model)
        values = {}
        found: list[Diagnostic] = []
        for key, item in node.items:
            if key.text not in known:
                found.append(unknown_field(key, list(known), suggest=len(found) < SUGGESTED))
                continue
            own = axes[0 if key.text in ROWS else 1]
            try:
                values[key.text] = self.value(key.text, item, known[key.text], (own, own) if form.per_axis else axes)
            except Failure as failure:
                found.extend(failure.diagnostics)
        if found:
            raise Failure(found)
        return values


def read(model: type[M], body: Mapping) -> tuple[M | None, list[Diagnostic]]:
    """A model from its YAML mapping, where no tensor arrives, with every mistake found; None when there is any."""
    reader = Reader(Scope(arriving=()))
    made, found = build(model, reader.fields(model, body), body)
    return made, reader.found + found


def build(model: type[M], values: dict[str, Any], body: Mapping) -> tuple[M | None, list[Diagnostic]]:
    """The model of evaluated values, or its mistakes at the places they have in `body`.

    Where values that were written could not be read there is no model, and nothing is said that may hang on them.
    """
    unread = {key.text for key, _ in body.items} - values.keys()
    try:
        made = model.model_validate(values)
        return (None if unread else made), []
    except ValidationError as invalid:
        found: dict[object, Diagnostic] = {}
        # One mistake in a field of several forms is a mistake in each of them: the broken bound tells most.
        for details in sorted(invalid.errors(include_url=False), key=lambda details: details["type"] not in BOUNDS):
            missing = details["type"] == "missing" and details["loc"][0] not in unread
            if not unread or missing or details["type"] in BOUNDS:
                found.setdefault(details["loc"][:1], _invalid(model, details, body))
        return None, list(found.values())


def number(scalar: Scalar, scope: Scope) -> Number:
    """The value of an expression in a scope, or raise `Failure` at the place of the mistake."""
    try:
        expression = parse(scalar.text)
    except ExpressionError as error:
        raise Failure([_at(scalar, error)]) from None

    def lookup(name: str) -> Number:
        value = scope.value(name)
        if isinstance(value, bool | Word | Layers):
            raise NoSuchName(name, scope.names(), f"the argument `{name}` is {describe(value)}, not a number")
        return value

    try:
        return evaluate(expression, lookup)
    except ExpressionError as error:
        raise Failure([_at(scalar, error)]) from None
    except NoSuchName as error:
        start, end = expression.where(error.name)
        raise Failure([_no_such_name(error, within(scalar, start, end))]) from None


def describe(value: Value) -> str:
    if isinstance(value, Layers):
        return "a list of layers"
    if isinstance(value, Word):
        return f"the word `{value.scalar.text}`"
    return str(value).lower()


def within(scalar: Scalar, start: int, end: int) -> Span:
    """The span of characters `start` to `end` of a scalar's text."""
    span = scalar.span
    if span.line != span.end_line:
        return span
    first = span.column + start + (0 if scalar.plain else 1)
    return Span(span.line, first, span.line, first + max(1, end - start))


def unknown_field(key: Scalar, known: list[str], what: str = "field", of: str = "", suggest: bool = True) -> Diagnostic:
    near = closest(key.text, known) if suggest else None
    return Diagnostic(
        "E102",
        f"unknown {what} `{key.text}`{of}",
        span=key.span,
        label=f"did you mean `{near}`?" if near else "",
        help=f"known here: {listed(known)}" if known else f"it takes no {what}s",
    )


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return ", ".join(known[:LISTED]) + more


def _scalar(name: str, scalar: Scalar, form: Form, scope: Scope) -> Any:
    text = scalar.text
    if scalar.is_null:
        if form.null:
            return None
        raise _wrong(name, scalar, form, "empty")
    if text in form.words or form.text:
        return text
    if form.pattern and re.fullmatch(form.pattern, text):
        return text
    value = _given(scalar, scope)
    if isinstance(value, Word) and value.scalar.text in form.words:
        return value.scalar.text
    if isinstance(value, Word | Layers):
        raise _wrong(name, scalar, form, describe(value))
    if isinstance(value, bool) or (scalar.plain and text in ("true", "false")):
        if not form.flag:
            raise _wrong(name, scalar, form, text)
        return value if isinstance(value, bool) else text == "true"
    if value is None and scalar.plain and (why := trap(text)):
        raise _trapped(name, scalar, form, why)
    if not form.number:
        raise _wrong(name, scalar, form, f"`{text}`", near=closest(text, form.words))
    if value is None and not scalar.plain and _is_plain_number(text):
        raise _wrong(name, scalar, form, f'the text "{text}"', help=f"write {text} without quotes")
    try:
        return _number(scalar, form, scope)
    except Failure as failure:
        if form.pattern and failure.diagnostics[0].code == "E105":
            raise _wrong(name, scalar, form, f"`{text}`") from None
        raise


def _given(scalar: Scalar, scope: Scope) -> Value | None:
    return scope.argument(scalar.text)


def _is_plain_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9][0-9.]*(e[-+]?[0-9]+)?", text) is not None


def _number(scalar: Scalar, form: Form, scope: Scope) -> int | float:
    try:
        value = number(scalar, scope)
    except Failure as failure:
        raise _suggest_words(failure, scalar, form) from None
    if form.real:
        return value if isinstance(value, int) else float(value)
    try:
        return whole(value, scalar.text)
    except ExpressionError as error:
        raise Failure([_at(scalar, error)]) from None


def _suggest_words(failure: Failure, scalar: Scalar, form: Form) -> Failure:
    near = closest(scalar.text, form.words)
    if near is None:
        return failure
    return Failure([replace(d, label=f"did you mean `{near}`?") for d in failure.diagnostics])


def _at(scalar: Scalar, error: ExpressionError) -> Diagnostic:
    span = within(scalar, error.start, error.end)
    return Diagnostic(error.code, error.message, span=span, why=error.why, help=error.help)


def _no_such_name(error: NoSuchName, span: Span) -> Diagnostic:
    near = closest(error.name, error.known)
    return Diagnostic(
        "E105",
        f"`{error.name}` has no value here",
        span=span,
        label=f"did you mean `{near}`?" if near and not error.why else "",
        why=error.why,
        help=f"known here: {listed(error.known)}" if error.known else "",
    )


def _wrong(name: str, node: Node, form: Form, got: str, near: str | None = None, help: str = "") -> Failure:
    return Failure(
        [
            Diagnostic(
                "E104",
                f"`{name}` takes {form.wanted()}",
                span=node.span,
                label=f"did you mean `{near}`?" if near else f"this is {got}",
                help=help,
            )
        ]
    )


def _trapped(name: str, scalar: Scalar, form: Form, why: str) -> Failure:
    message = f"`{scalar.text}` is not {form.wanted()}"
    return Failure([Diagnostic("E008", message, span=scalar.span, label=f"for `{name}`", why=why)])


BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def _invalid(model: type[BaseModel], details: ErrorDetails, body: Node) -> Diagnostic:
    name = str(details["loc"][0]) if details["loc"] else ""
    node = _node(body, details["loc"])
    if details["type"] == "missing":
        missing = ".".join(str(part) for part in details["loc"])
        return Diagnostic("E103", f"`{missing}` is missing", span=body.span, help=_example(model, name))
    if details["type"] in BOUNDS:
        bound, words = BOUNDS[details["type"]]
        limit = spelled(details["ctx"][bound])
        return Diagnostic(
            "E104", f"`{name}` must be {words} {limit}", span=node.span, label=f"this is {details['input']}"
        )
    if details["type"] == "literal_error":
        expected = details["ctx"]["expected"]
        message = f"`{name}` must be {expected}"
        return Diagnostic("E104", message, span=node.span, label=f"this is {details['input']}")
    message = details["msg"].removeprefix("Value error, ")
    return Diagnostic("E104", f"`{name}`: {message}" if name else message, span=node.span)


def _example(model: type[BaseModel], name: str) -> str:
    for key, info in model.model_fields.items():
        if name in (key, info.alias) and info.description:
            return f"`{name}`: {info.description}"
    return ""


def _node(body: Node, location: tuple[int | str, ...]) -> Node:
    """The node that a pydantic location points at, or the nearest one around it."""
    node = body
    for part in location:
        if isinstance(node, Mapping):
            node = node.get(str(part)) or node
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
    return node

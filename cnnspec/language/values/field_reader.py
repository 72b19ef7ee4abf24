"""YAML nodes -> Python values, guided by the types of a pydantic model's fields.

Words stay words, arithmetic is worked out, text is taken as written; what the types cannot say
(bounds, combinations) is then checked by the model itself. Every mistake becomes a Diagnostic at its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence as SequenceABC
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from ...diagnostics import Diagnostic, Failure, Fix, Span, closest, instead
from ...diagnostics.suggest import SUGGESTED, is_certain
from ...graph.layer import Layer
from ..syntax.ambiguous_scalars import trap, unambiguous
from ..syntax.nodes import Mapping, Node, Scalar, Sequence
from .expression import ExpressionError, Number, evaluate, parse, whole
from .field_types import Form, forms
from .scope import LayersArgument, Scope, UndefinedName, UnknownValue, Value, WordArgument
from .validation import build

M = TypeVar("M", bound=BaseModel)
ROWS = ("top", "bottom")
LISTED = 20


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
            except UnknownValue:
                continue
        return values

    def _axes(self, model: type[BaseModel], body: Mapping, values: MappingABC[str, Any]) -> tuple[Scope, Scope]:
        """The scopes of rows and of columns, in which the layer's own letters have their values."""
        own = model.letters(values) if issubclass(model, Layer) else {}
        written = {key.text for key, _ in body.items if not forms(model)[key.text].per_axis}
        required = {name for name, info in model.model_fields.items() if info.is_required()}
        hidden = frozenset((written | required) - values.keys())

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
            raise _wrong(name, node, form, "a list", cure=_keyed(form, node.items))
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
                found.append(unknown_field(key, node, list(known), suggest=len(found) < SUGGESTED))
                continue
            own = axes[0 if key.text in ROWS else 1]
            try:
                values[key.text] = self.value(key.text, item, known[key.text], (own, own) if form.per_axis else axes)
            except Failure as failure:
                found.extend(failure.diagnostics)
        if found:
            # What seems to be missing may be what was misspelt.
            raise Failure(found + [d for d in build(form.model, values, node)[1] if d.code != "E103"])
        return values


def read(model: type[M], body: Mapping) -> tuple[M | None, list[Diagnostic]]:
    """A model from its YAML mapping, where no tensor arrives, with every mistake found; None when there is any."""
    reader = Reader(Scope(arriving=()))
    made, found = build(model, reader.fields(model, body), body)
    return made, reader.found + found


def number(scalar: Scalar, scope: Scope) -> Number:
    """The value of an expression in a scope, or raise `Failure` at the place of the mistake."""
    try:
        expression = parse(scalar.text)
    except ExpressionError as error:
        raise Failure([_at(scalar, error)]) from None

    def lookup(name: str) -> Number:
        value = scope.value(name)
        if isinstance(value, bool | WordArgument | LayersArgument):
            raise UndefinedName(name, scope.names(), f"the argument `{name}` is {describe(value)}, not a number")
        return value

    try:
        return evaluate(expression, lookup)
    except ExpressionError as error:
        raise Failure([_at(scalar, error)]) from None
    except UndefinedName as error:
        start, end = expression.where(error.name)
        raise Failure([_no_such_name(error, within(scalar, start, end))]) from None


def describe(value: Value) -> str:
    if isinstance(value, LayersArgument):
        return "a list of layers"
    if isinstance(value, WordArgument):
        return f"the word `{value.scalar.text}`"
    return str(value).lower()


def within(scalar: Scalar, start: int, end: int) -> Span:
    """The span of characters `start` to `end` of a scalar's text."""
    span = scalar.span
    if span.line != span.end_line:
        return span
    first = span.column + start + (0 if scalar.plain else 1)
    return Span(span.line, first, span.line, first + max(1, end - start))


def unknown_field(
    key: Scalar, body: Mapping, known: list[str], what: str = "field", of: str = "", suggest: bool = True
) -> Diagnostic:
    """E102 for a key of `body` that is none of those `known`."""
    near = suggested(key.text, known) if suggest else None
    label = f"did you mean `{near}`?" if near else ""
    if not near and ":" in key.text:
        label = "a space is missing after the `:`"
    elif not near and key.text.endswith(")"):
        label = "the `,` before this ended the value"
    return Diagnostic(
        "E102",
        f"unknown {what} `{key.text}`{of}",
        span=key.span,
        label=label,
        help=f"known here: {listed(known)}" if known else f"it takes no {what}s",
        fixes=(renamed(key, near, known),) if near and body.get(near) is None else (),
    )


def renamed(word: Scalar, near: str, known: Iterable[str]) -> Fix:
    """The word that was meant in place of the one that was written."""
    from .synonyms import is_exact  # only a mistake needs it

    return instead(word.span, near, is_exact(word.text, near) or is_certain(word.text, near, known))


def suggested(word: str, known: list[str]) -> str | None:
    """The field that was meant by a word, also by another framework's."""
    from .synonyms import field  # only a mistake needs it

    return field(word, known) or closest(word, known)


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
    if isinstance(value, WordArgument) and value.scalar.text in form.words:
        return value.scalar.text
    if isinstance(value, WordArgument | LayersArgument):
        raise _wrong(name, scalar, form, describe(value))
    if isinstance(value, bool) or (scalar.plain and text in ("true", "false")):
        if not form.flag:
            raise _wrong(name, scalar, form, text)
        return value if isinstance(value, bool) else text == "true"
    is_letter = form.number and not form.flag and len(text) == 1  # `N` is a name, not a no
    if value is None and scalar.plain and not is_letter and (why := trap(text)):
        raise _trapped(name, scalar, form, why)
    if not form.number:
        raise _wrong(name, scalar, form, f"`{text}`", closest(text, form.words), cure=_as_written(scalar, form))
    if value is None and not scalar.plain and _is_plain_number(text):
        unquoted = instead(scalar.span, text, is_sure=True)
        raise _wrong(name, scalar, form, f'the text "{text}"', help=f"write {text} without quotes", fixes=(unquoted,))
    try:
        return _number(scalar, form, scope)
    except Failure as failure:
        if form.pattern and failure.diagnostics[0].code == "E105":
            raise _wrong(name, scalar, form, f"`{text}`", cure=_as_written(scalar, form)) from None
        raise


def _as_written(scalar: Scalar, form: Form) -> str:
    """A value as the list, the mapping or the text that was wanted."""
    if form.model:
        parts = scalar.text.split("x")
        span = scalar.span
        return _keyed(form, [Scalar(part, True, span) for part in parts])
    if form.pattern and re.fullmatch(form.pattern, scalar.text.upper()):
        return f'"{scalar.text.upper()}"'
    return f"[{scalar.text}]" if form.items and form.endless and scalar.plain else ""


def _keyed(form: Form, nodes: SequenceABC[Node]) -> str:
    """Whole numbers as the mapping that was wanted, where there is one for each of its keys."""
    values = [node.text for node in nodes if isinstance(node, Scalar) and node.text.isdecimal()]
    keys = list(forms(form.model)) if form.model else []
    if not keys or not len(keys) == len(values) == len(nodes):
        return ""
    pairs = ", ".join(f"{key}: {value}" for key, value in zip(keys, values, strict=True))
    return f"{{{pairs}}}"


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
    if near:
        fixes = (renamed(scalar, near, form.words),)
        return Failure([replace(d, label=f"did you mean `{near}`?", fixes=fixes) for d in failure.diagnostics])
    if not form.words or not scalar.text.isalpha():
        return failure
    words = f"{', '.join(f'`{word}`' for word in sorted(form.words))} or a number"
    return Failure([replace(d, help="; ".join(filter(None, (words, d.help)))) for d in failure.diagnostics])


def _at(scalar: Scalar, error: ExpressionError) -> Diagnostic:
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
        help=f"known here: {listed(error.known)}" if error.known else "",
        fixes=(instead(span, near, error.name.lower() == near.lower()),) if near else (),
    )


def _wrong(
    name: str,
    node: Node,
    form: Form,
    got: str,
    near: str | None = None,
    help: str = "",
    cure: str = "",
    fixes: tuple[Fix, ...] = (),
) -> Failure:
    if cure:
        help = f"`{name}: {cure}`" + (", with a capital letter" if form.pattern and cure.startswith('"') else "")
        fixes = (instead(node.span, cure),)
    if near and isinstance(node, Scalar):
        fixes = (renamed(node, near, form.words),)
    return Failure(
        [
            Diagnostic(
                "E104",
                f"`{name}` takes {form.wanted()}",
                span=node.span,
                label=f"did you mean `{near}`?" if near else f"this is {got}",
                help=help,
                fixes=fixes,
            )
        ]
    )


def _trapped(name: str, scalar: Scalar, form: Form, why: str) -> Failure:
    message = f"`{scalar.text}` is not {form.wanted()}"
    if not form.flag:
        why = why.removesuffix(": write true").removesuffix(": write false")
    cure = unambiguous(scalar.text)
    is_wanted = form.flag if cure in ("true", "false") else form.number
    fixes = (instead(scalar.span, cure, is_sure=True),) if cure and is_wanted else ()
    return Failure([Diagnostic("E008", message, span=scalar.span, label=f"for `{name}`", why=why, fixes=fixes)])

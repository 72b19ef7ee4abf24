"""A key that is none of those that are known, and the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable

from ...diagnostics import Diagnostic, Fix, closest, instead
from ...diagnostics.suggest import is_certain
from ...diagnostics.wording import listed
from ..syntax.nodes import Mapping, Scalar

LISTED = 20
"""So many of the known names are said."""


def unknown_field(
    key: Scalar, body: Mapping, known: list[str], what: str = "field", of: str = "", suggest: bool = True
) -> Diagnostic:
    """E102 for a key of `body` that is none of those `known`."""
    label, fixes = _meant(key, body, known) if suggest else ("", ())
    if not label and ":" in key.text:
        label = "a space is missing after the `:`"
    elif not label and key.text.endswith(")"):
        label = "the `,` before this ended the value"
    return Diagnostic(
        "E102",
        f"unknown {what} `{key.text}`{of}",
        span=key.span,
        label=label,
        help=f"known here: {listed(known, LISTED)}" if known else f"it takes no {what}s",
        fixes=fixes,
    )


def _meant(key: Scalar, body: Mapping, known: list[str]) -> tuple[str, tuple[Fix, ...]]:
    """What a key was meant to be, in words and as an edit."""
    from . import synonyms  # only a mistake needs it

    value = body.get(key.text)
    own = synonyms.flag(key.text, value.text) if isinstance(value, Scalar) else None
    if own and own[0] in known and body.get(own[0]) is None and isinstance(value, Scalar):
        written = f"{own[0]}: {own[1]}"
        return f"write `{written}`", (instead(key.span.up_to(value.span), written, is_sure=True),)
    if elsewhere := synonyms.elsewhere(key.text):
        return elsewhere, ()
    near = suggested(key.text, known)
    if near is None:
        return "", ()
    return f"did you mean `{near}`?", (renamed(key, near, known),) if body.get(near) is None else ()


def renamed(word: Scalar, near: str, known: Iterable[str]) -> Fix:
    """The word that was meant in place of the one that was written."""
    from .synonyms import is_exact  # only a mistake needs it

    return instead(word.span, near, is_exact(word.text, near) or is_certain(word.text, near, known))


def suggested(word: str, known: list[str]) -> str | None:
    """The field that was meant by a word, also by another framework's."""
    from .synonyms import field  # only a mistake needs it

    return field(word, known) or closest(word, known)


def word_meant(word: str, words: Iterable[str]) -> str | None:
    """The same of a field's words."""
    from .synonyms import value  # only a mistake needs it

    known = tuple(words)
    return value(word, known) or closest(word, known)

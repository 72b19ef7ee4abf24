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
        help=f"known here: {listed(known, LISTED)}" if known else f"it takes no {what}s",
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

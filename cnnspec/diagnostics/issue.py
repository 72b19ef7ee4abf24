"""A complaint before its place is known."""

from __future__ import annotations

from typing import NamedTuple

from .diagnostic import Diagnostic, Note
from .span import Fix, Span


class Issue(NamedTuple):
    """What is wrong with a layer, a section or a setting, said by those who know no text.

    `field` is where the caret goes, such as `F` or `augment.shift`, "" for the whole. Of a layer, `{layer}` in the
    message stands for its kind and name, `shows_input` asks for the places that its input comes from, `cures` are
    values of fields any one of which mends it, and `before` is a layer that does so when it stands before this one.
    """

    code: str
    message: str
    field: str = ""
    label: str = ""
    why: str = ""
    help: str = ""
    shows_input: bool = False
    cures: tuple[tuple[str, str], ...] = ()
    before: str = ""

    def at(self, span: Span | None, notes: tuple[Note, ...] = (), fixes: tuple[Fix, ...] = ()) -> Diagnostic:
        """The issue at a place of a text."""
        return Diagnostic(self.code, self.message, "", span, self.label, notes, self.why, self.help, fixes=fixes)

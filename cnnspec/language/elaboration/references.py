"""References to earlier layers by their names, and what to say of one that no earlier layer has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic, Note, closest, instead
from ...diagnostics.suggest import SUGGESTED_NAMES
from ...layers import find, kinds
from ..document.document import Document
from ..syntax.nodes import Scalar
from ..syntax.tree import Entry, JoinEntry
from ..values.scope import WordArgument
from .collector import WalkCollector
from .context import Context, Tensor, Unknown
from .symbol_table import SymbolTable


class References:
    """Looks names up; mistakes go to `findings`."""

    def __init__(self, document: Document, table: SymbolTable[Tensor], findings: WalkCollector) -> None:
        self.document = document
        self.table = table
        self.findings = findings
        self.unknown: set[tuple[Scalar, Scalar]] = set()
        """Those that have been reported, each with the word that it stands for: another one in another call."""

    def find(self, scalar: Scalar, here: Context) -> Tensor:
        """The output of the earlier layer that a word names, or that an argument of this name does."""
        value, word, names = here.scope.argument(scalar.text), scalar, here.names
        if isinstance(value, WordArgument):
            word, names = value.scalar, value.places
        tensor = self.table.find(word.text, names)
        if tensor is not None:
            return tensor
        self.findings.is_sound = False
        if (scalar, word) not in self.unknown:
            self.findings.add(self._undefined(word, scalar, names, here.scope.within))
            self.unknown.add((scalar, word))
        return Unknown(word.text)

    def _undefined(self, word: Scalar, scalar: Scalar, names: tuple[str, ...], within: tuple[str, ...]) -> Diagnostic:
        if len(self.unknown) >= SUGGESTED_NAMES:  # only the first findings are worth the search
            return no_earlier(word, scalar, None, ())
        written = within[:-1] if word.span != scalar.span else within  # what is given is written around the block
        around = self.document.blocks[written[-1]].items if written else self.document.items
        return no_earlier(word, scalar, closest(word.text, self.table.visible(names)), around)


def no_earlier(word: Scalar, scalar: Scalar, near: str | None, around: Iterable[Entry]) -> Diagnostic:
    """E107 for the `word` that `scalar` stands for: itself, or what a block was given. `around` are the layers of the
    block, or spec, that it is in; `near` is an earlier layer's name that it may be a misspelling of."""
    name, is_given = word.text, word.span != scalar.span
    label = f"did you mean `{near}`?" if near else ""
    cure = "" if near else f"name the layer: `{{conv: {{...}}, name: {name}}}`"
    later = next((found for found in _named(around) if found.text == name), None)
    if later is not None:
        label, cure = f"it comes later, in line {later.span.line}", "layers are written in the order of their work"
    elif name in kinds() and not is_given:
        cure = f"a branch that is a layer of its own is a list: `{_as_branch(name)}`"
    return Diagnostic(
        "E107",
        f"no earlier layer is called `{name}`",
        span=scalar.span,
        label=label,
        notes=(Note(word.span, "given here"),) if is_given else (),
        why="a layer can go on only from the input, an earlier layer or an argument that names one",
        help=cure,
        fixes=(instead(word.span, near),) if near and later is None else (),
    )


def _as_branch(name: str) -> str:
    """A layer as a branch of its own, with dots for the fields that it must have."""
    required = [info.alias or key for key, info in find(name).model_fields.items() if info.is_required()]
    if required:
        return f"[{{{name}: {{{', '.join(f'{key}: ...' for key in required)}}}}}]"
    return "[]" if name == "identity" else f"[{name}]"


def _named(items: Iterable[Entry]) -> Iterator[Scalar]:
    """The names that are given in a list of layers and its branches."""
    for item in items:
        if item.name is not None:
            yield item.name
        for branch in item.branches if isinstance(item, JoinEntry) else ():
            if not isinstance(branch, Scalar):
                yield from _named(branch)

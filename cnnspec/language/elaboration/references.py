"""References to earlier layers by their names, and what to say of one that no earlier layer has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic, closest, instead
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
        self.unknown: set[Scalar] = set()
        """Those that have been reported."""

    def find(self, scalar: Scalar, here: Context) -> Tensor:
        """The output of the earlier layer that a word names, or that an argument of this name does."""
        value, name, names = here.scope.argument(scalar.text), scalar.text, here.names
        if isinstance(value, WordArgument):
            name, names = value.scalar.text, value.places
        tensor = self.table.find(name, names)
        if tensor is not None:
            return tensor
        self.findings.is_sound = False
        if scalar not in self.unknown:
            self.findings.add(self._undefined(name, scalar, names, here.scope.within))
            self.unknown.add(scalar)
        return Unknown(name)

    def _undefined(self, name: str, scalar: Scalar, names: tuple[str, ...], within: tuple[str, ...]) -> Diagnostic:
        if len(self.unknown) >= SUGGESTED_NAMES:  # only the first findings are worth the search
            return no_earlier(name, scalar, None, ())
        around = self.document.blocks[within[-1]].items if within else self.document.items
        return no_earlier(name, scalar, closest(name, self.table.visible(names)), around)


def no_earlier(name: str, scalar: Scalar, near: str | None, around: Iterable[Entry]) -> Diagnostic:
    """E107 for the `name` that `scalar` stands for. `around` are the layers of the block, or spec, that it is in;
    `near` is an earlier layer's name that it may be a misspelling of."""
    label = f"did you mean `{near}`?" if near else ""
    cure = "" if near else f"name the layer: `{{conv: {{...}}, name: {name}}}`"
    later = next((found for found in _named(around) if found.text == name), None)
    if later is not None:
        label, cure = f"it comes later, in line {later.span.line}", "layers are written in the order of their work"
    elif name in kinds() and scalar.text == name:
        cure = f"a branch that is a layer of its own is a list: `{_as_branch(name)}`"
    return Diagnostic(
        "E107",
        f"no earlier layer is called `{name}`",
        span=scalar.span,
        label=label,
        why="a layer can go on only from the input, an earlier layer or an argument that names one",
        help=cure,
        fixes=(instead(scalar.span, near),) if near and later is None and scalar.text == name else (),
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

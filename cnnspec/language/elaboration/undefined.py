"""What to say of a name that no earlier layer has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic, instead
from ...layers import kinds
from ..syntax.nodes import Scalar
from ..syntax.tree import Entry, JoinEntry


def no_earlier(name: str, scalar: Scalar, near: str | None, around: Iterable[Entry]) -> Diagnostic:
    """E107 for the `name` that `scalar` stands for. `around` are the layers of the block, or spec, that it is in;
    `near` is an earlier layer's name that it may be a misspelling of."""
    label = f"did you mean `{near}`?" if near else ""
    cure = "" if near else f"name the layer: `{{conv: {{...}}, name: {name}}}`"
    later = next((found for found in _named(around) if found.text == name), None)
    if later is not None:
        label, cure = f"it comes later, in line {later.span.line}", "layers are written in the order of their work"
    elif name in kinds() and scalar.text == name:
        branch = "[]" if name == "identity" else f"[{name}]"
        cure = f"a branch that is a layer of its own is a list: `{branch}`"
    return Diagnostic(
        "E107",
        f"no earlier layer is called `{name}`",
        span=scalar.span,
        label=label,
        why="a layer can go on only from the input, an earlier layer or an argument that names one",
        help=cure,
        fixes=(instead(scalar.span, near),) if near and later is None and scalar.text == name else (),
    )


def _named(items: Iterable[Entry]) -> Iterator[Scalar]:
    """The names that are given in a list of layers and its branches."""
    for item in items:
        if item.name is not None:
            yield item.name
        for branch in item.branches if isinstance(item, JoinEntry) else ():
            if not isinstance(branch, Scalar):
                yield from _named(branch)

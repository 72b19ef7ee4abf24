"""Names of earlier tensors as they are to be written at a place."""

from __future__ import annotations

from ...graph.graph import INPUT, Graph
from .lines import Reference
from .uses import Uses


class Shadowed(Exception):  # noqa: N818 - the block is then written out
    """A tensor has no name inside of a `block`: what it is called means something else there."""

    def __init__(self, block: str) -> None:
        super().__init__(block)
        self.block = block


class References:
    """Finds the names of tensors, by the rule by which they are looked up: in the scope around, then outwards."""

    def __init__(self, graph: Graph, uses: Uses) -> None:
        self.around = uses.around
        self.known = {INPUT: 0} | uses.labels() | {step.name: n for n, step in enumerate(graph.steps, 1)}
        self.referred: set[int] = set()
        """Steps that are referred to by their own name, not by a label."""
        self.names: list[list[str]] = [[] for _ in range(len(graph.steps) + 1)]
        for name, number in self.known.items():  # labels first, the outermost before all others
            self.names[number].append(name)

    def to(self, number: int, at: int, scopes: tuple[str, ...]) -> Reference:
        """A reference to a tensor from before step `at`, in the innermost of some scopes. Raises `Shadowed`."""
        return Reference(tuple(self._text(number, at, scopes[:level]) for level in range(1, len(scopes) + 1)))

    def _text(self, number: int, at: int, scopes: tuple[str, ...]) -> str:
        """The name of a tensor in the last of some scopes: of the spec, and one of each use around step `at`."""
        for name in self.names[number]:
            for scope in reversed(scopes):
                text = name.removeprefix(scope)
                if name.startswith(scope) and self._meant(text, at, scopes) == name:
                    if name == self.names[number][-1]:
                        self.referred.add(number)
                    return text
        raise Shadowed(self.around[at][len(scopes) - 2].block)

    def _meant(self, text: str, at: int, scopes: tuple[str, ...]) -> str | None:
        """What a text means at a place."""
        return next((s + text for s in reversed(scopes) if self.known.get(s + text, at) < at), None)

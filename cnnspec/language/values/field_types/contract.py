"""What a type of field does: it reads a YAML node and writes one, says in words what may stand there, and gives the
JSON Schema of it.

What keeps a node from being read is said in one place, `Slot`, for all types.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ....diagnostics import Diagnostic, Failure, Fix, Note, instead
from ...syntax.ambiguous_scalars import trap, unambiguous
from ...syntax.nodes import Node, Scalar, Sequence
from ..arithmetic import describe, given_at
from ..scope import LayersArgument, Scope, WordArgument
from ..unknown_field import renamed, word_meant

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..names import Names, Schema


class FieldType(ABC):
    """A type of field. What it consists of is fixed when it is made; types are shared.

    A type may stand by itself or as one of several alternatives (`Union`): so it tells apart what it reads.
    """

    rank: ClassVar[int] = 1
    """Alternatives are told of in this order: words, other scalars, nothing at all, lists, mappings."""
    per_axis: bool = False
    """Whether it is read once for each axis, in scopes that know the layer's own letters."""
    words: frozenset[str] = frozenset()
    """The words it admits, for suggestions."""
    model: type[BaseModel] | None = None
    """The model whose fields it admits as a mapping."""

    @abstractmethod
    def reads(self, node: Node, scope: Scope) -> bool:
        """Whether a node is written as this type is: what its value is need not be right."""

    @abstractmethod
    def read(self, node: Node, slot: Slot) -> Any:
        """The value of a node. Raises `Failure` with the mistakes at their places, or `UnknownValue`."""

    @abstractmethod
    def holds(self, value: Any) -> bool:
        """Whether a value is one of this type."""

    @abstractmethod
    def write(self, value: Any) -> Node:
        """The node that a value of this type is read from, with nothing left to work out."""

    @abstractmethod
    def descriptions(self) -> list[str]:
        """What may stand here, in words: one text for each way to write it."""

    @abstractmethod
    def schemas(self, names: Names) -> list[Schema]:
        """What may stand here where `names` have values, as JSON Schema: one for each way to write it."""

    def rewritten(self, node: Node) -> str:
        """A node that this type does not read, written as it was most likely meant; "" when nothing is likely."""
        return ""

    def each(self) -> str:
        """What a list of this type says of its items."""
        return f" ({self.describe()} each)"

    def describe(self) -> str:
        """What may stand here, in words."""
        ways = self.descriptions()
        return " or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))

    def schema(self, names: Names) -> Schema:
        """What may stand here, as JSON Schema: a mapping of its own, to which more may be added."""
        ways = self.schemas(names)
        return dict(ways[0]) if len(ways) == 1 else {"anyOf": ways}


class Slot(NamedTuple):
    """Where a value is read: the field called `name`, which takes a `type`, in the scopes of rows and of columns."""

    name: str
    type: FieldType
    axes: tuple[Scope, Scope]

    @property
    def scope(self) -> Scope:
        return self.axes[0]

    def read(self, node: Node) -> Any:
        """The value of a node. Raises `Failure` with the mistakes at their places, or `UnknownValue`."""
        return self.type.read(node, self)

    def along(self, axis: int) -> Slot:
        """The same for one axis, 0 for rows."""
        scope = self.axes[axis]
        return Slot(self.name, self.type, (scope, scope))

    def of(self, type: FieldType) -> Slot:
        """The same for an item of the value."""
        return Slot(self.name, type, self.axes)

    def takes(self, text: str, node: Scalar) -> bool:
        """Whether a text would be read in place of a node."""
        return self.type.reads(Scalar(text, True, node.span), self.scope)

    def unread(self, node: Node) -> Failure:
        """Why a node is none of those that the type reads."""
        if isinstance(node, Scalar):
            text = node.text
            return self.misread(node) or self.wrong(
                node, f"`{text}`", near=word_meant(text, self.type.words), cure=self.type.rewritten(node)
            )
        got = "a list" if isinstance(node, Sequence) else "a mapping"
        return self.wrong(node, got, cure=self.type.rewritten(node))

    def misread(self, scalar: Scalar) -> Failure | None:
        """Why a scalar that stands for no word and no text here is no number either, where that can be seen."""
        text = scalar.text
        if scalar.is_null:
            return self.wrong(scalar, "empty")
        value = self.scope.argument(text)
        if isinstance(value, WordArgument | LayersArgument):
            return self.wrong(scalar, describe(value), notes=given_at(value))
        if isinstance(value, bool) or (scalar.plain and text in ("true", "false")):
            return self.wrong(scalar, text)
        why = trap(text) if value is None and scalar.plain else None
        if why is None or (len(text) == 1 and self.takes("1", scalar) and not self.takes("true", scalar)):
            return None  # where a number is taken, `N` is a name, not a no
        return self._trapped(scalar, why)

    def _trapped(self, scalar: Scalar, why: str) -> Failure:
        message = f"`{scalar.text}` is not {self.type.describe()}"
        if not self.takes("true", scalar):
            why = why.removesuffix(": write true").removesuffix(": write false")
        cure = unambiguous(scalar.text)
        fixes = (instead(scalar.span, cure, is_sure=True),) if cure and self.takes(cure, scalar) else ()
        label = f"for `{self.name}`"
        return Failure([Diagnostic("E008", message, span=scalar.span, label=label, why=why, fixes=fixes)])

    def wrong(
        self,
        node: Node,
        got: str,
        near: str | None = None,
        cure: str = "",
        help: str = "",
        fixes: tuple[Fix, ...] = (),
        notes: tuple[Note, ...] = (),
    ) -> Failure:
        """E104: a node that is `got` is not what the type admits. `near` is the word that was meant, `cure` the whole
        value, after which `help` is said."""
        if cure:
            help = f"`{self.name}: {cure}`{help}"
            fixes = (instead(node.span, cure),)
        if near and isinstance(node, Scalar):
            fixes = (renamed(node, near, self.type.words),)
        return Failure(
            [
                Diagnostic(
                    "E104",
                    f"`{self.name}` takes {self.type.describe()}",
                    span=node.span,
                    label=f"did you mean `{near}`?" if near else f"this is {got}",
                    notes=notes,
                    help=help,
                    fixes=fixes,
                )
            ]
        )

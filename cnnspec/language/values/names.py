"""The names that have a value where a field stands, as the JSON Schema of the field refers to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .expression import IDENTIFIER, SIZE

Schema = dict[str, Any]

AXIS_LETTERS = ("F", "S", "D")

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_SIGN = "(?://|[-+*/%])"


@dataclass(frozen=True, slots=True)
class Names:
    """The names that have a value somewhere: letters in arithmetic, arguments also in place of a word.

    `arguments` is None in a block whose arguments are not known: any name will do. `title` is what arithmetic over
    these names is called among the definitions.
    """

    title: str
    letters: tuple[str, ...] = ()
    arguments: tuple[str, ...] | None = ()

    def per_axis(self) -> Names:
        """The same with the layer's own letters."""
        return replace(self, title=f"{self.title}-per-axis", letters=(*self.letters, *AXIS_LETTERS))

    def pattern(self) -> str:
        return IDENTIFIER if self.arguments is None else "|".join((*self.letters, *self.arguments))

    def argument(self) -> list[Schema]:
        """What may stand for a word that an argument holds."""
        if self.arguments is None:
            return [{"type": "string", "pattern": f"^{IDENTIFIER}$"}]
        return [{"enum": list(self.arguments)}] if self.arguments else []

    def arithmetic(self) -> Schema:
        """A reference to arithmetic over these names."""
        return reference(self.title)


def reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def expression(names: Names) -> Schema:
    """Arithmetic over names. Brackets need not match here; a number by itself needs no quotes and may have none."""
    cases = [SIZE, names.pattern()] if names.pattern() else []
    terms = f"(?:{'|'.join([_NUMBER, *cases])})"
    operand = rf"[-+(\s]*{terms}[)\s]*"
    return {"type": "string", "pattern": rf"^(?![-+]?{_NUMBER}$){operand}(?:{_SIGN}{operand})*$"}

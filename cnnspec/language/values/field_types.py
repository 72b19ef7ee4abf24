"""What the type of a pydantic field admits in YAML: words, text, numbers, lists, mappings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from ...graph.layer import PerAxis, both

SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
"""The bounds of numbers, as pydantic calls them."""


def spelled(number: float) -> str:
    """A number as short as people write it: 1e-5, not 1e-05."""
    return f"{number:g}".replace("e-0", "e-").replace("e+0", "e")


class Spelled(NamedTuple):
    """Marks a `str` field that takes only text of a pattern, beside numbers."""

    pattern: str
    example: str


class Form(NamedTuple):
    """What a field's type admits. `limits` bound its number: (("ge", 1),). With `both` one value stands for a list
    of two."""

    words: frozenset[str] = frozenset()
    text: bool = False
    pattern: str = ""
    example: str = ""
    flag: bool = False
    whole: bool = False
    real: bool = False
    limits: tuple[tuple[str, float], ...] = ()
    null: bool = False
    both: bool = False
    items: tuple[Form, ...] = ()
    endless: bool = False
    model: type[BaseModel] | None = None
    entries: Form | None = None
    per_axis: bool = False

    @property
    def number(self) -> bool:
        return self.whole or self.real

    def item(self, index: int) -> Form:
        return self.items[0 if self.endless else min(index, len(self.items) - 1)]

    def wanted(self) -> str:
        """What may stand here, in words."""
        kinds = [f"`{word}`" for word in sorted(self.words)]
        kinds += [self._number()] if self.number else []
        kinds += ["true or false"] if self.flag else []
        kinds += [f"text such as `{self.example}`"] if self.example else []
        kinds += ["text"] if self.text else []
        kinds += [self.items[0].wanted()] if self.both else []
        kinds += [self._list()] if self.items else []
        kinds += [f"a mapping of {', '.join(forms(self.model))}"] if self.model else []
        kinds += ["a mapping with one for each name"] if self.entries else []
        return " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))

    def _number(self) -> str:
        limits = dict(self.limits)
        if "ge" in limits and limits["ge"] == limits.get("le"):
            return spelled(limits["ge"])
        bounds = ", ".join(f"{SIGNS[name]} {spelled(limit)}" for name, limit in self.limits)
        return ("a whole number" if self.whole else "a number") + (f" ({bounds})" if bounds else "")

    def _list(self) -> str:
        if not self.endless and not self.items[0].words:
            return f"a list of {len(self.items)}"
        if self.items[0] == Form(text=True):
            return "a list of texts"
        return f"a list{'' if self.endless else f' of {len(self.items)}'} ({self.items[0].wanted()} each)"


@cache
def form(annotation: Any, metadata: tuple[Any, ...] = ()) -> Form:
    """The `Form` of a type annotation."""
    found = _bare(annotation)
    for mark in _marks(metadata):
        if isinstance(mark, PerAxis):
            found = found._replace(per_axis=True)
        elif isinstance(mark, Spelled):
            found = found._replace(pattern=mark.pattern, example=mark.example, text=False)
        elif isinstance(mark, BeforeValidator):
            found = found._replace(both=mark.func is both)
        else:
            limits = tuple((name, getattr(mark, name)) for name in SIGNS if hasattr(mark, name))
            found = found._replace(limits=found.limits + limits)
    return found


def _marks(metadata: tuple[Any, ...]) -> Iterator[Any]:
    """What a type is marked with, also inside a pydantic `Field`."""
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)


def _bare(annotation: Any) -> Form:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return form(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        return _merge([form(a) for a in arguments])
    if origin is Literal:
        words = frozenset(a for a in arguments if isinstance(a, str))
        numbers = [a for a in arguments if isinstance(a, int)]
        limits = (("ge", min(numbers)), ("le", max(numbers))) if numbers else ()
        return Form(words=words, whole=bool(numbers), limits=limits)
    if origin is tuple:
        endless = len(arguments) == 2 and arguments[1] is Ellipsis
        return Form(items=tuple(form(a) for a in arguments if a is not Ellipsis), endless=endless)
    if origin is dict:
        return Form(entries=form(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Form(model=annotation)
    plain = {str: Form(text=True), bool: Form(flag=True), int: Form(whole=True), float: Form(real=True)}
    return Form(null=True) if annotation is NoneType else plain[annotation]


def _merge(forms: list[Form]) -> Form:
    return Form(
        words=frozenset[str]().union(*(f.words for f in forms)),
        text=any(f.text for f in forms),
        pattern="".join(f.pattern for f in forms),
        example="".join(f.example for f in forms),
        flag=any(f.flag for f in forms),
        whole=any(f.whole for f in forms) and not any(f.real for f in forms),
        real=any(f.real for f in forms),
        limits=next((f.limits for f in forms if f.limits), ()),
        null=any(f.null for f in forms),
        both=any(f.both for f in forms),
        items=next((f.items for f in forms if f.items), ()),
        endless=any(f.endless for f in forms),
        model=next((f.model for f in forms if f.model), None),
        entries=next((f.entries for f in forms if f.entries), None),
        per_axis=any(f.per_axis for f in forms),
    )


@cache
def forms(model: type[BaseModel]) -> dict[str, Form]:
    """The forms of a model's fields by the name that stands in YAML."""
    found: dict[str, Form] = {}
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        found[info.alias or name] = form(annotation, tuple(info.metadata))
    return found

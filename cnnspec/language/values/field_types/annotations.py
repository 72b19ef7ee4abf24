"""A pydantic model's annotations -> the types of its fields."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from ....graph.layer import PerAxis, both
from ..array_literal import ArrayLiteral
from .alternatives import EachAxis, Union
from .contract import FieldType
from .nested import ByName, List, Pair, Section
from .numbers import Numbers
from .scalars import SIGNS, Flag, Null, Number, OneOfNumbers, Pattern, Text, Word

PLAIN: dict[Any, FieldType] = {
    NoneType: Null(),
    str: Text(),
    bool: Flag(),
    int: Number(is_whole=True),
    float: Number(is_whole=False),
    ArrayLiteral: Numbers(),
}


class Spelled(NamedTuple):
    """Marks an `int | str` field that takes only text of a pattern, beside numbers."""

    pattern: str
    example: str


@cache
def field_types(model: type[BaseModel]) -> dict[str, FieldType]:
    """The types of a model's fields by the name that stands in YAML."""
    found: dict[str, FieldType] = {}
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        found[info.alias or name] = field_type(annotation, tuple(info.metadata))
    return found


@cache
def field_type(annotation: Any, metadata: tuple[Any, ...] = ()) -> FieldType:
    """The type of a field with this annotation. `metadata` is what pydantic has taken off an `Annotated`."""
    found = _alternatives(annotation, metadata)
    return found[0] if len(found) == 1 else Union(found)


def _alternatives(annotation: Any, metadata: tuple[Any, ...]) -> list[FieldType]:
    found = _bare(annotation)
    for mark in _marks(metadata):
        found = _marked(found, mark)
    return found


def _marks(metadata: tuple[Any, ...]) -> Iterator[Any]:
    """What a type is marked with, also inside a pydantic `Field`."""
    for mark in metadata:
        yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)


def _marked(found: list[FieldType], mark: Any) -> list[FieldType]:
    if isinstance(mark, PerAxis):
        return [EachAxis(found[0] if len(found) == 1 else Union(found))]
    if isinstance(mark, Spelled):
        return [Pattern(type, *mark) for type in found if isinstance(type, Number)]
    if isinstance(mark, BeforeValidator):
        return [Pair(type.item) if isinstance(type, List) and mark.func is both else type for type in found]
    limits = tuple((name, getattr(mark, name)) for name in SIGNS if hasattr(mark, name))
    if not limits:
        return found
    return [Number(type.is_whole, type.limits + limits) if isinstance(type, Number) else type for type in found]


def _bare(annotation: Any) -> list[FieldType]:
    """The alternatives of an annotation without its marks."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _alternatives(arguments[0], arguments[1:])
    if origin in (typing.Union, UnionType):
        return _one_number([type for a in arguments for type in _alternatives(a, ())])
    if origin is Literal:
        return _literals(arguments)
    if origin is tuple:
        size = None if arguments[-1] is Ellipsis else len(arguments)
        return [List(field_type(arguments[0]), size)]
    if origin is dict:
        return [ByName(field_type(arguments[1]))]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [Section(annotation, partial(field_types, annotation))]
    return [PLAIN[annotation]]


def _literals(values: tuple[Any, ...]) -> list[FieldType]:
    """Words, and a number between those that are given."""
    words = frozenset(value for value in values if isinstance(value, str))
    numbers = [value for value in values if isinstance(value, int)]
    found: list[FieldType] = [Word(words)] if words else []
    if numbers:
        found.append(Number(is_whole=True, limits=(("ge", min(numbers)), ("le", max(numbers)))))
    return found


def _one_number(found: list[FieldType]) -> list[FieldType]:
    """Several numbers as one: a count or a share."""
    numbers = [type for type in found if isinstance(type, Number)]
    if len(numbers) < 2:
        return found
    return [OneOfNumbers(numbers), *(type for type in found if not isinstance(type, Number))]

"""The manual pages of layers and of a spec's keys, as data. They are assembled from what the code itself says:
docstrings, fields, and the examples, which are run."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from ...diagnostics import Diagnostic
from ...diagnostics.wording import plural, spelled
from ...graph.graph import Step
from ...graph.layer import Example, Join
from ...graph.shape import Shape
from ...language import keywords
from ...language.sections.header import Header
from ...language.values.field_types import field_types
from ...layers import find, kinds
from ...spec import Checked, check
from .letters import LETTERS, TOPICS


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: what stands there in words, its default (None when it is required), what it is for."""

    name: str
    takes: str
    default: str | None
    description: str


@dataclass(frozen=True)
class Use:
    """An example at work, in a spec of its own."""

    yaml: str
    arriving: Shape
    checked: Checked

    @property
    def step(self) -> Step:
        """The step of the layer itself; what an example needs besides, branches say, comes before it."""
        return self.checked.steps[-1]

    @cached_property
    def error(self) -> Diagnostic | None:
        return next((d for d in self.checked.diagnostics if d.severity == "error"), None)


@dataclass(frozen=True, slots=True)
class Page:
    """A manual page. `title` is one line."""

    name: str
    title: str
    prose: str
    entries: tuple[Entry, ...] = ()
    uses: tuple[Use, ...] = ()


def layer_page(kind: str) -> Page:
    """The page of a layer kind. Raises KeyError for a kind that does not exist."""
    layer = find(kind)
    prose = cleandoc(sys.modules[layer.__module__].__doc__ or "")
    if issubclass(layer, Join):
        prose += "\n\n" + BRANCHES
    return Page(kind, summary(kind), prose, tuple(entries(layer)), tuple(map(use, layer.examples)))


BRANCHES = """Branches are a list, or a mapping with a label for each. A branch is a list of layers that starts from the
tensor that arrives, `[]` being that tensor itself, or the name of an earlier layer."""


def summary(kind: str) -> str:
    """A layer in one line."""
    return cleandoc(find(kind).__doc__ or "").partition("\n")[0].rstrip(".")


def key_page(key: str) -> Page:
    """The page of a spec's key. Raises KeyError for a key that does not exist."""
    titles = [known[key] for known in (keywords.top(), keywords.inner()) if key in known]
    if not titles:
        raise KeyError(key)
    type = field_types(Header).get(key)
    model = type.model if type else None
    prose = [
        cleandoc(model.__doc__ or "") if model else f"It takes {type.describe()}." if type else "",
        f"Beside a layer: {titles[1]}." if len(titles) > 1 else "",
        keywords.MORE.get(key, "") if key in keywords.inner() else "",
    ]
    return Page(key, titles[0], "\n\n".join(filter(None, prose)), tuple(entries(model)) if model else ())


def letter_page(letter: str) -> Page:
    """The page of a letter: what the textbook says of it, and which layers have it as a field. Raises KeyError for a
    letter without a meaning."""
    title, told = keywords.letters()[letter], LETTERS[letter]
    having = ", ".join(f"`{kind}`" for kind in kinds() if letter in field_types(find(kind)))
    prose = "\n\n".join(filter(None, (told.prose, f"A field of {having}." if having else "")))
    return Page(letter, title, prose, uses=tuple(map(use, told.examples)))


def topic_page(topic: str) -> str:
    """The page of a word of the field, Markdown. Raises KeyError for another word."""
    return f"# {topic}\n\n{TOPICS[topic]}\n"


def field_page(field: str) -> Page:
    """The page of a field, `rate` or `train.rate`: what it is in each section and layer. Raises KeyError for none."""
    found = fields()[field]
    places = list(dict.fromkeys(entry.name.partition(".")[0] for entry in found))
    pages = f"The whole {plural(len(places), 'page')}: `cnnspec explain {' '.join(places)}`."
    return Page(field, f"a field of {', '.join(places)}", pages, tuple(found))


@cache
def fields() -> dict[str, list[Entry]]:
    """The fields of sections and layers, each by its own name and by longer ones: `shift`, `augment.shift`."""
    models = {key: type.model for key, type in field_types(Header).items() if type.model}
    found: dict[str, list[Entry]] = {}
    for name, model in (models | {kind: find(kind) for kind in kinds()}).items():
        for entry in entries(model):
            path = [name, *entry.name.split(".")]
            for start in range(len(path)):
                found.setdefault(".".join(path[start:]), []).append(replace(entry, name=".".join(path)))
    return found


def entries(model: type[BaseModel]) -> Iterator[Entry]:
    """A model's fields, those that must be given first."""
    known = field_types(model)
    for name, info in sorted(model.model_fields.items(), key=lambda field: not field[1].is_required()):
        key = info.alias or name
        default = None if info.is_required() else written(info.get_default(call_default_factory=True))
        yield Entry(key, known[key].describe(), default, info.description or "")
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from (replace(entry, name=f"{key}.{entry.name}") for entry in entries(info.annotation))


def use(example: Example) -> Use:
    """Check an example. A vector arrives from `flatten`."""
    C, H, W = (*example.arriving, 1, 1)[:3]
    before = "" if len(example.arriving) == 3 else "flatten, "
    text = f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers: [{before}{example.item}]\n"
    return Use(example.yaml, example.arriving, check(io.StringIO(text)))


def written(value: Any) -> str:
    """A value as in YAML; "" when there is none."""
    if value is None or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return written(value[0]) if len(set(value)) == 1 else f"[{', '.join(map(written, value))}]"
    return spelled(value) if isinstance(value, float) else str(value)

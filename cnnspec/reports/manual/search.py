"""Which pages a word leads to: its own, or those of what it is called here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...diagnostics import catalogue, closest
from ...language import keywords
from ...language.sections.header import Header
from ...language.values import synonyms
from ...language.values.field_types import field_types
from ...layers import find, kinds
from .letters import TOPICS
from .pages import fields

_TOPICS = {
    "receptive field": "rf receptivefield fieldofview",
    "feature map": "featuremap featuremaps map maps activationmap",
    "MACs": "mac macs multadds multiplyaccumulates flops flop",
    "parameters": "params param parameter weights weight",
}
_PARTS = {"pool": "pooling downsampling", "norm": "normalization normalisation normalize"}
"""What the names of several layers have in common, and how else it is called."""


def pages() -> Iterator[str]:
    """All names that have a page."""
    yield from (*kinds(), *keywords.top(), *keywords.inner(), *keywords.letters(), *TOPICS, *catalogue.codes())


def meant(word: str) -> list[str]:
    """The names with a page that a word stands for which is none itself; none when it is not known."""
    bare = synonyms.bare(word)
    code = [word.upper()] if word.upper() in catalogue.codes() else []
    found = [*code, *_topics(bare), *_fields(word), *_layers(word), *_having(word)]
    return list(dict.fromkeys(found))


def family(word: str) -> list[str]:
    """The layers whose names have in common what a word says: `pooling`, `norm`; one alone is no family."""
    bare = synonyms.bare(word)
    parts = [part for part, others in _PARTS.items() if bare in (part, *others.split())]
    return [kind for kind in kinds() if any(part in kind for part in parts)]


def near(word: str) -> str | None:
    """The name with a page that a word was most likely meant to be."""
    return closest(word, [*pages(), *fields()])


def _topics(bare: str) -> list[str]:
    return [topic for topic, others in _TOPICS.items() if bare in others.split()]


def _layers(word: str) -> list[str]:
    kind = synonyms.kind(word)
    return [kind] if kind else [kind for kind in kinds() if kind == synonyms.bare(word)]


def _fields(word: str) -> list[str]:
    """The letter or the field that another framework calls so."""
    letter = synonyms.field(word, keywords.letters())
    field = synonyms.field(word, [name for name in fields() if name not in keywords.letters()])
    return [name for name in (letter, field) if name]


def _having(word: str) -> list[str]:
    """The fields that take a word: `same`, `adam`, `bilinear`."""
    models: Mapping[str, Iterable[str]] = {kind: field_types(find(kind)) for kind in kinds()}
    found = [(kind, name, field_types(find(kind))[name].words) for kind, names in models.items() for name in names]
    for key, type in field_types(Header).items():
        found += [("", key, type.words)]
        if type.model:
            found += [(key, name, own.words) for name, own in field_types(type.model).items()]
    taking = [(place, name) for place, name, words in found if word.lower() in words]
    known = {*keywords.letters(), *keywords.top()}
    return [name if name in known else f"{place}.{name}" for place, name in taking]

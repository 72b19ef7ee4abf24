"""The page that a name leads to, as Markdown."""

from __future__ import annotations

from ...diagnostics import catalogue
from ...language import keywords
from ...layers import kinds
from . import pages
from .letters import TOPICS
from .to_markdown import WIDTH, render


def page_of(name: str, width: int = WIDTH) -> str | None:
    """The page of a layer, a key, a letter, a word of the field, a code or a field; None where there is none."""
    if name in kinds():
        return render(pages.layer_page(name), width)
    if name in keywords.inner() | keywords.top():
        return render(pages.key_page(name), width)
    if name in keywords.letters():
        return render(pages.letter_page(name), width)
    if name in TOPICS:
        return pages.topic_page(name)
    if name in catalogue.codes():
        return catalogue.page(name)
    return render(pages.field_page(name), width) if name in pages.fields() else None

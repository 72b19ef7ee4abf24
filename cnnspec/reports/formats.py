"""Which report is told in which formats, and how one is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

FORMATS: dict[str, tuple[str, ...]] = {
    "bundled_specs": ("text", "json"),
    "diagram": ("svg", "mermaid", "dot"),
    "diff": ("text", "json", "markdown", "csv"),
    "inspection.cells": ("text", "json"),
    "inspection.heat": ("text", "json"),
    "inspection.maps": ("text",),
    "inspection.overview": ("text", "json"),
    "memory.plan": ("text", "json", "markdown", "csv"),
    "memory.step": ("text", "json", "markdown", "csv"),
    "revisions": ("text", "json", "markdown"),
    "summary": ("text", "json", "markdown", "csv"),
    "tensors": ("text", "json", "markdown", "csv"),
}
"""By subject, a folder of this package. Each format is a file `to_FORMAT.py` in it with one function, `render`."""


def render(subject: str, style: str, *data: Any, **terminal: Any) -> str:
    """A report in one of its `FORMATS`. `data` is what the subject's renderers take, `terminal` what its text takes of
    the place where it is shown: `width`, `colour`. Raises KeyError for a format that the subject does not have.

    A format is imported when it is asked for: a summary as text needs neither csv nor json.
    """
    if style not in FORMATS[subject]:
        raise KeyError(style)
    told = import_module(f".{subject}.to_{style}", __package__).render
    shown: str = told(*data, **terminal) if style == "text" else told(*data)
    return shown

"""The settings of training, which several commands take: the spec's, with others put in their place by --set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .options import Decorator
from .report import show

if TYPE_CHECKING:
    from pathlib import Path

    from ..spec import Spec
    from ..train.settings import Train

set_option: Decorator = click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting in place of the spec's own, such as train.epochs=5.",
)


def configured(spec: Spec, options: Sequence[str], freeze: Sequence[str] = ()) -> Train:
    """The settings to train a spec with. Warnings are shown; raises SpecError."""
    from ..train.overriding import configure

    settings, warnings = configure(spec.document, spec.graph, options, freeze)
    show(warnings, [spec.source])
    return settings


def source(spec: Spec, settings: Train, data: str | None) -> Path:
    """Where the examples are: `data`, else what --set names, both as seen from here, else the spec's own. Raises
    FileError."""
    from ..train.data import data_path

    own = spec.header.train.data if spec.header.train else None
    given = data or (settings.data if settings.data != own else None)
    return data_path(spec, given)

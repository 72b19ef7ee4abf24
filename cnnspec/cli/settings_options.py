"""The settings of training, which several commands take: the spec's, with others put in their place by --set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from .diagnostics_output import show
from .options import Decorator

if TYPE_CHECKING:
    from pathlib import Path

    from ..language.sections.train import Train
    from ..spec import Spec

set_option: Decorator = click.option(
    "--set",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting in place of the spec's own, such as train.epochs=5.",
)


class Settable(click.Command):
    """A command with `--set`, which it offers for an option that is called like a setting: `--epochs 5`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)  # they are taken out of the list
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            key = _setting(error.option_name, [param.name or "" for param in self.params])
            if key is None:
                raise
            cure = f"`--set {key}={_value(given, error.option_name)}`"
            raise click.NoSuchOption(error.option_name, f"{error.message} Did you mean {cure}?", ctx=ctx) from None


def _setting(option: str, options: Sequence[str]) -> str | None:
    """The key of --set that an option is called like, or nearly so: nearer than to the command's own `options`."""
    from ..diagnostics import closest
    from ..language.sections.train import Augmentation, Train
    from ..language.values.field_types import field_types
    from ..language.values.synonyms import field

    name = option.lstrip("-").replace("-", "_")
    if name in field_types(Augmentation):
        return f"train.augment.{name}"
    known = [*field_types(Train)]
    meant = name if name in known else field(name, known) or closest(name, [*options, *known])
    return f"train.{meant}" if meant in known and meant not in options else None


def _value(given: Sequence[str], option: str) -> str:
    """What follows the option among the words of the command."""
    for word, after in pairwise([*given, "--"]):
        name, sign, value = word.partition("=")
        if name == option:
            return value if sign else "VALUE" if after.startswith("-") else after
    return "VALUE"


def configured(spec: Spec, options: Sequence[str], freeze: Sequence[str] = ()) -> Train:
    """The settings to train a spec with. Warnings are shown; raises SpecError."""
    from ..language.overrides import configure

    settings, warnings = configure(spec.document, spec.graph, options, freeze)
    show(warnings, [spec.source])
    return settings


def source(spec: Spec, settings: Train, data: str | None) -> Path:
    """Where the examples are: `data`, else what --set names, both as seen from here, else the spec's own. Raises
    FileError."""
    own = spec.header.train.data if spec.header.train else None
    given = data or (settings.data if settings.data != own else None)
    return spec.data_path(given)


def judged_by(spec: Spec, settings: Train) -> Path | None:
    """The examples to judge by: those that --validation or --set name, as seen from here, else the spec's own, if any.
    Raises FileError."""
    own = spec.header.train.validation_data if spec.header.train else None
    return spec.validation_path(settings.validation_data if settings.validation_data != own else None)

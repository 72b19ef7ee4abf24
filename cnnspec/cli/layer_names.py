"""Names of layers in options."""

from __future__ import annotations

import click

from ..spec import Spec
from ..spec.naming import ensure_named


def ensure_layer(spec: Spec, name: str) -> None:
    """Raises UsageError where a spec has no layer of this name; `input` is one everywhere."""
    try:
        ensure_named(spec.graph, name, spec.name)
    except ValueError as error:
        raise click.UsageError(str(error)) from None

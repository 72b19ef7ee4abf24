"""The choice of weights, which several commands offer: the spec's own, a file's, or random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from ..graph.layer import Style
from ..spec import Spec
from ..spec.spec import RANDOM
from .diagnostics_output import show
from .options import PATH, Count, Decorator

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weights_options(command: Any) -> Any:
    """--weights, --init and --seed."""
    options: tuple[Decorator, ...] = (
        click.option("--weights", type=PATH, help="A .safetensors or .npz file, in place of the spec's own."),
        click.option("--init", type=click.Choice(get_args(Style)), help="Take fresh random weights instead."),
        click.option("--seed", type=Count(0), help="Seed for --init.  [default: 0]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def agree(weights: str | None, init: str | None, seed: int | None) -> None:
    """Refuse options that would have no effect."""
    if weights and init:
        raise click.UsageError("--weights and --init exclude each other.")
    if seed is not None and not init:
        raise click.UsageError("--seed is for the random weights of --init; nothing else here is random.")


def chosen(
    spec: Spec, weights: str | None, init: Style | None, seed: int | None, cure: str = RANDOM
) -> dict[str, NDArray[Any]]:
    """The network's tensors, none for one without. Warnings are shown; raises FileError when no weights are named, with
    the `cure`, or they do not fit."""
    if not (init or weights or spec.graph.tensors):
        return {}
    source = None if init else weights or spec.weights(cure)
    from ..weights import initial, take

    if init is not None:
        return initial(spec.graph.tensors, init, seed or 0)
    assert source is not None
    return take(spec.graph.tensors, source, lambda diagnostic: show([diagnostic]))

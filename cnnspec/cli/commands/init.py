"""`cnnspec init`: fresh weights for a spec."""

from __future__ import annotations

from typing import get_args

import click

from ...diagnostics.wording import quantity
from ...graph.layer import Style
from ...graph.shape import Shape
from ...reports.drawing.terminal_text import escaped
from ..completion import spec_names
from ..diagnostics_output import loaded
from ..options import OUTPUT, Count, input_option


@click.command("init")
@click.argument("spec", metavar="SPEC", shell_complete=spec_names)
@click.option("-o", "--output", type=OUTPUT, required=True, help="The .safetensors or .npz file to write.")
@click.option(
    "--style",
    type=click.Choice(get_args(Style)),
    default="he",
    show_default=True,
    help="How wide filters and neurons are drawn: He for ReLU, Glorot for sigmoid and tanh, LeCun.",
)
@click.option("--seed", type=Count(0), default=0, show_default=True, help="Equal seeds give equal bytes.")
@input_option
def command(spec: str, output: str, style: Style, seed: int, shape: Shape | None) -> None:
    """Write fresh random weights for SPEC.

    Filters and neurons are drawn; biases start at 0, the scales of norms at 1.
    """
    graph = loaded(spec, shape).graph
    from ...weights import initial, save

    save(initial(graph.tensors, style, seed), output)
    totals = graph.totals
    values = f"{quantity(len(graph.tensors), 'tensor')}, {quantity(totals.params + totals.buffers, 'value')}"
    click.echo(f"{escaped(output)}: {values}, {style}, seed {seed}")

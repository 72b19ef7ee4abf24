"""`cnnspec init`: fresh weights for a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..layer import Shape
from ..spec import load
from .options import input_option

if TYPE_CHECKING:
    from ..weights import Style


@click.command("init")
@click.argument("spec", metavar="SPEC")
@click.option("-o", "--output", type=click.Path(), required=True, help="The .safetensors or .npz file to write.")
@click.option("--style", type=click.Choice(["he", "glorot", "lecun"]), default="he", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed gives the same bytes.")
@input_option
def command(spec: str, output: str, style: Style, seed: int, shape: Shape | None) -> None:
    """Write fresh random weights for SPEC: He, Glorot or LeCun for filters and neurons, zero biases."""
    from ..weights import initial, save

    graph = load(spec, shape).graph
    save(initial(graph.tensors, style, seed), output)
    totals = graph.totals
    click.echo(f"{output}: {len(graph.tensors)} tensors, {totals.params + totals.buffers:,} values, {style}, seed {seed}")

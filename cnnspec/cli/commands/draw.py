"""`cnnspec draw`: a network as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...diagnostics import FileError
from ...diagnostics.wording import quantity
from ...files.writing import whole
from ...graph.shape import Shape
from ...reports.drawing.terminal_text import escaped
from ...reports.summary.summary import Summary, summarise
from ...spec import check
from ..diagnostics_output import exit_code, note_size, show
from ..options import OUTPUT, Count, input_option

if TYPE_CHECKING:
    from ...reports.diagram.to_svg import Direction

FORMATS = {".svg": "svg", ".mmd": "mermaid", ".dot": "dot", ".gv": "dot"}


@click.command("draw")
@click.argument("spec", metavar="SPEC")
@click.option("--output", "-o", required=True, type=OUTPUT, help="The picture: .svg, .mmd (Mermaid) or .dot.")
@click.option(
    "--style",
    type=click.Choice(["graph", "volumes"]),
    default="graph",
    show_default=True,
    help="Layers and the edges between them, or boxes as large as the layers' outputs.",
)
@click.option(
    "--depth",
    type=Count(0),
    metavar="N",
    help="Fold block calls from this level on; 0: show every layer.  [default: 1 beyond 40 layers, else 0]",
)
@click.option("--direction", type=click.Choice(["down", "right"]), default="down", show_default=True)
@input_option
def command(spec: str, output: str, style: str, depth: int | None, direction: Direction, shape: Shape | None) -> int:
    """Draw SPEC as SVG, Mermaid or DOT, by the suffix of the output.

    Blocks are folded to one node where there are many layers, and equal blocks in a row to one with a number.
    """
    form = FORMATS.get(Path(output).suffix.lower())
    if form is None:
        message = f"cannot tell a format from the name `{Path(output).name or output}`"
        *most, last = FORMATS
        raise FileError.about(output, "E405", message, help=f"end it in {', '.join(most)} or {last}")
    if style == "volumes" and (form != "svg" or depth is not None or direction != "down"):
        raise click.UsageError("--style volumes is SVG, every layer, from left to right.")
    checked = check(spec, shape)
    note_size(shape)
    if checked.spec is None:
        show(checked.diagnostics, [checked.source])
        return exit_code(checked.diagnostics)
    summary = summarise(checked, shape)
    assert summary is not None
    with whole(output) as stream:
        stream.write(_picture(summary, style, form, depth, direction).encode())
    click.echo(f"{escaped(output)}: {escaped(summary.name)}, {quantity(len(summary.steps), 'layer')}")
    return 0


def _picture(summary: Summary, style: str, form: str, depth: int | None, direction: Direction) -> str:
    if style == "volumes":
        from ...reports.diagram.volumes_svg import render as volumes

        return volumes(summary)
    from ...reports.diagram.diagram import diagram
    from ...reports.formats import render

    return render("diagram", form, diagram(summary, depth), direction)

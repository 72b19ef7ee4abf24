"""`cnnspec export`: a spec with its weights for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...diagnostics import Diagnostic, FileError
from ...graph.shape import Shape
from ...interop import onnx
from ...reports.drawing.terminal_text import escaped
from ..diagnostics_output import loaded
from ..options import PATH, input_option
from ..weights_options import agree, chosen, weights_options

if TYPE_CHECKING:
    from ...graph.layer import Style


@click.command("export")
@click.argument("spec_name", metavar="SPEC")
@click.option("-o", "--output", type=PATH, required=True, help="The .onnx file to write.")
@weights_options
@click.option(
    "--opset",
    type=click.IntRange(onnx.OPSET),
    default=onnx.OPSET,
    show_default=True,
    help="Version of ONNX's operators to declare.",
)
@input_option
def command(
    spec_name: str,
    output: str,
    weights: str | None,
    init: Style | None,
    seed: int | None,
    opset: int,
    shape: Shape | None,
) -> None:
    """Write SPEC with its weights as ONNX.

    Nodes are called as the layers; the batch size stays free. `preprocess` is left out: the input is the array that
    comes out of it. Needs the package onnx: pip install 'cnnspec[onnx]'.
    """
    agree(weights, init, seed)
    _check_name(output)
    spec = loaded(spec_name, shape)
    onnx.ensure_possible(spec.graph.until(*spec.graph.outputs))
    if opset not in onnx.opsets():
        raise click.UsageError(f"--opset {opset}: the installed onnx knows {onnx.opsets()[-1]} at most.")
    from ...files.writing import ensure_writable, whole

    ensure_writable(output)
    data = onnx.encode(spec, chosen(spec, weights, init, seed), opset)
    with whole(output) as stream:
        stream.write(data)
    C, H, W = spec.graph.input
    click.echo(f"{escaped(output)}: ONNX, opset {opset}, {len(data):,} bytes; input (N, {C}, {H}, {W})")


def _check_name(output: str) -> None:
    if Path(output).suffix.lower() != ".onnx":
        message = f"cannot tell a format from the name `{Path(output).name or output}`"
        raise FileError([Diagnostic("E405", message, file=output, help="end it in .onnx")])

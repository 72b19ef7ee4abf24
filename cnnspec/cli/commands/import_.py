"""`cnnspec import`: a network of another program as a spec with its weights."""

from __future__ import annotations

from pathlib import Path

import click

from ...diagnostics import FileError
from ...diagnostics.wording import quantity
from ...graph.shape import Shape
from ...interop.imported import Imported
from ...interop.importing import read_model, write_spec
from ...reports.drawing.terminal_text import escaped
from ...spec.naming import spec_name
from ..notes import note
from ..options import OUTPUT, PATH, input_option

SUFFIXES = (".yaml", ".yml")


@click.command("import")
@click.argument("source", metavar="MODEL", type=PATH)
@click.option("-o", "--output", type=OUTPUT, required=True, help="The spec to write; its weights go beside it.")
@click.option("--outputs", metavar="NAME,...", help="Take the part of the model that makes these values.")
@click.option("--weights", "numbers", type=PATH, help="The .weights of a Darknet .cfg, if not beside it.")
@click.option("--no-verify", is_flag=True, help="Do not hold the spec against the model.")
@input_option
def command(
    source: str, output: str, outputs: str | None, numbers: str | None, no_verify: bool, shape: Shape | None
) -> None:
    """Make a spec and its weights of MODEL: .onnx, .keras or .h5 of Keras, .cfg of Darknet.

    Weights go to a .safetensors file beside the spec, more than 20 names of classes to a text file. The spec is held
    against the model at once, on random inputs, by ONNX Runtime or Keras where they are installed. Needs the package
    onnx for ONNX, h5py for Keras: pip install onnx.
    """
    from ...files.writing import ensure_writable

    if Path(output).suffix.lower() not in SUFFIXES:
        message = f"`{Path(output).name}` is no name of a spec"
        raise FileError.about(output, "E405", message, help="end it in .yaml")
    ensure_writable(output)
    name = spec_name(output)
    weights, classes = f"{name}.safetensors", f"{name}-classes.txt"
    ensure_writable(Path(output).with_name(weights))
    names = [name for name in (outputs or "").split(",") if name]
    found = read_model(
        source, weights, input=shape, outputs=names, verify=not no_verify, numbers=numbers, classes=classes
    )
    sizes = write_spec(found, output)
    click.echo(f"{escaped(Path(source).name)}: {escaped(found.source)}")
    click.echo("; ".join(_told(found, path, size) for path, size in sizes.items()))
    if found.difference is not None:
        told = f"{found.difference.inputs} random inputs, largest difference {found.difference.largest:.1e}"
        click.echo(f"checked: {told} of the output's scale ({found.difference.judge})")
    for each in found.notes:
        note(escaped(each))


def _told(found: Imported, path: Path, size: int) -> str:
    """What is in one of the files."""
    if path.suffix == ".safetensors":
        return f"{escaped(path.name)}: {quantity(len(found.tensors), 'tensor')}, {quantity(size, 'byte')}"
    if path.suffix == ".txt":
        return f"{escaped(path.name)}: {quantity(len(found.classes), 'name')}"
    lines = len(found.text.splitlines())
    blocks = len({use.block for step in found.spec.graph.steps for use in step.calls})
    counts = [(lines, "line"), *([(blocks, "block")] if blocks else []), (len(found.spec.graph.steps), "layer")]
    return f"{escaped(str(path))}: {', '.join(quantity(count, thing) for count, thing in counts)}"

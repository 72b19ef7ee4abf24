"""`cnnspec inspect`: what every layer makes of an input, and the sum behind any value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...diagnostics.wording import quantity
from ...graph.graph import INPUT
from ...graph.shape import Shape, times
from ...reports.drawing.terminal_text import escaped
from ...spec import Spec
from ..completion import spec_names
from ..diagnostics_output import loaded
from ..layer_names import ensure_layer
from ..missing import together_with
from ..options import COUNT, FOLDER, OUTPUT, PATH, Count, input_option
from ..terminal import colour, width
from ..weights_options import agree, chosen, weights_options
from ..where_it_looked import Looking

if TYPE_CHECKING:
    from ...graph.layer import Style
    from ...language.sections.preprocess import Preprocess
    from ...reports.inspection.trace import Trace


@click.command("inspect")
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.argument("given", required=False, metavar="[INPUT]", type=PATH)
@weights_options
@click.option(
    "--at",
    "places",
    multiple=True,
    metavar="LAYER[:c,row,column]",
    help="Show the sum behind this value; without a place, the layer's maps and its largest value.",
)
@click.option("--follow", is_flag=True, help="Go on along the largest contribution, down to the input.")
@click.option("--channels", type=Count(0), default=2, show_default=True, help="Channels shown as grids.")
@click.option("--terms", type=COUNT, default=5, show_default=True, help="Terms that are listed.")
@click.option("--digits", type=click.IntRange(1, 17), default=4, show_default=True, help="Significant digits.")
@click.option("--maps", "folder", type=FOLDER, help="Write each layer's maps as LAYER.png into this folder.")
@click.option("--cam", type=OUTPUT, metavar="FILE.png", help="Draw where the network looked: Grad-CAM over the input.")
@click.option("--class", "of_class", metavar="NAME|INDEX", help="Whose score that explains.  [default: the likeliest]")
@click.option(
    "--cam-layer",
    metavar="LAYER",
    help="Where the maps are taken; at `input` it is the gradient.  [default: the last layer with maps]",
)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@input_option
def command(
    spec_name: str,
    given: str | None,
    weights: str | None,
    init: Style | None,
    seed: int | None,
    places: tuple[str, ...],
    follow: bool,
    channels: int,
    terms: int,
    digits: int,
    folder: str | None,
    cam: str | None,
    of_class: str | None,
    cam_layer: str | None,
    style: str,
    shape: Shape | None,
) -> int:
    """Show what every layer of SPEC makes of INPUT, an image or an array; by default of the spec's own sample.

    With --at, show how one value came about: the cells that were read, the weights, the products, their sum. Rows,
    columns and channels count from 0. `input` is the name of what goes in.

    With --cam, --class or --cam-layer, show where the network looked: which places of a layer's maps speak for the
    score of a class, or for the value of --at.
    """
    agree(weights, init, seed)
    looking = Looking(cam, of_class, cam_layer)
    if follow and not places:
        raise click.UsageError("--follow goes on from a value; name it with --at.")
    spec = loaded(spec_name, shape)
    asked = [_place(spec, text) for text in places]
    if looking.is_asked:
        looking.check(spec, len(asked), follow)
    trace = _trace(spec, given, asked, weights, init, seed)
    if folder:
        _write_maps(trace, folder, [name for name, _ in asked] or list(trace.values), spec.header.preprocess)
    from ...reports.drawing.decimals import Decimals
    from ...reports.formats import render

    page: dict[str, Any] = {"width": width(), "colour": colour()}
    heat = ""
    if looking.is_asked:
        heat = looking.shown(trace, spec, asked[0] if asked else None, style, terms, digits, page)
    if style == "text":
        random = f"random weights ({init}, seed {seed or 0})" if init else ""
        click.echo(escaped(", ".join(filter(None, [spec.name, random]))) + "\n")
    if heat:
        click.echo(heat, nl=False)
        return 0
    if not asked:
        from ...reports.inspection.overview.overview import layer_values

        click.echo(render("inspection.overview", style, list(layer_values(trace)), digits, **page), nl=False)
        return 0
    from ...reports.inspection.cells.choice import told
    from ...reports.inspection.cells.telling import Amount

    amount, classes = Amount(channels, terms, Decimals(digits)), spec.classes()
    found = [told(trace, name, place or trace.strongest(name), follow, classes) for name, place in asked]
    if style == "json":
        click.echo(render("inspection.cells", style, found, amount), nl=False)
        return 0
    for i, (cell, (name, place)) in enumerate(zip(found, asked, strict=True)):
        maps = trace.values[name]
        pictures = render("inspection.maps", style, maps, **page) + "\n" if place is None and maps.ndim > 1 else ""
        click.echo("\n" * bool(i) + pictures + render("inspection.cells", style, [cell], amount, **page), nl=False)
    return 0


def _trace(
    spec: Spec,
    given: str | None,
    asked: list[tuple[str, Shape | None]],
    weights: str | None,
    init: Style | None,
    seed: int | None,
) -> Trace:
    """The network, as far as it is asked for, on the first of what is given."""
    from ...reports.inspection.trace import trace
    from ...spec.running import first

    graph = spec.graph.until(*dict.fromkeys(name for name, _ in asked)) if asked else spec.graph
    with together_with(given or (lambda: spec.sample("inspect"))):
        tensors = chosen(spec, weights, init, seed)
    return trace(graph, tensors, first(given or spec.sample("inspect"), graph, spec.header.preprocess))


def _write_maps(trace: Trace, folder: str, names: list[str], preprocess: Preprocess | None) -> None:
    """A contact sheet for each layer; the folder is made. Raises FileError."""
    from ...files.writing import whole, writing
    from ...reports.inspection.maps.contact_sheet import contact_sheet

    with writing(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
    is_bgr = preprocess is not None and preprocess.mode == "bgr"
    for name in names:
        values = trace.values[name]
        seen = values[::-1] if name == INPUT and is_bgr else values
        with whole(Path(folder) / f"{name}.png") as stream:
            stream.write(contact_sheet(seen, name == INPUT))
    click.echo(f"{escaped(folder)}: {quantity(len(names), 'picture')}", err=True)


def _place(spec: Spec, text: str) -> tuple[str, Shape | None]:
    """A layer's name and a place in its output, or none. Raises UsageError."""
    name, _, numbers = text.rpartition(":")
    if not name:
        name, numbers = text, ""
    if not numbers and "," in name:
        raise click.UsageError(f"'{text}': a place follows a colon, as in conv1:0,2,3.")
    ensure_layer(spec, name)
    if not numbers:
        return name, None
    shape = spec.graph.shape(name)
    parts = [part.strip() for part in numbers.split(",")]
    if len(parts) != len(shape) or not all(part.isdecimal() and len(part) <= 12 for part in parts):
        wanted = "c,row,column" if len(shape) == 3 else "i"
        raise click.UsageError(
            f"'{text}': a place in {name} ({times(shape)}) is {name}:{wanted}, whole numbers from 0."
        )
    place = tuple(map(int, parts))
    if any(i >= size for i, size in zip(place, shape, strict=True)):
        last = ",".join(str(size - 1) for size in shape)
        raise click.UsageError(f"'{text}' lies outside: {name} is {times(shape)}, its last value is {name}:{last}.")
    return name, place

"""`cnnspec report`: a network and what it makes of inputs as one HTML page, with the sum behind every value."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ...diagnostics.wording import clipped
from ...files.places import is_stream
from ...files.writing import ensure_writable
from ...graph.shape import Shape
from ...language.sections.header import POWERS
from ...reports.drawing.terminal_text import escaped
from ...spec import Spec
from ...spec.naming import spec_name as stem
from ..class_names import class_index
from ..completion import spec_names
from ..diagnostics_output import loaded, show
from ..missing import together_with
from ..notes import note
from ..options import COUNT, OUTPUT, PATH, Count, input_option
from ..progress_bar import tracked
from ..weights_options import agree, chosen, weights_options

if TYPE_CHECKING:
    from ...graph.layer import Style

LANGUAGES = ("en", "zh")
LEAST = 200_000
"""Bytes below which no page fits."""


DIGITS = 4000
"""So many are a number to Python."""


class Bytes(Count):
    """A number of bytes: 8M, 500K, 8000000."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        digits, power = re.fullmatch(r"(.*?)([KMG]?)", str(value), re.DOTALL).groups()  # type: ignore[union-attr]
        if digits.isdecimal() and digits.isascii() and len(digits) <= DIGITS:
            return super().convert(int(digits) * POWERS[power], param, ctx)
        return self.fail(f"{clipped(repr(value))} is not a number of bytes such as 8M or 500K.", param, ctx)


class Port(click.IntRange):
    """A port, or 0 for any that is free."""

    name = "port"

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> NoReturn:
        super().fail(f"{message} A port stands right behind it, or nothing: put --serve last.", param, ctx)


@click.command("report")
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.argument("inputs", nargs=-1, metavar="[INPUT]...", type=PATH)
@click.option("-o", "--output", type=OUTPUT, help="The file to write.  [default: the spec's name, and .html]")
@weights_options
@click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), help="Shown first; both are there.  [default: by LANG]"
)
@click.option(
    "--size", type=Bytes(LEAST), metavar="BYTES", default="8M", show_default=True, help="Most bytes of the file."
)
@click.option("--maps", type=COUNT, default=16, show_default=True, help="Pictures of a layer that does not fit whole.")
@click.option("--cells", type=COUNT, default=4, show_default=True, help="Marked cells of a layer that does not fit.")
@click.option("--class", "target", metavar="NAME", help="The class, by name or number, whose score is followed back.")
@click.option("--log", type=PATH, metavar="RUN.jsonl", help="Add the learning curves of a run's log.")
@click.option("--eval", "judged", type=PATH, metavar="EVAL.json", help="Add what `eval --format json` has found.")
@click.option(
    "--serve",
    "port",
    type=Port(0, 65535),
    is_flag=False,
    flag_value="0",
    metavar="[PORT]",
    help="Write no file, but serve the page on this machine, with every cell and other inputs. Ctrl-C ends it.",
)
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the browser.")
@input_option
def command(
    spec_name: str,
    inputs: tuple[str, ...],
    output: str | None,
    weights: str | None,
    init: Style | None,
    seed: int | None,
    language: str | None,
    size: int,
    maps: int,
    cells: int,
    target: str | None,
    log: str | None,
    judged: str | None,
    port: int | None,
    is_opened: bool,
    shape: Shape | None,
) -> int:
    """Write one HTML page that shows what every layer of SPEC makes of INPUT, and behind every value its sum.

    It opens from disk in any browser and loads nothing else. Of the INPUTs, images or arrays as in `run`, the first
    four are taken; without one it is the spec's own sample. With --serve the page asks this machine for its numbers,
    and takes other inputs.
    """
    agree(weights, init, seed)
    spec = loaded(spec_name, shape)
    index = None if target is None else _class(spec, target)
    path = output or f"{stem(spec.source.file)}.html"
    if port is not None:
        _refuse_beside_serving()
    if port is None:
        ensure_writable(path)
    with together_with(*inputs or [lambda: spec.sample("report")]):
        tensors = chosen(spec, weights, init, seed)
    from ...reports.page.contents import Amount
    from ...reports.page.report import given, learned, page

    said: dict[str, Any] = {
        "weights": f"random weights ({init}, seed {seed or 0})" if init else "",
        "language": language or _language(),
        "target": index,
        "command": _inspect(spec_name, inputs, weights, init, seed, shape),
        "training": learned(spec, log, judged, lambda found: show([found])),
    }
    if port is not None:
        from ..serving import serve

        serve(spec, tensors, given(spec, inputs or None), port, is_opened, **said)
        return 0
    made = page(spec, tensors, given(spec, inputs or None), amount=Amount(size, maps, cells), progress=tracked, **said)
    made.save(path)
    if made.size > size:
        note("the file is larger than --size: the input, vectors and a cell of each layer are always in it")
    click.echo(f"{escaped(path)}: {made.what}; {made.size / 1e6:.1f} MB", err=is_stream(path))
    if is_opened:
        click.launch(str(Path(path).resolve()))
    return 0


def _refuse_beside_serving() -> None:
    """Refuse options of the file that would have no effect. Raises UsageError."""
    ctx = click.get_current_context()
    for name in ("output", "size", "maps", "cells"):
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise click.UsageError(f"--serve writes no file; leave --{name} out.")


def _class(spec: Spec, text: str) -> int:
    """The number of a class that is named, or given as a number. Raises UsageError."""
    from ...spec.ranking import reading

    output = next((name for name in spec.graph.outputs if reading(spec.graph, name)), None)
    if output is None:
        raise click.UsageError("--class: no output of this network is a list of classes.")
    count, names = spec.graph.shape(output)[0], spec.classes()
    return class_index(text, names if names is not None and len(names) == count else None, count)


def _language() -> str:
    """The language of the reader's terminal, if the page speaks it."""
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return next((language for language in LANGUAGES if said.startswith(language)), LANGUAGES[0])


def _inspect(
    spec_name: str,
    inputs: tuple[str, ...],
    weights: str | None,
    init: str | None,
    seed: int | None,
    shape: Shape | None,
) -> str:
    """The command that shows the same values in the terminal, for the first input."""
    options = {
        "--weights": weights,
        "--init": init,
        "--seed": seed,
        "--input": ",".join(map(str, shape)) if shape else None,
    }
    words = [word for option, value in options.items() if value is not None for word in (option, str(value))]
    return shlex.join(["cnnspec", "inspect", spec_name, *inputs[:1], *words])

"""`cnnspec run`: images or arrays in, classes or arrays out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...diagnostics import Diagnostic, FileError
from ...graph.graph import INPUT, Graph
from ...graph.shape import Shape
from ...spec import Spec
from ..bulk_options import BulkChoices, Engine, bulk_options
from ..completion import spec_names
from ..diagnostics_output import loaded
from ..layer_names import ensure_layer
from ..missing import together_with
from ..options import COUNT, FOLDER, OUTPUT, PATH, backend_option, input_option, threads_option
from ..progress_bar import tracked
from ..weights_options import agree, chosen, weights_options

if TYPE_CHECKING:
    from ...graph.layer import Style


@click.command("run")
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.argument("inputs", nargs=-1, metavar="[INPUT]...", type=PATH)
@weights_options
@click.option("--top", type=COUNT, default=5, show_default=True, help="Classes to show for each input.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--out",
    type=OUTPUT,
    help="Write the raw outputs to this .npz file, by layer name; or a row for each input, in shards, into this folder "
    "that ends in .parquet.",
)
@click.option("--save", multiple=True, metavar="LAYER", help="Keep this layer's output in --out, too; `all` for all.")
@click.option("--images", "folder", type=FOLDER, help="Write outputs that are images into this folder, as PNG.")
@click.option("--until", metavar="LAYER", help="Stop after this layer; its output is the result.")
@click.option("--batch", type=COUNT, help="Inputs that run together.  [default: up to 16, by memory]")
@bulk_options
@threads_option("the work")
@click.option("--exact", is_flag=True, help="Leave out Winograd's convolution: slower, a tenth of its rounding error.")
@backend_option
@input_option
def command(
    spec_name: str,
    inputs: tuple[str, ...],
    weights: str | None,
    init: Style | None,
    seed: int | None,
    top: int,
    style: str,
    out: str | None,
    save: tuple[str, ...],
    folder: str | None,
    until: str | None,
    batch: int | None,
    threads: int | None,
    exact: bool,
    backend: str,
    shape: Shape | None,
    **bulk: Any,
) -> int:
    """Run SPEC on images, folders of images, .npy or .npz arrays (N,C,H,W or C,H,W), .csv tables of numbers.

    Where the input is a vector, arrays are (N,C) or (C), and each line of a table is one.

    Without INPUT the spec's own sample is used. Of a folder its images are read; hidden files, files that are no
    images and subfolders are passed over. A bad input is reported and the rest go on (exit code 4).

    Many inputs go into a folder of shards, `--out RESULTS.parquet`: also folders with all that is in them, patterns,
    tar archives, Parquet tables, URLs. Broken off, the same command goes on where it was.
    """
    agree(weights, init, seed)
    if save and not out:
        raise click.UsageError("--save keeps layers in the file of --out; name it.")
    spec = loaded(spec_name, shape)
    graph = _part(spec, until, save)
    choices = BulkChoices(**bulk)
    if out and Path(out).suffix.lower() == ".parquet":
        from ..bulk_predictions import predict

        for option, value in {"--save": save, "--images": folder, "--format json": style == "json"}.items():
            if value:
                raise click.UsageError(f"{option} does not go with results in shards.")
        tensors = chosen(spec, weights, init, seed)
        engine = Engine(batch, threads, exact, backend)
        return predict(spec, graph, tensors, inputs, out, until, top, engine, choices)
    choices.refuse()
    _ensure_local(inputs, out)
    if out:
        _check_output(out)
    with together_with(*inputs or [spec.sample]):
        tensors = chosen(spec, weights, init, seed)
    from ...engine.model import Model
    from ...spec.running import Runner, sample_work, work
    from ..run_hints import GroundHint
    from ..run_images import ImageFolder
    from ..run_results import Results
    from ..unscaled import note_unscaled

    note_unscaled(spec, map(Path, inputs))
    preprocess = spec.header.preprocess
    given = (
        work(inputs, graph, preprocess, batch) if inputs else sample_work(spec.sample(), graph, preprocess, spec.folder)
    )
    runner = Runner(spec.graph, Model(graph, tensors, threads, exact, backend), until, spec.classes(), top)
    random = f"random weights ({init}, seed {seed or 0})" if init else ""
    results = Results(spec.name, random, runner, style, keep=bool(out), several=given.total > 1)
    images = ImageFolder(folder, runner, preprocess) if folder else None
    hint = GroundHint(spec)
    for group in tracked(given.batches, len(given)):
        found = results.add(group)
        hint.add(found)
        if images:
            images.add(found)
    if out:
        results.write(out)
    return results.exit_code()


def _part(spec: Spec, until: str | None, save: tuple[str, ...]) -> Graph:
    """The part of the network that makes what is asked for."""
    names = [name for name in save if name != "all"]
    for name in (*names, *([until] if until else [])):
        ensure_layer(spec, name)
    wanted = (until,) if until else spec.graph.outputs
    computed = spec.graph.until(*wanted).by_name
    if until and (beyond := [name for name in names if name not in (INPUT, *computed)]):
        raise click.UsageError(f"--until '{until}' stops before '{beyond[0]}', which --save asks for, is computed.")
    return spec.graph.until(*dict.fromkeys((*wanted, *(computed if "all" in save else save))))


def _ensure_local(inputs: tuple[str, ...], out: str | None) -> None:
    """Without shards, all is read and written on this machine."""
    from ...files.store import is_remote

    for name in filter(is_remote, inputs):
        raise click.UsageError(f"'{name}' lies in a store: these are read with --out RESULTS.parquet.")
    if out and is_remote(out):
        raise click.UsageError(f"'{out}' lies in a store: of results, RESULTS.parquet may, in shards.")


def _check_output(out: str) -> None:
    """Before the work, not after it: can its results be written?"""
    from ...files.writing import ensure_writable

    if Path(out).suffix.lower() != ".npz":
        message = f"cannot write raw outputs to `{Path(out).name or out}`"
        cure = "`--out FILE.npz`, or `--out RESULTS.parquet` for a row of each input"
        raise FileError([Diagnostic("E405", message, file=out, why="they are one .npz file", help=cure)])
    ensure_writable(out)

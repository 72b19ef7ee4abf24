"""`cnnspec run`: images or arrays in, classes or arrays out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..diagnostics import Diagnostic, FileError, closest
from ..graph import Graph
from ..layer import Shape
from ..spec import Spec, load
from .options import input_option
from .progress import tracked
from .report import show

if TYPE_CHECKING:
    from ..model import Model
    from ..weights import Style

ACTIVATIONS = 256 * 2**20
"""Bytes that the activations of a batch may take when --batch does not say otherwise."""
LARGEST_BATCH = 16


@click.command("run")
@click.argument("spec_name", metavar="SPEC")
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--weights", type=click.Path(), help="A .safetensors or .npz file, in place of the spec's own.")
@click.option("--init", type=click.Choice(["he", "glorot", "lecun"]), help="Run with fresh random weights instead.")
@click.option("--seed", type=click.IntRange(0), help="Seed for --init.  [default: 0]")
@click.option("--top", type=click.IntRange(1), default=5, show_default=True, help="Classes to show for each input.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--out", type=click.Path(), help="Write the raw outputs to this .npz file, by layer name.")
@click.option("--save", multiple=True, metavar="LAYER", help="Keep this layer's output in --out, too; `all` for all.")
@click.option("--until", metavar="LAYER", help="Stop after this layer; its output is the result.")
@click.option("--batch", type=click.IntRange(1), help="Inputs that run together.  [default: up to 16, by memory]")
@click.option("--threads", type=click.IntRange(1), help="Threads that share the work.  [default: one a core]")
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
    until: str | None,
    batch: int | None,
    threads: int | None,
    shape: Shape | None,
) -> int:
    """Run SPEC on images, folders of images, .npy or .npz arrays (N,C,H,W or C,H,W).

    Without INPUT the spec's own sample is used. A bad input is reported and the rest go on (exit code 4).
    """
    _agree(weights, init, seed, out, save)
    spec = load(spec_name, shape)
    graph = _part(spec, until, save)
    if out:
        _check_output(out)
    model, origin = _model(spec, graph, weights, init, seed or 0, threads)
    from ..inputs import batches, cases, count, paths
    from .results import Results

    C, H, W = spec.graph.input
    files = list(paths(inputs or [str(spec.sample_path())]))
    size = batch or max(1, min(LARGEST_BATCH, ACTIVATIONS // graph.totals.peak_activation_bytes))
    work = batches(cases(files, spec.header.preprocess, (C, H, W)), size)
    total = count(files, (C, H, W))
    results = Results(spec, model, until, top, style, keep=bool(out), several=total > 1)
    click.echo(results.header(origin), nl=False)
    for group in tracked(work, -(-total // size)):
        results.add(group)
    if out:
        results.write(out)
    return results.exit_code()


def _agree(weights: str | None, init: str | None, seed: int | None, out: str | None, save: Iterable[str]) -> None:
    """Refuse options that would have no effect."""
    if weights and init:
        raise click.UsageError("--weights and --init exclude each other.")
    if seed is not None and not init:
        raise click.UsageError("--seed is for the random weights of --init; nothing else here is random.")
    if save and not out:
        raise click.UsageError("--save keeps layers in the file of --out; name it.")


def _part(spec: Spec, until: str | None, save: tuple[str, ...]) -> Graph:
    """The part of the network that makes what is asked for."""
    names = spec.graph.by_name
    for name in (*save, *([until] if until else [])):
        if name not in names and not (name == "all" and name in save):
            near = closest(name, names)
            raise click.UsageError(f"no layer '{name}' in {spec.name}." + (f" Did you mean '{near}'?" if near else ""))
    wanted = (until,) if until else spec.graph.outputs
    kept = tuple(step.name for step in spec.graph.until(*wanted).steps) if "all" in save else save
    return spec.graph.until(*dict.fromkeys((*wanted, *kept)))


def _check_output(out: str) -> None:
    """Before the work, not after it: can its results be written?"""
    from ..files import ensure_writable

    if Path(out).suffix.lower() != ".npz":
        message = f"cannot write raw outputs to `{Path(out).name}`"
        raise FileError([Diagnostic("E405", message, file=out, why="they are one .npz file", help="`--out FILE.npz`")])
    ensure_writable(out)


def _model(
    spec: Spec, graph: Graph, weights: str | None, init: Style | None, seed: int, threads: int | None
) -> tuple[Model, str]:
    """The executable part, and what is to be said of its weights."""
    path = weights or (spec.weights_path() if not init else "")
    from ..model import Model
    from ..weights import initial, take

    if init:
        return Model(graph, initial(graph.tensors, init, seed), threads), f"random weights ({init}, seed {seed})"
    return Model(graph, take(spec.graph.tensors, path, lambda d: show([d])), threads), ""

"""`cnnspec summary`: what a network is made of and what it costs."""

from __future__ import annotations

import click

from ...graph.shape import Shape
from ...reports.formats import FORMATS, render
from ...spec import check
from ..completion import spec_names
from ..diagnostics_output import exit_code, note_size, show
from ..notes import note
from ..options import COUNT, input_option, planned_backend_option, threads_option
from ..settings_options import set_option
from ..summary_views import LAYERS, VIEWS, Asked
from ..terminal import colour, width

MISTAKES_BESIDE_DIFFERENCE = 5


@click.command("summary")
@click.argument("spec", metavar="SPEC", shell_complete=spec_names)
@click.option("--depth", type=COUNT, metavar="N", help="Nest by block calls, N levels; 1: a row for each call.")
@click.option("--batch", type=COUNT, default=1, show_default=True, help="Inputs whose activations are held.")
@click.option("--format", "style", type=click.Choice(FORMATS[LAYERS.subject]), default="text", show_default=True)
@click.option("--tensors", is_flag=True, help="List the tensors that a weights file must hold instead.")
@click.option("--plan", is_flag=True, help="Show where the engine keeps each tensor instead.")
@planned_backend_option
@click.option("--train", "training", is_flag=True, help="Show what memory a step of training takes instead.")
@set_option
@threads_option("each batch, with --train", "CNNSPEC_THREADS, or 1")
@click.option("--diff", "other", metavar="OTHER", help="Show what changes from SPEC to OTHER instead.")
@input_option
def command(
    spec: str,
    depth: int | None,
    batch: int,
    style: str,
    tensors: bool,
    plan: bool,
    backend: str | None,
    training: bool,
    options: tuple[str, ...],
    threads: int | None,
    other: str | None,
    shape: Shape | None,
) -> int:
    """Layers of SPEC with shapes, parameters, MACs and receptive fields, and the totals.

    SPEC is a file, the name of a bundled network, or - for standard input. A mistake in it ends the table, and is
    shown below.

    Exit code: 0 when all is well, 1 for mistakes in a spec; with --diff, 0 when the two are alike and 1 when they
    differ, as diff has it, and 5 for mistakes in one of them, such as a promise in `expect` that is broken.
    """
    flags = {"tensors": tensors, "plan": plan, "train": training, "diff": bool(other)}
    given = [flag for flag, is_given in flags.items() if is_given]
    if len(given) > 1:
        raise click.UsageError("--tensors, --plan, --train and --diff exclude each other.")
    view = VIEWS[given[0]] if given else LAYERS
    if depth and (not view.takes_depth or style == "json"):
        raise click.UsageError(
            "--depth nests the table of layers; JSON, --tensors, --plan, --train, --diff are never nested."
        )
    if batch > 1 and view.no_batch:
        raise click.UsageError(view.no_batch)
    if (options or threads) and not view.takes_settings:
        raise click.UsageError("--set and --threads go with --train.")
    if backend and not plan:
        raise click.UsageError("--backend goes with --plan.")
    first = check(spec, shape, settings=not view.takes_settings)
    note_size(shape)
    asked = Asked(first, check(other, shape) if other else None, shape, batch, depth, options, threads, backend)
    data = view.data(asked)
    if other:
        _show_findings(asked)  # of a comparison, what is compared comes last
        if data is None:
            note("no comparison was made: it takes two specs without such mistakes")
    if data is not None:
        click.echo(render(view.subject, style, *data, width=width(), colour=colour()), nl=False)
    if not other:
        _show_findings(asked)
    code = max(exit_code(checked.diagnostics) for checked in asked.specs)
    if other and code == 1:
        return MISTAKES_BESIDE_DIFFERENCE
    return code or int(data is not None and view.differs(*data))


def _show_findings(asked: Asked) -> None:
    show([d for checked in asked.specs for d in checked.diagnostics], [checked.source for checked in asked.specs])

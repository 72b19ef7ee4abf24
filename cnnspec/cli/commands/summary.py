"""`cnnspec summary`: what a network is made of and what it costs."""

from __future__ import annotations

import click

from ...graph.shape import Shape
from ...reports.summary.summary import Summary, summarise
from ...spec import Checked, Spec, check
from ..diagnostics_output import exit_code, note_size, show
from ..options import input_option
from ..settings_options import configured, set_option
from ..terminal import colour, width


@click.command("summary")
@click.argument("spec", metavar="SPEC")
@click.option(
    "--depth", type=click.IntRange(1), metavar="N", help="Nest by block calls, N levels; 1: a row for each call."
)
@click.option(
    "--batch", type=click.IntRange(1), default=1, show_default=True, help="Inputs whose activations are held."
)
@click.option(
    "--format", "style", type=click.Choice(["text", "json", "markdown", "csv"]), default="text", show_default=True
)
@click.option("--tensors", is_flag=True, help="List the tensors that a weights file must hold instead.")
@click.option("--plan", is_flag=True, help="Show where the engine keeps each tensor instead.")
@click.option("--train", "training", is_flag=True, help="Show what memory a step of training takes instead.")
@set_option
@click.option("--threads", type=click.IntRange(1), help="With --train: threads that share each batch.  [default: 1]")
@click.option("--diff", "other", metavar="OTHER", help="Show what changes from SPEC to OTHER instead.")
@input_option
def command(
    spec: str,
    depth: int | None,
    batch: int,
    style: str,
    tensors: bool,
    plan: bool,
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
    differ, as diff has it.
    """
    if tensors + plan + training + bool(other) > 1:
        raise click.UsageError("--tensors, --plan, --train and --diff exclude each other.")
    if depth and (tensors or plan or training or other or style == "json"):
        raise click.UsageError(
            "--depth nests the table of layers; JSON, --tensors, --plan, --train, --diff are never nested."
        )
    if plan and batch > 1:
        raise click.UsageError("--plan is for one input; the engine takes that for each that run together.")
    if training and batch > 1:
        raise click.UsageError("--train takes its batch from the settings: --set train.batch=N.")
    if (options or threads) and not training:
        raise click.UsageError("--set and --threads go with --train.")
    checked = check(spec, shape)
    note_size(shape)
    if other:
        return _differ(checked, check(other, shape), shape, batch, style)
    if plan:
        if checked.spec is not None:
            click.echo(_plan(checked.spec, style), nl=False)
        return _report(checked)
    if training:
        if checked.spec is not None:
            click.echo(_step(checked.spec, options, threads or 1, style), nl=False)
        return _report(checked)
    summary = summarise(checked, shape, batch, depth)
    if summary is not None:
        click.echo(_tensors(summary, style) if tensors else _layers(summary, style), nl=False)
    return _report(checked)


def _report(*results: Checked) -> int:
    """Show what is wrong with specs; the exit code for it."""
    show([d for checked in results for d in checked.diagnostics], [checked.source for checked in results])
    return max(exit_code(checked.diagnostics) for checked in results)


def _layers(summary: Summary, style: str) -> str:
    if style == "json":
        from ...reports.summary import to_json

        return to_json.render(summary)
    if style == "markdown":
        from ...reports.summary import to_markdown

        return to_markdown.render(summary)
    if style == "csv":
        from ...reports.summary import to_csv

        return to_csv.render(summary)
    from ...reports.summary import to_text

    return to_text.render(summary, width(), colour())


def _tensors(summary: Summary, style: str) -> str:
    from ...reports import tensors

    if style == "text":
        return tensors.text(summary.tensors, width(), colour())
    renderers = {"json": tensors.json_text, "markdown": tensors.markdown_text, "csv": tensors.csv_text}
    return renderers[style](summary.tensors)


def _plan(spec: Spec, style: str) -> str:
    from ...reports.memory import plan_formats as shown
    from ...reports.memory.plan import allocation

    plan = allocation(spec.graph)
    if style == "text":
        return shown.text(spec.name, plan, width(), colour())
    if style == "csv":
        return shown.csv_text(plan)
    return shown.json_text(spec.name, plan) if style == "json" else shown.markdown_text(spec.name, plan)


def _step(spec: Spec, options: tuple[str, ...], threads: int, style: str) -> str:
    from ...reports.memory import step_formats as shown
    from ...train.step_memory import step_memory

    memory = step_memory(spec.graph, configured(spec, options), threads)
    if style == "text":
        return shown.text(spec.name, memory, width(), colour())
    if style == "csv":
        return shown.csv_text(memory)
    return shown.json_text(spec.name, memory) if style == "json" else shown.markdown_text(spec.name, memory)


def _differ(checked: Checked, other: Checked, shape: Shape | None, batch: int, style: str) -> int:
    """Show the difference of two specs; the exit code is 1 when there is one, or when one of them has mistakes."""
    code = _report(checked, other)
    before, after = summarise(checked, shape, batch), summarise(other, shape, batch)
    if code or before is None or after is None:
        return code
    from ...reports.diff import formats
    from ...reports.diff.diff import compare

    difference = compare(before, after)
    if style == "text":
        shown = formats.text(difference, width(), colour())
    else:
        renderers = {"json": formats.json_text, "markdown": formats.markdown_text, "csv": formats.csv_text}
        shown = renderers[style](difference)
    click.echo(shown, nl=False)
    return 0 if difference.is_empty else 1

"""`cnnspec export`: a spec with its weights for other programs."""

from __future__ import annotations

from typing import Any

import click

from ...diagnostics.wording import quantity
from ...graph.layer import Style
from ...graph.shape import Shape, batch_of
from ...interop.beside import weights_name
from ...interop.export import problems, wants_weights, write
from ...interop.exporter import Exporter, Option, OptionError, Tensors
from ...interop.registry import EXPORTERS, exporter
from ...reports.drawing.terminal_text import escaped
from ..completion import spec_names
from ..diagnostics_output import exit_code, loaded, show
from ..notes import note
from ..options import OUTPUT, Count, input_option
from ..weights_options import agree, chosen, weights_options


class Exporting(click.Command):
    """A command with the names and options of all exporters, and what each says of itself in its help."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        *own, help = super().get_params(ctx)
        to = click.Option(["--to"], type=click.Choice(list(EXPORTERS)), help="The format, whatever the file is called.")
        return [*own, to, *map(_asked, _options().values()), help]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        with formatter.indentation():
            for known in EXPORTERS.values():
                formatter.write_paragraph()
                formatter.write_text(known.about)


def _options() -> dict[str, Option]:
    """The exporters' options by name; one that several have is one."""
    return {option.name: option for known in EXPORTERS.values() for option in known.options}


def _asked(option: Option) -> click.Option:
    if isinstance(option.default, bool):
        return click.Option([_flag(option.name)], is_flag=True, help=option.help)
    kind = click.STRING if isinstance(option.default, str) else Count(option.least)
    return click.Option([_flag(option.name)], type=kind, default=option.default, show_default=True, help=option.help)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


@click.command("export", cls=Exporting)
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.option("-o", "--output", type=OUTPUT, required=True, help="The file to write; its ending says the format.")
@weights_options
@input_option
@click.pass_context
def command(
    context: click.Context,
    /,
    spec_name: str,
    output: str,
    to: str | None,
    weights: str | None,
    init: Style | None,
    seed: int | None,
    shape: Shape | None,
    **options: Any,
) -> None:
    """Write SPEC with its weights for other programs."""
    agree(weights, init, seed)
    format = exporter(output, to)
    choices = _choices(context, format, options)
    spec = loaded(spec_name, shape)
    if found := problems(spec, format):
        show(found, [spec.source])
        raise click.exceptions.Exit(exit_code(found))

    is_weighted = bool(weights or init) or wants_weights(spec, format)

    def tensors() -> Tensors:
        return chosen(spec, weights, init, seed) if is_weighted else {}

    try:
        sizes = write(spec, output, format, choices, tensors)
    except OptionError as error:
        raise click.UsageError(f"{_flag(error.name)} {error.value}: {error.why}.") from None
    (_, size), *others = sizes.items()
    beside = "".join(f" and {more:,} in {escaped(path.name)}" for path, more in others)
    is_alone = not is_weighted and bool(spec.graph.tensors)
    told = f"{format.describe(choices)}, {quantity(size, 'byte')}{beside}{', without weights' * is_alone}"
    click.echo(f"{escaped(output)}: {told}; input {batch_of(spec.graph.input)}")
    if is_alone:
        note(f"the code alone; its weights are expected in `{escaped(weights_name(output))}`")


def _choices(context: click.Context, format: Exporter, options: dict[str, Any]) -> dict[str, Any]:
    """The format's own options; others, when they are given, are refused."""
    own = {option.name for option in format.options}
    for name in options:
        if name not in own and context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"{_flag(name)} does not go with {format.name}.")
    return {name: value for name, value in options.items() if name in own}

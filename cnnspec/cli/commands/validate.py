"""`cnnspec validate`: every mistake of every spec in one run.

Findings are what this command is for, so they go to standard output, as a linter's do; mistakes in how it is
called go to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ...diagnostics import FileError
from ...files.places import is_file
from ...graph.shape import Shape, times
from ...spec import Checked, check
from ..completion import spec_names
from ..diagnostics_output import exit_code, note_size, settings_of
from ..options import input_option
from ..terminal import colour, width

FORMATS = ("text", "json", "github", "sarif")
LEFT_OUT = "`expect`, `classes`, `weights` and `sample` are"


@click.command("validate")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=spec_names)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--format", "style", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="Make the fixes that are sure, and check what is then in the file.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@input_option
def command(specs: tuple[str, ...], strict: bool, style: str, fix: bool, diff: bool, shape: Shape | None) -> int:
    """Find every mistake in specs: files, names of bundled networks, or - for standard input.

    Shapes, names, arithmetic and the spec's `expect` are checked, and whether its weights, sample and class
    names fit. Findings are printed on standard output.

    With --fix a file is written whole, its comments and layout as they were; for standard input the mended text is
    printed, the findings go to standard error.

    Exit code: 0 when all is well, 1 for mistakes (with --diff, for anything to change), 3 for a spec, weights or a
    sample that cannot be used.
    """
    distinct = tuple(dict.fromkeys(specs))
    results = [_check(spec, shape) for spec in distinct]
    if diff or fix:
        from .. import mending

        if diff:
            return mending.show_diff(results, shape)
        if "-" in specs:
            return mending.filter_stdin(results, shape)
        results = [mending.write(result, shape) for result in results]
    results = [judge(Path(spec), result, shape) for spec, result in zip(distinct, results, strict=True)]
    if strict:
        results = [result.strictly() for result in results]
    click.echo(_render(results, style), nl=False)
    note_size(shape, LEFT_OUT)
    return max(exit_code(result.diagnostics) for result in results)


def _check(spec: str, shape: Shape | None) -> Checked:
    try:
        return check(spec, shape, files=True)
    except FileError as error:
        return Checked.unread(spec, error.diagnostics)


def judge(path: Path, result: Checked, shape: Shape | None) -> Checked:
    """A result as the repository of its file wants it."""
    if str(path) != "-" and not is_file(path):
        return result
    settings = settings_of(path.parent)
    return settings.judge(result, path, own_size=shape is None) if settings else result


def _render(results: Sequence[Checked], style: str) -> str:
    found = [diagnostic for result in results for diagnostic in result.diagnostics]
    if style == "text":
        return "".join(_text(result) for result in results)
    if style == "json":
        from ...reports.diagnostics import to_json

        verdicts = [(result.source.file, not exit_code(result.diagnostics)) for result in results]
        return to_json.render(found, verdicts)
    if style == "github":
        from ...reports.diagnostics import to_github

        return to_github.render(found)
    from ...reports.diagnostics import to_sarif

    return to_sarif.render(found)


def _text(result: Checked) -> str:
    from ...reports.drawing.terminal_text import escaped

    said = _findings(result) if result.diagnostics else ""
    if result.spec is None or exit_code(result.diagnostics):
        return said
    return f"{said}ok {escaped(result.source.file)}: {_figures(result)}\n"


def _findings(result: Checked) -> str:
    from ...reports.diagnostics import to_text

    return to_text.render(result.diagnostics, [result.source], colour(), width())


def _figures(result: Checked) -> str:
    """Output shapes, params and MACs in a line."""
    from ...reports.drawing.terminal_text import escaped

    assert result.spec is not None
    graph = result.spec.graph
    shapes = [times(graph.shape(name)) for name in graph.outputs]
    outputs = [f"{escaped(name)} {shape}" for name, shape in zip(graph.outputs, shapes, strict=True)]
    totals = graph.totals
    shown = f"output {shapes[0]}" if len(shapes) == 1 else f"outputs {', '.join(outputs)}"
    return f"{shown}, {totals.params:,} parameters, {totals.macs:,} MACs"

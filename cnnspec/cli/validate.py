"""`cnnspec validate`."""

from __future__ import annotations

import click

from ..spec import check
from .report import exit_code, show


@click.command("validate")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
def command(specs: tuple[str, ...]) -> int:
    """Find every mistake."""
    code = 0
    for spec in specs:
        checked = check(spec)
        show(checked.diagnostics, [checked.source])
        code = max(code, exit_code(checked.diagnostics))
    return code

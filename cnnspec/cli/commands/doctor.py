"""`cnnspec doctor`: what there is to compute with."""

from __future__ import annotations

import click

from ..terminal import colour, width


@click.command("doctor")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(style: str) -> None:
    """Show what this machine offers, and what would make it faster.

    Measures matrix products for about a second; a second time without the environment variables that choose how
    NumPy multiplies, where any is set. Nothing is changed.
    """
    from ...machine import doctor
    from ...reports.doctor import to_json, to_text

    findings = doctor.examine()
    without = doctor.examine_without(findings)
    advice = list(doctor.advise(findings, without))
    if style == "json":
        click.echo(to_json.render(findings, without, advice), nl=False)
    else:
        click.echo(to_text.render(findings, advice, colour(), width()), nl=False)

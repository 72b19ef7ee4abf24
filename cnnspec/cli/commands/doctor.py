"""`cnnspec doctor`: what there is to compute with."""

from __future__ import annotations

import click

from ..terminal import colour


@click.command("doctor")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(style: str) -> None:
    """Show what this machine offers, and what would make it faster.

    Measures matrix products for about a second; a second time without the environment variables that choose how
    NumPy multiplies, where any is set. Nothing is changed.
    """
    from ...machine import doctor
    from ...reports.doctor import json_text, text

    findings = doctor.examine()
    without = doctor.examine_without(findings)
    advice = list(doctor.advise(findings, without))
    shown = json_text(findings, without, advice) if style == "json" else text(findings, advice, colour())
    click.echo(shown, nl=False)

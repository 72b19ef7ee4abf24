"""`cnnspec convert`: published weights as safetensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..diagnostics import Diagnostic, FileError
from ..spec import Spec, load
from .report import show

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHECKPOINTS = frozenset({".pth", ".pt", ".bin", ".ckpt", ".pkl"})


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="The .safetensors or .npz file to write.")
@click.option("--for", "spec_name", metavar="SPEC", help="Check against SPEC and keep just what it needs.")
@click.option("--rename", multiple=True, metavar="REGEX=NEW", help="Rename tensors, e.g. '^backbone\\.='; repeatable.")
def command(source: str, output: str, spec_name: str | None, rename: tuple[str, ...]) -> int:
    """Turn IN (.pth, .npz or .safetensors) into safetensors.

    PyTorch files are read without PyTorch, and nothing in them is executed.
    """
    rules = [_rule(text) for text in rename]
    spec = load(spec_name) if spec_name else None
    from ..weights import save

    tensors = _renamed(_read(source), rules, source)
    if spec is not None:
        tensors = _fitted(tensors, spec, source)
    save(tensors, output)
    click.echo(f"{output}: {len(tensors)} tensors, {sum(t.size for t in tensors.values()):,} values")
    return 0


def _rule(text: str) -> tuple[re.Pattern[str], str]:
    pattern, sign, new = text.rpartition("=")
    if not sign:
        raise click.UsageError(f"--rename takes REGEX=NEW, not {text!r}.")
    try:
        return re.compile(pattern), new
    except re.error as error:
        raise click.UsageError(f"--rename: {pattern!r} is no regular expression: {error}.") from None


def _read(source: str) -> Mapping[str, NDArray[Any]]:
    if Path(source).suffix.lower() in CHECKPOINTS:
        from ..checkpoint import read as read_checkpoint

        return read_checkpoint(source)
    from ..weights import read

    return read(source)


def _renamed(
    tensors: Mapping[str, NDArray[Any]], rules: list[tuple[re.Pattern[str], str]], source: str
) -> dict[str, NDArray[Any]]:
    renamed: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        new = name
        for pattern, replacement in rules:
            try:
                new = pattern.sub(replacement, new)
            except (re.error, IndexError) as error:
                raise click.UsageError(f"--rename: {replacement!r} cannot be put in place: {error}.") from None
        if new in renamed:
            why = f"two tensors would be called `{new}` after --rename"
            raise FileError([Diagnostic("E405", "the names do not stay apart", file=source, why=why)])
        renamed[new] = tensor
    return renamed


def _fitted(tensors: dict[str, NDArray[Any]], spec: Spec, source: str) -> dict[str, NDArray[Any]]:
    """The tensors that the spec needs, in its shapes; what is missing, extra or misshapen is listed."""
    from ..weights import fit

    fitted, found = fit(spec.graph.tensors, tensors, source)
    errors = [d for d in found if d.severity == "error"]
    if errors:
        raise FileError(found)
    show(found)
    return fitted

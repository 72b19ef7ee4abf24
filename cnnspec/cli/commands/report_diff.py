"""`cnnspec report-diff`: what a pull request changes in the specs of a repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import click

from ...diagnostics import FileError
from ...files.git import Repository
from ...language.sections.project import Project
from ...language.syntax.source import MAX_BYTES
from ...reports.formats import FORMATS, render
from ...reports.revisions.revisions import Revisions, SpecChange, Times
from ...spec import Checked, check
from ...spec.given import Content
from ..diagnostics_output import settings_of, show
from ..notes import note
from ..terminal import colour, width

SUFFIXES = (".yaml", ".yml")
FOLDER = "the working tree"
_SECTIONS = (re.compile(rb"^input:", re.MULTILINE), re.compile(rb"^layers:", re.MULTILINE))


@click.command("report-diff")
@click.argument("base")
@click.argument("head", required=False)
@click.option("--format", "style", type=click.Choice(FORMATS["revisions"]), default="text", show_default=True)
@click.option("--bench", is_flag=True, help="Also measure the time of one input, before and after in turn.")
def command(base: str, head: str | None, style: str, bench: bool) -> int:
    """Every spec that differs from BASE to HEAD: shapes, parameters, MACs, memory, and what is wrong with it.

    BASE and HEAD are branches, tags or commits of the repository around the current folder; without HEAD, BASE is
    compared with the files as they are. What BASE has got since the two parted is left out. Specs are the files that
    the repository's settings name, or `*.cnn.yaml`; without settings also other YAML files that look like specs. The
    format markdown is made for a comment on a pull request.

    Exit code: 0 when the specs are in order as they are in HEAD, 1 for mistakes in one of them.
    """
    repository = Repository(Path())
    first, last = repository.commit(base), repository.commit(head) if head else None
    start = repository.merge_base(first, last or repository.commit("HEAD"))
    if start is None:
        note(f"no common ancestor is known here, as in a shallow clone: all is compared with {base} as it is")
    changes = tuple(_changes(repository, start or first, last))
    if bench:
        changes = tuple(map(_timed, changes))
    found = Revisions(base, head or FOLDER, changes)
    click.echo(render("revisions", style, found, width=width(), colour=colour()), nl=False)
    if style == "text":
        show([d for change in changes for d in change.findings], [c.after.source for c in changes if c.after])
    return int(found.mistakes > 0)


def _changes(repository: Repository, before: str, after: str | None) -> Iterator[SpecChange]:
    settings = cache(settings_of)
    for file in repository.changed(before, after, SUFFIXES):
        old = repository.content(before, file.before, MAX_BYTES + 1) if file.before else None
        new = repository.content(after, file.after, MAX_BYTES + 1) if file.after else None
        path = repository.top / (file.after or file.before or "")
        asked = settings(path.parent)
        if asked is not None:
            is_spec = asked.project.is_spec(asked.name(path))
        else:
            is_spec = Project().is_spec(path.name) or any(map(_looks_like_one, filter(None, (old, new))))
        if not is_spec:
            continue
        was = _checked(file.before, old) if file.before and old is not None else None
        now = _checked(file.after, new) if file.after and new is not None else None
        yield SpecChange(was, asked.judge(now, path) if asked and now else now)


def _looks_like_one(text: bytes) -> bool:
    return all(section.search(text) for section in _SECTIONS)


def _checked(name: str, text: bytes) -> Checked:
    try:
        return check(Content(name, text))
    except FileError as error:
        return Checked.unread(name, error.diagnostics)


def _timed(change: SpecChange) -> SpecChange:
    """With the time of both networks, as far as they can run."""
    from ...spec.timing import milliseconds

    ends = [end.spec if end else None for end in (change.before, change.after)]
    taken = iter(milliseconds([spec for spec in ends if spec is not None])) if any(ends) else iter(())
    return replace(change, times=Times(*(next(taken) if spec is not None else None for spec in ends)))

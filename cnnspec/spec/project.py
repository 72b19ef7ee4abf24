"""What a repository asks of its specs: its settings found, read and held against a spec that is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnostics import Diagnostic, Failure, SpecError, ordered
from ..diagnostics.wording import clipped
from ..files import places
from ..files.reading import opened
from ..language.elaboration.expectations import broken
from ..language.syntax.source import MAX_BYTES, Source, read
from .spec import Checked, Spec

if TYPE_CHECKING:
    from ..language.sections.project import Project

OWN, SHARED = "cnnspec.toml", "pyproject.toml"
TABLE = ("tool", "cnnspec")


class Settings(NamedTuple):
    """A repository's settings and the file that holds them."""

    project: Project
    file: Path

    def judge(self, checked: Checked, path: Path, own_size: bool = True) -> Checked:
        """What was found in the spec at `path`, without the warnings that nobody wants, and, at its own size, with the
        budgets that it breaks; with `strict` all warnings are errors."""
        found = [d for d in checked.diagnostics if d.severity == "error" or d.code not in self.project.ignore]
        if checked.spec is not None and own_size:
            found += self._broken(checked.spec, path)
        judged = replace(checked, diagnostics=tuple(ordered(found)))
        return judged.strictly() if self.project.strict else judged

    def name(self, path: Path) -> str:
        """A file as the patterns see it: from the settings' folder, with `/`."""
        return (path.parent.resolve() / path.name).relative_to(self.file.parent).as_posix()

    def _broken(self, spec: Spec, path: Path) -> Iterator[Diagnostic]:
        for pattern, budget in self.project.of(self.name(path)).items():
            where = f"asked of `{clipped(pattern)}` in {self.file.name}"
            for found in broken(budget, spec.graph, lambda path: None):
                why = "; ".join(filter(None, (where, found.label, found.why)))
                yield replace(found, file=spec.source.file, label="", why=why)


class SettingsError(SpecError):
    """Settings that break the rules, with the `source` in which they stand."""

    def __init__(self, diagnostics: Iterable[Diagnostic], source: Source) -> None:
        super().__init__(diagnostics)
        self.source = source

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.diagnostics, self.source)


def settings_for(folder: Path) -> Settings | None:
    """The settings for the specs of a folder: the nearest ones, its own or those of a folder around it, up to the
    repository's top. Raises SettingsError or FileError for settings that cannot be read."""
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        for name in (OWN, SHARED):
            found = _read(place / name)
            if found is not None:
                return Settings(found, place / name)
        if places.exists(place / ".git"):
            break
    return None


def _read(file: Path) -> Project | None:
    """The settings in a file, None where there are none."""
    if not places.is_plain(file):  # nobody has named it: what comes through a pipe would be waited for
        return None
    with opened(file, MAX_BYTES + 1) as stream:
        data = stream.read(MAX_BYTES + 1)
    if file.name == SHARED and TABLE[-1].encode() not in data:
        return None  # most projects ask nothing, and their settings need not be understood
    return _understood(read(str(file), data), TABLE if file.name == SHARED else ())


def _understood(source: Source, table: tuple[str, ...]) -> Project | None:
    from ..language.sections.project import Project  # few repositories have settings
    from ..language.syntax.toml import parse
    from ..language.values.field_reader import FieldReader
    from ..language.values.field_types import field_type
    from ..language.values.scope import Scope
    from ..language.values.validation import validate_model

    try:
        body = parse(source, table)
        if body is None:
            return None
        values = FieldReader(Scope(arriving=())).value("settings", body, field_type(Project))
        project, found = validate_model(Project, values, body)
    except Failure as failure:
        project, found = None, list(failure.diagnostics)
    if project is None:
        raise SettingsError([d.within(source.file) for d in found], source)
    return project

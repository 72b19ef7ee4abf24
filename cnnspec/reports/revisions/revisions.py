"""The specs that differ between two revisions of a repository, as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...diagnostics import Diagnostic, errors
from ...spec import Checked
from ..diff.diff import Difference, compare
from ..summary.summary import Summary, summarise


class Times(NamedTuple):
    """Milliseconds for one input, measured in turn; None for a network that is not there."""

    before: float | None
    after: float | None


@dataclass(frozen=True)
class SpecChange:
    """A spec before and after, as it was checked; None where it is new or gone."""

    before: Checked | None
    after: Checked | None
    times: Times | None = None

    @property
    def name(self) -> str:
        """What it is called now, or was."""
        found = self.after or self.before
        assert found is not None
        return found.source.file

    @property
    def word(self) -> str:
        """What happened to it."""
        if self.before is None:
            return "new"
        if self.after is None:
            return "removed"
        return "changed" if self.before.source.file == self.after.source.file else "renamed"

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is wrong with it as it is now."""
        return self.after.diagnostics if self.after else ()

    @cached_property
    def ends(self) -> tuple[Summary | None, Summary | None]:
        """Its summaries before and after, of networks without a mistake in their layers."""
        return _summary(self.before), _summary(self.after)

    @cached_property
    def difference(self) -> Difference | None:
        """Layer by layer, where both networks are known."""
        before, after = self.ends
        return compare(before, after) if before and after else None


class Revisions(NamedTuple):
    """All specs that differ between two revisions, which have these names."""

    base: str
    head: str
    changes: tuple[SpecChange, ...]

    @property
    def mistakes(self) -> int:
        """Errors in the specs as they are now."""
        return sum(len(errors(change.findings)) for change in self.changes)


def _summary(checked: Checked | None) -> Summary | None:
    return summarise(checked) if checked is not None and checked.spec is not None else None

"""Findings as they come in during a walk, without repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from ...diagnostics import Diagnostic, Failure, Span
from ..values.scope import UnknownValue

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Findings:
    """What has been found, in order. `sound` ends with the first mistake, or with what hangs on an earlier one."""

    sound: bool = True
    _found: dict[Diagnostic, None] = field(default_factory=dict)

    def __iter__(self) -> Any:
        return iter(self._found)

    def add(self, diagnostic: Diagnostic) -> None:
        self._found.setdefault(diagnostic)
        self.sound = self.sound and diagnostic.severity == "warning"

    def report(self, code: str, message: str, span: Span, **rest: Any) -> None:
        self.add(Diagnostic(code, message, span=span, **rest))

    def attempt(self, otherwise: T, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work`; after a mistake, which is added, or for lack of a shape, `otherwise`."""
        try:
            return work(*args, **kwargs)
        except Failure as failure:
            for diagnostic in failure.diagnostics:
                self.add(diagnostic)
        except UnknownValue:
            self.sound = False
        return otherwise

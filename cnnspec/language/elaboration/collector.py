"""Findings of a walk over the layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ...diagnostics import Failure
from ...diagnostics.collector import Collector
from ..values.scope import UnknownValue

P = ParamSpec("P")
T = TypeVar("T")


class WalkCollector(Collector):
    """A collector that also takes what work raises."""

    __slots__ = ()

    def attempt(self, otherwise: T, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work`; after a mistake, which is added, or for lack of a shape, `otherwise`."""
        try:
            return work(*args, **kwargs)
        except Failure as failure:
            self.extend(failure.diagnostics)
        except UnknownValue:
            self.is_sound = False
        return otherwise

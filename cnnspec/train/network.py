"""What training has to know of a spec."""

from __future__ import annotations

from typing import Protocol

from ..graph.graph import Graph
from ..language.sections.header import Header


class Network(Protocol):
    """A graph, and the header that says how images become its input and what its classes are called. A `Spec` is
    one."""

    @property
    def graph(self) -> Graph: ...

    @property
    def header(self) -> Header: ...

    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes. Raises FileError for a text file of them that is unusable."""

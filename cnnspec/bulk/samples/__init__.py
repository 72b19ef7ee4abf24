"""From the files of a task to inputs, each with its name and, where the data say so, its label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...files.store import Stored
from ...files.tar_stream import ENDINGS
from ...inputs.batches import Case
from ..task import ARRAY, TABLE, Span, file_name
from . import in_array, in_table, in_tar, single
from .decoding import Decoding


class Container(Protocol):
    """How one kind of files holds inputs."""

    def cases(self, url: str, decoding: Decoding, span: Span | None) -> Iterator[Case]: ...

    def cuts(self, url: str, decoding: Decoding, size: int) -> Iterator[int]: ...


_CONTAINERS: dict[str, Container] = {**dict.fromkeys(ENDINGS, in_tar), TABLE: in_table, ARRAY: in_array}


def cases(file: Stored, decoding: Decoding, span: Span | None = None) -> Iterator[Case]:
    """Every input of a file, or of a part of it, in order. Raises StoreError: whatever else is wrong becomes a case
    with its failure."""
    if container := _container(file):
        return container.cases(file.url, decoding, span)
    return single.cases(file.url, decoding)


def parts(file: Stored, decoding: Decoding, size: int) -> list[Span]:
    """The parts of a file of which each has `size` inputs, or some more where they cannot be taken apart; none where it
    is best left whole. Raises StoreError."""
    container = _container(file)
    cuts = [*container.cuts(file.url, decoding, size)] if container else []
    return [Span(first, end) for first, end in zip([0, *cuts], [*cuts, None], strict=True)] if cuts else []


def _container(file: Stored) -> Container | None:
    name = file_name(file.url).lower()
    return next((container for ending, container in _CONTAINERS.items() if name.endswith(ending)), None)

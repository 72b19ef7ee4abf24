"""What a worker does at a time: a part of the list of inputs, which becomes a shard of the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from pathlib import PurePath
from typing import NamedTuple

from ..files.store import Stored
from ..files.tar_stream import ENDINGS
from ..inputs.images import is_image

TABLE, ARRAY = ".parquet", ".npy"
SAMPLED = (*ENDINGS, TABLE)
"""Files of samples, of which an image is a part."""
CONTAINERS = (*SAMPLED, ARRAY, ".npz")
"""Files of many inputs, by their names: each is a task of its own."""


class Span(NamedTuple):
    """A part of a container, from `first` to before `end`: bytes of an archive, groups of rows of a table,
    inputs of an array. The last part goes as far as the file, which `end` None stands for."""

    first: int
    end: int | None


class Task(NamedTuple):
    """The shard `number`, from 0, and the files that it is made of; of one that is shared, a part."""

    number: int
    files: tuple[Stored, ...]
    span: Span | None = None


class Shard(NamedTuple):
    """A finished one: the bytes of its Parquet file; how many rows it has, how many of them are errors, and how many
    inputs gave numbers that are not finite."""

    number: int
    data: bytes
    rows: int
    failed: int
    not_finite: int

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.rows, self.failed, self.not_finite


def file_name(url: str) -> str:
    """A file's path without what belongs to the store around it."""
    return url.partition("::")[0].partition("?")[0]


def is_container(url: str) -> bool:
    return file_name(url).lower().endswith(CONTAINERS)


def is_input(url: str) -> bool:
    """Whether a file of a folder is one to read: an image, a tar archive, a Parquet table."""
    return file_name(url).lower().endswith(SAMPLED) or is_image(PurePath(file_name(url)))


def tasks(files: Iterable[Stored], size: int, parts: Callable[[Stored], Iterable[Span]]) -> Iterator[Task]:
    """The files in their order: a container by itself, or each of its `parts`, up to `size` single ones together."""
    return (Task(number, *each) for number, each in enumerate(_each(files, size, parts)))


def _each(
    files: Iterable[Stored], size: int, parts: Callable[[Stored], Iterable[Span]]
) -> Iterator[tuple[tuple[Stored, ...], Span | None]]:
    for alone, group in groupby(files, lambda file: is_container(file.url)):
        if alone:
            for file in group:
                spans: list[Span | None] = [*parts(file)]
                yield from (((file,), span) for span in spans or [None])
        else:
            while taken := tuple(islice(group, size)):
                yield taken, None

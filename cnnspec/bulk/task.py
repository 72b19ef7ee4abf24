"""What a worker does at a time: a part of the list of inputs, which becomes a shard of the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import NamedTuple

from ..files.store import Stored
from ..files.tar_stream import ENDINGS
from ..inputs.images import is_image

TABLE = ".parquet"
CONTAINERS = (*ENDINGS, TABLE, ".npy", ".npz")
"""Files of many inputs, by their names: each is a task of its own."""


class Task(NamedTuple):
    """The shard `number`, from 0, and the files that it is made of."""

    number: int
    files: tuple[Stored, ...]


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
    return file_name(url).lower().endswith((*ENDINGS, TABLE)) or is_image(PurePath(file_name(url)))


def tasks(files: Iterable[Stored], size: int) -> Iterator[Task]:
    """The files in their order: a container by itself, up to `size` single ones together."""
    number, group = 0, list[Stored]()
    for file in files:
        alone = is_container(file.url)
        if group and (alone or len(group) == size):
            yield Task(number, tuple(group))
            number, group = number + 1, []
        group.append(file)
        if alone:
            yield Task(number, tuple(group))
            number, group = number + 1, []
    if group:
        yield Task(number, tuple(group))

"""The rows of results that are errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from .table import shard_rows


class Failure(NamedTuple):
    """An input that could not be used, and the words of its error."""

    input: str
    code: str
    message: str
    why: str
    help: str

    def __str__(self) -> str:
        return f"{self.input}: {self.message} ({self.code})" + f": {self.why}" * bool(self.why)


def first_failures(shards: Iterable[str], most: int) -> list[Failure]:
    """In the order of the shards; none is read further than that."""
    return list(islice(_failures(shards), most))


def _failures(shards: Iterable[str]) -> Iterator[Failure]:
    for path in shards:
        for rows in shard_rows(path, ["input", "error"]):
            for row in rows.to_pylist():
                error = {name: text or "" for name, text in row["error"].items()}
                yield Failure(row["input"], **error)

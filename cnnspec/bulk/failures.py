"""The rows of results that are errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from ..files import store
from ..files.reading import blaming


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
    from pyarrow.parquet import ParquetFile

    for path in shards:
        with store.opened_at(path) as stream, blaming(path), store.reading(path):
            for batch in ParquetFile(stream).iter_batches(columns=["input", "error"]):
                for row in batch.filter(batch.column("error").is_valid()).to_pylist():
                    error = {name: text or "" for name, text in row["error"].items()}
                    yield Failure(row["input"], **error)

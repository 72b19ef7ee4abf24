"""A shard of results: a Parquet table with a row for each input, made in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ..files import store
from ..files.reading import blaming
from . import parquet
from .task import Shard

Row = dict[str, Any]
ROWS = 8192
"""In a group; as many are in memory as Python objects."""
_NOTES = b"cnnspec"


class ShardTable:
    """Gathers rows, which have the key `input` and either `error` or the others. `not_finite` only
    counts."""

    def __init__(self, columns: dict[str, object]) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        error = pa.struct([(name, pa.string()) for name in ("code", "message", "why", "help")])
        self.schema = pa.schema([("input", pa.string()), *columns.items(), ("error", error)])
        self.data = BytesIO()
        self.writer = ParquetWriter(self.data, self.schema, compression="zstd")
        self.waiting: list[Row] = []
        self.rows = self.failed = self.not_finite = 0

    def add(self, row: Row) -> None:
        self.rows += 1
        self.failed += "error" in row
        self.not_finite += row.pop("not_finite", False)
        self.waiting.append(_spelled(row))
        if len(self.waiting) == ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        self.writer.write_table(pa.Table.from_pylist(self.waiting, self.schema))
        self.waiting = []

    def shard(self, number: int) -> Shard:
        """The whole table; nothing can be added then."""
        if self.waiting or not self.rows:
            self._write()
        counts = self.rows, self.failed, self.not_finite
        self.writer.add_key_value_metadata({_NOTES: json.dumps(counts)})
        self.writer.close()
        return Shard(number, self.data.getvalue(), *counts)


def _spelled(row: Row) -> Row:
    """The row with names that a table can hold."""
    texts = {"input": row["input"]} | row.get("error", {})
    if all(text is None or text.isascii() for text in texts.values()):
        return row
    said = {name: text and utf8(text) for name, text in texts.items()}
    name = said.pop("input")
    return row | {"input": name} | ({"error": said} if said else {})


def utf8(text: str) -> str:
    """A name with its bytes spelled out that are no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shard_rows(path: str, columns: list[str]) -> Iterator[Any]:
    """Columns of the rows of a shard that was written, some rows at a time, without the rows where the last column is
    empty. Raises FileError, StoreError."""
    with store.opened_at(path) as stream, blaming(path), store.reading(path):
        for batch in parquet.batches(parquet.table(stream), columns):
            yield batch.filter(batch.column(columns[-1]).is_valid())


def counted(path: str, number: int) -> Shard | None:
    """What a shard that was written says of itself, without its data; None when it is not one, or not whole."""
    from pyarrow import ArrowException

    try:
        with store.opened_at(path) as stream, blaming(path):
            table = parquet.table(stream)
            rows, failed, not_finite = json.loads(table.metadata.metadata[_NOTES])
            return Shard(number, b"", rows, failed, not_finite) if rows == table.metadata.num_rows else None
    except (ArrowException, KeyError, TypeError, ValueError):
        return None

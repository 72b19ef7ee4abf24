"""Parquet tables, read by the thread that asks for them, without Arrow's own.

Those hold buffers of Python's where the table is a file object of Python's, as each of fsspec's is. One that gives its
buffer back while the interpreter ends is ended by it, and takes the process along ("terminate called without an active
exception", SIGABRT): a command that had done all of its work failed in 1 of 50 runs on a busy machine.
https://docs.python.org/3/c-api/init.html (a thread that asks for the interpreter after its end is ended)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

ROWS = 65536
"""That come together, where nothing else is said."""


def table(stream: BinaryIO) -> Any:
    """The table of a stream, a `pyarrow.parquet.ParquetFile`. Raises pyarrow.ArrowException."""
    from pyarrow.parquet import ParquetFile

    return ParquetFile(stream, pre_buffer=False)


def batches(table: Any, columns: list[str], rows: int = ROWS, groups: Sequence[int] | None = None) -> Iterator[Any]:
    """Columns of it, at most `rows` at a time; of some of its groups of rows, or of all."""
    if groups is None:
        groups = range(table.num_row_groups)
    yield from table.iter_batches(rows, groups, columns, use_threads=False)

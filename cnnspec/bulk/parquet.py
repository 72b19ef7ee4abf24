"""Parquet tables, read by the thread that asks for them, without Arrow's own.

Those hold buffers of Python's where the table is a file object of Python's, as each of fsspec's is. One that gives its
buffer back while the interpreter ends is ended by it, and takes the process along ("terminate called without an active
exception", SIGABRT): a command that had done all of its work failed in 1 of 50 runs on a busy machine.
https://docs.python.org/3/c-api/init.html (a thread that asks for the interpreter after its end is ended)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO


def table(stream: BinaryIO) -> Any:
    """The table of a stream, a `pyarrow.parquet.ParquetFile`. Raises pyarrow.ArrowException."""
    from pyarrow.parquet import ParquetFile

    return ParquetFile(stream, pre_buffer=False)


def batches(table: Any, columns: list[str], **some: Any) -> Iterator[Any]:
    """Columns of it, some rows at a time; `some` goes to Arrow: `batch_size` rows at most, of `row_groups` alone.
    Raises pyarrow.ArrowException."""
    found: Iterator[Any] = table.iter_batches(columns=columns, use_threads=False, **some)
    return found

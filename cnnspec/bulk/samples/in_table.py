"""Rows of a Parquet table: a column of image files as bytes, or of {bytes, path}, and perhaps one of labels.

Labels are names, or numbers, which Hugging Face's `datasets` may have names for beside the columns.
https://huggingface.co/docs/hub/datasets-image
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ...diagnostics import FileError
from ...diagnostics.wording import listed
from ...files import store
from ...files.reading import Malformed, blaming
from ...inputs.batches import Case
from .. import parquet
from ..task import Span
from .decoding import Decoding

LABELS = ("label", "labels", "class", "cls", "target")
"""What a column of labels is called, where none is named."""
ROWS = 64
"""Of which the images are in memory together, undecoded."""


def cases(url: str, decoding: Decoding, span: Span | None = None) -> Iterator[Case]:
    """Each row of the table, or of some groups of them, named by the table and its number. A table that is damaged is
    one failure, behind the rows before."""
    try:
        with _opened(url, decoding) as table:
            image, label = columns(table.schema_arrow, decoding)
            names = _names(table.schema_arrow, label)
            sizes, (first, end) = _sizes(table), span or Span(0, None)
            number = sum(sizes[:first])
            groups = list(range(len(sizes)))[first:end]
            wanted = [image, *([label] if label else [])]
            for batch in parquet.batches(table, wanted, batch_size=ROWS, row_groups=groups):
                labels = batch.column(label).to_pylist() if label else [None] * len(batch)
                for cell, found in zip(batch.column(image), labels, strict=True):
                    yield _case(f"{url}[{number}]", cell.as_py(), _named(found, names), decoding)
                    number += 1
    except store.StoreError:
        raise
    except FileError as failure:
        yield Case(url, failure=failure)


def cuts(url: str, decoding: Decoding, size: int) -> Iterator[int]:
    """The groups of rows before which there are `size` rows or more since the last one. None in a table that cannot be
    used. Raises StoreError."""
    try:
        with _opened(url, decoding) as table:
            columns(table.schema_arrow, decoding)
            rows = 0
            for group, count in enumerate(_sizes(table)):
                if rows >= size:
                    yield group
                    rows = 0
                rows += count
    except store.StoreError:
        raise
    except FileError:
        return


@contextmanager
def _opened(url: str, decoding: Decoding) -> Iterator[Any]:
    """The table at a URL. Raises FileError, StoreError, also for what is found while it is read."""
    with store.opened_at(decoding.place(url)) as stream, blaming(url), store.reading(url), _refusing():
        yield parquet.table(stream)


def _sizes(table: Any) -> list[int]:
    """The rows of each group."""
    return [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]


def columns(schema: Any, decoding: Decoding) -> tuple[str, str | None]:
    """The columns of images and of labels. Raises Malformed where there are none that are named, or no image."""
    for name in filter(None, (decoding.image_column, decoding.label_column)):
        if name not in schema.names:
            raise Malformed(f"it has no column `{name}`", f"its columns are {listed(schema.names, 20)}")
    image = decoding.image_column or next((field.name for field in schema if _holds_images(field.type)), None)
    if image is None:
        cure = "a column of the bytes of image files, or of a struct with `bytes` as Hugging Face has it"
        raise Malformed(f"its columns are {listed(schema.names, 20)}, none of them bytes", cure)
    return image, decoding.label_column or next((name for name in LABELS if name in schema.names), None)


def _holds_images(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        return any(field.name == "bytes" and _holds_images(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind))


def _case(name: str, cell: Any, label: str | int | None, decoding: Decoding) -> Case:
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        failure = FileError.about(name, "E410", "there is no image in this row", "the column has no bytes here")
        return Case(name, failure=failure, label=label)
    return decoding.case(name, data, label)


def _names(schema: Any, label: str | None) -> list[str]:
    """The names of the classes that a number stands for, where the table has them."""
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return list(map(str, features[label]["names"]))
    return []


def _named(label: Any, names: list[str]) -> str | int | None:
    if isinstance(label, int) and 0 <= label < len(names):
        return names[label]
    return label if isinstance(label, str | int) else None


@contextmanager
def _refusing() -> Iterator[None]:
    """What Arrow has against a table, as Malformed."""
    from pyarrow import ArrowException

    try:
        yield
    except ArrowException as fault:
        raise Malformed(f"it is no Parquet table, or damaged: {fault}", "write or download it again") from None

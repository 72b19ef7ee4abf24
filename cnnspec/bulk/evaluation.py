"""Rows of judgements, shard by shard, as one evaluation: the same sums in the same order, whoever made the shards."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..files import store
from ..files.reading import blaming
from ..train.metrics import TOP, Evaluation

COLUMNS = ["label", "index", "loss", "rank"]


def evaluation(shards: Iterable[str], classes: int) -> Evaluation | None:
    """Of all rows that are no errors; None where there is none."""
    from pyarrow.parquet import ParquetFile

    confusion = np.zeros((classes, classes), np.int64)
    loss, within = 0.0, 0
    for path in shards:
        with store.opened_at(path) as stream, blaming(path), store.reading(path):
            for batch in ParquetFile(stream).iter_batches(columns=COLUMNS):
                rows = batch.filter(batch.column("label").is_valid())
                label, index, losses, rank = (rows.column(name).to_numpy() for name in COLUMNS)
                np.add.at(confusion, (label, index), 1)
                loss += float(losses.sum())
                within += int(np.count_nonzero(rank < TOP))
    examples = int(confusion.sum())
    if not examples:
        return None
    return Evaluation(examples, loss / examples, confusion, within / examples if classes > TOP else None)

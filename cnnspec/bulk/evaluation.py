"""Rows of judgements, shard by shard, as one evaluation: the same sums in the same order, whoever made the shards."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..train.metrics import TOP, Evaluation
from .table import shard_rows

COLUMNS = ["index", "loss", "rank", "label"]


def evaluation(shards: Iterable[str], classes: int) -> Evaluation | None:
    """Of all rows that are no errors; None where there is none."""
    confusion = np.zeros((classes, classes), np.int64)
    loss, within = 0.0, 0
    for path in shards:
        for rows in shard_rows(path, COLUMNS):
            index, losses, rank, label = (rows.column(name).to_numpy() for name in COLUMNS)
            np.add.at(confusion, (label, index), 1)
            loss += float(losses.sum())
            within += int(np.count_nonzero(rank < TOP))
    examples = int(confusion.sum())
    if not examples:
        return None
    return Evaluation(examples, loss / examples, confusion, within / examples if classes > TOP else None)

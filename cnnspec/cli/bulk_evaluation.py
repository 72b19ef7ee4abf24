"""`eval` over many inputs: what the network takes each for, in shards, and one evaluation of them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from ..bulk.evaluation import evaluation
from ..bulk.job import Job
from ..bulk.judging import Judgements
from ..bulk.listing import listed
from ..bulk.samples.decoding import Decoding
from ..bulk.task import TABLE, file_name, is_container
from ..diagnostics import FileError
from ..diagnostics.wording import quantity
from ..files.natural_order import natural
from ..files.store import Stored
from ..graph.array import Array
from ..graph.shape import Shape
from ..inputs.batch_size import batch_size
from ..language.sections.train import Train
from ..spec import Spec
from ..spec.running import LARGEST_BATCH
from ..train.metrics import Evaluation
from .bulk import Bulk, current_folder, ensure_columns, ensure_packages, inputs_of
from .bulk_errors import MOST, tell
from .bulk_options import BulkChoices, Engine
from .notes import note


class Judged(NamedTuple):
    """What came of it, the names of the classes, and how many inputs could not be judged."""

    found: Evaluation
    classes: tuple[str, ...] | None
    failed: int


def judge(
    spec: Spec,
    settings: Train,
    tensors: Mapping[str, Array],
    data: str | None,
    out: str | None,
    label_column: str | None,
    engine: Engine,
    choices: BulkChoices,
) -> Judged:
    """Judge the network by all inputs that have a label. Raises FileError, UsageError."""
    _ensure_named(out)
    names = inputs_of((data,) if data else (), choices)
    ensure_packages((*names, out or ""), choices)
    scored = settings.trained(spec.graph)
    count = _classes(settings, scored.shape(scored.outputs[0]))
    with _kept(out) as place:
        files = listed(names, place)
        ensure_columns(choices.image_column, label_column, files)
        classes = spec.classes() or _folders(files, count)
        columns = choices.image_column, label_column
        decoding = Decoding(spec.header.preprocess, scored.input, *columns, current_folder())
        size = batch_size(scored, LARGEST_BATCH)
        job = Job(
            scored, tensors, decoding, Judgements(settings, classes), size, engine.threads, backend=engine.backend
        )
        asked = {"classes": ", ".join(classes or ()), "--label-column": label_column, "--backend": engine.backend}
        results = Bulk(spec, job, names, files, choices, {"command": "eval", **asked}).carry_out(place)
        found = evaluation(map(results.shard_place, sorted(results.done)), count)
        first = results.first_failures(MOST)
    failed = results.extent.failed
    if found is None:
        why = f"{quantity(failed, 'error')}; the first: {first[0]}" if first else "there is nothing in it"
        cure = first[0].help if first else ""
        raise FileError.about(names[0], "E420", "there is no example that can be judged", why, cure)
    if failed:
        note(f"{quantity(failed, 'input')} could not be judged")
        tell(first, failed, out)
    return Judged(found, classes, results.extent.failed)


def _ensure_named(out: str | None) -> None:
    """Raises FileError (E405) for a folder of results that is not called so."""
    if out is not None and Path(out).suffix.lower() != TABLE:
        message, why = f"cannot keep results in `{Path(out).name or out}`", "they are a folder that ends in .parquet"
        raise FileError.about(out, "E405", message, why, "`--out RESULTS.parquet`")


def _classes(settings: Train, output: Shape) -> int:
    """How many there are. Raises UsageError for a network that does not tell classes apart."""
    if settings.loss != "cross_entropy" or len(output) != 1 or output == (1,):
        raise click.UsageError("data of this kind are for networks that tell classes apart, by `loss: cross_entropy`.")
    return output[0]


def _folders(files: list[Stored], count: int) -> tuple[str, ...] | None:
    """The names of the folders of single images, where there is one for each class."""
    parents = {Path(file_name(file.url)).parent.name for file in files if not is_container(file.url)}
    found = tuple(path.name for path in sorted(map(Path, parents), key=lambda path: natural(path.name)))
    return found if len(found) == count else None


@contextmanager
def _kept(out: str | None) -> Iterator[str]:
    """The folder of the shards, for a while where nobody wants them."""
    if out:
        yield out
    else:
        with TemporaryDirectory(prefix="cnnspec-") as folder:
            yield str(Path(folder, "results.parquet"))

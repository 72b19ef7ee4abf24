"""`run` over many inputs: what the network says of each, in shards."""

from __future__ import annotations

from collections.abc import Mapping

from ..bulk.job import Job
from ..bulk.listing import listed
from ..bulk.predicting import Predictions
from ..bulk.samples.decoding import Decoding
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batch_size import batch_size
from ..spec import Spec
from ..spec.running import LARGEST_BATCH
from .bulk import Bulk, current_folder, ensure_columns, ensure_packages, inputs_of, told
from .bulk_options import BulkChoices, Engine


def predict(
    spec: Spec,
    graph: Graph,
    tensors: Mapping[str, Array],
    given: tuple[str, ...],
    out: str,
    until: str | None,
    top: int,
    engine: Engine,
    choices: BulkChoices,
) -> int:
    """Run a part of the network, `graph`, on all inputs; the exit code. Raises FileError, UsageError."""
    names = inputs_of(given, choices)
    ensure_packages((*names, out), choices)
    decoding = Decoding(spec.header.preprocess, graph.input, choices.image_column, folder=current_folder())
    telling = Predictions(until, spec.classes(), top)
    size = engine.batch or batch_size(graph, LARGEST_BATCH)
    job = Job(graph, tensors, decoding, telling, size, engine.threads, engine.exact, engine.backend)
    classes = ", ".join(telling.classes or ())
    asked = {"classes": classes, "--until": until, "--top": top, "--exact": engine.exact, "--backend": engine.backend}
    files = listed(names, out)
    ensure_columns(choices.image_column, None, files)
    return told(out, Bulk(spec, job, names, files, choices, asked).carry_out(out))

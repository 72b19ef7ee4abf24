"""A training run put together from a network, its settings, examples, and a state to start from."""

from __future__ import annotations

import numpy as np

from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train
from .checkpoint import Snapshot
from .datasets.augment import Augment
from .datasets.batches import Batches
from .datasets.dataset import Dataset
from .datasets.split import Split
from .evaluate import Evaluator
from .identity import Identity, digest
from .loop import TrainingRun
from .losses import class_weights
from .schedules import rate
from .trainer import Trainer


def identify(graph: Graph, settings: Train, data: str, start: str, threads: int, backend: str) -> Identity:
    """What makes the run this run: `data` are their fingerprint, `start` is the digest of the first weights. Where the
    data lie makes no difference."""
    values = settings.model_copy(update={"data": None, "validation_data": None})
    return Identity(digest(graph), data, start, values, threads, backend=backend)


def assemble(graph: Graph, settings: Train, split: Split, threads: int, start: Snapshot, backend: str) -> TrainingRun:
    """The run from `start` on, by the kernels of a backend."""
    examples, learned, judged, aside = split.examples, split.learned, split.judged, split.aside
    weights = _class_weights(graph, settings, examples, learned)
    trainer = Trainer(graph, settings, start.tensors, threads, weights, backend)
    if start.optimizer:
        trainer.optimizer.restore(start.optimizer)
    augment = Augment(examples.blank, **settings.augment.model_dump())
    batches = Batches(examples, learned, settings.batch, settings.seed, augment, least_batch(graph, settings))
    return TrainingRun(
        learner=trainer,
        batches=batches,
        examine=(lambda tensors: Evaluator(graph, settings, judged, aside, tensors, threads, backend=backend))
        if aside
        else None,
        rate=lambda step: rate(settings, step, len(batches)),
        epochs=settings.epochs,
        patience=settings.patience,
        cure=_cure(settings),
        progress=start.progress,
        best=start.best,
    )


def _class_weights(graph: Graph, settings: Train, examples: Dataset, learned: int) -> Array | None:
    labels = (
        examples.answers.read(np.arange(learned)) if settings.class_weights == "balanced" else np.zeros(0, np.int64)
    )
    return class_weights(settings, labels, graph.shape(graph.outputs[0])[0])


def least_batch(graph: Graph, settings: Train) -> int:
    """Examples that a batch needs."""
    return 2 if settings.lonely(settings.trained(graph)) else 1


def _cure(settings: Train) -> str:
    """What helps against a loss that explodes."""
    slower = f"a smaller rate, `--set train.rate={settings.rate / 10:.1g}`"
    return slower if settings.clip else f"{slower}, or `--set train.clip=1`"

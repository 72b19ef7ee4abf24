"""The whole way: an ONNX file -> a spec with its tensors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onnx import ModelProto

from ....diagnostics import FileError
from ....diagnostics.wording import listed
from ....files.reading import AnyPath
from ....graph.shape import Shape, batch_of, is_image
from ...faults import SHOWN
from ...finishing import Finding, finished, left_out
from ...imported import Imported
from ...importer import Wish
from . import check, model_file, names
from .channels_last import turned
from .composing import composed
from .lowering import Lowered, lower
from .model_file import Model
from .patterns import Patterns, grown
from .signals import as_images
from .spelling import pieces
from .stacks import unstacked
from .static import StaticModel, static

if TYPE_CHECKING:
    from ....spec import Spec


def of_file(path: AnyPath, wish: Wish) -> Imported:
    """As `read_model`."""
    return imported(model_file.read(path), path, wish)


def imported(read: Model, path: AnyPath, wish: Wish, *, is_file: bool = True) -> Imported:
    """A model that was read from `path`, or is called so; then whoever wrote it has folded nothing."""
    from ....spec.authoring import About

    proto = read.proto
    model = static(read, str(path), wish.size, wish.outputs)
    ours = read.is_ours
    model.nodes = unstacked(pieces(model.nodes, model), model)
    if not ours:
        turned(model)
    nodes = list(composed(as_images(Patterns(model, ours).nodes(), model), model))
    lowered = lower(model, nodes if ours else grown(nodes))
    if lowered.faults:
        raise FileError(lowered.faults[:SHOWN])
    draft = lowered.draft
    draft.told = names.told(lowered.origins, ours)
    shape = draft.builder.value(lowered.outputs[-1]).shape
    about = About(_name(proto, path, ours), _about(proto, path, ours), _classes(proto, shape))
    found = Finding(str(path), draft, lowered.outputs, about, _source(proto, model), lowered.names)
    found.notes = lambda spec: [*read.notes, *_order(model), *_notes(lowered, draft.told, spec, is_file and not ours)]
    return finished(found, wish, lambda spec: check.judge(read, path, model, spec))


def _name(proto: ModelProto, path: AnyPath, ours: bool) -> str:
    return _plain(str(proto.graph.name) if ours else Path(path).stem)


def _about(proto: ModelProto, path: AnyPath, ours: bool) -> str:
    if ours:
        return str(proto.graph.doc_string)
    return f"Imported from {Path(path).name}, written by {_producer(proto)}."


def _producer(proto: ModelProto) -> str:
    name, version = (_plain(text) for text in (proto.producer_name, proto.producer_version))
    return f"{name} {version}".strip() or "an unknown program"


def _plain(text: str) -> str:
    """A word of a stranger for a line of ours."""
    return text[:60] if text.isprintable() else ""


def _source(proto: ModelProto, model: StaticModel) -> str:
    return f"{_producer(proto)}, opset {model.opset}, input {batch_of(model.given[1:])}"


def _classes(proto: ModelProto, shape: Shape) -> tuple[str, ...] | None:
    """The names of the classes that a file tells, where the output has one value for each."""
    said = {each.key: each.value for each in proto.metadata_props}
    try:
        names = json.loads(said.get("classes", "null"))
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(names, list) and all(isinstance(name, str) and name.isprintable() for name in names)
    return tuple(names) if is_list and names and shape[0] == len(names) else None


def _order(model: StaticModel) -> Iterator[str]:
    """What has its channels elsewhere than in the file."""
    if model.is_channels_last:
        ends = [f"the output `{name}`" for name, is_turned in zip(model.ends, model.turned, strict=True) if is_turned]
        yield f"channels are last in the file, first in the spec: {listed(['the input', *ends], 3)}"


def _notes(lowered: Lowered, told: dict[str, str], spec: Spec, may_be_folded: bool) -> Iterator[str]:
    """What was folded, renamed and left out, as far as the file shows it."""
    said = {origin.node for origin in lowered.origins.values()}
    if dropped := [name for name in dict.fromkeys(lowered.dropped) if name not in said]:
        yield left_out(dropped)
    convolutions = [step for step in spec.graph.steps if is_image(step.arriving[0]) and "weight" in step.tensors]
    has_norms = any(step.layer.normalizes_batch for step in spec.graph.steps)
    if convolutions and not has_norms and may_be_folded and all("bias" in step.tensors for step in convolutions):
        yield "there are no batch norms: if there were, they were folded into convolutions before the file was written"
    called = {step.name for step in spec.graph.steps}
    renamed = dict.fromkeys(
        origin.tensors[0]
        for step, origin in lowered.origins.items()
        if all((origin.tensors or ("",))[:1]) and told.get(step) not in called
    )
    if renamed:
        yield f"renamed: {listed([*renamed], 3)}, whose names say no layer"

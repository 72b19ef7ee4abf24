"""What all importers do at the end: a graph with tensors becomes a spec, which is held against the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..diagnostics import SpecError
from ..diagnostics.wording import listed
from ..graph.graph import INPUT
from .class_names import stand_apart
from .comparison import Judge, Rounding, answers, compared, rounding
from .draft import Draft
from .faults import broken, differs, rounds
from .imported import ROUGH, TOLERANCE, Difference, Imported
from .importer import Wish

if TYPE_CHECKING:
    from ..spec import Spec
    from ..spec.authoring import About


@dataclass(slots=True)
class Finding:
    """What an importer has found in the file at `path`: the network, the steps that make its outputs, steps by the
    names of the model's values, and what is to be said of it and of where it comes from."""

    path: str
    draft: Draft
    outputs: list[str]
    about: About
    source: str
    values: Mapping[str, str] = field(default_factory=dict)
    notes: Callable[[Spec], Iterable[str]] = lambda spec: ()
    """What is to be known of what became of it."""


def left_out(names: Sequence[str]) -> str:
    """A note of parts of a model that do nothing."""
    return f"left out: {listed(names, 3)}, which only {'hands' if len(names) == 1 else 'hand'} on what arrives"


def finished(found: Finding, wish: Wish, judge: Callable[[Spec], Judge | str]) -> Imported:
    """The spec of a network. Who judges it is asked when it is written; where nobody does, why not.

    Raises FileError: E430 where the language cannot say it, E432 where it computes something else.
    """
    from ..language.writer.reading_order import in_reading_order
    from ..spec.authoring import author

    draft = found.draft
    graph = in_reading_order(draft.builder.build(dict.fromkeys(found.outputs)))
    about = found.about._replace(weights=wish.weights if wish.weights and draft.tensors else None)
    apart: tuple[str, ...] = ()
    if wish.classes and isinstance(about.classes, tuple) and stand_apart(about.classes):
        apart, about = about.classes, about._replace(classes=wish.classes)
    try:
        text, spec = author(graph, draft.told, about)
    except SpecError as fault:
        first = fault.diagnostics[0]
        raise broken(found.path, f"no spec can be written: {first.message}", first.why, "") from fault
    renamed = {old.name: new.name for old, new in zip(graph.steps, spec.graph.steps, strict=True)} | {INPUT: INPUT}
    tensors: dict[str, NDArray[np.float32]] = {}
    for step, held in draft.tensors.items():
        tensors |= {f"{renamed[step]}.{key}": array for key, array in held.items()}
    difference, notes = None, [*found.notes(spec)]
    if wish.verify:
        judging = judge(spec)
        if isinstance(judging, str):
            notes.append(f"not checked: {judging}")
        else:
            known = answers(judging, spec.graph.input)
            outputs = [renamed[step] for step in found.outputs]
            difference = compared(known, spec, tensors, outputs)
            if not difference.largest <= TOLERANCE:
                notes.append(_rounded(found.path, difference, rounding(known, spec, tensors, outputs)))
    values = {name: renamed[step] for name, step in found.values.items()}
    return Imported(text, spec, tensors, found.source, tuple(notes), difference, values, apart)


def _rounded(path: str, difference: Difference, rounding: Rounding) -> str:
    """A note on a large difference that is rounding. Raises FileError (E432) for one that is not, or is too large."""
    if not rounding.is_all:
        raise differs(path, difference.largest, difference.judge)
    why = (
        f"from the same in float64 {difference.judge} is off by {rounding.theirs:.0e}, the spec by {rounding.ours:.0e}"
    )
    if difference.largest > ROUGH:
        raise rounds(path, difference.largest, why)
    return f"the difference is rounding: {why}"

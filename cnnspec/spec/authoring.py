"""A spec for a network that came from elsewhere: names, blocks and a header for a graph that has none."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

from ..graph.graph import Graph
from ..language.sections.header import Expect, Header, Input
from ..language.sections.preprocess import Preprocess
from ..language.writer import write
from ..language.writer.christening import christened
from ..language.writer.repetition import with_uses
from .spec import Spec, load

LONG = 60
"""Lines from which on a text with fewer names is tried."""
SHORTER = 0.6
"""How much shorter it must be to be taken."""


class About(NamedTuple):
    """What is to be said of a network beside its layers; `weights` is the name of the file that holds them. `classes`
    are names, or that of the file with a name a line; `preprocess` is what is done to an image first."""

    name: str = ""
    about: str = ""
    classes: tuple[str, ...] | str | None = None
    weights: str | None = None
    preprocess: Preprocess | None = None


def author(graph: Graph, told: Mapping[str, str], about: About) -> tuple[str, Spec]:
    """The text of a spec of a graph, and the spec that it is. Blocks are found.

    Layers whose names are `told` by their names in the graph are called so, all others are counted; all of them are
    where that makes a far shorter text. The spec promises its output, its parameters and its MACs. Raises SpecError for
    a network that the language cannot say.
    """
    rounded = _rounded(graph)
    text, spec = _text(rounded, told, about)
    if told and len(text.splitlines()) > LONG:  # names that are no modules' keep lines from being one block
        other, counted = _text(rounded, {}, about)
        if len(other.splitlines()) < SHORTER * len(text.splitlines()):
            return other, counted
    return text, spec


def _text(graph: Graph, told: Mapping[str, str], about: About) -> tuple[str, Spec]:
    flat = christened(graph, told)
    names = zip(graph.steps, flat.steps, strict=True)
    kept = {new.name: told[old.name] for old, new in names if old.name in told}
    named = christened(with_uses(flat, kept), kept)
    text = write(named, _header(named, about))
    return text, load(io.StringIO(text))


def _header(graph: Graph, about: About) -> Header:
    shapes = {name: graph.shape(name) for name in graph.outputs}
    output = shapes if len(shapes) > 1 else next(iter(shapes.values()))
    totals = graph.totals
    expect = Expect(output=output, params=totals.params, buffers=totals.buffers or None, macs=totals.macs)
    return Header(
        name=about.name,
        about=about.about,
        input=Input.of(graph.input),
        rounding="floor" if any(_rounding(step.layer) == "floor" for step in graph.steps) else None,
        preprocess=about.preprocess,
        classes=about.classes or None,
        weights=about.weights,
        expect=expect,
    )


def _rounded(graph: Graph) -> Graph:
    """Where a layer leaves cells unread, all that say nothing about it accept it: then the spec says it once."""
    if not any(_rounding(step.layer) == "floor" for step in graph.steps):
        return graph
    layers = {
        id(step.layer): step.layer.model_copy(update={"rounding": "floor"})
        for step in graph.steps
        if "rounding" in type(step.layer).model_fields and _rounding(step.layer) is None
    }
    steps = (step._replace(layer=layers.get(id(step.layer), step.layer)) for step in graph.steps)
    return Graph(graph.input, tuple(steps), graph.outputs)


def _rounding(layer: object) -> str | None:
    found: str | None = getattr(layer, "rounding", None)
    return found

"""What a summary says, as data: a row for each layer or block call, the totals. `cnnspec.reports` shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from ...graph.graph import BlockUse, Graph, Step, Totals
from ...graph.layer import Layer, TensorSpec
from ...graph.shape import Shape
from ...language.document.document import Document
from ...spec import Checked, Spec
from ...spec.naming import spec_name

TEXTBOOK = "FSPDKG"
"""The textbook's order; other fields follow in their own."""


class Row(NamedTuple):
    """A layer, or a block call with the sums over its layers.

    `fields` are a layer's fields as plain data, `given` those of them that differ from their default; both are empty
    for a block call, which has no line and inputs of its own either. `level` counts the block calls around. The
    layers of an `is_open` call follow as rows of their own. An activation and the like, which holds nothing and
    leaves the shape as it is, `is_plain`.
    """

    name: str
    kind: str
    output: Shape
    params: int
    buffers: int
    macs: int
    receptive_field: tuple[int, int] | None
    line: int | None = None
    inputs: tuple[str, ...] = ()
    fields: Mapping[str, Any] = MappingProxyType({})
    given: tuple[str, ...] = ()
    level: int = 0
    is_open: bool = False
    is_plain: bool = False


class Summary(NamedTuple):
    """A spec's rows and totals; after a mistake the rows up to it, without `outputs` and `totals`."""

    name: str
    file: str
    input: Shape
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    outputs: Mapping[str, Shape] | None
    totals: Totals | None
    batch: int = 1

    def _repr_html_(self) -> str:
        from ... import in_html

        return in_html(self)

    @property
    def counted(self) -> tuple[Row, ...]:
        """The rows whose figures add up to the totals."""
        return tuple(row for row in self.rows if not row.is_open)

    @property
    def tensors(self) -> Mapping[str, TensorSpec]:
        """Every array that a weights file must hold, by its full name."""
        return Graph(self.input, self.steps, ()).tensors

    @property
    def last_spatial(self) -> Row | None:
        """The last row that has a receptive field."""
        return next((row for row in reversed(self.counted) if row.receptive_field), None)


def summarise(checked: Checked, input: Shape | None = None, batch: int = 1, depth: int | None = None) -> Summary | None:
    """The summary of a checked spec; None when not even its header can be read.

    `input` (C, H, W) is what it was checked with, `batch` the inputs whose activations are held at a time. With
    `depth`, rows are nested by block calls, that many levels deep; without it there is a row for each layer.
    """
    document = checked.document
    if document is None:
        return None
    header = document.header
    graph = checked.spec.graph if checked.spec else None
    rows = _layers(checked.steps, document) if depth is None else _nested(checked.steps, document, depth)
    return Summary(
        name=header.name or spec_name(checked.source.file),
        file=checked.source.file,
        input=input or header.input.shape,
        steps=checked.steps,
        rows=tuple(rows),
        outputs={name: graph.shape(name) for name in graph.outputs} if graph else None,
        totals=_totals(graph, batch) if graph else None,
        batch=batch,
    )


def summary_of(spec: Spec) -> Summary:
    """The summary of a spec without mistakes, at the size that it was loaded with."""
    checked = Checked(spec.source, spec, spec.graph.steps, spec.warnings, spec.document)
    summary = summarise(checked, spec.graph.input)
    assert summary is not None
    return summary


def _totals(graph: Graph, batch: int) -> Totals:
    totals = graph.totals
    return replace(totals, peak_activation_bytes=batch * totals.peak_activation_bytes)


def _layers(steps: Sequence[Step], document: Document, level: int = 0) -> Iterator[Row]:
    written: dict[int, tuple[Mapping[str, Any], tuple[str, ...]]] = {}  # equal layers are one, and told once
    for step in steps:
        layer = step.layer
        if id(layer) not in written:
            written[id(layer)] = layer.model_dump(mode="json", by_alias=True), _given(layer, document.header.rounding)
        fields, given = written[id(layer)]
        yield Row(
            name=step.name,
            kind=step.kind,
            output=step.shape,
            params=step.params,
            buffers=step.buffers,
            macs=step.macs,
            receptive_field=step.receptive_field,
            line=step.span.line,
            inputs=step.inputs,
            fields=fields,
            given=given,
            level=level,
            is_plain=not step.tensors and step.arriving == (step.shape,),
        )


def _given(layer: Layer, rounding: str | None) -> tuple[str, ...]:
    """Fields that differ from their default, by the names used in a spec; the spec's own `rounding` is a default."""
    found = []
    for name, info in type(layer).model_fields.items():
        default = (None, rounding) if name == "rounding" else (info.default,)
        if getattr(layer, name) not in default:
            found.append(info.alias or name)
    return tuple(sorted(found, key=lambda name: TEXTBOOK.find(name) if name in TEXTBOOK else len(TEXTBOOK)))


def _nested(
    steps: Sequence[Step], document: Document, depth: int, level: int = 0, outer: int = 0, scope: str = ""
) -> Iterator[Row]:
    """Rows of steps that share their `outer` calls, of which the nearest with a name has the name `scope`."""
    for use, group in groupby(steps, lambda step: _call(step, outer)):
        within = tuple(group)
        if use is None:
            yield from _layers(within, document, level)
            continue
        is_open = level + 1 < depth
        yield _block(use, within, level, is_open, scope)
        if is_open:
            inner = outer + 1
            while _is_wrapped(within, inner):
                inner += 1
            yield from _nested(within, document, depth, level + 1, inner, use.label or scope)


def _call(step: Step, outer: int) -> BlockUse | None:
    return step.calls[outer] if len(step.calls) > outer else None


def _is_wrapped(steps: Sequence[Step], outer: int) -> bool:
    """Whether one more call without a name is around all of the steps: a level that would tell nothing."""
    call = _call(steps[0], outer)
    return call is not None and not call.label and all(_call(step, outer) == call for step in steps)


def _block(use: BlockUse, steps: Sequence[Step], level: int, is_open: bool, scope: str) -> Row:
    """A block call as one row; one without a name goes by the names of its first and last layer."""
    first, last = steps[0], steps[-1]
    return Row(
        name=use.label or f"{first.name}..{last.name.removeprefix(f'{scope}.')}",
        kind=use.block,
        output=last.shape,
        params=sum(step.params for step in steps),
        buffers=sum(step.buffers for step in steps),
        macs=sum(step.macs for step in steps),
        receptive_field=last.receptive_field,
        level=level,
        is_open=is_open,
    )

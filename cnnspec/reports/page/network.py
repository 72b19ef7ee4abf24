"""The network as the page knows it: each layer with its shapes, counts, laws and receptive field. No values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...graph.graph import INPUT, Graph, Step
from ...graph.layer import Layer
from ...graph.receptive_field import ReceptiveField
from ...graph.shape import Shape, is_image
from ...language.sections.preprocess import Preprocess
from ...layers import find
from ...spec import Spec
from ..drawing.terminal_text import escaped
from ..inspection.laws import laws
from ..manual.pages import summary as in_one_line
from ..summary import hyperparameters
from ..summary.facts import counted
from ..summary.summary import Row, Summary
from . import law_tables
from .graph_data import graphs


def numbers(graph: Graph) -> dict[str, int]:
    """A number for `input`, 0, and for each layer in the order of execution."""
    return {INPUT: 0} | {step.name: i for i, step in enumerate(graph.steps, 1)}


def network(spec: Spec, summary: Summary, weights: str, command: str) -> dict[str, Any]:
    """The whole network as JSON. `weights` says where they come from if not from a file that was learned, `command`
    what the terminal is asked for the same values."""
    graph = spec.graph
    number, tables = numbers(graph), LawTables()
    rows = {row.name: row for row in summary.rows}
    first: dict[str, Any] = {
        "name": INPUT,
        "shape": graph.input,
        "kind": "",
        "family": "input",
        "law": None,
        "inputs": [],
    }
    totals = graph.totals
    return {
        "name": escaped(spec.name),
        "about": escaped(spec.header.about or ""),
        "weights": weights,
        "command": escaped(command),
        "classes": [escaped(name) for name in spec.classes() or ()],
        "picture": _picture(spec.header.preprocess, graph.input),
        "facts": {"params": counted(totals.params), "macs": counted(totals.macs), "layers": len(graph.steps)},
        "layers": [first, *(_layer(step, rows[step.name], number, tables) for step in graph.steps)],
        "outputs": [number[name] for name in graph.outputs],
        "about_kinds": {
            kind: {"en": in_one_line(kind), "zh": find(kind).zh} for kind in sorted({step.kind for step in graph.steps})
        },
        "laws": tables.tables,
        "graphs": graphs(summary, number),
    }


class LawTables:
    """The tables of laws, each once: equal layers over equal shapes have the same. They are known by their numbers."""

    def __init__(self) -> None:
        self.tables: list[dict[str, Any] | None] = []
        self.number: dict[tuple[type[Layer], str, tuple[Shape, ...]], int] = {}

    def of(self, step: Step) -> int:
        key = type(step.layer), step.layer.model_dump_json(), step.arriving
        if key not in self.number:
            found = laws(step.layer, step.shape, step.arriving)
            self.number[key] = len(self.tables)
            self.tables.append(law_tables.table(found) if found is not None else None)
        return self.number[key]


def _layer(step: Step, row: Row, number: Mapping[str, int], tables: LawTables) -> dict[str, Any]:
    return {
        "name": escaped(step.name),
        "kind": step.kind,
        "fields": hyperparameters.fields(row),
        "family": step.layer.family,
        "shape": step.shape,
        "inputs": [number[name] for name in step.inputs],
        "own": {key: tensor.shape for key, tensor in step.tensors.items()},
        "params": step.params,
        "macs": step.macs,
        "sees": step.receptive_field,
        "fields_of_view": [_field(field) for field in step.receptive_fields],
        "law": tables.of(step),
    }


def _field(field: ReceptiveField | None) -> list[Any] | None:
    """Where the fields of the pattern's cells start and end, and how far the next pattern's lie."""
    return None if field is None else [field.starts, field.ends, field.effective_stride]


def _picture(preprocess: Preprocess | None, input: Shape) -> dict[str, Any] | None:
    """How values of the input become pixels again; None where nothing is known of it."""
    if preprocess is None or not is_image(input) or input[0] != preprocess.channels(input[0]):
        return None
    return {
        "bgr": preprocess.mode == "bgr",
        "invert": preprocess.invert,
        "scale": preprocess.scale,
        "mean": _for_each(preprocess.mean, input[0]),
        "std": _for_each(preprocess.std, input[0]),
    }


def _for_each(level: float | tuple[float, ...], channels: int) -> list[float]:
    return list(level) if isinstance(level, tuple) else [level] * channels

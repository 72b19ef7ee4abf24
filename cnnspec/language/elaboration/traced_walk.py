"""A walk that tells a `Trace` of all that it comes by."""

from __future__ import annotations

from ...diagnostics.collector import Collector
from ...graph.builder import GraphBuilder
from ...graph.graph import Step
from ...graph.shape import Shape
from ..document.document import Document
from ..syntax.nodes import Scalar
from ..syntax.source import Source
from ..syntax.tree import Entry
from ..values.scope import WordArgument
from .collector import WalkCollector
from .context import Context, Tensor
from .layer_names import LayerNames
from .references import References
from .sizes import Sizes
from .step_maker import StepMaker
from .symbol_table import SymbolTable
from .trace import Definition, Reference, Trace, Visit
from .walk import Walk


class TracedWalk(Walk):
    def __init__(self, document: Document, input: Shape | None, reserved: frozenset[str], trace: Trace) -> None:
        super().__init__(document, input, reserved)
        self.trace = trace
        trace.clear()
        self.names = TracedNames(self.table, self.findings, trace)
        self.references = TracedReferences(document, self.table, self.findings, trace)
        self.sizes = Sizes(self.references)
        self.steps = TracedSteps(self.builder, self.findings, document.source, trace)

    def visit(self, entry: Entry, here: Context, tensor: Tensor) -> Tensor:
        first = len(self.trace.visits)
        end = super().visit(entry, here, tensor)
        self.trace.visits.append(Visit(entry, here.scope, here.names, here.calls, tensor, end, first))
        return end

    def give_up(self, entry: Entry, here: Context) -> Tensor:
        if entry.name is not None:
            found = Definition(entry, here.names[-1], entry.name.text, None)
            self.trace.definitions.setdefault(found.full, found)
        return super().give_up(entry, here)


class TracedNames(LayerNames):
    def __init__(self, table: SymbolTable[Tensor], findings: Collector, trace: Trace) -> None:
        super().__init__(table, findings)
        self.trace = trace

    def name(self, entry: Entry, scopes: tuple[str, ...], index: int | None = None) -> str:
        full = super().name(entry, scopes, index)
        prefix = scopes[-1]
        self.trace.definitions.setdefault(full, Definition(entry, prefix, full.removeprefix(prefix), index))
        return full


class TracedReferences(References):
    def __init__(self, document: Document, table: SymbolTable[Tensor], findings: WalkCollector, trace: Trace) -> None:
        super().__init__(document, table, findings)
        self.trace = trace

    def find(self, scalar: Scalar, here: Context) -> Tensor:
        value, word, places = here.scope.argument(scalar.text), scalar, here.names
        if isinstance(value, WordArgument):
            word, places = value.scalar, value.places
        full = self.table.full_name(word.text, places)
        if full is not None:
            self.trace.references.setdefault(Reference(word, full))
        return super().find(scalar, here)


class TracedSteps(StepMaker):
    def __init__(self, builder: GraphBuilder, findings: WalkCollector, source: Source, trace: Trace) -> None:
        super().__init__(builder, findings, source)
        self.trace = trace

    def keep(self, step: Step) -> None:
        self.trace.steps.setdefault(step.name, step)
        super().keep(step)

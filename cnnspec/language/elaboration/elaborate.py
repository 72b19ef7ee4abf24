"""Document -> Graph, in one walk that carries the arriving tensor.

Blocks are unrolled, arithmetic is worked out where it stands, layers are checked by their models and infer their
shapes. After a mistake a tensor's shape is unknown (None); what only suffers from that stays silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ...diagnostics import Diagnostic, Note, Span, closest, instead
from ...diagnostics.suggest import SUGGESTED_NAMES
from ...graph.builder import GraphBuilder, Value
from ...graph.graph import INPUT, BlockUse, Graph, Step
from ...graph.layer import Layer, LayerError
from ...graph.receptive_field import IDENTITY, NOT_SPATIAL, ReceptiveFields
from ...graph.shape import Shape, times
from ..document.document import Document
from ..syntax.nodes import Scalar
from ..syntax.tree import (
    LENGTH,
    ArgumentEntry,
    BlockCall,
    Branch,
    Entry,
    FromEntry,
    JoinEntry,
    LayerEntry,
)
from ..values.arithmetic import describe
from ..values.field_reader import FieldReader
from ..values.field_types import field_type
from ..values.scope import LayersArgument, Scope, WordArgument
from .binding import bind, repetitions
from .collector import WalkCollector
from .layer_factory import LayerFactory, to_diagnostic
from .symbol_table import ROOT, DuplicateName, SymbolTable, repeated
from .undefined import no_earlier
from .unused import unreached, unused

LAYERS = 20_000
ITEMS = 100_000
DEPTH = 100


class TensorValue(NamedTuple):
    """A tensor on its way: the step that made it, its shape and receptive field, and where that step is written.
    The shape is None after a mistake."""

    name: str
    shape: Shape | None
    receptive_fields: ReceptiveFields = NOT_SPATIAL
    span: Span | None = None


class Context(NamedTuple):
    """Where the walk is: lexical scope, chain of name scopes, block uses around."""

    scope: Scope
    names: tuple[str, ...] = ROOT
    calls: tuple[BlockUse, ...] = ()


class TooMany(Exception):  # noqa: N818 - ends the walk
    """The unrolled network passes a bound."""


class Elaboration(NamedTuple):
    """The result of a walk: a graph when all is well, else the steps up to the first mistake."""

    graph: Graph | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]


def elaborate(document: Document, input: Shape | None = None) -> Elaboration:
    """Unroll and infer. `input` (C, H, W) stands in for the spec's own, and shape expectations are then left out."""
    reserved: frozenset[str] = frozenset()
    while True:
        walk = Walk(document, input, SymbolTable(reserved))
        result = walk.run()
        if not walk.names.again or reserved >= walk.names.given.keys():
            return result
        reserved |= walk.names.given.keys()


@dataclass
class Walk:
    """One walk over a document."""

    document: Document
    input: Shape | None
    names: SymbolTable[TensorValue]
    findings: WalkCollector = field(default_factory=WalkCollector)
    layers: int = 0
    items: int = 0
    used_blocks: set[str] = field(default_factory=set)
    unknown: set[Scalar] = field(default_factory=set)
    counted_up: dict[Span, str] = field(default_factory=dict)
    depth: int = 0

    @cached_property
    def factory(self) -> LayerFactory:
        return LayerFactory(self.document.header.rounding)

    @cached_property
    def builder(self) -> GraphBuilder:
        return GraphBuilder(self.input or self.document.header.input.shape)

    def run(self) -> Elaboration:
        shape = self.builder.input if self.input or self.document.is_known else None
        scope = Scope()
        start = TensorValue(INPUT, shape, (IDENTITY, IDENTITY))
        self.names.set(INPUT, start)
        try:
            end = self.walk(self.document.items, Context(scope), start)
        except TooMany:
            end = TensorValue(INPUT, None)
        outputs = tuple(flow.name for flow in self.outputs(end))
        if shape is None or not self.findings.is_sound:
            return Elaboration(None, tuple(self.builder.steps), tuple(self.findings))
        graph = self.builder.build(outputs)
        for warning in (*unreached(graph), *unused(self.document, self.used_blocks, scope.used)):
            self.findings.add(warning)
        return Elaboration(graph, graph.steps, tuple(self.findings))

    # the walk

    def walk(self, items: tuple[Entry, ...], place: Context, flow: TensorValue) -> TensorValue:
        self.depth += 1
        for item in items:
            self.count(item, items=1)
            flow = self.visit(item, place, flow)
        self.depth -= 1
        return flow

    def visit(self, item: Entry, place: Context, flow: TensorValue) -> TensorValue:
        """The tensor behind one entry."""
        match item:
            case LayerEntry():
                return self.plain(item, place, flow)
            case BlockCall():
                return self.call(item, place, flow)
            case JoinEntry():
                return self.joined(item, place, flow)
            case ArgumentEntry():
                return self.splice(item, place, flow)
            case FromEntry():
                return self.go_on(item, place, flow)
            case _:
                return self.broken(item, place, flow)

    def count(self, item: Entry, items: int = 0, layers: int = 0) -> None:
        """Keep the walk within bounds: a short text can ask for much."""
        self.items += items
        self.layers += layers
        for found, most, what in (
            (self.layers, LAYERS, "{:,} layers"),
            (self.items, ITEMS, "{:,} layers, branches, calls of blocks and their arguments"),
            (self.depth, DEPTH, "{} blocks and branches around each other"),
        ):
            if found > most:
                message = f"more than {what.format(most)} after unrolling"
                self.findings.report("E114", message, item.span, help="fewer repetitions, or fewer blocks in blocks")
                raise TooMany

    def broken(self, item: Entry, place: Context, flow: TensorValue) -> TensorValue:
        self.findings.is_sound = False
        return self.named(item, place, TensorValue(item.word.text, None))

    def named(self, item: Entry, place: Context, flow: TensorValue) -> TensorValue:
        """Make the name of a layer that could not be built known all the same, so that references are not blamed."""
        if item.name is not None:
            self.names.set(place.names[-1] + item.name.text, flow)
        return flow

    def go_on(self, item: FromEntry, place: Context, flow: TensorValue) -> TensorValue:
        return self.refer(item.word, place)

    def splice(self, item: ArgumentEntry, place: Context, flow: TensorValue) -> TensorValue:
        value = place.scope.argument(item.word.text)
        if isinstance(value, LayersArgument):
            return self.walk(value.items, place._replace(scope=value.scope), flow)
        if item.otherwise is not None:
            return self.walk((item.otherwise,), place, flow)
        if value is not None:
            self.findings.report(
                "E112",
                f"argument `{item.word.text}` stands where layers are wanted",
                item.word.span,
                label=f"it is {describe(value)} here",
                help=f"give a list: `{item.word.text}: [relu]`; an earlier layer is `from: NAME`",
            )
        return TensorValue(item.word.text, None)

    def plain(self, item: LayerEntry, place: Context, flow: TensorValue) -> TensorValue:
        layer = self.findings.attempt(None, self.factory.create, item, place.scope.at(flow.shape))
        return self.step(item, layer, place, (flow,), flow.shape)

    def joined(self, item: JoinEntry, place: Context, flow: TensorValue) -> TensorValue:
        self.count(item, items=len(item.branches))
        flows = tuple(self.branch(branch, place, flow) for branch in item.branches)
        return self.step(item, self.factory.join(item.layer), place, flows, flow.shape)

    def branch(self, branch: Branch, place: Context, flow: TensorValue) -> TensorValue:
        if not isinstance(branch, Scalar):
            return self.walk(branch, place, flow)
        value = place.scope.argument(branch.text)
        if isinstance(value, LayersArgument):
            return self.walk(value.items, place._replace(scope=value.scope), flow)
        return self.refer(branch, place)

    def refer(self, scalar: Scalar, place: Context) -> TensorValue:
        """The earlier layer that a word names."""
        value, name, names = place.scope.argument(scalar.text), scalar.text, place.names
        if isinstance(value, WordArgument):
            name, names = value.scalar.text, value.places
        flow = self.names.find(name, names)
        if flow is not None:
            return flow
        if scalar in self.unknown:  # said already; a repetition would search all names again
            self.findings.is_sound = False
            return TensorValue(name, None)
        near, around = None, self.document.items[:0]
        if len(self.unknown) < SUGGESTED_NAMES:  # only the first findings are worth the search
            within = place.scope.within
            near = closest(name, self.names.visible(names))
            around = self.document.blocks[within[-1]].items if within else self.document.items
        self.unknown.add(scalar)
        self.findings.add(no_earlier(name, scalar, near, around))
        return TensorValue(name, None)

    # layers

    def step(
        self,
        item: LayerEntry | JoinEntry,
        layer: Layer | None,
        place: Context,
        flows: tuple[TensorValue, ...],
        here: Shape | None,
    ) -> TensorValue:
        """Add a step and return its output."""
        self.count(item, layers=1)
        name = self.name(item, place)
        arriving = tuple(flow.shape for flow in flows)
        flow = TensorValue(name, None, span=item.span)
        if layer is not None and None not in arriving:
            known = tuple(shape for shape in arriving if shape is not None)
            try:
                for remark in self.builder.infer(layer, known).warnings:
                    self.findings.add(to_diagnostic(remark, item, name, (), self.document.source))
                values = [Value(f.name, shape, f.receptive_fields) for f, shape in zip(flows, known, strict=True)]
                step = self.builder.step(layer, values, name, item.span, place.calls)
                if self.findings.is_sound:
                    self.builder.append(step)
                flow = TensorValue(name, step.shape, step.receptive_fields, item.span)
            except LayerError as error:
                sources = [(f.shape, f.span) for f in flows]
                self.findings.add(to_diagnostic(error.issue, item, name, sources, self.document.source))
        else:
            self.findings.is_sound = False
            if layer is None and item.layer.keeps_shape:
                flow = flows[0]._replace(name=name)
            for flaw in layer.check_fields() if layer is not None else ():
                self.findings.add(to_diagnostic(flaw, item, name, (), self.document.source))
        self.names.set(name, flow)
        self.expect(item, flow.shape, place.scope.at(here))
        return flow

    def name(self, item: Entry, place: Context, index: int | None = None) -> str:
        """The full name of a layer or block call at a place."""
        if item.name is None:
            return self.names.count(place.names, item.word.text)
        own = item.name.text if index is None else repeated(item.name.text, index)
        if index is not None:
            self.counted_up[item.name.span] = item.name.text
        full = place.names[-1] + own
        if len(full) > LENGTH:
            self.findings.report("E109", f"a name of {len(full)} characters", item.name.span, why=f"at most {LENGTH}")
        try:
            return self.names.give(full, item.name.span)
        except DuplicateName as taken:
            self.findings.add(self.twice(full, item.name.span, taken.first))
            return full

    def twice(self, full: str, span: Span, first: Span) -> Diagnostic:
        """E108 for the name `full`, given at two places or twice at one."""
        notes: tuple[Note, ...] = ()
        if first == span:
            why, cure = "this line is reached more than once", "name the block call as well: its name becomes a prefix"
        else:
            notes, why, cure = (Note(first, "given here first"),), "", ""
            stem = self.counted_up.get(first) or self.counted_up.get(span)
            if stem and not full.endswith(stem):
                why = f"`{stem}` with `repeat` counts up and also makes `{full}`"
                cure = f"call it `{stem}.0`: its repetitions are then `{stem}.0`, `{stem}.1`, ..."
        return Diagnostic("E108", f"two layers are called `{full}`", span=span, notes=notes, why=why, help=cure)

    def expect(self, item: Entry, shape: Shape | None, scope: Scope) -> None:
        """A layer's `expect`: its output shape, with expressions over the arriving C, H, W."""
        if item.expect is None or shape is None or self.input is not None:
            return
        wanted = self.findings.attempt(shape, FieldReader(scope).value, "expect", item.expect, SHAPE)
        if wanted != shape:
            self.findings.report(
                "E302",
                f"`{item.word.text}` gives {times(shape)}, expected {times(wanted)}",
                item.expect.span,
                label=f"the output is {times(shape)}",
                help=f"`expect: [{', '.join(map(str, shape))}]`, or mend the layer",
                fixes=(instead(item.expect.span, f"[{', '.join(map(str, shape))}]"),),
            )

    # blocks

    def call(self, item: BlockCall, place: Context, flow: TensorValue) -> TensorValue:
        block = item.block.name.text
        self.used_blocks.add(block)
        if block in place.scope.within:
            chain = " -> ".join((*place.scope.within[place.scope.within.index(block) :], block))
            self.findings.report("E111", f"block `{block}` reaches itself", item.word.span, why=chain)
            return self.broken(item, place, flow)
        repeat = self.findings.attempt(1, repetitions, item, place.scope.at(flow.shape))
        for index in range(1 if repeat is None else repeat):
            flow = self.once(item, place, flow, None if repeat is None else index)
        return flow

    def once(self, item: BlockCall, place: Context, flow: TensorValue, index: int | None) -> TensorValue:
        """One use of a block."""
        self.count(item, items=1 + len(item.block.arguments))
        self.findings.is_sound = self.findings.is_sound and not item.flawed
        block = item.block.name.text
        names = place.names
        full = None
        if item.name is not None:
            full = self.name(item, place, index)
            names = (*place.names, f"{full}.")
        scope = self.findings.attempt(None, bind, item, place.scope.at(flow.shape), place.names)
        if scope is None:
            end = TensorValue(full or block, None, span=item.span)
        else:
            use = BlockUse(full or "", block, number=self.items)
            end = self.walk(item.block.items, Context(scope, names, (*place.calls, use)), flow)
        if full is not None:
            self.names.set(full, end)
        self.expect(item, end.shape, place.scope.at(flow.shape))
        return end

    # the end

    def outputs(self, end: TensorValue) -> tuple[TensorValue, ...]:
        wanted = self.document.header.outputs
        if wanted is None:
            return (end,)
        node = self.document.root.get("outputs")
        scalars = node.items if node is not None and not isinstance(node, Scalar) else ()
        flows = []
        for scalar in scalars:
            assert isinstance(scalar, Scalar)
            flows.append(self.refer(scalar, Context(Scope())))
        if len({flow.name for flow in flows}) < len(flows) and node is not None:
            self.findings.report("E108", "an output is named twice", node.span)
        return tuple(flows) or (end,)


SHAPE = field_type(tuple[int, ...])

"""Document -> Graph, in one walk that carries the arriving tensor.

Blocks are unrolled, arithmetic is worked out where it stands, layers are checked by their models and infer their
shapes. After a mistake a tensor's shape is unknown (None); what only suffers from that stays silent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .diagnostics import Diagnostic, Failure, Note, Span, closest
from .document import Argument, Branch, Broken, Call, Document, From, Item, Joined, Plain, Splice, unused
from .expression import ExpressionError, parse, whole
from .fields import Form, Reader, build, describe, form, forms, number, unknown_field
from .graph import INPUT, POINT, Field, Graph, Step, look_back
from .graph import Call as BlockUse
from .layer import Layer, Misfit, Shape, times
from .naming import LENGTH, ROOT, Names, Taken, repeated
from .scope import Layers, NoSuchName, Scope, Unknown, Value, Word
from .source import Node, Scalar

LAYERS = 20_000
REPEATS = 10_000
DEPTH = 64


@dataclass(frozen=True, slots=True)
class Flow:
    """A tensor on its way: the step that made it, its shape and receptive field, and where that step is written.
    The shape is None after a mistake."""

    name: str
    shape: Shape | None
    field: Field | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is: lexical scope, chain of name scopes, block uses around."""

    scope: Scope
    names: tuple[str, ...] = ROOT
    calls: tuple[BlockUse, ...] = ()


class TooMany(Exception):  # noqa: N818 - ends the walk
    """The unrolled network passes a bound."""


@dataclass(frozen=True, slots=True)
class Elaboration:
    """The result of a walk: a graph when all is well, else the steps up to the first mistake."""

    graph: Graph | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]


def elaborate(document: Document, input: Shape | None = None) -> Elaboration:
    """Unroll and infer. `input` (C, H, W) stands in for the spec's own, and shape expectations are then left out."""
    reserved: frozenset[str] = frozenset()
    while True:
        walk = Walk(document, input, Names(reserved))
        result = walk.run()
        if not walk.names.again or reserved >= walk.names.given.keys():
            return result
        reserved |= walk.names.given.keys()


@dataclass
class Walk:
    """One walk over a document."""

    document: Document
    input: Shape | None
    names: Names[Flow]
    steps: list[Step] = field(default_factory=list)
    found: dict[Diagnostic, None] = field(default_factory=dict)
    sound: int | None = None
    items: int = 0
    used_blocks: set[str] = field(default_factory=set)
    layers: dict[tuple[type[Layer], str], Layer] = field(default_factory=dict)

    def run(self) -> Elaboration:
        shape = self.input or self.document.header.input.shape
        scope = Scope()
        start = Flow(INPUT, shape, POINT)
        self.names.set(INPUT, start)
        try:
            end = self.walk(self.document.items, Place(scope), start)
        except TooMany:
            end = Flow(INPUT, None)
        outputs = self.outputs(end)
        if self.sound is not None or None in [flow.shape for flow in outputs]:
            return Elaboration(None, tuple(self.steps[: self.sound]), tuple(self.found))
        graph = Graph(shape, tuple(self.steps), tuple(flow.name for flow in outputs))
        self.unreached(graph)
        for warning in unused(self.document, self.used_blocks, scope.used):
            self.warn(warning)
        return Elaboration(graph, graph.steps, tuple(self.found))

    # findings

    def error(self, diagnostic: Diagnostic) -> None:
        self.found.setdefault(diagnostic)
        if self.sound is None:
            self.sound = len(self.steps)

    def warn(self, diagnostic: Diagnostic) -> None:
        self.found.setdefault(diagnostic)

    def report(self, code: str, message: str, span: Span, **rest: Any) -> None:
        self.error(Diagnostic(code, message, span=span, **rest))

    # the walk

    def walk(self, items: tuple[Item, ...], place: Place, flow: Flow) -> Flow:
        for item in items:
            self.items += 1
            if self.items > LAYERS:
                self.report("E114", f"more than {LAYERS:,} layers after unrolling", item.span, help="fewer repetitions")
                raise TooMany
            flow = VISITS[type(item)](self, item, place, flow)
        return flow

    def broken(self, item: Item, place: Place, flow: Flow) -> Flow:
        if self.sound is None:
            self.sound = len(self.steps)
        return self.named(item, place, Flow(item.word.text, None))

    def named(self, item: Item, place: Place, flow: Flow) -> Flow:
        """Make the name of a layer that could not be built known all the same, so that references are not blamed."""
        if item.name is not None:
            self.names.set(place.names[-1] + item.name.text, flow)
        return flow

    def go_on(self, item: Item, place: Place, flow: Flow) -> Flow:
        return self.refer(item.word, place)

    def splice(self, item: Item, place: Place, flow: Flow) -> Flow:
        assert isinstance(item, Splice)
        value = place.scope.argument(item.word.text)
        if isinstance(value, Layers):
            return self.walk(value.items, replace(place, scope=value.scope), flow)
        if item.otherwise is not None:
            return self.walk((item.otherwise,), place, flow)
        if value is not None:
            self.report(
                "E112",
                f"argument `{item.word.text}` stands where layers are wanted",
                item.word.span,
                label=f"it is {describe(value)} here",
                help=f"give a list: `{item.word.text}: [relu]`; an earlier layer is `from: NAME`",
            )
        return Flow(item.word.text, None)

    def plain(self, item: Item, place: Place, flow: Flow) -> Flow:
        assert isinstance(item, Plain)
        layer = self.layer(item, place.scope.at(flow.shape))
        return self.step(item, layer, place, (flow,), flow.shape)

    def joined(self, item: Item, place: Place, flow: Flow) -> Flow:
        assert isinstance(item, Joined)
        flows = tuple(self.branch(branch, place, flow) for branch in item.branches)
        return self.step(item, item.layer(), place, flows, flow.shape)

    def branch(self, branch: Branch, place: Place, flow: Flow) -> Flow:
        if isinstance(branch, tuple):
            return self.walk(branch, place, flow)
        value = place.scope.argument(branch.text)
        if isinstance(value, Layers):
            return self.walk(value.items, replace(place, scope=value.scope), flow)
        return self.refer(branch, place)

    def refer(self, scalar: Scalar, place: Place) -> Flow:
        """The earlier layer that a word names."""
        value, name, names = place.scope.argument(scalar.text), scalar.text, place.names
        if isinstance(value, Word):
            name, names = value.scalar.text, value.places
        flow = self.names.find(name, names)
        if flow is not None:
            return flow
        near = closest(name, self.names.visible(names))
        self.report(
            "E107",
            f"no earlier layer is called `{name}`",
            scalar.span,
            label=f"did you mean `{near}`?" if near else "",
            why="a layer can go on only from the input, an earlier layer or an argument that names one",
            help="name the layer: `{conv: {...}, name: " + (name or "enc1") + "}`",
        )
        return Flow(name, None)

    # layers

    def layer(self, item: Plain, scope: Scope) -> Layer | None:
        """The validated layer of an item; None when a field is wrong or cannot be known."""
        reader = Reader(scope)
        try:
            values = reader.fields(item.layer, item.body)
        except Unknown:
            values = None
        for diagnostic in reader.found:
            self.error(diagnostic)
        if values is None:
            return None
        if "rounding" in forms(item.layer) and "rounding" not in values and self.document.header.rounding:
            values["rounding"] = self.document.header.rounding
        key = (item.layer, repr(values))
        if key in self.layers:
            return self.layers[key]
        layer, found = build(item.layer, values, item.body)
        reported = {d.span for d in reader.found}
        for diagnostic in found:
            if not reader.found or diagnostic.span not in reported and diagnostic.code != "E103":
                self.error(diagnostic if diagnostic.span != item.body.span else replace(diagnostic, span=item.span))
        if layer is None or reader.found:
            return None
        self.layers[key] = layer
        return layer

    def step(
        self, item: Plain | Joined, layer: Layer | None, place: Place, flows: tuple[Flow, ...], here: Shape | None
    ) -> Flow:
        """Add a step and return its output."""
        name = self.name(item, place)
        arriving = tuple(flow.shape for flow in flows)
        flow = Flow(name, None, span=item.span)
        if layer is not None and None not in arriving:
            known = tuple(shape for shape in arriving if shape is not None)
            try:
                shape = layer.output(*known)
                self.warnings(layer, known, item, name)
                fields = look_back(layer, known, [f.field for f in flows], shape)
                inputs = tuple(f.name for f in flows)
                step = Step(name, layer, inputs, known, shape, layer.tensors(*known), fields, item.span, place.calls)
                self.steps.append(step)
                flow = Flow(name, shape, fields, item.span)
            except Misfit as misfit:
                self.error(self.place(misfit, item, name, flows))
        elif self.sound is None:
            self.sound = len(self.steps)
        self.names.set(name, flow)
        self.expect(item, flow.shape, place.scope.at(here))
        return flow

    def name(self, item: Item, place: Place, index: int | None = None) -> str:
        """The full name of a layer or block call at a place."""
        if item.name is None:
            return self.names.count(place.names, item.word.text)
        own = item.name.text if index is None else repeated(item.name.text, index)
        full = place.names[-1] + own
        if len(full) > LENGTH:
            self.report("E109", f"a name of {len(full)} characters", item.name.span, why=f"at most {LENGTH}")
        try:
            return self.names.give(full, item.name.span)
        except Taken as taken:
            notes = (Note(taken.first, "given here first"),) if taken.first != item.name.span else ()
            self.report(
                "E108",
                f"two layers are called `{full}`",
                item.name.span,
                notes=notes,
                why="" if notes else "this line is reached more than once",
                help="name the block call as well: its name becomes a prefix" if not notes else "",
            )
            return full

    def warnings(self, layer: Layer, arriving: tuple[Shape, ...], item: Plain | Joined, name: str) -> None:
        for misfit in layer.remarks(*arriving):
            self.warn(self.place(misfit, item, name, ()))

    def place(self, misfit: Misfit, item: Plain | Joined, name: str, flows: tuple[Flow, ...]) -> Diagnostic:
        """A layer's complaint as a diagnostic at the field that it names."""
        span = item.word.span
        if misfit.field and isinstance(item, Plain):
            span = next((_cover(key, node) for key, node in item.body.items if key.text == misfit.field), span)
        notes = tuple(
            Note(flow.span, f"produced {times(flow.shape)} here")
            for flow in flows
            if misfit.shows_input and flow.span is not None and flow.shape is not None
        )
        message = misfit.message.replace("{layer}", f"{item.word.text} `{name}`")
        return Diagnostic(misfit.code, message, "", span, misfit.label, notes, misfit.why, misfit.help)

    def expect(self, item: Item, shape: Shape | None, scope: Scope) -> None:
        """A layer's `expect`: its output shape, with expressions over the arriving C, H, W."""
        if item.expect is None or shape is None or self.input is not None:
            return
        try:
            wanted = Reader(scope).value("expect", item.expect, SHAPE, (scope, scope))
        except Failure as failure:
            for diagnostic in failure.diagnostics:
                self.error(diagnostic)
            return
        except Unknown:
            return
        if wanted != shape:
            self.report(
                "E302",
                f"`{item.word.text}` gives {times(shape)}, expected {times(wanted)}",
                item.expect.span,
                label=f"the output is {times(shape)}",
                help=f"`expect: [{', '.join(map(str, shape))}]`, or mend the layer",
            )

    # blocks

    def call(self, item: Item, place: Place, flow: Flow) -> Flow:
        assert isinstance(item, Call)
        block = item.block.name.text
        self.used_blocks.add(block)
        if block in place.scope.within:
            chain = " -> ".join((*place.scope.within[place.scope.within.index(block) :], block))
            self.report("E111", f"block `{block}` reaches itself", item.word.span, why=chain)
            return self.broken(item, place, flow)
        if len(place.calls) >= DEPTH:
            self.report("E114", f"blocks nested more than {DEPTH} deep", item.word.span)
            return self.broken(item, place, flow)
        try:
            repeat = self.repeat(item, place.scope.at(flow.shape))
        except Unknown:
            return self.broken(item, place, flow)
        for index in range(1 if repeat is None else repeat):
            flow = self.once(item, place, flow, None if repeat is None else index)
        return flow

    def repeat(self, item: Call, scope: Scope) -> int | None:
        if item.repeat is None:
            return None
        try:
            count = Reader(scope).value("repeat", item.repeat, REPEAT, (scope, scope))
        except Failure as failure:
            for diagnostic in failure.diagnostics:
                self.error(diagnostic)
            return 1
        if not 1 <= count <= REPEATS:
            self.report("E114", f"`repeat` must be from 1 to {REPEATS:,}", item.repeat.span, label=f"this is {count:,}")
            return 1
        return int(count)

    def once(self, item: Call, place: Place, flow: Flow, index: int | None) -> Flow:
        """One use of a block."""
        label = item.block.name.text
        names = place.names
        full = None
        if item.name is not None:
            full = self.name(item, place, index)
            label, names = full, (*place.names, f"{full}.")
        try:
            scope = self.bind(item, place, flow)
        except Unknown:
            scope = None
        if scope is None:
            end = Flow(full or label, None, span=item.span)
        else:
            use = BlockUse(label, item.block.name.text)
            end = self.walk(item.block.items, Place(scope, names, (*place.calls, use)), flow)
        if full is not None:
            self.names.set(full, end)
        self.expect(item, end.shape, place.scope.at(flow.shape))
        return end

    def bind(self, item: Call, place: Place, flow: Flow) -> Scope | None:
        """The scope of a block's body: its arguments as given, else their defaults; None after a mistake."""
        block = item.block
        given = {key.text: (key, argument) for key, argument in item.arguments}
        sound = True
        for key, _ in item.arguments:
            if key.text not in block.arguments:
                self.error(unknown_field(key, list(block.arguments), f"argument of `{block.name.text}`"))
                sound = False
        caller = place.scope.at(flow.shape)
        within = (*place.scope.within, block.name.text)
        values: dict[str, Value] = {}
        for name, (scalar, default) in block.arguments.items():
            try:
                if name in given:
                    values[name] = self.argument(given[name][1], caller, place.names)
                elif default is not None:
                    own = replace(caller, arguments=dict(values), within=within)
                    values[name] = self.argument(default, own, ROOT)
                else:
                    note = Note(scalar.span, "required here")
                    self.report(
                        "E103",
                        f"`{block.name.text}` needs the argument `{name}`",
                        item.word.span,
                        notes=(note,),
                        help=f"`{block.name.text}: {{{name}: ...}}`",
                    )
                    sound = False
            except Failure as failure:
                sound = False
                for diagnostic in failure.diagnostics:
                    self.error(diagnostic)
        return replace(caller, arguments=values, within=within) if sound else None

    def argument(self, argument: Argument, scope: Scope, places: tuple[str, ...]) -> Value:
        """The value of an argument: layers, true or false, another argument, a number, else a word."""
        if isinstance(argument, tuple):
            return Layers(argument, scope)
        text = argument.text
        passed = scope.argument(text)
        if passed is not None:
            return passed
        if argument.plain and text in ("true", "false"):
            return text == "true"
        try:
            names = parse(text).names
        except ExpressionError:
            names = frozenset({""})
        if names <= set(scope.names()):
            return number(argument, scope)
        if argument.is_null or not _is_word(text):
            return number(argument, scope)
        return Word(argument, places)

    # the end

    def outputs(self, end: Flow) -> tuple[Flow, ...]:
        wanted = self.document.header.outputs
        if wanted is None:
            return (end,)
        node = self.document.root.get("outputs")
        scalars = node.items if node is not None and not isinstance(node, Scalar) else ()
        flows = []
        for scalar in scalars:
            assert isinstance(scalar, Scalar)
            flows.append(self.refer(scalar, Place(Scope())))
        if len({flow.name for flow in flows}) < len(flows) and node is not None:
            self.report("E108", "an output is named twice", node.span)
        return tuple(flows) or (end,)

    def unreached(self, graph: Graph) -> None:
        """Warn at the end of each path that leads to no output."""
        used = {name for step in graph.steps for name in step.inputs} | set(graph.outputs)
        for step in graph.steps:
            if step.name not in used:
                wasted = len(graph.reached([step.name]) - graph.reached(graph.outputs))
                self.warn(
                    Diagnostic(
                        "W103",
                        f"`{step.name}` reaches no output",
                        span=step.span,
                        label=f"{wasted} layers are computed for nothing" if wasted > 1 else "computed for nothing",
                        help="remove it, or name it in `outputs`",
                    )
                )


SHAPE: Form = form(tuple[int, ...])
REPEAT: Form = form(int)

VISITS: dict[type[Item], Callable[[Walk, Any, Place, Flow], Flow]] = {
    Plain: Walk.plain,
    Joined: Walk.joined,
    Call: Walk.call,
    Splice: Walk.splice,
    From: Walk.go_on,
    Broken: Walk.broken,
}


def _cover(key: Scalar, node: Node) -> Span:
    """From a key to the end of its value."""
    if node.span.end_line != key.span.line:
        return node.span
    return Span(key.span.line, key.span.column, node.span.end_line, node.span.end_column)


def _is_word(text: str) -> bool:
    return all(part and part.replace("-", "").replace("_", "").isalnum() for part in text.split("."))

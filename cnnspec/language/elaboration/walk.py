"""One walk over a document: from entry to entry, with the tensor that arrives."""

from __future__ import annotations

from ...graph.builder import GraphBuilder
from ...graph.graph import INPUT, BlockUse
from ...graph.shape import Shape
from ..document.document import Document
from ..syntax.nodes import Scalar, Sequence
from ..syntax.tree import ArgumentEntry, BlockCall, Branch, Entry, FromEntry, JoinEntry, LayerEntry
from ..values.arithmetic import describe, given_at
from ..values.field_types.scalars import NOTHING
from ..values.scope import LayersArgument, Scope, WordArgument
from .binding import Binder, repetitions
from .bounds import Bounds
from .collector import WalkCollector
from .context import Context, Tensor, Unknown
from .layer_factory import LayerFactory
from .layer_names import LayerNames
from .layer_shape import check_shape
from .references import References
from .sizes import Sizes
from .step_maker import StepMaker
from .symbol_table import SymbolTable


class Walk:
    """One walk over a document. What it does with a layer, a name, a reference or a call has a file of its own."""

    def __init__(self, document: Document, input: Shape | None, reserved: frozenset[str]) -> None:
        self.document = document
        self.findings = WalkCollector()
        self.findings.is_sound = input is not None or document.is_known
        self.bounds = Bounds()
        self.builder = GraphBuilder(input or document.header.input.shape)
        self.table = SymbolTable[Tensor](reserved)
        self.names = LayerNames(self.table, self.findings)
        self.references = References(document, self.table, self.findings)
        self.sizes = Sizes(self.references)
        self.factory = LayerFactory(document.header.rounding)
        self.binder = Binder()
        self.is_own_input = input is None
        self.steps = StepMaker(self.builder, self.findings, document.source)
        self.used_blocks: set[str] = set()
        self.used_arguments: set[tuple[str, str]] = set()

    def outputs(self) -> tuple[str, ...]:
        """Walk over all layers; the names of the network's outputs."""
        start: Tensor = self.builder.value(INPUT) if self.findings.is_sound else Unknown(INPUT)
        root = Context(Scope(used=self.used_arguments))
        self.table.set(INPUT, start)
        end = self.findings.attempt(Unknown(INPUT), self.walk, self.document.items, root, start)
        node = self.document.root.get("outputs")
        if self.document.header.outputs is None or not isinstance(node, Sequence):
            return (end.name,)
        scalars = [item for item in node.items if isinstance(item, Scalar)]
        names = tuple(self.references.find(scalar, root._replace(scope=Scope())).name for scalar in scalars)
        if len(set(names)) < len(names):
            self.findings.report("E108", "an output is named twice", node.span)
        return names

    def walk(self, entries: tuple[Entry, ...], here: Context, tensor: Tensor) -> Tensor:
        self.bounds.depth += 1
        for entry in entries:
            self.bounds.count_items(entry)
            tensor = self.visit(entry, here, tensor)
        self.bounds.depth -= 1
        return tensor

    def visit(self, entry: Entry, here: Context, tensor: Tensor) -> Tensor:
        """The tensor behind one entry."""
        here = self.sizes.known(entry, here)
        match entry:
            case JoinEntry():
                return self.join(entry, here, tensor)
            case LayerEntry():
                return self.add(entry, here, (tensor,), tensor.shape)
            case BlockCall():
                return self.call(entry, here, tensor)
            case ArgumentEntry():
                return self.splice(entry, here, tensor)
            case FromEntry():
                return self.references.find(entry.word, here)
            case _:
                return self.give_up(entry, here)

    def add(self, entry: LayerEntry, here: Context, tensors: tuple[Tensor, ...], arriving: Shape | None) -> Tensor:
        """A step over some tensors; `arriving` is what arrives at the entry."""
        layer = self.findings.attempt(None, self.factory.create, entry, here.scope, arriving)
        self.bounds.count_layer(entry)
        name = self.names.name(entry, here.names)
        tensor = self.steps.make(entry, layer, name, tensors, here.calls)
        self.table.set(name, tensor)
        self.expect(entry, tensor, here.scope, arriving)
        return tensor

    def expect(self, entry: Entry, tensor: Tensor, scope: Scope, arriving: Shape | None) -> None:
        if entry.expect is not None and self.is_own_input and tensor.shape is not None:
            check_shape(entry, entry.expect, tensor.shape, scope.at(arriving), self.findings)

    def give_up(self, entry: Entry, here: Context) -> Tensor:
        """An entry that has been reported. Its name is known all the same, so that references are not blamed."""
        self.findings.is_sound = False
        tensor = Unknown(entry.word.text)
        if entry.name is not None:
            self.table.set(here.names[-1] + entry.name.text, tensor)
        return tensor

    # branches and arguments

    def join(self, entry: JoinEntry, here: Context, tensor: Tensor) -> Tensor:
        self.bounds.count_items(entry, len(entry.branches))
        branches = [branch for branch in entry.branches if not self.is_left_out(branch, here)]
        tensors = tuple([self.branch(branch, here, tensor) for branch in branches])
        if len(tensors) > 1:
            return self.add(entry, here, tensors, tensor.shape)
        if not tensors:
            message, why = f"no branch of `{entry.word.text}` is left", f"each is an argument that is `{NOTHING}`"
            self.findings.report("E113", message, entry.word.span, why=why)
            return self.give_up(entry, here)
        return self.alone(entry, here, tensors[0], tensor.shape)

    def is_left_out(self, branch: Branch, here: Context) -> bool:
        """Whether a branch is an argument that was given as `none`, and no layer is called so."""
        value = here.scope.argument(branch.text) if isinstance(branch, Scalar) else None
        is_nothing = isinstance(value, WordArgument) and value.scalar.plain and value.scalar.text == NOTHING
        return is_nothing and self.table.find(NOTHING, here.names) is None

    def alone(self, entry: JoinEntry, here: Context, tensor: Tensor, arriving: Shape | None) -> Tensor:
        """The one branch of a join that is left: there is nothing to join. What the join is called, it is called."""
        self.findings.attempt(None, self.factory.create, entry, here.scope, arriving)
        if entry.name is not None:
            self.table.set(self.names.name(entry, here.names), tensor)
        self.expect(entry, tensor, here.scope, arriving)
        return tensor

    def branch(self, branch: Branch, here: Context, tensor: Tensor) -> Tensor:
        if not isinstance(branch, Scalar):
            return self.walk(branch, here, tensor)
        value = here.scope.argument(branch.text)
        if isinstance(value, LayersArgument):
            return self.walk(value.items, here._replace(scope=value.scope), tensor)
        return self.references.find(branch, here)

    def splice(self, entry: ArgumentEntry, here: Context, tensor: Tensor) -> Tensor:
        """The layers that an argument stands for."""
        value = here.scope.argument(entry.word.text)
        if isinstance(value, LayersArgument):
            return self.walk(value.items, here._replace(scope=value.scope), tensor)
        if entry.otherwise is not None:
            return self.walk((entry.otherwise,), here, tensor)
        if value is not None:
            self.findings.report(
                "E112",
                f"argument `{entry.word.text}` stands where layers are wanted",
                entry.word.span,
                label=f"it is {describe(value)} here",
                notes=given_at(value),
                help=f"give a list: `{entry.word.text}: [relu]`; an earlier layer is `from: NAME`",
            )
        return Unknown(entry.word.text)

    # blocks

    def call(self, entry: BlockCall, here: Context, tensor: Tensor) -> Tensor:
        block, within = entry.block.name.text, here.scope.within
        self.used_blocks.add(block)
        if block in within:
            chain = " -> ".join((*within[within.index(block) :], block))
            self.findings.report("E111", f"block `{block}` reaches itself", entry.word.span, why=chain)
            return self.give_up(entry, here)
        repeat = self.findings.attempt(1, repetitions, entry, here.scope.at(tensor.shape))
        for index in range(1 if repeat is None else repeat):
            tensor = self.use(entry, here, tensor, None if repeat is None else index)
        return tensor

    def use(self, entry: BlockCall, here: Context, tensor: Tensor, index: int | None) -> Tensor:
        """One use of a block, the repetition `index` where it is repeated."""
        self.bounds.count_items(entry, 1 + len(entry.block.arguments))
        self.findings.is_sound = self.findings.is_sound and not entry.flawed
        block, names, full = entry.block.name.text, here.names, ""
        if entry.name is not None:
            full = self.names.name(entry, here.names, index)
            names = (*here.names, f"{full}.")
        scope = self.findings.attempt(None, self.binder.bind, entry, here.scope, tensor.shape, here.names)
        if scope is None:
            end: Tensor = Unknown(full or block, span=entry.span)
        else:
            use = BlockUse(full, block, self.bounds.items, self.binder.spelled(scope))
            end = self.walk(entry.block.items, Context(scope, names, (*here.calls, use)), tensor)
        if full:
            self.table.set(full, end)
        self.expect(entry, end, here.scope, tensor.shape)
        return end

"""The whole way: a Keras file -> a spec with its tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from pathlib import Path

from ....diagnostics import Diagnostic, FileError
from ....diagnostics.wording import listed, quantity
from ....files.reading import AnyPath
from ....graph.shape import Shape, batch_of, is_image, times
from ...draft import Draft
from ...faults import SHOWN, Unsaid, broken, unsaid
from ...finishing import Finding, finished, left_out
from ...imported import Imported
from ...importer import Wish
from ...input_size import settled
from . import judge
from .layers import KINDS, LINES_OF_CHANNELS, PASSES, TURNABLE
from .model_file import KerasFile, Place, reading
from .preparation import COLOURS, Preparation
from .topology import Node, Topology, snake_case, topology
from .values import Held, Turning
from .windows import UNPADDED

NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
AUTOMATIC = re.compile(r"(sequential|functional|model)(_\d+)?")
"""What Keras calls nested models by itself."""
LONGEST = 200
MISTYPED = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, ZeroDivisionError)
"""What comes of a word where a number stands otherwise, or of nothing where there is a list."""
SIZES = 2**31
"""Values of an input at most."""
MEMORY = "layers with a memory are outside of the language"
CODE = "what is not Keras' own is code of the model's author, which is not executed"
MAXIMA = ("MaxPool", "MaxPooling2D")
INFINITE = "cells of minus infinity are only read as the padding of a maximum"
REASONS = {
    "Bidirectional": MEMORY, "ConvLSTM2D": MEMORY, "GRU": MEMORY, "LSTM": MEMORY, "SimpleRNN": MEMORY,
    "Lambda": "it holds code, which is not executed",
    "TFOpLambda": "it calls a function of TensorFlow, which is not executed",
    "MultiHeadAttention": "a product of two computed tensors, as attention has it, is no layer",
    "Attention": "a product of two computed tensors, as attention has it, is no layer",
}  # fmt: skip


def of_file(path: AnyPath, wish: Wish) -> Imported:
    """As `read_model`."""
    from ....spec.authoring import About

    with reading(path) as file:
        found = topology(file.config, str(path), wish.outputs)
        size = _size(found, wish.size, str(path))
        writing = _Writing(file, found, size, str(path))
        if wish.preprocess:
            writing.prepare()
        outputs = writing.run()
    version = f"Keras {file.version}" if re.fullmatch(r"[\w.+-]{1,40}", file.version) else "Keras"
    name = Path(path).stem
    about = About(name if name.isprintable() else "", f"Imported from {Path(path).name}, written by {version}.")
    if writing.prepared:
        about = about._replace(preprocess=writing.preparation.section())
    source = f"{version}, input {batch_of(size if found.channels_first else (*size[1:], size[0]))}"
    finding = Finding(str(path), writing.draft, outputs, about, source, writing.names)
    finding.notes = lambda spec: _notes(writing)
    undone = writing.preparation.undone
    return finished(finding, wish, lambda spec: judge.keras_itself(file, path, found, size, wish.outputs, undone))


def _size(found: Topology, asked: Shape | None, path: str) -> Shape:
    """(C, H, W), or (C,), from the file and, where that leaves it free, from what is asked for."""
    sizes = found.size
    if len(sizes) not in (1, 2, 3):
        raise broken(path, "the input is no image (N, H, W, C)", f"it has {1 + len(sizes)} axes", "")
    if found.channels_first:
        sizes = (*sizes[1:], sizes[0])
    *cells, C = sizes if len(sizes) == 1 else (1, *sizes)[-3:]
    size = settled(path, [own or 0 for own in (C, *cells)], asked)
    if prod(size) > SIZES:
        raise broken(path, f"the input has more than {SIZES:,} values", f"it is {times(size)}", "")
    return size


class _Writing:
    """Uses of layers -> steps. What is no layer is gathered, not only the first of it."""

    def __init__(self, file: KerasFile, found: Topology, size: Shape, path: str) -> None:
        self.file, self.found, self.path = file, found, path
        self.draft = Draft(size)
        shape = (*size[1:], size[0])[-len(found.size) :]
        self.held: dict[str, Held] = {found.input: Held(self.draft.input, shape)}
        self.channels_first = found.channels_first
        self.names: dict[str, str] = {}
        self.left_out: list[str] = []
        self.twice: list[str] = []
        """Layers that are used more than once, and have weights."""
        self.shared: set[Place] = set()
        self.readers: dict[str, list[Node]] = {}
        for node in found.nodes:
            for name in node.inputs:
                if isinstance(name, str):
                    self.readers.setdefault(name, []).append(node)
        self.preparation = Preparation.nothing(size[0])
        self.prepared: list[str] = []
        """Layers that are said by it."""
        self.turns: dict[str, bool] = {}
        for node in reversed(found.nodes):  # readers stand behind what they read
            readers = self.readers.get(node.output, [])
            self.turns[node.output] = node.output not in found.outputs and all(map(self._turns, readers))

    def prepare(self) -> None:
        """Take the layers that do something to all pixels first for the spec's `preprocess`, where that can say it."""
        found, name = self.found, self.found.input
        while len(found.size) == 3 and self.draft.input.shape[0] in COLOURS:
            readers = self.readers.get(name, [])
            line = LINES_OF_CHANNELS.get(readers[0].kind) if len(readers) == 1 else None
            if line is None or readers[0].inputs != (name,) or {name, readers[0].output} & {*found.outputs}:
                return
            (node,) = readers
            try:
                after = self.preparation.then(*line(self._turning(node)))
            except (Unsaid, *MISTYPED):
                return  # it is said where it stands
            if after.section() is None or after.mean.shape != self.preparation.mean.shape:
                return
            self.preparation = after
            self.prepared.append(node.name)
            name = node.output
            self.held[name] = self.held[found.input]

    def _turns(self, reader: Node) -> bool:
        """Whether what is read by a node may be unrolled in our order."""
        if reader.kind not in TURNABLE:
            return False
        return reader.kind not in PASSES or self.turns[reader.output]

    def _is_border(self, node: Node) -> bool:
        """Whether what a node puts around an image is the padding of convolutions alone."""
        readers = self.readers.get(node.output, [])
        plain = (each.kind in UNPADDED and each.config.get("padding") in ("valid", None) for each in readers)
        return bool(readers) and node.output not in self.found.outputs and all(plain)

    def run(self) -> list[str]:
        """The steps that make the outputs."""
        faults: dict[tuple[str, str], list[Node]] = {}
        for node in self.found.nodes:
            if node.output in self.held:
                continue  # `preprocess` says it
            if not all(name in self.held for name in node.inputs if isinstance(name, str)):
                continue  # it stands behind what is no layer
            try:
                self.held[node.output] = self._take(node)
            except Unsaid as fault:
                faults.setdefault((node.kind, str(fault)), []).append(node)
        if faults:
            raise FileError([self._fault(why, nodes) for (_, why), nodes in faults.items()][:SHOWN])
        outputs: list[str] = []
        for name in self.found.outputs:
            outputs.append(self._output(name, outputs))
        return outputs

    def _take(self, node: Node) -> Held:
        layer = KINDS.get(node.kind)
        if layer is None:
            why = f"no layer of the language is a `{node.kind:.60}`"
            raise Unsaid(REASONS.get(node.kind, f"{why} of Keras" if node.is_of_keras else f"{why}; {CODE}"))
        first = node.named not in self.shared
        self.shared.add(node.named)
        turning = self._turning(node, self._name(node) if first else "")
        inputs = turning.inputs
        if node.kind not in MAXIMA and any(isinstance(each, Held) and any(each.margin) for each in inputs):
            raise Unsaid(INFINITE)
        try:
            made = layer(turning)
        except MISTYPED as fault:
            raise Unsaid(
                f"its fields are not as Keras writes them: {type(fault).__name__}: {fault}"[:LONGEST]
            ) from fault
        if not first and turning.arrays:
            self.twice.append(node.name)
        is_same = any(isinstance(each, Held) and each.value == made.value for each in inputs)
        if is_same and not any(made.margin) and not any(made.zeros):
            self.left_out.append(node.name)
        self.names[node.name] = made.value.name
        return made

    def _turning(self, node: Node, name: str = "") -> Turning:
        inputs = tuple(self.held[each] if isinstance(each, str) else each for each in node.inputs)
        arrays = self.file.arrays(node.counted, node.named)
        turning = Turning(node, inputs, arrays, self.draft, name, self.file.version)
        turning.is_unrolled, turning.channels_first = self.turns[node.output], self.channels_first
        turning.is_border = self._is_border(node)
        return turning

    def _name(self, node: Node) -> str:
        """What a layer is called, where its author has called it something."""
        parts = [name.replace("/", ".").replace(" ", "_") for name in node.named if not AUTOMATIC.fullmatch(name)]
        name = ".".join(parts)
        is_own = not re.fullmatch(rf"{snake_case(node.kind)}(_\d+)?", node.named[-1])
        return name if is_own and NAME.fullmatch(name) and len(name) <= LONGEST and name != "input" else ""

    def _output(self, name: str, others: list[str]) -> str:
        """The step of an output, as Keras has its shape."""
        held = self.held[name]
        if any(held.margin):
            raise broken(self.path, "an output of the model is no number", INFINITE, "")
        value = held.value
        if len(held.shape) == 1 and is_image(value.shape):
            value = self.draft.add("flatten", [value])
        return self.draft.output(value, others)

    def _fault(self, why: str, nodes: list[Node]) -> Diagnostic:
        node = nodes[0]
        more = f"; {quantity(len(nodes) - 1, 'more layer')} of the model {'are' if len(nodes) > 2 else 'is'} like it"
        before = [name.split("#")[0] for name in node.inputs if isinstance(name, str) and name != self.found.input]
        is_plain = before and re.fullmatch(r"[\w.-]+", before[0])
        help = f"`--outputs {before[0]}` imports the part before it" if is_plain else ""
        return unsaid(self.path, f"`{node.name}` (`{node.kind:.60}`)", why + more * (len(nodes) > 1), help)


def _notes(writing: _Writing) -> Iterator[str]:
    if writing.prepared:
        yield f"in `preprocess`, which images go through, and arrays do not: {listed(writing.prepared, 3)}"
    if writing.left_out:
        yield left_out([*dict.fromkeys(writing.left_out)])
    if writing.twice:
        names = listed([*dict.fromkeys(writing.twice)], 3)
        yield f"used more than once, each use with weights of its own here: {names}"

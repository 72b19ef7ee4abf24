"""The whole way: a Darknet configuration and its file of weights -> a spec with its tensors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from ....diagnostics import Diagnostic, FileError
from ....diagnostics.wording import listed
from ....files.reading import AnyPath, blaming, ensure_file, opened
from ....graph.builder import Value
from ....graph.graph import INPUT
from ....graph.shape import Shape, is_image, times
from ...draft import Draft
from ...faults import SHOWN, Unsaid, broken, unsaid
from ...finishing import Finding, finished
from ...imported import Imported
from ...importer import Wish
from .cfg import Section, sections
from .layers import HEADS, KINDS, NOTHING, Reading
from .numbers import Numbers

SIZES = 2**31
"""Values of an input at most."""

SIZED = {"connected": ("output",), "conv": ("filters", "size"), "convolutional": ("filters", "size")}
"""Fields that a layer is hardly meant to be without."""


def of_file(path: AnyPath, wish: Wish) -> Imported:
    """As `read_model`; the weights are those asked for, or the file of that name beside the configuration."""
    from ....spec.authoring import About

    network, *rest = sections(path) or [Section(str(path), "", 1)]
    size = _size(network, wish.size, str(path))
    place = wish.numbers or _beside(path)
    with ExitStack() as open_now:
        numbers = None
        if place is not None:
            open_now.enter_context(blaming(place))
            numbers = Numbers(open_now.enter_context(opened(place)), str(place))
        writing = _Writing(str(path), size, numbers)
        writing.run(rest, wish.outputs)
    name = Path(path).stem
    about = About(name if name.isprintable() else "", f"Imported from {Path(path).name}, a configuration of Darknet.")
    values = {str(number): value.name for number, value in enumerate(writing.made)}
    finding = Finding(str(path), writing.draft, writing.outputs, about, _source(size), values)
    finding.notes = lambda spec: _notes(writing)
    return finished(finding, wish, lambda spec: "no other program is asked about networks of Darknet")


def _source(size: Shape) -> str:
    C, H, W = size
    return f"Darknet, input (N, {C}, {H}, {W})"


def _beside(path: AnyPath) -> Path | None:
    found = Path(path).with_suffix(".weights")
    with suppress(FileError):
        ensure_file(found)
        return found
    return None


def _size(network: Section, asked: Shape | None, path: str) -> Shape:
    if network.kind not in ("net", "network"):
        raise broken(path, "the configuration does not begin with `[net]`", "so Darknet's begin", "")
    if asked is not None and not is_image(asked):
        raise broken(path, f"the input is no vector of {times(asked)}", "Darknet's networks take images", "")
    size = asked or tuple(
        network.number(name, usual, 1) for name, usual in (("channels", 3), ("height", 0), ("width", 0))
    )
    if np.prod([float(each) for each in size]) > SIZES:
        raise network.fault(f"the input of {times(size)} has more than {SIZES:,} values")
    return size


class _Writing:
    """Sections -> steps. What is no layer is gathered, not only the first of it."""

    def __init__(self, path: str, size: Shape, numbers: Numbers | None) -> None:
        self.path, self.numbers = path, numbers
        self.draft = Draft(size, has_numbers=numbers is not None)
        self.made: list[Value] = []
        self.outputs: list[str] = []
        self.heads: list[str] = []
        self.read: list[Section] = []
        """Those that have become layers."""

    def run(self, rest: list[Section], wanted: tuple[str, ...]) -> None:
        """Write all sections, or those up to the layers that are wanted by their numbers."""
        ends = [self._number(name, len(rest)) for name in wanted]
        faults: list[Diagnostic] = []
        before = self.draft.input
        for section in rest[: max(ends) + 1] if ends else rest:
            try:
                before = self._take(section, before)
            except Unsaid as fault:
                faults.append(unsaid(self.path, f"`[{section.kind[:40]}]`", str(fault), self._help(), section.span))
                break  # what it would make is not known, and so neither is the rest
            self.made.append(before)
        if faults:
            raise FileError(faults[:SHOWN])
        if not self.made:
            raise broken(self.path, "the configuration has no layer")
        if self.numbers is not None and self.numbers.left and not ends:
            why = f"{self.numbers.left:,} bytes are left behind those of the last layer"
            raise broken(self.numbers.path, "the weights are of a larger network", why, "take the configuration of it")
        self.outputs = [self.made[end].name for end in ends] or self.outputs or [before.name]
        if INPUT in self.outputs:
            raise broken(self.path, "an output of the network is its input")

    def _take(self, section: Section, before: Value) -> Value:
        if section.kind in HEADS:
            self.outputs.append(before.name)
            self.heads.append(section.kind)
            return before
        if section.kind in NOTHING:
            return before
        layer = KINDS.get(section.kind)
        if layer is None:
            raise Unsaid("no layer of the language computes what it does")
        self.read.append(section)
        return layer(Reading(section, before, self.made, self.draft, self.numbers))

    def _help(self) -> str:
        return f"`--outputs {len(self.made) - 1}` imports the part before it" if self.made else ""

    def _number(self, name: str, count: int) -> int:
        if not name.isdecimal() or len(name) > 6 or int(name) >= count:
            why = f"layers are counted from 0 to {count - 1}, without `[net]`"
            raise broken(self.path, f"the configuration has no layer `{name[:40]}`", why, "")
        return int(name)


def _notes(writing: _Writing) -> Iterator[str]:
    if writing.heads:
        what = listed([f"`[{head}]`" for head in dict.fromkeys(writing.heads)], 3)
        yield f"the outputs are what {what} is given: boxes are made of it outside of the network"
    lacking = [
        f"`{name}=` of `[{section.kind}]` (line {section.line})"
        for section in writing.read
        for name in SIZED.get(section.kind, ())
        if name not in section.fields
    ]
    if lacking:
        yield f"not given, so 1 as in Darknet: {listed(lacking, 3)}"
    unread = [
        f"`{name[:40]}` (line {line})"
        for section in writing.read
        for name, (_, line) in section.fields.items()
        if name not in section.asked and name.isprintable()
    ]
    if unread:
        yield f"fields that nothing here reads: {listed(unread, 3)}"
    if writing.numbers is None:
        yield "there is no file of weights beside it: the spec has none; `--weights FILE` names one"

"""A cell's arithmetic in the terminal: what was read, what was done with it, the sum and the formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ....graph.graph import INPUT
from ....graph.shape import Shape
from ...drawing.ansi import BOLD, DIM, painter
from ...drawing.terminal_text import escaped
from ...drawing.text_table import wrapped
from .. import formula
from ..cell import Block, Cell, Numbers, PartNumbers
from ..sources import Source, place_in
from .grids import Grid, beside
from .telling import Amount, Told

WIDEST = 7
"""Columns of a window up to which it is shown as a grid."""
WORDS = {"sum": "the sum", "mean": "the mean", "variance": "the variance", "largest": "the largest"}


def render(cells: Sequence[Told], amount: Amount, width: int | None = None, colour: bool = False) -> str:
    """Each cell with its arithmetic, a blank line between them; of a trail, a line for each further step."""
    return "\n".join("\n".join(Telling(amount, width, colour).lines(told)) + "\n" for told in cells)


def named(name: str, place: Shape) -> str:
    return f"{escaped(name)} [{', '.join(map(str, place))}]"


class Telling:
    """How much is told of a cell, and on what kind of page."""

    def __init__(self, amount: Amount, width: int | None, colour: bool) -> None:
        self.amount, self.width, self.colour = amount, width, colour
        self.one = amount.decimals.one
        self.paint = painter(colour)

    def lines(self, told: Told) -> Iterator[str]:
        yield self.title(told)
        if told.sees is not None:
            (top, bottom), (left, right) = told.sees
            yield f"sees rows {top} to {bottom}, columns {left} to {right} of the input"
        if told.cell is not None:
            yield ""
            yield from self.arithmetic(told.cell)
        if told.trail:
            yield ""
            yield from self.followed(told.trail)

    def title(self, told: Told) -> str:
        if told.class_name:
            where = f"class {escaped(told.class_name)}"
        elif len(told.place) == 1:
            where = ""
        else:
            c, row, column = told.place
            where = f"{'channel' if told.name == INPUT else 'map'} {c}, row {row}, column {column}"
        return self.paint(BOLD, self.value(told)) + ("    " + where if where else "")

    def value(self, told: Told) -> str:
        return f"{named(told.name, told.place)} = {self.one(told.value)}"

    def arithmetic(self, cell: Cell) -> Iterator[str]:
        """The parts, the formula with names and with numbers, and what was executed if that shows as another number."""
        for name, part in cell.parts.items():
            yield from VIEWS.get(part.part.how, Telling.block)(self, cell, name, part)
        text = cell.explanation.formula
        if text not in cell.parts:
            values = {name: self.one(part.value) for name, part in cell.parts.items()}
            yield from self.wrapped(f"{text} = {formula.with_numbers(text, values)} = {self.one(cell.explained)}")
        if self.one(cell.explained) != self.one(cell.executed):
            yield self.paint(DIM, f"in float32 the network made {cell.executed:.9g}, here it is {cell.explained:.9g}")

    def wrapped(self, text: str) -> list[str]:
        return wrapped(text, self.width, 2)

    def single(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        """A value from elsewhere: whose it is."""
        block = part.block
        assert block is not None
        index = (0,) * block.values.ndim
        if not block.inside[index]:
            yield f"{name} = 0    beside the image"
        else:
            yield f"{name} = {self.one(part.value)}    {self.place(cell, block, index)}"

    def given(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        yield f"{name} = {self.one(part.value)}"

    def place(self, cell: Cell, block: Block, index: Shape) -> str:
        """A cell that was read, by the name of its tensor and its place there."""
        if isinstance(block.read.of, int):
            return named(cell.step.inputs[block.read.of], place_in(cell, block, index))
        return named(f"{cell.step.name}.{block.read.of}", block.place(index))

    def dot(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        """Products and their sum: window by window where there are windows, else the largest."""
        shape = part.terms.shape
        if len(shape) == 3 and shape[1] * shape[2] > 1 and shape[2] <= WIDEST and part.terms.size:
            yield from self.windows(cell, name, part)
        else:
            yield from self.products(cell, name, part)

    def windows(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        """The channels of the largest sums as patch x filter = products, then the others' sums."""
        block, factors, terms = part.block, part.factors, part.terms
        assert block is not None
        assert factors is not None
        sums = terms.sum(axis=(1, 2))
        order = np.argsort(-np.abs(sums), kind="stable").tolist()
        source = self.tensor(cell, block)
        shown = order[: self.amount.channels]
        for c in shown:
            (channel, *_) = block.place((c, 0, 0))
            yield f"channel {channel} of {source}"
            decimals, colour = self.amount.decimals, self.colour
            grids = [
                Grid(block.values[c], decimals, colour, block.inside[c]),
                Grid(factors[c], decimals, colour),
                Grid(terms[c], decimals, colour, block.inside[c]),
            ]
            yield from beside(grids, ["x", "="], self.width)
            yield f"  sum {self.one(float(sums[c]))}"
        if len(order) > 1:
            yield from self.others(block, sums, order[len(shown) :])
            yield f"together {name} = {self.one(part.value)}"

    def others(self, block: Block, sums: Numbers, order: Sequence[int]) -> Iterator[str]:
        """The sums of further channels, and of those that are too many together."""
        most = self.amount.terms if len(order) > self.amount.terms + 1 else len(order)  # a single one has its own line
        listed, rest = order[:most], order[most:]
        said = [f"channel {block.place((c, 0, 0))[0]}: {self.one(float(sums[c]))}" for c in listed]
        if rest:
            said.append(f"the other {len(rest):,} together: {self.one(float(sums[rest].sum()))}")
        if said:
            yield from self.wrapped("  " + ",  ".join(said))

    def products(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        """The largest products, a line each, and the others together."""
        block, terms = part.block, part.terms
        assert block is not None
        assert part.factors is not None
        most = self.amount.terms if terms.size > self.amount.terms + 1 else terms.size
        order = np.argsort(-np.abs(terms), axis=None, kind="stable")[:most]
        rows = []
        for flat in order.tolist():
            index = tuple(int(i) for i in np.unravel_index(flat, terms.shape))
            value, factor, term = (self.one(float(a[index])) for a in (block.values, part.factors, terms))
            rows.append((value, factor, term, self.place(cell, block, index)))
        widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
        for value, factor, term, where in rows:
            cells = (value.rjust(widths[0]), "x", factor.rjust(widths[1]), "=", term.rjust(widths[2]))
            yield f"  {' '.join(cells)}    {where}"
        if terms.size > len(rows):
            rest = float(np.delete(terms, order).sum())
            yield f"  the other {terms.size - len(rows):,} together {self.one(rest)}"
        yield f"{name} = {self.one(part.value)}" if terms.size else f"{name} = 0    nothing lies there"

    def block(self, cell: Cell, name: str, part: PartNumbers) -> Iterator[str]:
        """What was taken of many cells: a small window as a grid with its winner marked, else its range."""
        block = part.block
        assert block is not None
        values = block.values
        winner = tuple(int(i) for i in np.unravel_index(values.argmax(), values.shape)) if values.size else ()
        is_window = values.ndim == 3 and values.shape[0] == 1 and 0 < values.shape[2] <= WIDEST
        of = f"{values.size:,} values of {self.tensor(cell, block)}"
        if is_window and values.shape[1] <= WIDEST:
            marked = (winner[1], winner[2]) if part.part.how == "largest" else None
            yield f"channel {block.place(winner)[0]} of {self.tensor(cell, block)}"
            yield from beside(
                [Grid(values[0], self.amount.decimals, self.colour, block.inside[0], marked)], [], self.width
            )
        else:
            low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
            yield f"{of}, from {self.one(low)} to {self.one(high)}"
        where = f"    {self.place(cell, block, winner)}" if part.part.how == "largest" else ""
        yield f"{name} = {self.one(part.value)}{where}"

    def tensor(self, cell: Cell, block: Block) -> str:
        assert isinstance(block.read.of, int)
        return escaped(cell.step.inputs[block.read.of])

    def followed(self, trail: Sequence[tuple[Told, Source | None]]) -> Iterator[str]:
        """The way on along the strongest source, a line for each layer."""
        yield "along the strongest contribution:"
        for told, source in trail:
            yield f"  {self.value(told)}"
            if source is not None:
                yield f"    {self.contribution(source)}"

    def contribution(self, source: Source) -> str:
        value = self.one(source.value)
        product = ""
        if source.factor is not None:
            product = f" x {self.one(source.factor)} = {self.one(source.value * source.factor)}"
        among = f", the strongest of {source.among:,}" if source.among > 1 else ""
        return f"{value}{product} from {named(source.name, source.place)}{among}"


VIEWS: dict[str, Callable[[Telling, Cell, str, PartNumbers], Iterator[str]]] = {
    "cell": Telling.single,
    "number": Telling.given,
    "dot": Telling.dot,
}
"""How a part is told that is not simply taken of many cells, by what is done there."""

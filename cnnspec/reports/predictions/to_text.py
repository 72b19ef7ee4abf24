"""What a network makes of inputs, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...graph.array import Array
from ...graph.shape import times
from ...spec.ranking import Class, Prediction, figures
from ..drawing.bar import bar
from ..drawing.decimals import Decimals
from ..drawing.terminal_text import escaped, width

BAR = 24
FEW = 100
"""Values of an output up to which they are all shown."""
ACROSS = 10


def render(results: Sequence[Prediction], lines: bool = False) -> str:
    """Each input's name with its top classes under it, aligned throughout, a blank line between inputs.

    With `lines`, a line each instead: the input's name and its first class.
    """
    labels = [_label(c) for r in results if isinstance(r.found, tuple) for c in r.found]
    room = max(map(width, labels), default=0)
    if not lines:
        return "\n".join("\n".join([_title(r), *_rows(r, room)]) + "\n" for r in results)
    margin = max((width(_title(r)) for r in results), default=0)
    return "".join(f"{_padded(_title(r), margin)}{row}\n" for r in results for row in _rows(r, room))


def _title(result: Prediction) -> str:
    return escaped(f"{result.input}: {result.output}" if result.output else result.input)


def _rows(result: Prediction, room: int) -> Iterator[str]:
    if not isinstance(result.found, tuple):
        y = result.found
        said = "  ".join(f"{name} {value:.4g}" for name, value in figures(y).items())
        yield f"  {times(y.shape)}  {said}"
        if y.size <= FEW:
            yield from _numbers(y)
        return
    for c in result.found:
        yield f"  {_padded(_label(c), room)}  {100 * c.score:6.2f} %  {bar(c.score, BAR)}".rstrip()


def _numbers(y: Array) -> Iterator[str]:
    """All values: of an image its rows, map by map; of a vector in lines of ten."""
    if y.ndim > 1:
        for c, rows in enumerate(Decimals().grid(y.reshape(-1, y.shape[-1]))):
            if c % y.shape[1] == 0 and len(y) > 1:
                yield f"    channel {c // y.shape[1]}"
            yield f"    {'  '.join(rows)}"
        return
    (texts,) = Decimals().grid(y.reshape(1, -1))
    for i in range(0, len(texts), ACROSS):
        yield f"    {'  '.join(texts[i : i + ACROSS])}"


def _label(c: Class) -> str:
    return escaped(c.name) or f"class {c.index}"


def _padded(label: str, room: int) -> str:
    return label + " " * (room - width(label))

"""What stands below a summary's table: the totals in words, and by which conventions they are counted."""

from __future__ import annotations

from collections.abc import Iterator

from ...graph.graph import Totals
from ...graph.shape import times
from ..drawing.terminal_text import escaped
from .summary import Summary

MACS = "MACs: multiply-accumulates of conv, deconv and dense for one input, without bias, norm and activation"
FIELD = "RF: receptive field of one output cell along the longest path, rows x columns where they differ"
BYTES = "bytes: float32; activations of the graph as written, nothing in place, nothing fused"
CONVENTIONS = (
    f"{MACS}; FLOPs = 2 x MACs.",
    "params are learned; buffers are the running statistics of batch norm.",
    f"{FIELD}; none after global pooling, flatten or dense.",
    f"{BYTES}: a step's inputs, its output and what is still needed.",
)
SCALES = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def facts(summary: Summary, totals: Totals) -> Iterator[tuple[str, str]]:
    """The totals as labels and values."""
    inputs = "one input" if summary.batch == 1 else f"a batch of {summary.batch:,}"
    yield "params", counted(totals.params)
    yield "buffers", counted(totals.buffers)
    yield "MACs", f"{counted(totals.macs)}, FLOPs {counted(2 * totals.macs)}"
    yield "weights", counted(totals.weight_bytes, "B")
    yield "activations", f"{counted(totals.peak_activation_bytes, 'B')} at the peak, for {inputs}"
    if summary.last_spatial is not None:
        yield "receptive field", f"{field(summary.last_spatial.receptive_field)} at {summary.last_spatial.name}"


def counted(count: int, unit: str = "") -> str:
    """A count in full, then in powers of 1000 when it is long: `25,557,032 (25.6 M)`."""
    full = f"{count:,} bytes" if unit else f"{count:,}"
    for scale, letter in SCALES:
        if 2000 * count >= 1999 * scale:
            return f"{full} ({_three_digits(count / scale)} {letter}{unit})"
    return full


def _three_digits(number: float) -> str:
    places = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{places}f}"


def field(extent: tuple[int, int] | None) -> str:
    """A receptive field: rows x columns, one number when they are equal, `-` when there is none."""
    if extent is None:
        return "-"
    return f"{extent[0]:,}" if extent[0] == extent[1] else times(extent)


def title(summary: Summary) -> str:
    """The spec's name and what it makes of its input."""
    return f"{escaped(summary.name)}: {passage(summary)}"


def passage(summary: Summary) -> str:
    """Input and output shapes, outputs by name when there are several."""
    if summary.outputs is None:
        return f"{times(summary.input)} -> ?"
    named = summary.outputs.items()
    outputs = ", ".join(f"{name} {times(shape)}" if len(named) > 1 else times(shape) for name, shape in named)
    return f"{times(summary.input)} -> {outputs}"

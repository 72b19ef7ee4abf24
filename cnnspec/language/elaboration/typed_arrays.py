"""The arrays that are typed in a spec, its sample and its weights, held against the network that they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...diagnostics import Diagnostic, closest, instead
from ...diagnostics.suggest import is_certain
from ...diagnostics.wording import listed, quantity
from ...graph.graph import Graph
from ...graph.layer import TensorSpec
from ...graph.shape import Shape, is_image, times
from ..document.document import Document
from ..values.array_literal import ArrayLiteral

LISTED = 10
SHORT = 64
"""Values of an array up to which a help writes them out."""


def check_sample(document: Document, input: Shape) -> Iterator[Diagnostic]:
    """E307 when the sample that is typed does not become the network's input."""
    sample = document.header.sample
    if isinstance(sample, ArrayLiteral) and not sample.fits(input):
        yield Diagnostic(
            "E307",
            f"the sample is {times(sample.shape)}; the input is {times(input)}",
            span=document.span("sample"),
            help=f"a list of {_listed(input)}",
        )


def _listed(input: Shape) -> str:
    """What the list of an input's numbers holds."""
    if not is_image(input):
        return quantity(input[0], "number")
    C, H, W = input
    rows = f"{quantity(H, 'row')} of {quantity(W, 'number')}"
    return rows if C == 1 else f"{quantity(C, 'channel')}, each a list of {rows}"


def check_weights(document: Document, graph: Graph) -> Iterator[Diagnostic]:
    """E307 for each tensor that is typed and is not the network's, and for those of the network that are not typed."""
    weights = document.header.weights
    if not isinstance(weights, Mapping):
        return
    needed = graph.tensors
    missing = [name for name in needed if name not in weights]
    for name, array in weights.items():
        if name not in needed:
            near = closest(name, missing)
            missing = [other for other in missing if other != near]  # that is what was misspelt
            yield _unknown(document, name, near, needed)
        elif not array.fits(needed[name].shape):
            yield _misshapen(document, name, array, needed[name])
    if missing:
        yield Diagnostic(
            "E307",
            f"`weights` lacks {len(missing):,} of {quantity(len(needed), 'tensor')}",
            span=document.key_span("weights"),
            why=f"missing: {listed([f'`{name}`' for name in missing], LISTED)}",
            help=_zeros(missing[0], needed[missing[0]].shape),
        )


def _unknown(document: Document, name: str, near: str | None, needed: Mapping[str, TensorSpec]) -> Diagnostic:
    span = document.key_span(f"weights.{name}")
    return Diagnostic(
        "E307",
        f"the network has no tensor `{name}`",
        span=span,
        label=f"did you mean `{near}`?" if near else "",
        help=f"it has {listed([f'`{known}`' for known in needed], LISTED)}" if needed else "no layer has weights",
        fixes=(instead(span, near, is_certain(name, near, needed)),) if near and span else (),
    )


def _misshapen(document: Document, name: str, array: ArrayLiteral, tensor: TensorSpec) -> Diagnostic:
    return Diagnostic(
        "E307",
        f"`{name}` is {times(tensor.shape)}; here it is {times(array.shape)}",
        span=document.span(f"weights.{name}"),
        help=_zeros(name, tensor.shape),
    )


def _zeros(name: str, shape: Shape) -> str:
    """A tensor of zeros as it is typed, without axes of length 1 around others; where it is large, its shape."""
    sizes = tuple(size for size in shape if size > 1) or (1,)
    written, count = "0", 1
    for size in reversed(sizes):
        count *= size
        if count > SHORT:
            return f"{times(shape)} numbers for `{name}`; axes of length 1 may be left out"
        written = f"[{', '.join([written] * size)}]"
    return f"`{name}: {written}`, with your numbers in place of the zeros"

"""A spec's contract: what it promises about its output and its costs, held against the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial

from ...diagnostics import Diagnostic, Span, closest
from ...graph.graph import Graph, Step, Totals
from ...graph.shape import Shape, times
from ..document.document import Document
from ..sections.header import OPERATORS, Expect, bound
from ..sections.train import Train
from ..syntax.nodes import Mapping
from ..syntax.path import descend

UNITS = {
    "params": "parameters",
    "buffers": "buffer values",
    "macs": "MACs",
    "weight_bytes": "bytes of weights",
    "peak_activation_bytes": "bytes of activations at the peak",
}


def check_expectations(document: Document, graph: Graph, settings: bool = True) -> list[Diagnostic]:
    """Broken promises of the top-level `expect`, classes that do not fit the output, a `preprocess` that never
    gives the input; with `settings`, a `train` that cannot train the network."""
    header = document.header
    found = [*_preprocess(document)]
    if settings and header.train is not None:
        found += check_train(header.train, document.root, graph)
    if isinstance(header.classes, tuple):
        found += misfit_classes(document, graph, len(header.classes))
    if header.expect is not None:
        found += broken(header.expect, graph, partial(_promise, document))
    return found


def _promise(document: Document, path: str) -> Span:
    """Where a promise is written; an output is to blame by its name."""
    name = document.key_span(f"expect.{path}") if "." in path else None
    return name or document.span(f"expect.{path}")


def broken(expect: Expect, graph: Graph, place: Callable[[str], Span | None]) -> Iterator[Diagnostic]:
    """The promises that a graph does not keep. `place` is where a promise is written: `params`, `output.NAME`."""
    if expect.output is not None:
        yield from _outputs(expect, graph, place)
    for total in fields(Totals):
        budget = getattr(expect, total.name)
        if budget is None:
            continue
        sign, limit = bound(budget)
        count = getattr(graph.totals, total.name)
        if not OPERATORS[sign](count, limit):
            yield _broken(total.name, count, sign, int(limit), graph, place(total.name))


def check_train(settings: Train, root: Mapping, graph: Graph) -> Iterator[Diagnostic]:
    """What settings of training have against a network, at the places where they are written."""
    for issue in settings.issues(graph):
        *_, node = descend(root, ".".join(filter(None, ("train", issue.field))))
        yield issue.at(node.span)


def _broken(name: str, count: int, sign: str, limit: int, graph: Graph, span: Span | None) -> Diagnostic:
    off = abs(count - limit)
    relation = {"=": "more than" if count > limit else "less than", ">": "under", ">=": "under"}.get(sign, "over")
    what = f"{off:,} {relation} the {'expected ' + format(limit, ',') if sign == '=' else 'limit'}"
    return Diagnostic(
        "E301",
        f"{count:,} {UNITS[name]}, {what}",
        span=span,
        label=f"{sign} {limit:,} is broken" if sign != "=" else f"it is {count:,}",
        why=_largest(name, count, graph),
        help=f"`{name}: {_kept(sign, count)}`" + (", or a smaller network" if count > limit else ""),
    )


def _kept(sign: str, count: int) -> str:
    """A budget of the same kind that `count` keeps."""
    if sign == "=":
        return str(count)
    return f'"{sign} {count + {"<": 1, ">": -1}.get(sign, 0)}"'


def _largest(name: str, total: int, graph: Graph) -> str:
    """The steps that cost most, with their shares."""

    def cost(step: Step) -> int:
        return int(getattr(step, name, 0))

    top = [step for step in sorted(graph.steps, key=cost, reverse=True)[:3] if cost(step)]
    return ", ".join(f"{step.name} {cost(step):,} ({100 * cost(step) / total:.0f}%)" for step in top)


def _outputs(expect: Expect, graph: Graph, place: Callable[[str], Span | None]) -> Iterator[Diagnostic]:
    span = place("output")
    if isinstance(expect.output, dict):
        shapes = {name: graph.shape(name) for name in graph.outputs}
        for name, wanted in expect.output.items():
            if name not in shapes:
                near = closest(name, shapes)
                yield Diagnostic(
                    "E302",
                    f"`{name}` is no output",
                    span=place(f"output.{name}"),
                    label=f"did you mean `{near}`?" if near else "",
                    why=f"outputs: {', '.join(shapes)}",
                )
            elif shapes[name] != wanted:
                yield _shape(f"output `{name}`", shapes[name], wanted, span)
    elif len(graph.outputs) > 1:
        help = f"`output: {{{graph.outputs[0]}: [...], ...}}`"
        yield Diagnostic("E302", f"{len(graph.outputs)} outputs, but one shape", span=span, help=help)
    elif graph.shape(graph.outputs[0]) != expect.output and expect.output is not None:
        yield _shape("the output", graph.shape(graph.outputs[0]), expect.output, span)


def _shape(what: str, shape: Shape, wanted: Shape, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "E302",
        f"{what} is {times(shape)}, expected {times(wanted)}",
        span=span,
        help=f"`output: [{', '.join(map(str, shape))}]`, or mend the layers",
    )


def misfit_classes(document: Document, graph: Graph, count: int) -> Iterator[Diagnostic]:
    """The complaint about `count` names of classes that are not one for each value of the output."""
    shape = graph.shape(graph.outputs[0])
    if count != shape[0]:
        yield Diagnostic(
            "E303",
            f"{count:,} classes for an output of {times(shape)}",
            span=document.span("classes"),
            help=f"one name for each {'channel' if len(shape) > 1 else 'value'} of the output: {shape[0]:,}",
        )


def _preprocess(document: Document) -> Iterator[Diagnostic]:
    """What keeps every image whatsoever from becoming the input."""
    header = document.header
    if header.preprocess is None:
        return
    for issue in header.preprocess.issues(header.input.shape):
        yield issue.at(document.span(".".join(filter(None, ("preprocess", issue.field)))))

"""Warnings about what a spec carries along for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic, Note
from ...graph.graph import Graph
from ..document.document import Document

COUNTED = 50


def unused(
    document: Document, used_blocks: Iterable[str], used_arguments: Iterable[tuple[str, str]]
) -> Iterator[Diagnostic]:
    """Blocks that no layer uses, and arguments that nothing in a used block reads."""
    blocks, arguments = set(used_blocks), set(used_arguments)
    for name, block in document.blocks.items():
        if name not in blocks:
            yield Diagnostic("W101", f"block `{name}` is never used", span=block.name.span)
            continue
        for key, (scalar, _) in block.arguments.items():
            if (name, key) not in arguments:
                note = Note(block.name.span, "in this block")
                yield Diagnostic("W102", f"argument `{key}` is never used", span=scalar.span, notes=(note,))


def unreached(graph: Graph) -> Iterator[Diagnostic]:
    """The end of each path that leads to no output."""
    read = {name for step in graph.steps for name in step.inputs} | set(graph.outputs)
    needed = graph.reached(graph.outputs)
    for i, step in enumerate(step for step in graph.steps if step.name not in read):
        # Counting takes its time, and nobody reads so many warnings.
        wasted = len(graph.reached([step.name]) - needed) if i < COUNTED else 1
        yield Diagnostic(
            "W103",
            f"`{step.name}` reaches no output",
            span=step.span,
            label=f"{wasted} layers are computed for nothing" if wasted > 1 else "computed for nothing",
            help="remove it, or name it in `outputs`",
        )

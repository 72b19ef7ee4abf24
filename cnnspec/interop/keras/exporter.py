"""Keras as an exporter."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic
from ...graph.graph import Graph
from ..code.exporter import SourceExporter, refused
from ..exporter import ELSEWHERE, OptionValues

if TYPE_CHECKING:
    from ...spec import Spec


class Keras(SourceExporter):
    """A spec as a functional model of Keras 3."""

    name = "keras"
    title = "Keras"
    about = (
        "Keras: a functional model of Keras 3 in a .py file, for any backend, channels last. It loads the spec's "
        "weights from the .safetensors beside it, turned as Keras has them: pip install keras, and a "
        "backend, such as torch with KERAS_BACKEND=torch."
    )

    def kinds(self) -> Container[str]:
        from .kinds import KINDS

        return KINDS

    def text(self, spec: Spec, name: str, choices: OptionValues) -> str:
        from .file_writer import text

        return text(spec, name)

    def misfits(self, graph: Graph) -> Iterable[Diagnostic]:
        """Layers that Keras does not have, and names that are one without their dots."""
        from .kinds import UNSAID

        spelled: dict[str, str] = {}
        for step in graph.steps:
            if step.kind in UNSAID and (why := UNSAID[step.kind](step.layer, step)):
                help = f"other fields, or {ELSEWHERE}"
                yield refused(step, f"`{step.name}` cannot be said in Keras", why, help)
            if not step.tensors:
                continue
            other = spelled.setdefault(step.name.replace(".", "_"), step.name)
            if other != step.name:
                why = f"`{other}` is called the same there, where names have no dots"
                yield refused(step, f"no name for `{step.name}` in Keras", why, "another `name` for one of them")

"""PyTorch as an exporter."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic
from ...graph.graph import Graph
from ..code.exporter import SourceExporter, refused
from ..exporter import ELSEWHERE, OptionValues
from .attributes import OWN

if TYPE_CHECKING:
    from ...spec import Spec


class PyTorch(SourceExporter):
    """A spec as a `nn.Module` whose state_dict has the names of the spec's tensors."""

    name = "pytorch"
    title = "PyTorch"
    about = (
        "PyTorch: a nn.Module in a .py file, a class for each block, that needs torch. Its state_dict has the names of "
        "the spec's tensors; where their values are known, they are written beside it, as .safetensors, which the "
        "package safetensors loads: pip install torch safetensors."
    )

    def kinds(self) -> Container[str]:
        from .kinds import KINDS

        return KINDS

    def text(self, spec: Spec, name: str, choices: OptionValues) -> str:
        from .file_writer import text

        return text(spec, name)

    def misfits(self, graph: Graph) -> Iterable[Diagnostic]:
        """Layers that PyTorch does not have, and names that no state_dict can have."""
        from .kinds import UNSAID

        for step in graph.steps:
            if step.kind in UNSAID and (why := UNSAID[step.kind](step.layer, step)):
                help = f"other fields, or {ELSEWHERE}"
                yield refused(step, f"`{step.name}` cannot be said in PyTorch", why, help)
        held = {step.name: step for step in graph.steps if step.tensors}
        for name, step in held.items():
            parts = name.split(".")
            above = (".".join(parts[:count]) for count in range(1, len(parts)))
            message = f"PyTorch has no module called `{name}`"
            help = "another `name` for it, and for its tensors"
            if taken := next((part for part in parts if part in OWN), None):
                yield refused(step, message, f"`{taken}` is an attribute of all modules", help)
            elif outer := next((each for each in above if each in held), None):
                yield refused(step, message, f"`{outer}` is a layer by itself, and holds no other", help)

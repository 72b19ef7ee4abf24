"""What exporters share whose file is a program."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from ...diagnostics import Diagnostic
from ...diagnostics.wording import listed
from ...graph.graph import Graph, Step
from ..beside import Weights, weights_name
from ..exporter import ELSEWHERE, Encoded, Option, OptionValues, Tensors

if TYPE_CHECKING:
    from ...spec import Spec


class SourceExporter:
    """A spec as a `.py` file; its weights, where they are known, lie beside it, as `.safetensors`."""

    suffixes: tuple[str, ...] = (".py",)
    needs_weights = False
    options: tuple[Option, ...] = ()
    is_imported: ClassVar[bool] = True
    """Whether the file is a module for other programs, and no program by itself."""
    name: ClassVar[str]
    about: ClassVar[str]
    title: ClassVar[str]

    def kinds(self) -> Container[str]:
        """The layer kinds that there is a rule for."""
        raise NotImplementedError

    def text(self, spec: Spec, name: str, choices: OptionValues) -> str:
        """The program in the file called `name`."""
        raise NotImplementedError

    def misfits(self, graph: Graph) -> Iterable[Diagnostic]:
        """What else the format cannot say of a network whose kinds it knows."""
        return ()

    def problems(self, graph: Graph) -> list[Diagnostic]:
        lacking: dict[str, list[Step]] = {}
        for step in graph.steps:
            if step.kind not in self.kinds():
                lacking.setdefault(step.kind, []).append(step)
        found = [self._unknown(kind, steps) for kind, steps in lacking.items()]
        return found or list(self.misfits(graph))

    def _unknown(self, kind: str, steps: list[Step]) -> Diagnostic:
        return refused(
            steps[0],
            f"no rule for `{kind}` in {self.title}",
            f"{listed([f'`{step.name}`' for step in steps], 1)} cannot be written",
            ELSEWHERE,
        )

    def check_options(self, choices: OptionValues) -> None:
        """Nothing hangs on packages."""

    def encode(self, spec: Spec, tensors: Tensors, choices: OptionValues, name: str) -> Encoded:
        from .module_name import ensure_module_name

        ensure_module_name(name, self.is_imported)
        text = self.text(spec, name, choices)
        own = spec.graph.until(*spec.graph.outputs).tensors
        if not tensors or not own:
            return Encoded(text.encode())
        return Encoded(text.encode(), {weights_name(name): Weights({each: tensors[each] for each in own})})

    def describe(self, choices: OptionValues) -> str:
        return self.title


def refused(step: Step, message: str, why: str, help: str, **more: Any) -> Diagnostic:
    """E419, at a layer."""
    return Diagnostic("E419", message, span=step.span, why=why, help=help, **more)

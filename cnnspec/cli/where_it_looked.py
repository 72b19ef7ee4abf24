"""`inspect --cam`: whose score is explained, at which layer, and the heat over the input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..diagnostics import FileError
from ..graph.graph import INPUT
from ..graph.shape import Shape, is_image
from ..reports.drawing.terminal_text import escaped
from ..spec import Spec
from .class_names import class_index
from .layer_names import ensure_layer

if TYPE_CHECKING:
    from ..reports.inspection.attribution import Attribution
    from ..reports.inspection.trace import Trace

Asked = tuple[str, Shape | None]
"""A layer and a place in its output; None for the largest value."""


class Looking(NamedTuple):
    """What is asked for: a picture's file, a class by name or number, a layer. Nothing where all are None."""

    cam: str | None
    of_class: str | None
    layer: str | None

    @property
    def is_asked(self) -> bool:
        return any(option is not None for option in self)

    def check(self, spec: Spec, places: int, follow: bool) -> None:
        """Before the work: is one value asked for, is there such a layer, can the picture be written? Raises
        UsageError, FileError."""
        if not is_image(spec.graph.input):
            why = f"the input is a vector of {spec.graph.input[0]}, in which there is no place to look at"
            raise click.UsageError(f"{why}; --at LAYER:i shows the sum behind a value.")
        if follow:
            raise click.UsageError("--follow goes on along sums; Grad-CAM has none.")
        if places > 1:
            raise click.UsageError("Grad-CAM explains one value; name one with --at.")
        if places and self.of_class is not None:
            raise click.UsageError("--at and --class both name the value to explain; take one of them.")
        if self.layer is not None:
            ensure_layer(spec, self.layer)
            shape = spec.graph.shape(self.layer)
            if not is_image(shape):
                raise click.UsageError(
                    f"--cam-layer {self.layer} is a vector of {shape[0]}; rows and columns are needed."
                )
        if self.cam is not None:
            from ..files.writing import ensure_writable

            _ensure_png(self.cam)
            ensure_writable(self.cam)

    def shown(
        self, trace: Trace, spec: Spec, asked: Asked | None, style: str, terms: int, digits: int, page: dict[str, Any]
    ) -> str:
        """Of the value that is asked for, or else of a class' score; the picture is written. Raises UsageError."""
        from ..reports.formats import render

        name, place, class_name = _value(trace, spec, asked, self.of_class)
        found = self._found(trace, name, place)
        if self.cam is not None:
            _draw(self.cam, trace, spec, found)
        if style == "json":
            return render("inspection.heat", style, found, class_name)
        return render("inspection.heat", style, found, spec.graph.input[1:], class_name, terms, digits, **page)

    def _found(self, trace: Trace, name: str, place: Shape) -> Attribution:
        from ..reports.inspection.attribution import attribution, last_image

        at = self.layer or last_image(trace, name)
        if at is None:
            cure = "--cam-layer input takes the gradient by the input."
            said = f"no layer before '{name}' has several rows and columns that stand for those of the input"
            raise click.UsageError(f"{said}; {cure}")
        try:
            return attribution(trace, name, place, at)
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None


def _ensure_png(path: str) -> None:
    if not path.lower().endswith(".png"):
        message = f"`{Path(path).name}` would be no picture of that name: it is drawn as PNG"
        raise FileError.about(path, "E405", message, help="end it in .png")


def _draw(path: str, trace: Trace, spec: Spec, found: Attribution) -> None:
    from ..files.writing import whole
    from ..reports.inspection.heat.picture import render

    with whole(path) as stream:
        stream.write(render(found, trace.values[INPUT], spec.graph, spec.header.preprocess))
    click.echo(f"{escaped(path)}: {found.at} over the input", err=True)


def _value(trace: Trace, spec: Spec, asked: Asked | None, of_class: str | None) -> tuple[str, Shape, str]:
    """The layer, the place and, of a class' score, the class."""
    if asked is not None:
        name, place = asked
        return name, place or trace.strongest(name), ""
    from ..reports.inspection.attribution import class_output, class_score

    output = class_output(trace)
    if output is None:
        name = trace.graph.outputs[0]
        first = ",".join("0" * len(trace.graph.shape(name)))
        raise click.UsageError(f"no output is a list of classes; name the value to explain, as in --at {name}:{first}.")
    scores, names = trace.values[output].reshape(-1), spec.classes()
    named = names if names is not None and len(names) == len(scores) else None
    index = int(scores.argmax()) if of_class is None else class_index(of_class, named, len(scores))
    return *class_score(trace, output, index), named[index] if named else str(index)

"""`cnnspec eval`: how good a network is on examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...diagnostics.wording import quantity
from ...graph.shape import Shape
from ..completion import spec_names
from ..diagnostics_output import loaded
from ..missing import together_with
from ..options import COUNT, FOLDER, OUTPUT, PATH, backend_option, ensure_svg, input_option, threads_option
from ..progress_bar import tracked
from ..settings_options import Settable, configured, judged_by, set_option, source
from ..terminal import colour, width
from ..training_notes import unjudged
from ..weights_options import chosen

if TYPE_CHECKING:
    from ...train.evaluate import Subset
    from ...train.metrics import Evaluation

Names = tuple[str, ...] | None
NAMED = 20
"""Mistakes whose pictures are written where nobody says how many."""


@click.command("eval", cls=Settable)
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.option("--data", type=PATH, metavar="DATA", help="The examples, in place of the spec's own.")
@click.option("--weights", type=PATH, help="A .safetensors or .npz file, in place of the spec's own.")
@click.option(
    "--part",
    type=click.Choice(["validation", "all", "test"]),
    default="validation",
    show_default=True,
    help="The examples that training holds out; all, for data that were never learned from; or what the data keep for "
    "tests.",
)
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--mistakes", type=COUNT, metavar="N", help="Name the N examples on which it was wrong, and most sure.")
@click.option("--images", "folder", type=FOLDER, help="Write these as PNG into this folder.  [--mistakes: 20]")
@click.option("--plot", type=OUTPUT, metavar="FILE.svg", help="Draw the confusion matrix.")
@set_option
@threads_option("the work")
@backend_option
@input_option
def command(
    spec_name: str,
    data: str | None,
    weights: str | None,
    part: Subset,
    style: str,
    mistakes: int | None,
    folder: str | None,
    plot: str | None,
    options: tuple[str, ...],
    threads: int | None,
    backend: str,
    shape: Shape | None,
) -> int:
    """Loss and accuracy of SPEC on examples, precision and recall of each class, and which it takes for which.

    DATA is what `train` takes: a folder with a sub-folder of images a class, IDX files, .npz or .csv. Of the same data
    and settings the same examples are held out as in training. The loss is without label smoothing.
    """
    spec = loaded(spec_name, shape, settings=False)
    settings = configured(spec, options)
    with together_with(lambda: source(spec, settings, data)):
        tensors = chosen(spec, weights, None, None, "`--weights FILE`, such as `cnnspec train SPEC` writes")
    from ...files.writing import ensure_writable
    from ...train.evaluate import Evaluator, open_judged, part_of, whole_part
    from ..unscaled import note_unscaled

    apart = judged_by(spec, settings) if part == "validation" and not data else None
    path = apart or source(spec, settings, data)
    part = whole_part(apart) if apart else part
    ensure_svg(plot)
    if plot:
        ensure_writable(plot)
    note_unscaled(spec, [path])
    examples = open_judged(path, spec, settings, part)
    try:
        judged = part_of(examples, settings, part)
    except ValueError:
        raise click.UsageError("`validation: 0` holds no examples out; --part all takes them all.") from None
    named = mistakes or (NAMED if folder else 0)
    try:
        evaluator = Evaluator(spec.graph, settings, examples, judged, tensors, threads, named, backend)
    except ValueError as error:
        raise click.UsageError(f"--mistakes names wrong classes; {error}.") from None
    if plot and not evaluator.metrics.has_confusion:
        raise click.UsageError("--plot draws a confusion matrix; the output of this network is no list of classes.")
    for _ in tracked(evaluator, len(evaluator), prints=False):
        pass
    found, classes = evaluator.evaluation(), examples.classes or spec.classes()
    names = found.named(classes) or [str(i) for i in range(found.count)]
    gaps = [name for name, score in zip(names, found.classes(), strict=True) if not score.examples]
    unjudged(gaps, found.examples, "held out" if part == "validation" else "looked at")
    shown = _shown(spec.name, path, part, len(examples), found, classes, style)
    if found.wrong is not None:
        from ..mistakes import MistakePictures

        pictures = MistakePictures(spec, examples, found.wrong, found.named_answers(classes))
        if folder:
            pictures.write(folder)
        if style == "text":
            shown += pictures.told()
    click.echo(shown, nl=False)
    if plot:
        _draw(plot, spec.name, found, classes)
    return 0


def _shown(name: str, data: Path, part: str, count: int, found: Evaluation, classes: Names, style: str) -> str:
    """The evaluation of a part of `count` examples."""
    if style == "json":
        from ...reports.evaluation import to_json

        return to_json.render(name, str(data), part, found, classes)
    from ...reports.evaluation import to_text
    from ...spec import bundled

    which = f"{quantity(count, 'example')} of " + (
        f"the bundled {data.name}" if data in bundled.data().values() else str(data)
    )
    if part == "validation":
        which = f"{found.examples:,} of {which}, held out; `--part all` for all"
    return to_text.render(f"{name}: {which}", found, classes, width(), colour())


def _draw(plot: str, name: str, found: Evaluation, classes: tuple[str, ...] | None) -> None:
    from ...files.writing import whole
    from ...reports.evaluation import confusion_svg

    with whole(plot) as stream:
        stream.write(confusion_svg.render(name, found, classes).encode())

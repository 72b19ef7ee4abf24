"""`cnnspec eval`: how good a network is on examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ...diagnostics.wording import quantity
from ...graph.shape import Shape, is_image
from ..bulk_options import BulkChoices, Engine, bulk_options
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
CURE = "`--weights FILE`, such as `cnnspec train SPEC` writes"


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
@click.option("--out", "kept", type=FOLDER, metavar="RESULTS.parquet", help="Keep a row for each example, in shards.")
@click.option("--label-column", metavar="NAME", help="The column of Parquet tables that holds the labels.")
@bulk_options
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
    kept: str | None,
    label_column: str | None,
    options: tuple[str, ...],
    threads: int | None,
    backend: str,
    shape: Shape | None,
    **bulk: Any,
) -> int:
    """Loss and accuracy of SPEC on examples, precision and recall of each class, and which it takes for which.

    DATA is what `train` takes: a folder with a sub-folder of images a class, IDX files, .npz or .csv. Of the same data
    and settings the same examples are held out as in training. The loss is without label smoothing.

    DATA may also be a tar archive, a Parquet table, a pattern or a URL, or a folder with --workers, --dask or --out: of
    these all examples are judged.
    """
    spec = loaded(spec_name, shape, settings=False)
    if folder and not is_image(spec.graph.input):
        raise click.UsageError(f"--images draws inputs; a vector of {spec.graph.input[0]} is no picture.")
    settings = configured(spec, options)
    choices = BulkChoices(**bulk)
    if kept or choices.are_many or (data and _is_bulk(data)):
        is_other_part = part != "all" and _is_given("part")
        _refuse_beside({"--mistakes": mistakes, "--images": folder, f"--part {part}": is_other_part})
        from ..bulk_evaluation import judge

        _ensure_drawable(plot)
        if not choices.inputs_from:
            data = data or str(source(spec, settings, data))
        tensors = chosen(spec, weights, None, None, CURE)
        engine = Engine(None, threads, False, backend)
        found, classes, failed = judge(spec, settings, tensors, data, kept, label_column, engine, choices)
        shown = _shown(spec.name, Path(data or str(choices.inputs_from)), "all", found.examples, found, classes, style)
        click.echo(shown, nl=False)
        if plot:
            _draw(plot, spec.name, found, classes)
        return 4 if failed else 0
    choices.refuse("--out RESULTS.parquet` or `--workers N")
    if label_column:
        raise click.UsageError("--label-column is for Parquet tables; name one as --data.")
    with together_with(lambda: source(spec, settings, data)):
        tensors = chosen(spec, weights, None, None, CURE)
    from ...train.evaluate import Evaluator, open_judged, part_of, whole_part
    from ..unscaled import note_unscaled

    apart = judged_by(spec, settings) if part == "validation" and not data else None
    path = apart or source(spec, settings, data)
    part = whole_part(apart) if apart else part
    _ensure_drawable(plot)
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


def _is_bulk(data: str) -> bool:
    """Whether no other data are called like this."""
    from ...bulk.listing import expanded
    from ...bulk.task import CONTAINERS, file_name
    from ...files import places, store

    containers = tuple(ending for ending in CONTAINERS if not ending.startswith(".np"))
    if store.is_remote(data) or file_name(data).lower().endswith(containers):
        return True
    return not places.exists(data) and (store.is_several(data) or [*expanded(data)] != [data])


def _ensure_drawable(plot: str | None) -> None:
    from ...files.writing import ensure_writable

    ensure_svg(plot)
    if plot:
        ensure_writable(plot)


def _is_given(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _refuse_beside(options: dict[str, object]) -> None:
    for option, value in options.items():
        if value:
            raise click.UsageError(f"{option} does not go with results in shards.")


def _shown(name: str, data: Path, part: str, count: int, found: Evaluation, classes: Names, style: str) -> str:
    """The evaluation of a part of `count` examples."""
    if style == "json":
        from ...reports.evaluation import to_json

        return to_json.render(name, str(data), part, found, classes)
    from ...reports.evaluation import to_text
    from ...spec import bundled

    which = f"{quantity(count, 'example')} of " + (
        f"the bundled {data.stem}" if data in bundled.data().values() else str(data)
    )
    if part == "validation":
        which = f"{found.examples:,} of {which}, held out; `--part all` for all"
    return to_text.render(f"{name}: {which}", found, classes, width(), colour())


def _draw(plot: str, name: str, found: Evaluation, classes: tuple[str, ...] | None) -> None:
    from ...files.writing import whole
    from ...reports.evaluation import confusion_svg

    with whole(plot) as stream:
        stream.write(confusion_svg.render(name, found, classes).encode())

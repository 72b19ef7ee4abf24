"""`cnnspec train`: weights are learned from examples."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ...diagnostics import Diagnostic, TrainingError
from ...files.overwrite_guard import exempt, note_read
from ...files.places import are_one, exists, is_stream
from ...graph.shape import Shape
from ...reports.drawing.terminal_text import escaped
from ...spec import Spec, naming
from ..completion import spec_names
from ..diagnostics_output import loaded
from ..missing import together_with
from ..named_files import weights_of
from ..options import COUNT, OUTPUT, PATH, backend_option, input_option, threads_option
from ..settings_options import Settable, configured, judged_by, set_option, source

EVERY = 500


@click.command("train", cls=Settable)
@click.argument("spec_name", metavar="SPEC", shell_complete=spec_names)
@click.option("--data", type=PATH, metavar="DATA", help="The examples, in place of the spec's own.")
@click.option(
    "--validation", type=PATH, metavar="DATA", help="Other examples to judge by, in place of a part of the data."
)
@click.option("-o", "--output", type=OUTPUT, help="The file of weights to write.  [default: NAME.safetensors]")
@set_option
@click.option("--weights", type=PATH, help="Start from these weights; what does not fit is drawn afresh.")
@click.option(
    "--freeze",
    multiple=True,
    metavar="PATTERN",
    help="Layers or tensors to leave as they are, such as 'conv*', in place of those that the spec freezes.",
)
@threads_option("each batch")
@backend_option
@click.option("--log", type=OUTPUT, metavar="FILE.jsonl", help="Write every step and epoch to this file.")
@click.option("--plot", type=OUTPUT, metavar="FILE.svg", help="Draw the learning curves.")
@click.option("--checkpoint", type=OUTPUT, help="Where an unfinished run is kept.  [default: beside the output]")
@click.option("--every", type=COUNT, default=EVERY, show_default=True, help="Steps between checkpoints.")
@click.option("--resume", is_flag=True, help="Go on with the unfinished run, if there is one.")
@click.option("--restart", is_flag=True, help="Begin anew, in place of what an earlier run has left.")
@input_option
def command(
    spec_name: str,
    data: str | None,
    validation: str | None,
    output: str | None,
    options: tuple[str, ...],
    weights: str | None,
    freeze: tuple[str, ...],
    threads: int | None,
    backend: str,
    log: str | None,
    plot: str | None,
    checkpoint: str | None,
    every: int,
    resume: bool,
    restart: bool,
    shape: Shape | None,
) -> int:
    """Learn the weights of SPEC from DATA: a folder with a sub-folder of images a class, IDX files, .npz or .csv.

    The spec's `train` section says how; every key in it has a default, and --set puts another value in its place.

    The state of the run is kept in a checkpoint every so many steps, after each epoch, and at Ctrl-C, SIGTERM and
    SIGHUP; --resume goes on from it to the same weights, byte for byte, as if nothing had happened. Where the run is
    finished, it does nothing.

    The loss of the examples held out is without label smoothing. The weights are those of the last epoch; with the
    setting `patience`, those of the best.
    """
    if resume and restart:
        raise click.UsageError("--resume and --restart exclude each other.")
    if (spec_name == "-" or is_stream(spec_name)) and not output:
        raise click.UsageError("a spec from standard input has no name for its weights; name them with --output.")
    spec = loaded(spec_name, shape, settings=False)
    if validation:
        options = *options, f"train.validation_data={json.dumps(validation)}"
    settings = configured(spec, options, freeze)
    target = Path(output or f"{naming.spec_name(spec_name)}.safetensors")
    kept = Path(checkpoint) if checkpoint else target.parent / f"{target.stem}.checkpoint.safetensors"
    from ...train.session import Beginning, RunData
    from ..training import Files, train
    from ..unscaled import note_unscaled

    files = Files(target, kept, Path(log) if log else None, Path(plot) if plot else None)
    with together_with(lambda: judged_by(spec, settings), weights):
        path = source(spec, settings, data)
    with together_with(weights):
        judged = judged_by(spec, settings)
    for read in (path, judged):
        if read:
            note_read(read)
    note_unscaled(spec, [read for read in (path, judged) if read])
    if not output and exists(target) and not (resume and not exists(kept)):  # then nothing is written
        _refuse_unasked(target, spec, resume or restart or exists(kept))
    exempt(target)  # weights may be learned on in their place
    exempt(kept)
    for start in (weights, weights_of(spec)):
        if start:
            note_read(start)
    train(spec, settings, RunData(path, judged), files, Beginning(weights, threads, every, resume, restart, backend))
    return 0


def _refuse_unasked(target: Path, spec: Spec, is_asked: bool) -> None:
    """Refuse to replace weights that no option has named."""
    if (own := weights_of(spec)) and are_one(target, own):
        where = f"the weights of the spec, `{escaped(str(own))}`"
        raise click.UsageError(f"the default output would overwrite {where}; name the file with -o.")
    if not is_asked:
        message = "there are weights already where the result goes"
        why = "no option names the file: this is where a run's weights go by default"
        cure = "`-o FILE` puts them elsewhere, `--restart` replaces those that are there"
        raise TrainingError([Diagnostic("E503", message, file=str(target), why=why, help=cure)])

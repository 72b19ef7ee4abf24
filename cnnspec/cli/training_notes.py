"""What a training run says on standard error beside its findings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from ..diagnostics import FileError, TrainingError
from ..diagnostics.wording import listed, quantity
from ..reports.drawing.terminal_text import escaped
from ..spec import Spec
from ..train.checkpointer import Checkpointer
from ..train.notices import AlreadyFinished, Begun, Extended, NothingToResume, WeightsDrawn
from .notes import note

LISTED = 10
"""So many names are said."""


def nothing_to_resume(found: NothingToResume) -> None:
    """A run begins that was to go on."""
    note(f"there is no `{escaped(str(found.checkpoint))}`: the run begins")


def open_points(spec: Spec, begun: Begun) -> None:
    """What the reader may not have meant to leave open."""
    if begun.classes and spec.classes() is None:
        said = "the classes are called as in the data"
        if len(begun.classes) <= LISTED:
            note(f"{said}: write `classes: [{', '.join(map(_in_yaml, begun.classes))}]` into the spec")
        else:
            note(f"{said}: {escaped(listed(begun.classes, LISTED))}; give the spec these names as its `classes`")
    if begun.unlearned:
        note(f"no example of {_classes(begun.unlearned)} is learned from")
    unjudged(begun.unjudged, begun.held_out, "held out")
    if begun.settings.freeze and begun.is_drawn:
        note("what is frozen stays as it is drawn, at random: `--weights FILE` gives it values")


def unjudged(classes: Sequence[str], count: int, which: str = "looked at") -> None:
    """Classes that the figures say nothing of."""
    if classes:
        note(f"of the {quantity(count, 'example')} {which} none is of {_classes(classes)}: are the data sorted?")


def _classes(names: Sequence[str]) -> str:
    return f"class{'es' * (len(names) > 1)} {escaped(listed(names, LISTED))}"


def drawn_afresh(drawn: WeightsDrawn) -> None:
    """Which tensors the file of weights did not give."""
    for names, why in ((drawn.lacks, "are not in it"), (drawn.misshapen, "have another shape or type in it")):
        if names:
            how = f"{len(names):,} of {drawn.count:,} tensors {why} and are drawn afresh"
            note(f"{escaped(drawn.weights)}: {how}: {escaped(listed(names, LISTED))}")


def finished(found: AlreadyFinished) -> None:
    """There is nothing to go on with."""
    output, checkpoint = escaped(str(found.output)), escaped(str(found.checkpoint))
    how = f"`{output}` is its result, and there is no `{checkpoint}`"
    note(f"this run is finished: {how}; --restart begins anew")


def extended(run: Extended) -> None:
    """A run goes on to another number of epochs than it was begun for."""
    path = escaped(str(run.path))
    how = f"the run in `{path}` was begun for {quantity(run.had, 'epoch')} and goes on to {run.epochs:,}"
    if run.has_ended:
        how += "; from its weights: the optimizer, which is not in that file, begins anew"
    elif run.is_replanned:
        how += "; from here on the rate is that of a run of so many"
    note(how)


def kept(checkpointer: Checkpointer, end: BaseException) -> None:
    """What is left of a run that was broken off, and what to do with it."""
    place = checkpointer.path
    if place is None or checkpointer.kept is None or not Path(place).exists():  # its folder may have been removed
        return
    path = escaped(str(place))
    how = "--resume goes on from there"
    if isinstance(end, FileError) and not any(diagnostic.code == "E415" for diagnostic in end.diagnostics):
        how += f"; data that were mended are other data, with which `--restart --weights {path}` does"
    if isinstance(end, TrainingError):
        how = f"`--restart --weights {path}`, with other settings, goes on from there"
        if not checkpointer.is_sound:
            how = "that it went wrong shows only now: begin anew, `--restart`, with other settings"
    note(f"`{path}` holds the run after step {checkpointer.kept:,}; {how}")


def _in_yaml(name: str) -> str:
    """A name as an item of a list."""
    return escaped(name) if re.fullmatch(r"\w([\w .-]*\w)?", name) else json.dumps(name)

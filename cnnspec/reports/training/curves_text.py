"""Learning curves in a terminal: characters on a grid, loss and accuracy side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from ...train.events import EpochDone
from ..drawing.axis import counting
from .curves import Panel, panels

ROWS, COLUMNS = 9, 28
"""Size of a plot, in characters."""
LABELS = 7
GAP = 3
TRAINING, VALIDATION, BOTH = "·", "●", "◉"


def render(epochs: Sequence[EpochDone], width: int | None = None, is_smoothed: bool = False) -> str:
    """The plots of a run's epochs, at least one; above one another where `width` is too small for two."""
    drawn = [_panel(panel, epochs[-1].epoch) for panel in panels(epochs, is_smoothed)]
    room = LABELS + 2 + COLUMNS
    if width is not None and width < 2 * room + GAP:
        lines = [line for panel in drawn for line in panel]
    else:
        rows = zip_longest(*drawn, fillvalue="")
        lines = [(" " * GAP).join(f"{part:{room}}" for part in row) for row in rows]
    legend = f"{TRAINING} training  {VALIDATION} validation  {BOTH} both"
    if width is None or LABELS + 2 + len(legend) <= width:
        legend = f"{'':{LABELS}}  {legend}"
    return "".join(f"{line.rstrip()}\n" for line in [*lines, legend])


def _panel(panel: Panel, last: int) -> list[str]:
    grid = [[" "] * COLUMNS for _ in range(ROWS)]
    epochs = counting(last)
    for mark, curve in ((TRAINING, panel.training), (VALIDATION, panel.validation)):
        for epoch, value in curve:
            row = round((1 - panel.axis.place(value)) * (ROWS - 1))
            column = round(epochs.place(epoch) * (COLUMNS - 1))
            taken = grid[row][column]
            grid[row][column] = BOTH if mark == VALIDATION and taken in (TRAINING, BOTH) else mark
    labels = {round((1 - panel.axis.place(tick)) * (ROWS - 1)): panel.label(tick) for tick in panel.axis.ticks}
    return [
        f"{'':{LABELS}}  {panel.title}{', logarithmic' if panel.axis.is_log else ''}",
        *(f"{labels.get(i, ''):>{LABELS}} {'┤' if i in labels else '│'}{''.join(row)}" for i, row in enumerate(grid)),
        f"{'':{LABELS}} └{'─' * COLUMNS}",
        f"{'':{LABELS}}  {_below(last)}",
    ]


def _below(last: int) -> str:
    """The epochs under a plot."""
    if last == 1:
        return f"{'epoch 1':^{COLUMNS}}"
    return f"1{f'epoch {last}':>{COLUMNS - 1}}"

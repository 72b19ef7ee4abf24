"""Learning curves and the lines about a run, as they are shown."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnspec.language.sections.train import Train
from cnnspec.reports.drawing.axis import Axis, counting, fitting, linear, logarithmic
from cnnspec.reports.training import curves_svg, curves_text
from cnnspec.reports.training.lines import EpochColumns, first_line, last_line
from cnnspec.train.events import EpochDone, Finished, Score

SVG = "{http://www.w3.org/2000/svg}"
sizes = st.floats(1e-6, 1e6)


def epochs(count: int, accuracy: bool = True, held_out: bool = True) -> list[EpochDone]:
    """A run that learns, and in the end no longer what is held out."""
    done = []
    for epoch in range(1, count + 1):
        share = math.exp(-epoch / 3)
        training = Score(2.3 * share + 0.01, 1 - 0.6 * share if accuracy else None)
        validation = Score(2 * share + 0.08 + 0.002 * epoch, 0.985 - 0.5 * share if accuracy else None)
        done.append(EpochDone(epoch, 10 * epoch, training, validation if held_out else None, epoch < 15))
    return done


def check(axis: Axis, values: list[float]) -> None:
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert 2 <= len(axis.ticks) <= 12
    for value in values:
        assert -1e-9 <= axis.place(value) <= 1 + 1e-9
    for tick in axis.ticks:
        assert -1e-9 <= axis.place(tick) <= 1 + 1e-9


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 6)), min_size=1, max_size=9))
def test_a_linear_axis_holds_its_values(values: list[float]) -> None:
    axis = linear(values)
    check(axis, values)
    assert (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])


@given(st.lists(sizes, min_size=1, max_size=9))
@example([1e6, 999999.9999999999])
def test_a_fitting_axis_holds_its_values(values: list[float]) -> None:
    check(fitting(values), values)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.1, 2.3], (0, 1, 2, 3)),
        ([0.97, 0.99], (0.97, 0.975, 0.98, 0.985, 0.99)),
        ([61.2, 99.1], (60, 70, 80, 90, 100)),
        ([5], (2, 4, 6, 8)),
        ([0], (-0.5, 0, 0.5)),
    ],
)
def test_linear_ticks(values: list[float], ticks: tuple[float, ...]) -> None:
    assert linear(values).ticks == ticks


def test_logarithmic_ticks() -> None:
    assert logarithmic([0.013, 1.9]).ticks == (0.01, 0.1, 1.0)
    assert logarithmic([0.3, 1.2]).ticks == (0.2, 0.5, 1.0, 2.0)
    assert fitting([1, 29]).is_log is False
    assert fitting([1, 31]).is_log is True
    assert fitting([0, 31]).is_log is False


@pytest.mark.parametrize(
    ("last", "ticks"),
    [(1, (1,)), (2, (1, 2)), (5, (1, 2, 3, 4, 5)), (20, (1, 5, 10, 15, 20)), (100, (1, 20, 40, 60, 80, 100))],
)
def test_epochs_are_counted_in_whole_numbers(last: int, ticks: tuple[float, ...]) -> None:
    assert counting(last).ticks == ticks


def test_curves_in_a_terminal(golden: Callable[[str, str], None]) -> None:
    golden("curves.txt", curves_text.render(epochs(20)))
    golden("curves-narrow.txt", curves_text.render(epochs(7, held_out=False), width=60))


@pytest.mark.parametrize("count", [1, 2, 28, 200])
def test_curves_fit_a_terminal(count: int) -> None:
    for width in (42, 80):
        lines = curves_text.render(epochs(count), width).splitlines()
        assert max(map(len, lines)) <= width
        assert curves_text.VALIDATION in "".join(lines)


def drawn(count: int, **options: bool) -> ET.Element:
    return ET.fromstring(curves_svg.render("a <b> & \x1b", epochs(count, **options)))


def test_a_picture_of_curves(golden: Callable[[str, str], None]) -> None:
    golden("curves.svg", curves_svg.render("digits", epochs(20)))
    picture = drawn(20)
    words = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"a <b> & \\x1b", "loss, logarithmic", "accuracy", "epoch", "training", "validation", "100 %"} <= {*words}
    assert [len((line.get("points") or "").split()) for line in picture.iter(f"{SVG}polyline")] == [20] * 4


def test_curves_stay_inside_their_panels() -> None:
    picture = drawn(9)
    for line in picture.iter(f"{SVG}polyline"):
        for point in (line.get("points") or "").split():
            x, y = map(float, point.split(","))
            column = x % curves_svg.WIDTH
            assert curves_svg.LEFT <= column <= curves_svg.WIDTH - curves_svg.RIGHT
            assert curves_svg.TOP <= y <= curves_svg.HEIGHT - curves_svg.BOTTOM


def test_one_panel_without_accuracy_one_curve_without_validation() -> None:
    assert len(list(drawn(5, accuracy=False).iter(f"{SVG}polyline"))) == 2
    assert len(list(drawn(5, held_out=False).iter(f"{SVG}polyline"))) == 2
    assert len(list(drawn(60).iter(f"{SVG}circle"))) == 2, "only the legend's"


def test_one_is_no_plural() -> None:
    assert first_line("net", Train(), 1, 0, 1) == "net: 1 example to learn from; adam, batches of 64; 1 thread"
    assert first_line("net", Train(), 1000, 5, 2).startswith("net: 1,000 examples to learn from, 5 held out; ")
    assert first_line("net", Train(), 1000, 5, 2).endswith("; 2 threads")


def test_lines(golden: Callable[[str, str], None]) -> None:
    done = epochs(20)
    columns = EpochColumns.of(Train(epochs=20), done[0])
    lines = [columns.titles(), *(columns.line(each, 12345.6) for each in done[::5])]
    for settings, only, rate in (
        (Train(epochs=9), epochs(1, accuracy=False)[0], None),
        (Train(epochs=1000), epochs(1, held_out=False)[0], 7.0),
        (Train(epochs=9, smoothing=0.1), done[0], 7.0),
    ):
        columns = EpochColumns.of(settings, only)
        lines += [columns.titles(), columns.line(only, rate)]
    assert max(map(len, lines)) < 80
    lines += [
        last_line("digits.safetensors", Finished("epochs", 20, 20), done[19]),
        last_line("digits.safetensors", Finished("patience", 20, 14), done[13]),
        last_line("digits.safetensors", Finished("epochs", 20, 14), done[13]),
        last_line("digits.safetensors", Finished("epochs", 1, 1), epochs(1, held_out=False)[0]),
    ]
    golden("training-lines.txt", "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize("width", [40, 50, 60, 71, 80, None])
def test_the_table_of_epochs_fits_a_terminal(width: int | None, held_out: bool, smoothing: float) -> None:
    """What tells least goes first; what was learned by, and how good that is, stays."""
    (done,) = epochs(1, held_out=held_out)
    columns = EpochColumns.of(Train(epochs=1, smoothing=smoothing), done, width)
    titles, line = columns.titles(), columns.line(done, 12_345.6)
    assert max(len(titles), len(line)) <= (width or 71)
    assert ("smoothed" in titles, "held out" in titles, "accuracy" in titles) == (smoothing > 0, held_out, True)
    assert ("images/s" in titles) == ("12,346" in line) == (columns.has_rate or width in (None, 71, 80))
    words = titles.replace("held out: loss", "held").replace("held out", "held").replace("smoothed loss", "loss")
    assert len(words.split()) == len(re.findall(r"[0-9][0-9/.,]*", line))

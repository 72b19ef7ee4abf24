"""Pages that have no room for all values: marked cells, pictures, and which layers are whole all the same."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import Spec, load, report
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.reports.page.boxes import Boxes
from cnnspec.reports.page.contents import Amount, Contents, contents, fewer
from cnnspec.reports.page.pictures import pictures, reduced
from cnnspec.reports.page.run_data import thread
from cnnspec.reports.page.tensors import Tensors
from cnnspec.spec.running import first
from cnnspec.weights import initial

SIZE = 250_000
"""Bytes that hold some of LeNet-5, and not its largest layer of neurons."""


@pytest.fixture(scope="module")
def ran() -> Trace:
    spec = load("lenet5")
    x = first(spec.sample(), spec.graph, spec.header.preprocess)
    return trace(spec.graph, spec.compile().tensors, x)


def chosen(ran: Trace, room: int, maps: int = 16, cells: int = 4) -> Contents:
    return contents(Tensors(ran.graph, [ran]), [ran], [thread(ran, None)], Amount(room, maps, cells), room)


@pytest.mark.parametrize("room", [20_000, 60_000, 120_000, 250_000, 400_000])
def test_what_is_chosen_fits(ran: Trace, room: int) -> None:
    found = chosen(ran, room)
    assert found.values.size * 4 / 3 <= room
    assert (found.marked == [[]]) == (len(found.whole) == len(ran.graph.steps))


def test_more_room_makes_more_layers_whole(ran: Trace) -> None:
    counts = [len(chosen(ran, room).whole) for room in (20_000, 60_000, 120_000, 400_000)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] == len(ran.graph.steps)


def test_every_cell_of_the_thread_is_there(ran: Trace) -> None:
    found = chosen(ran, 40_000)
    [marked] = found.marked
    for name, place in thread(ran, None):
        assert name == "input" or name in found.whole or (name, place) in marked


def test_pictures_give_way_before_marked_cells() -> None:
    tried = list(fewer(Amount(0, 16, 4)))
    assert tried == [(16, 4), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1), (1, 1)]


def test_a_box_is_there_once(ran: Trace) -> None:
    tensors = Tensors(ran.graph, [ran])
    one = Boxes(tensors, [ran], [[("conv2", (3, 4, 5))]])
    assert Boxes(tensors, [ran], [[("conv2", (3, 4, 5))] * 2]).bytes == one.bytes
    assert one.bytes == 4 * (1 + 2 * 6 * 5 * 5 + 1)


def test_pictures_are_means_of_blocks() -> None:
    maps = np.arange(2 * 5 * 120, dtype=np.float32).reshape(2, 5, 120)
    small = reduced(maps)
    assert small.shape == (2, 2, 40)
    assert small[1, 0, 3] == pytest.approx(maps[1, :3, 9:12].mean())
    assert small[1, 1, 3] == pytest.approx(maps[1, 3:, 9:12].mean())


def test_pictures_of_what_is_not_finite() -> None:
    maps = np.array([[[np.nan, 1.0], [np.inf, -2.0]]], np.float32)
    shades = np.frombuffer(zlib.decompress(pictures(maps, 1, ()).data), np.int8)
    assert shades.tolist() == [0, 64, 127, -127]


def test_a_large_network_fits_its_size() -> None:
    spec = load("resnet50")
    x = np.random.default_rng(0).normal(size=(1, *spec.graph.input)).astype(np.float32)
    made = report(spec, x, initial(spec.graph.tensors, "he", 0))
    assert 2_000_000 < made.size <= 8_000_000
    assert 0 < made.whole < made.layers
    assert made.marked > 2 * (made.layers - made.whole)


ASK = """async (asked) => Promise.all(asked.map(async ([layer, place]) => {
    const cell = await cnnspec.explain(layer, place);
    return cell && [cell.executed, cell.explained];
}))"""


@pytest.mark.browser
def test_marked_cells_open_and_others_show_the_command(ran: Trace, tmp_path: Path, opened: Any) -> None:
    spec: Spec = load("lenet5")
    made = report(spec, size=SIZE)
    assert 0 < made.whole < made.layers
    made.save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    run = page.evaluate(
        "cnnspec.network.runs[0].marked.map(([layer, place]) => [cnnspec.network.layers[layer].name, place])"
    )
    assert len(run) == made.marked
    for (name, place), (executed, explained) in zip(run, page.evaluate(ASK, run), strict=True):
        cell = ran.cell(name, tuple(place))
        assert (executed, explained) == pytest.approx((cell.executed, cell.explained), rel=1e-6)
    page.evaluate("location.hash = '#dense1:119'")
    page.locator('#sum[data-cell="dense1:119"]').wait_for()
    assert "not in the file" in page.inner_text("#sum")
    page.locator("#sum .link").first.click()
    page.locator("#sum .products").wait_for()


@pytest.mark.browser
def test_points_on_pictures_are_cells(ran: Trace, tmp_path: Path, opened: Any) -> None:
    report(load("lenet5"), size=150_000).save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    point = page.locator(".point-mark").first
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator('#sum:not([data-explained=""])').wait_for()
    name, _, numbers = page.get_attribute("#sum", "data-cell").partition(":")
    place = tuple(map(int, numbers.split(",")))
    assert float(page.get_attribute("#sum", "data-explained")) == pytest.approx(
        ran.cell(name, place).explained, rel=1e-6
    )


@pytest.mark.browser
def test_a_frame_lies_in_its_own_map_of_one_cell(tmp_path: Path, opened: Any) -> None:
    """Maps of 1x1 that have no room in the file are pictures side by side."""
    text = "input: {C: 8, H: 2, W: 2}\nlayers: [{conv: {F: 2, K: 3000}}, {conv: {F: 1, K: 4}}]\n"
    (tmp_path / "net.yaml").write_text(text)
    spec = load(tmp_path / "net.yaml")
    x = np.random.default_rng(0).random((1, *spec.graph.input), np.float32)
    made = report(spec, x, initial(spec.graph.tensors, "he", 0), size=1)
    made.save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    section = page.locator('section[aria-label="conv1"]')
    section.scroll_into_view_if_needed()
    button = section.locator(".map:has(.point-mark)").nth(1)
    button.click()
    channel = button.get_attribute("data-channel")
    page.wait_for_selector(f'#sum[data-cell="conv1:{channel},0,0"]')
    frame = section.locator(".chosen")
    frame.wait_for(state="attached")
    assert frame.evaluate("(frame) => frame.closest('.map').dataset.channel") == channel
    [inner, outer] = [each.bounding_box() for each in (frame, button.locator("canvas"))]
    assert abs(inner["x"] - outer["x"]) < 4
    assert abs(inner["width"] - outer["width"]) < 8


def test_what_no_page_can_show() -> None:
    spec = load("lenet5")
    for change, why in (
        ({"inputs": []}, "one input at least"),
        ({"inputs": np.zeros((0, 1, 28, 28), np.float32)}, "one input at least"),
        ({"target": 10}, "a class from 0 to 9, not 10"),
        ({"target": -1}, "a class from 0 to 9, not -1"),
        ({"language": "de"}, "'en' and 'zh', not 'de'"),
    ):
        with pytest.raises(ValueError, match=why):
            report(spec, **change)
    with pytest.raises(ValueError, match="no output of this network is a list of classes"):
        report(load("unet"), np.zeros((1, *load("unet").graph.input), np.float32), target=0)

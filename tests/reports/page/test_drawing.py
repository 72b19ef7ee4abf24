"""The network runs in the page: its values are Python's, for any input, and a picture may be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnspec import Spec, load, report
from cnnspec.reports.inspection.sources import trail
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.spec.running import first
from cnnspec.weights import initial

pytestmark = pytest.mark.browser

EXECUTE = "async (values) => (await cnnspec.execute(values)).map((made) => Array.from(made, String))"
PAPER = """() => {
    const paper = document.querySelector(".paper");
    return Array.from(paper.getContext("2d").getImageData(0, 0, paper.width, paper.height).data);
}"""
NAMED = "() => document.querySelector('.result').innerText.includes('your drawing')"
CLOSE = 1e-6
"""Of a layer's largest value: how far the page's sums in float64 may be from those in float32."""


def agree(page: Any, ran: Trace) -> None:
    found = page.evaluate(EXECUTE, ran.values["input"].ravel().tolist())
    for name, made in zip(ran.values, found, strict=True):
        values = np.array([float(number.replace("Infinity", "inf")) for number in made], np.float32)
        expected = ran.values[name].ravel()
        largest = np.abs(expected[np.isfinite(expected)]).max(initial=1e-30)
        np.testing.assert_allclose(values, expected, rtol=0, atol=CLOSE * largest, err_msg=name)


def test_every_kind_runs_in_the_page(every_kind: tuple[Spec, dict[str, Any], Any], tmp_path: Path, opened: Any) -> None:
    """On another input than the page's own."""
    spec, tensors, x = every_kind
    report(spec, x[None], tensors).save(tmp_path / "page.html")
    other = np.random.default_rng(9).normal(size=spec.graph.input).astype(np.float32)
    agree(opened(tmp_path / "page.html"), trace(spec.graph, tensors, other))


def test_a_bundled_network_runs_in_the_page(lenet5: Path, opened: Any) -> None:
    spec = load("lenet5")
    x = np.random.default_rng(3).random(spec.graph.input, np.float32)
    agree(opened(lenet5), trace(spec.graph, spec.compile().tensors, x))


def drawn(page: Any, *points: tuple[float, float]) -> None:
    """A line over the paper, through points given by their shares of its sides."""
    box = page.locator(".paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()


def test_a_seven_is_drawn(lenet5: Path, opened: Any) -> None:
    """Its class comes while the button is still down; values, thread and sums are those of the drawing."""
    page = opened(lenet5)
    page.click(".drawing summary")
    drawn(page, (0.3, 0.25), (0.7, 0.25), (0.4, 0.85))
    page.wait_for_function(NAMED)
    page.wait_for_function("() => document.querySelector('.result li .class').innerText === '7'")
    spec = load("lenet5")
    pixels = np.array(page.evaluate(PAPER)).reshape(28, 28, 4)
    x = (pixels[None, ..., 0] / 255).astype(np.float32)
    ran = trace(spec.graph, spec.compile().tensors, x)
    agree(page, ran)
    said = page.evaluate(
        "async () => { const c = await cnnspec.explain('dense3', [7], 1); return [c.executed, c.explained] }"
    )
    cell = ran.cell("dense3", (7,))
    assert said == pytest.approx([cell.executed, cell.explained], rel=1e-5)
    assert len(list(trail(ran, "softmax1", (7,)))) > 5
    assert page.locator("#looked").count() == 0
    assert page.locator("#guide .contents li").count() > 8
    page.locator("#guide .contents button").nth(-2).click()
    page.wait_for_function("() => document.querySelector('#guide .said').innerText.includes('7')")
    assert page.locator(".command").count() == 0


def test_the_maps_change_while_it_is_drawn(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5)
    page.click(".drawing summary")
    box = page.locator(".paper").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.wait_for_function(NAMED)
    before = page.inner_text('[data-section="1"] .facts')
    page.mouse.move(box["x"] + 60, box["y"] + 130, steps=10)
    page.wait_for_function(
        "(before) => document.querySelector('[data-section=\"1\"] .facts').innerText !== before", arg=before
    )
    page.mouse.up()


def test_the_keyboard_clears_the_paper(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5)
    page.locator(".drawing summary").focus()
    page.keyboard.press("Enter")
    drawn(page, (0.2, 0.2), (0.8, 0.8))
    page.wait_for_function(NAMED)
    assert max(page.evaluate(PAPER)[::4]) == 255
    page.locator(".drawing summary").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert set(page.evaluate(PAPER)[::4]) == {0}
    page.wait_for_function("() => document.querySelector('[data-section=\"0\"] .facts').innerText.includes('0 to 0')")


def test_a_finger_draws(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, has_touch=True)
    page.tap(".drawing summary")
    page.tap(".paper")
    page.wait_for_function(NAMED)
    assert max(page.evaluate(PAPER)[::4]) > 200


def test_in_chinese_the_drawing_stays(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5)
    page.click(".drawing summary")
    drawn(page, (0.2, 0.2), (0.8, 0.8))
    page.wait_for_function(NAMED)
    before = page.evaluate(PAPER)
    page.locator(".tools select").last.select_option("zh")
    assert page.inner_text(".drawing summary") == "自己画一张"
    assert page.evaluate(PAPER) == before


COLOURS = """\
cnnspec: 1
input: {C: 3, H: 6, W: 6}
preprocess: {mode: MODE, scale: 1/255, mean: [0.5, 0.25, 0], std: [0.5, 1, 2]EXTRA}
layers:
  - identity
"""


@pytest.mark.parametrize("extra", ["", ", invert: true"])
@pytest.mark.parametrize("mode", ["rgb", "bgr"])
def test_what_is_drawn_is_prepared_as_an_image_is(mode: str, extra: str, tmp_path: Path, opened: Any) -> None:
    """Beside the preparation of an image with the same pixels."""
    (tmp_path / "net.yaml").write_text(COLOURS.replace("MODE", mode).replace("EXTRA", extra))
    spec = load(tmp_path / "net.yaml")
    report(spec, np.zeros((1, 3, 6, 6), np.float32)).save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    page.click(".drawing summary")
    page.locator(".drawing input").fill("#10c080")
    drawn(page, (0.2, 0.2), (0.8, 0.8))
    page.wait_for_function(NAMED)
    pixels = np.array(page.evaluate(PAPER), np.uint8).reshape(6, 6, 4)[..., :3]
    assert pixels[2, 2].tolist() == pytest.approx([0x10, 0xC0, 0x80], abs=4)
    assert pixels[0, 5].tolist() == ([255] * 3 if extra else [0] * 3)
    Image.fromarray(pixels).save(tmp_path / "same.png")
    expected = first(tmp_path / "same.png", spec.graph, spec.header.preprocess)
    found = page.evaluate(
        """async () => {
            const places = Array.from({ length: 108 }, (_, i) => [Math.floor(i / 36), Math.floor(i / 6) % 6, i % 6]);
            const cells = await Promise.all(places.map((place) => cnnspec.explain("identity1", place, 1)));
            return cells.map((cell) => cell.executed);
        }"""
    )
    np.testing.assert_allclose(np.array(found).reshape(3, 6, 6), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "cnnspec: 1\ninput: {C: 2, H: 6, W: 6}\nlayers:\n  - identity\n",
        "cnnspec: 1\ninput: {C: 1, H: 96, W: 96}\nlayers:\n  - conv: {F: 9, K: 96, P: same}\n",
    ],
)
def test_what_cannot_be_drawn_or_is_too_much_is_not_offered(text: str, tmp_path: Path, opened: Any) -> None:
    (tmp_path / "net.yaml").write_text(text)
    spec = load(tmp_path / "net.yaml")
    tensors = initial(spec.graph.tensors, "he", 0)
    report(spec, np.zeros((1, *spec.graph.input), np.float32), tensors).save(tmp_path / "page.html")
    assert opened(tmp_path / "page.html").locator(".drawing").count() == 0


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 420, "height": 900}}])
def test_paper_and_heat_are_for_everybody(look: dict[str, Any], lenet5: Path, opened: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(lenet5, **look)
    page.click(".drawing summary")
    drawn(page, (0.2, 0.2), (0.8, 0.8))
    page.wait_for_function(NAMED)
    page.locator(".tools select").first.select_option("0")
    page.locator("#looked").scroll_into_view_if_needed()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), "wider than the window"

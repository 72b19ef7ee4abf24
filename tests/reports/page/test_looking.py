"""The page under a person's hands: mouse, keyboard, address, and eyes of several kinds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cnnspec import load, report
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.spec.running import first

pytestmark = pytest.mark.browser

NARROW = {"width": 420, "height": 900}
SCREENS = os.environ.get("CNNSPEC_SCREENSHOTS")
"""A folder where pictures of what was looked at are kept, if any."""


@pytest.fixture(scope="module")
def ran() -> Trace:
    spec = load("lenet5")
    x = first(spec.sample(), spec.graph, spec.header.preprocess)
    return trace(spec.graph, spec.compile().tensors, x)


def cell(page: Any, wanted: str) -> float:
    """The explained value that the sum shows, once it shows the wanted cell."""
    page.wait_for_selector(f'#sum[data-cell="{wanted}"]')
    return float(page.get_attribute("#sum", "data-explained"))


def layer(page: Any, name: str) -> Any:
    """The section of a layer, filled and in sight."""
    section = page.locator(f'section[aria-label="{name}"]')
    section.scroll_into_view_if_needed()
    section.locator("canvas, .value").first.wait_for()
    return section


def click_cell(page: Any, canvas: Any, row: int, column: int) -> None:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    rows, columns = canvas.evaluate("canvas => [canvas.height, canvas.width]")
    page.mouse.click(box["x"] + (column + 0.5) * box["width"] / columns, box["y"] + (row + 0.5) * box["height"] / rows)


@pytest.mark.parametrize("place", [(0, 3, 4), (2, 7, 9), (5, 0, 27)])
@pytest.mark.parametrize("name", ["conv1", "relu1"])
def test_a_click_on_a_map_shows_the_sum(
    name: str, place: tuple[int, int, int], lenet5: Path, opened: Any, ran: Trace
) -> None:
    page = opened(lenet5)
    c, row, column = place
    click_cell(page, layer(page, name).locator(f'.map[data-channel="{c}"] canvas'), row, column)
    assert cell(page, f"{name}:{c},{row},{column}") == pytest.approx(ran.cell(name, place).explained, abs=1e-6)


@pytest.mark.parametrize(("name", "place"), [("flatten1", 83), ("dense1", 33)])
def test_a_click_on_a_vector(name: str, place: int, lenet5: Path, opened: Any, ran: Trace) -> None:
    page = opened(lenet5)
    canvas = layer(page, name).locator(".map canvas")
    row, column = divmod(place, canvas.evaluate("canvas => canvas.width"))
    click_cell(page, canvas, row, column)
    assert cell(page, f"{name}:{place}") == pytest.approx(ran.cell(name, (place,)).explained, abs=1e-6)


def test_a_click_on_a_class(lenet5: Path, opened: Any, ran: Trace) -> None:
    page = opened(lenet5)
    layer(page, "softmax1").locator('.value[data-i="7"]').click()
    assert cell(page, "softmax1:7") == pytest.approx(ran.cell("softmax1", (7,)).explained, abs=1e-6)
    assert "class 7" in page.inner_text("#sum")


def test_links_lead_from_the_class_to_a_pixel(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, "#softmax1:7")
    seen = ["softmax1:7"]
    while not seen[-1].startswith("input:"):
        assert len(seen) < 20
        page.locator("#sum .parts .link, #sum .parts .grid button").first.click()
        page.locator(f'#sum:not([data-cell="{seen[-1]}"])').wait_for()
        seen.append(page.get_attribute("#sum", "data-cell"))
    assert len(seen) == 14
    while len(seen) > 1:
        page.locator("#sum .back").click()
        seen.pop()
        page.wait_for_selector(f'#sum[data-cell="{seen[-1]}"]')


def test_the_keyboard_is_enough(lenet5: Path, opened: Any, ran: Trace) -> None:
    page = opened(lenet5)
    layer(page, "relu1")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('section')?.getAttribute('aria-label')") == "relu1":
            break
    page.keyboard.press("Enter")
    page.locator('#sum[data-cell^="relu1:"]').wait_for()
    c, row, column = map(int, page.get_attribute("#sum", "data-cell").removeprefix("relu1:").split(","))
    expected = ran.values["relu1"][c]
    assert expected[row, column] == expected.max()
    for key, moved in (
        ("]", (c + 1, row, column)),
        ("ArrowLeft", (c + 1, row, column - 1)),
        ("ArrowUp", (c + 1, row - 1, column - 1)),
        ("[", (c, row - 1, column - 1)),
        ("ArrowDown", (c, row, column - 1)),
        ("ArrowRight", (c, row, column)),
    ):
        page.keyboard.press(key)
        place = ",".join(map(str, moved))
        assert cell(page, f"relu1:{place}") == pytest.approx(ran.cell("relu1", moved).explained, abs=1e-6)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.channel") == str(c)


def test_arrows_go_from_number_to_number_in_a_patch(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, "#conv1:0,14,14")
    page.locator("#sum .grid button").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    cell(page, "input:0,14,13")


def test_the_address_names_the_cell(lenet5: Path, opened: Any, ran: Trace) -> None:
    page = opened(lenet5, "#conv2:3,4,5")
    assert cell(page, "conv2:3,4,5") == pytest.approx(ran.cell("conv2", (3, 4, 5)).explained, abs=1e-6)
    layer(page, "softmax1").locator('.value[data-i="2"]').click()
    cell(page, "softmax1:2")
    assert page.url.endswith("#softmax1:2")
    page.go_back()
    cell(page, "conv2:3,4,5")


def test_the_way_back_has_addresses_too(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5)
    first = page.get_attribute("#sum", "data-cell")
    layer(page, "softmax1").locator('.value[data-i="2"]').click()
    cell(page, "softmax1:2")
    page.locator("#sum .back").click()
    cell(page, first)
    assert page.url.endswith(f"#{first}")
    page.go_back()
    cell(page, "softmax1:2")
    page.go_back()  # where the address names no cell
    cell(page, first)


def test_bars_of_scores_begin_at_0(tmp_path: Path, opened: Any) -> None:
    (tmp_path / "net.yaml").write_text("input: {C: 3, H: 1, W: 1}\nlayers: [flatten]\nsample: [[[-3]], [[0]], [[1]]]\n")
    report(load(tmp_path / "net.yaml")).save(tmp_path / "page.html")
    bars = layer(opened(tmp_path / "page.html"), "flatten1").locator(".bar")
    sides = """(bar) => {
        const box = bar.getBoundingClientRect();
        const share = (x) => Math.round((100 * (x - box.left)) / box.width);
        const [own, zero] = [...bar.children].map((part) => part.getBoundingClientRect());
        return [share(own.left), share(own.right), share(zero.left)];
    }"""
    found = [bars.nth(i).evaluate(sides) for i in range(3)]
    assert found == [[0, 75, 75], [75, 75, 75], [75, 100, 75]]


@pytest.mark.parametrize("address", ["#nowhere:1", "#conv2:3,4,99", "#conv2", "#%zz:1"])
def test_an_address_that_names_no_cell_is_no_harm(address: str, lenet5: Path, opened: Any) -> None:
    assert opened(lenet5, address).get_attribute("#sum", "data-cell").startswith("conv1:")


@pytest.mark.parametrize(
    "look",
    [{}, {"color_scheme": "dark"}, {"viewport": NARROW}, {"viewport": {"width": 1000, "height": 800}}],
    ids=["wide", "dark", "narrow", "middle"],
)
@pytest.mark.parametrize("address", ["#conv2:3,4,5", "#maxpool1:2,3,4", "#softmax1:7"])
def test_everybody_can_read_it(address: str, look: dict[str, Any], lenet5: Path, opened: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(lenet5, address, **look)
    page.locator(".layer.filled").nth(13).wait_for()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), "wider than the window"
    if SCREENS:
        page.screenshot(
            path=Path(SCREENS) / f"{address[1:6]}-{'-'.join(look) or 'wide'}-{page.viewport_size['width']}.png"
        )


def test_it_can_be_printed(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, "#conv2:3,4,5")
    page.locator(".layer.filled").nth(13).wait_for()
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.locator("#sum").is_visible()
    page.set_viewport_size({"width": 794, "height": 1123})
    for unprinted in (".tools", ".close"):
        assert not page.locator(unprinted).is_visible()


def test_the_other_language_and_back(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, "#conv2:3,4,5")
    before = page.inner_text("#sum")
    page.get_by_label("language").select_option("zh")
    page.get_by_text("感受野").first.wait_for()
    assert page.get_attribute("html", "lang") == "zh"
    page.locator("#sum").get_by_text("过滤器").first.wait_for()
    page.get_by_label("语言").select_option("en")
    page.locator("#sum").get_by_text("filter").first.wait_for()
    assert page.inner_text("#sum") == before


def test_the_parts_of_a_formula_have_names_in_both_languages(lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, "#conv2:3,4,5")
    for said, language in (("sum+bias", "en"), ("和+偏置", "zh")):
        page.locator(".tools select").last.select_option(language)
        page.wait_for_selector(f"html[lang={language}] #sum .formula")
        shown = page.locator("#sum .formula .row").first.evaluate("(row) => row.textContent.replace(/\\s/g, '')")
        assert shown == said


def test_digits_and_scales(lenet5: Path, opened: Any, ran: Trace) -> None:
    page = opened(lenet5, "#conv2:3,4,5")
    exact = ran.cell("conv2", (3, 4, 5)).executed
    for digits in (3, 6, 9):
        page.get_by_label("figures").select_option(str(digits))
        page.get_by_text(f"−{abs(exact):.{digits - 1}f}").first.wait_for()
    page.get_by_label("scale").select_option("map")
    page.get_by_label("colours").select_option("gray")
    page.wait_for_selector("#layers canvas")


def test_small_numbers_have_a_power_of_ten(lenet5: Path, opened: Any) -> None:
    text = layer(opened(lenet5), "softmax1").inner_text()
    assert "6.548e−10" in text
    assert "0.00000" not in text


def test_several_inputs(tmp_path: Path, opened: Any) -> None:
    import numpy as np

    spec = load("lenet5")
    x = np.random.default_rng(0).random((2, 1, 28, 28), np.float32)
    report(spec, x).save(tmp_path / "two.html")
    page = opened(tmp_path / "two.html", "#conv1:1,2,3")
    tensors = spec.compile().tensors
    for i in (0, 1):
        if i:
            page.locator(".tools select").first.select_option("1")
            page.locator(".result").get_by_text("[1]").wait_for()
        wanted = trace(spec.graph, tensors, x[i]).cell("conv1", (1, 2, 3)).explained
        page.locator(f'#sum[data-run="{i}"]').wait_for()
        assert cell(page, "conv1:1,2,3") == pytest.approx(wanted, abs=1e-6)
    assert page.url.endswith("#conv1:1,2,3@2")


def test_in_a_notebook(opened: Any, tmp_path: Path) -> None:
    frame = report(load("lenet5"))._repr_html_()
    (tmp_path / "notebook.html").write_text(f"<html data-ready=''><body>{frame}</body></html>", encoding="utf-8")
    page = opened(tmp_path / "notebook.html")
    inside = page.frame_locator("iframe")
    inside.locator("html[data-ready]").wait_for()
    inside.locator('section[aria-label="conv1"] .map[data-channel="2"]').click()
    inside.locator('#sum[data-cell^="conv1:2,"]').wait_for()


def test_numbers_that_are_none(tmp_path: Path, opened: Any) -> None:
    import numpy as np

    x = np.zeros((1, 1, 28, 28), np.float32)
    x[0, 0, 10, 10] = np.nan
    report(load("lenet5"), x).save(tmp_path / "nan.html")
    page = opened(tmp_path / "nan.html", "#conv1:0,10,10")
    page.locator('#sum[data-cell="conv1:0,10,10"]').wait_for()
    assert "NaN" in page.inner_text("#sum h2")
    assert "There is no ordinary number here" in page.inner_text("#sum")
    assert "of these values are NaN or infinite" in layer(page, "conv1").inner_text()

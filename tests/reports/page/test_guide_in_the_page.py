"""The guide in the page: every chapter in both languages, other cells, the window that slides, and what is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cnnspec import load, report
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.reports.page import guide
from cnnspec.reports.page.report import LANGUAGES, words

pytestmark = pytest.mark.browser

SCREENS = os.environ.get("CNNSPEC_SCREENSHOTS")
SAID = "#guide .said"
CAPTION = "#guide figure:last-child figcaption"


@pytest.fixture(scope="module")
def strokes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("strokes") / "strokes.html"
    report(load("strokes")).save(file)
    return file


@pytest.fixture(scope="module")
def story() -> guide.Story:
    spec = load("strokes")
    return guide.story(spec, ran(), None, is_random=False)


def ran() -> Trace:
    spec = load("strokes")
    weights, sample = spec.weights(), spec.sample()
    assert isinstance(weights, dict)
    assert not isinstance(sample, Path)
    return trace(spec.graph, weights, sample)


def turn_to(page: Any, chapter: int, language: str, key: str) -> None:
    page.locator("#guide .contents button").nth(chapter).click()
    page.locator("#guide h3").get_by_text(words(language)["guide"][f"{key}.title"], exact=True).wait_for()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chapter_says_what_python_says(language: str, story: guide.Story, opened: Any, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    report(load("strokes"), language=language).save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    told = words(language)["guide"]
    chapters = story.chapters()
    for i, chapter in enumerate(chapters):
        turn_to(page, i, language, chapter.key)
        said = page.inner_text(SAID)
        assert "{" not in said
        assert "undefined" not in said
        for key, facts in chapter.sentences:
            if not guide.CELL & set(told_of(told[key])):
                assert told[key].format(**facts) in said
        if chapter.cells:
            layer, place = chapter.cells[0]
            value = float(story.trace.values[layer][place])
            if chapter.key in ("numbers", "curve"):
                assert f"{value:g}" in said
        found = Axe().run(page, context="#guide")
        assert found.violations_count == 0, found.generate_report()
        if SCREENS:
            page.screenshot(path=Path(SCREENS) / f"guide-{language}-{i}.png")
    assert page.locator("#guide .next").is_disabled()


def told_of(text: str) -> list[str]:
    import re

    return re.findall(r"\{(\w+)\}", text)


def test_next_and_back_go_through_all_chapters(strokes: Path, story: guide.Story, opened: Any) -> None:
    page = opened(strokes)
    titles = [words("en")["guide"][f"{chapter.key}.title"] for chapter in story.chapters()]
    for title in titles:
        page.locator("#guide h3").get_by_text(title, exact=True).wait_for()
        if title != titles[-1]:
            page.locator("#guide .next").click()
    for title in reversed(titles[:-1]):
        page.locator("#guide .back").click()
        page.locator("#guide h3").get_by_text(title, exact=True).wait_for()


def test_another_cell_and_the_sum_behind_it(strokes: Path, story: guide.Story, opened: Any) -> None:
    page = opened(strokes)
    (depth,) = (i for i, chapter in enumerate(story.chapters()) if chapter.key == "depth")
    turn_to(page, depth, "en", "depth")
    for layer, place in [*story.chapters()[depth].cells, story.chapters()[depth].cells[0]]:
        page.wait_for_selector(f"{CAPTION} >> text={layer} [{', '.join(map(str, place))}]")
        page.locator("#guide .other").click()
    page.wait_for_selector(f"{CAPTION} >> text=conv [1, 3, 1]")
    page.locator("#guide .look").click()
    page.wait_for_selector('#sum[data-cell="conv:1,3,1"]')


def test_the_window_is_moved_by_hand_where_no_motion_is_wanted(strokes: Path, opened: Any) -> None:
    page = opened(strokes, reduced_motion="reduce")
    turn_to(page, 1, "en", "filter")
    for place in ("0, 3, 1", "0, 3, 2", "0, 3, 3", "0, 0, 0", "0, 0, 1"):
        page.wait_for_selector(f"{CAPTION} >> text=conv [{place}]")
        assert page.inner_text("#guide .play") == "move the window"
        page.locator("#guide .play").click()


def test_the_window_slides_until_it_is_stopped(strokes: Path, opened: Any) -> None:
    page = opened(strokes)
    turn_to(page, 1, "en", "filter")
    page.locator("#guide .play").click()
    page.wait_for_selector(f"{CAPTION} >> text=conv [0, 3, 2]")
    page.locator("#guide .play[aria-pressed=true]").click()
    page.locator("#guide .play[aria-pressed=false]").wait_for()
    turn_to(page, 2, "en", "depth")
    page.wait_for_selector(f"{CAPTION} >> text=conv [0, 3, 1]")


def test_the_language_changes_and_the_chapter_stays(strokes: Path, opened: Any) -> None:
    page = opened(strokes)
    turn_to(page, 4, "en", "pooling")
    page.get_by_label("language").select_option("zh")
    page.locator("#guide h3").get_by_text(words("zh")["guide"]["pooling.title"], exact=True).wait_for()
    page.get_by_label("语言").select_option("en")
    page.locator("#guide h3").get_by_text(words("en")["guide"]["pooling.title"], exact=True).wait_for()


def fold_and_reload(page: Any) -> None:
    page.locator("#guide > details > summary").click()
    page.evaluate("new Promise(done => setTimeout(done))")  # the browser tells of the change in a task of its own
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")


def test_a_guide_that_was_folded_stays_folded(strokes: Path, opened: Any) -> None:
    page = opened(strokes)
    assert page.locator("#guide .chapter").is_visible()
    fold_and_reload(page)
    assert not page.locator("#guide .chapter").is_visible()
    fold_and_reload(page)
    assert page.locator("#guide .chapter").is_visible()


def test_of_a_network_that_does_not_fit_the_guide_is_there_all_the_same(opened: Any, tmp_path: Path) -> None:
    """Its cells are marked ones."""
    spec = load("resnet20_cifar")
    from cnnspec.weights import initial

    tensors = initial(spec.graph.tensors, "he", 0)
    sample = spec.graph.input
    import numpy as np

    x = np.random.default_rng(0).random((1, *sample), np.float32)
    made = report(spec, x, tensors, size=600_000)
    assert made.whole < made.layers
    made.save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    for i in range(page.locator("#guide .contents button").count()):
        page.locator("#guide .contents button").nth(i).click()
        page.locator("#guide .chapter > .soft").get_by_text(f"step {i + 1} of").wait_for()
        assert "{" not in page.inner_text(SAID)
        if page.locator("#guide .look").count():
            assert page.locator("#guide .parts, #guide .piece").count()


@pytest.mark.parametrize("width", [420, 1000])
def test_it_is_no_wider_than_the_window(width: int, lenet5: Path, opened: Any) -> None:
    page = opened(lenet5, viewport={"width": width, "height": 900})
    for i in range(page.locator("#guide .contents button").count()):
        page.locator("#guide .contents button").nth(i).click()
        page.locator("#guide .chapter > .soft").get_by_text(f"step {i + 1} of").wait_for()
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"step {i + 1}"

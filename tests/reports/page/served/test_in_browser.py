"""The served page in a browser: any cell of any network, other inputs chosen, dropped and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import browsing
import numpy as np
import pytest
from PIL import Image

from cnnspec import load
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.reports.page.report import assembled
from cnnspec.reports.page.served.server import PageServer
from cnnspec.reports.page.served.session import KEPT, Session
from cnnspec.weights import initial

pytestmark = pytest.mark.browser

ASK = """async (asked) => Promise.all(asked.map(async ([layer, place, run]) => {
    const cell = await cnnspec.explain(layer, place, run);
    return cell && [cell.executed, cell.explained];
}))"""
DROP = """(bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.png"));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
NET = """\
cnnspec: 1
name: Served
input: {C: 1, H: 20, W: 20}
preprocess: {mode: gray, scale: 1/255}
layers:
  - conv: {F: 3, K: 200, P: same}
  - relu
  - maxpool: {F: 2, S: 2}
  - flatten
  - dense: {K: 8}
  - softmax
"""
"""Beyond what is asked for whole: 80,000 values behind conv1, 160,000 weights of dense1."""

Serve = Callable[..., tuple[Any, Callable[[Any], Trace], Any, PageServer]]


@pytest.fixture
def serve(tmp_path: Path, chromium: Any) -> Iterator[Serve]:
    """Serves a spec with random weights; the open page, how Python runs an input, the first one, the server."""
    with ExitStack() as stack:

        def served(text: str, known: str = "nothing") -> tuple[Any, Callable[[Any], Trace], Any, PageServer]:
            (tmp_path / "net.yaml").write_text(text)
            spec = load(tmp_path / "net.yaml")
            tensors = initial(spec.graph.tensors, "he", 0)
            x = np.random.default_rng(0).random(spec.graph.input, np.float32)
            ran = trace(spec.graph, tensors, x)
            made = assembled(spec, ["first"], [ran], "", "en", None, None, "", None)
            server = stack.enter_context(PageServer())
            server.put(made.html, Session(spec, tensors, [ran]))
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            page = stack.enter_context(browsing.visited(chromium, server.address, server.address, known))
            return page, lambda x: trace(spec.graph, tensors, x), x, server

        yield served


def agree(page: Any, ran: Trace, run: int) -> None:
    random = Random(0)
    asked = [
        (step.name, [random.randrange(size) for size in step.shape], run) for step in ran.graph.steps for _ in range(5)
    ]
    for (name, place, _), said in zip(asked, page.evaluate(ASK, asked), strict=True):
        cell = ran.cell(name, tuple(place))
        assert said[0] == pytest.approx(cell.executed, rel=1e-6, abs=1e-9), (name, place)
        assert said[1] == pytest.approx(cell.explained, rel=1e-6, abs=1e-9), (name, place)


def test_every_cell_is_there_though_the_page_holds_none(serve: Serve) -> None:
    page, run, x, server = serve(NET)
    assert len(server.html) < 300_000
    agree(page, run(x), 0)
    page.locator('[data-section="1"]').scroll_into_view_if_needed()
    page.wait_for_selector('[data-section="1"] .map canvas')


def test_an_image_that_is_chosen(serve: Serve, tmp_path: Path) -> None:
    page, run, _, _ = serve(NET)
    pixels = np.random.default_rng(1).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    page.set_input_files(".another input", tmp_path / "mine.png")
    page.wait_for_function("() => document.querySelector('.result').innerText.includes('mine.png')")
    ran = run((pixels / 255).astype(np.float32)[None])
    agree(page, ran, 1)
    assert page.inner_text(".result li:first-child .class") == f"class {int(ran.values['softmax1'].argmax())}"
    assert page.locator(".tools select").first.evaluate("(select) => select.selectedOptions[0].text") == "mine.png"


def test_an_image_that_is_dropped(serve: Serve, tmp_path: Path) -> None:
    page, run, _, _ = serve(NET)
    pixels = np.random.default_rng(2).integers(0, 256, (20, 20), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    page.evaluate(DROP, list((tmp_path / "x.png").read_bytes()))
    page.wait_for_function("() => document.querySelector('.result').innerText.includes('dropped.png')")
    agree(page, run((pixels / 255).astype(np.float32)[None]), 1)


def test_what_is_drawn_goes_in_as_it_is(serve: Serve) -> None:
    page, run, _, _ = serve(NET)
    page.click(".drawing summary")
    box = page.locator(".paper").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 120, steps=9)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.result').innerText.includes('your drawing')")
    drawn = page.evaluate(
        """() => {
            const paper = document.querySelector(".paper");
            const { data } = paper.getContext("2d").getImageData(0, 0, 20, 20);
            return Array.from({ length: 400 }, (_, i) => data[4 * i]);
        }"""
    )
    x = (np.array(drawn).reshape(1, 20, 20) / 255).astype(np.float32)
    assert 10 < (x > 0).sum() < 200
    agree(page, run(x), 1)


def test_inputs_that_are_held_no_longer_are_offered_no_longer(serve: Serve, tmp_path: Path) -> None:
    page, run, _, _ = serve(NET)
    for i in range(KEPT + 1):
        pixels = np.full((20, 20), 10 * i, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        page.set_input_files(".another input", tmp_path / f"{i}.png")
        page.wait_for_function(f"() => document.querySelector('.result').innerText.includes('{i}.png')")
    offered = page.locator(".tools select").first.locator("option").all_inner_texts()
    assert offered == ["first", *(f"{i}.png" for i in range(1, KEPT + 1))]
    agree(page, run((pixels / 255).astype(np.float32)[None]), KEPT + 1)
    held = page.evaluate("() => [...cnnspec.network.source.asked.keys()]")
    own, layers = page.evaluate(
        "() => [Object.keys(cnnspec.network.net.contents.own).length, cnnspec.network.layers.length]"
    )
    assert {(tensor - own) // layers for tensor in held if tensor >= own} <= {0, *range(2, KEPT + 2)}


def test_a_chapter_that_comes_late_does_not_overtake(serve: Serve) -> None:
    page, *_ = serve(NET)
    page.evaluate(
        """() => {
            const asked = window.fetch;
            let first = true;
            window.fetch = async (...what) => {
                if (first) {
                    first = false;
                    await new Promise((go) => setTimeout(go, 400));
                }
                return asked(...what);
            };
        }"""
    )
    chapters = page.locator("#guide .contents button")
    chapters.nth(1).click()
    last = chapters.count() - 1
    chapters.nth(last).click()
    page.wait_for_timeout(800)
    assert page.inner_text("#guide h3") == chapters.nth(last).inner_text()


def test_a_bad_file_is_said_and_the_page_goes_on(serve: Serve, tmp_path: Path) -> None:
    page, run, x, _ = serve(NET, known="status of 422")
    (tmp_path / "<b>.png").write_bytes(b"no image")
    page.set_input_files(".another input", tmp_path / "<b>.png")
    page.wait_for_function("() => document.querySelector('.another .warning').innerText.includes('not an image')")
    agree(page, run(x), 0)


def test_when_the_server_has_ended_it_is_said(serve: Serve, tmp_path: Path) -> None:
    page, _, _, _ = serve(NET, known="ERR_CONNECTION_REFUSED")
    page.route("**/*", lambda asked: asked.abort("connectionrefused"))
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "x.png")
    page.set_input_files(".another input", tmp_path / "x.png")
    page.wait_for_function("() => document.querySelector('.another .warning').innerText.includes('has ended')")
    page.keyboard.press("]")  # another cell, whose numbers are not here
    assert page.locator("#sum").is_visible()

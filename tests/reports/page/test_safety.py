"""Nothing that a spec or a file is called is ever taken for markup, and nothing but the page's own script runs."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import browsing
import numpy as np
import pytest

from cnnspec import load, report
from cnnspec.reports.page.script import script

HOSTILE = "</script><img src=x onerror=alert(1)>"
SPEC = f"""\
name: "{HOSTILE}"
about: "{HOSTILE}"
input: {{C: 1, H: 4, W: 4}}
layers: [relu, flatten, softmax]
classes: ["{HOSTILE}", "<b>1</b>", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"]
"""


def hostile(folder: Path) -> Path:
    file = folder / "hostile.html"
    report(load(io.StringIO(SPEC)), np.ones((1, 1, 4, 4), np.float32)).save(file)
    return file


def test_names_are_in_no_markup(tmp_path: Path) -> None:
    text = hostile(tmp_path).read_text(encoding="utf-8")
    assert "<img" not in text
    assert text.count("</script>") == text.count("<script")


@pytest.mark.browser
def test_names_are_shown_as_text(tmp_path: Path, opened: Any) -> None:
    page = opened(hostile(tmp_path), "#softmax1:0")
    assert page.inner_text("h1") == HOSTILE
    assert HOSTILE in page.inner_text("#sum")
    assert page.locator("img").count() == 0


@pytest.mark.browser
def test_no_other_script_runs_and_nothing_is_loaded(lenet5: Path, chromium: Any) -> None:
    """What gets into the page all the same is refused by its policy."""
    page = chromium.new_page()
    page.set_default_timeout(browsing.PATIENCE)
    page.goto(lenet5.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(
        """async () => {
            const script = document.createElement('script');
            script.textContent = 'globalThis.broken = true';
            const image = document.createElement('img');
            image.src = 'http://127.0.0.1:9/x.png';
            const refused = [];
            document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
            document.body.append(script, image);
            await fetch('http://127.0.0.1:9/').catch(() => null);
            // Of each kind one: the script, the picture, the request.
            while (new Set(refused).size < 3) await new Promise((done) => setTimeout(done, 10));
        }"""
    )
    assert page.evaluate("globalThis.broken") is None
    page.close()


def test_the_script_makes_no_markup_of_texts() -> None:
    words = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setAttribute\(.style|javascript:"
    )
    assert re.findall(words, script()) == []


def test_the_policy_names_what_is_there() -> None:
    html = report(load(io.StringIO("input: {C: 1, H: 2, W: 2}\nlayers: [relu]\n")), np.ones((1, 1, 2, 2))).html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]


@pytest.mark.browser
def test_an_old_browser_says_so(lenet5: Path, chromium: Any) -> None:
    """One without a function that the page needs shows a sentence, not a blank page."""
    page = chromium.new_page()
    page.set_default_timeout(browsing.PATIENCE)
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(lenet5.as_uri())
    page.get_by_text("This page needs a newer browser").wait_for()
    page.close()

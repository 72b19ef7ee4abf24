"""Pages in another language say what the original says: the same sections, the same blocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import readme

TRANSLATED = [page for page in readme.pages() if re.search(r"\.[a-z]{2}\.md$", page.name)]


def test_there_is_one() -> None:
    assert [page.name for page in TRANSLATED] == ["tutorial.zh.md"]


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda page: page.name)
def test_it_shows_what_the_original_shows(page: Path) -> None:
    original = page.with_name(re.sub(r"\.[a-z]{2}\.md$", ".md", page.name))
    theirs, ours = ([b for b in readme.blocks() if b.page == each] for each in (original, page))
    assert [(b.language, b.about, b.text) for b in ours] == [(b.language, b.about, b.text) for b in theirs]
    sections = [
        re.findall(r"^#+ ", readme.FENCED.sub("", readme.text(each)), re.MULTILINE) for each in (original, page)
    ]
    assert sections[0] == sections[1]

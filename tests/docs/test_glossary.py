"""docs/glossary.md: every letter of the language, and words in the order of the alphabet."""

from __future__ import annotations

import re

from readme import DOCS, rows, text

from cnnspec.language import keywords


def test_letters_are_those_of_the_language_and_the_batch() -> None:
    letters = [letter for cell, _ in rows("glossary", "letter") for letter in cell.split(", ")]
    assert sorted(letters) == sorted([*keywords.letters(), "N"])


def test_words_are_sorted_and_explained() -> None:
    _, _, *parts = re.split(r"^## .*$", text(DOCS / "glossary.md"), flags=re.MULTILINE)
    words = [re.findall(r"^\*\*(.+?)\*\*.*: \S", part, re.MULTILINE) for part in parts]
    for part, found in zip(parts, words, strict=True):
        assert len(found) == len(re.findall(r"^\*\*", part, re.MULTILINE)) > 0
        assert found == sorted(found, key=str.lower)
    every = [word.lower() for found in words for word in found]
    assert len(set(every)) == len(every)

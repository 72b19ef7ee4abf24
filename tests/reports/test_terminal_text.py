"""Names of strangers in a terminal and in the log of a service."""

from __future__ import annotations

import pytest

from cnnspec.reports.drawing.terminal_text import escaped, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv1 of 卷积", "conv1 of 卷积"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u00a0b", "a\\xa0b"),
        ("a\u3000b", "a\\u3000b"),
        ("a\u07fbb", "a\\u07fbb"),  # no character of that number
        ("a\u3164b", "a\\u3164b"),  # a letter that is drawn as nothing
        ("a\U000e0041b", "a\\U000e0041b"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error file=a.py::pwned", "\\x3a:error file=a.py::pwned"),
        ("  ::add-mask::x", "  \\x3a:add-mask::x"),
        ("a ##[set-env]", "a \\x23#[set-env]"),
        ("std::vector", "std::vector"),
        ("a:b", "a:b"),
    ],
)
def test_nothing_is_a_command_to_a_service_that_reads_the_log(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_wide_letters_and_marks() -> None:
    assert [width(text) for text in ("abc", "卷积", "e\u0301")] == [3, 4, 1]

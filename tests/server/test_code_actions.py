"""Fixes of findings as edits to choose."""

from __future__ import annotations

from cnnspec.diagnostics import Fix
from cnnspec.language.syntax.edits import apply
from cnnspec.server.code_actions import code_actions, mend_all
from cnnspec.server.reading import read

SPEC = """\
input: {C: 3, H: 9, W: 9}
layers:
  - Conv2d: {kernel_size: 3, filters: "8"}
  - rellu
  - conv: {F: 2, K: 4, S: 2}
"""


def test_each_fix_is_an_action() -> None:
    reading = read("net.yaml", SPEC)
    found = list(code_actions(reading, 1, 99))
    assert [action.title for action in found] == ["Write `conv`", "Write `F`", "Write `K`", "Write `8`", "Write `relu`"]
    assert [action.finding.code for action in found if action.finding] == ["E101", "E102", "E102", "E104", "E101"]
    assert all(action.is_sure for action in found)
    assert list(code_actions(reading, 4, 4)) == found[-1:]
    assert list(code_actions(reading, 5, 9)) == []


def test_all_at_once() -> None:
    reading = read("net.yaml", SPEC)
    whole = mend_all(reading)
    assert whole is not None
    text, _ = apply(reading.source, [Fix("", whole.edits)])
    assert text.splitlines()[2:4] == ["  - conv: {F: 3, K: 8}", "  - relu"]
    assert mend_all(read("net.yaml", text)) is None


def test_a_choice_is_not_sure() -> None:
    text = SPEC.replace('Conv2d: {kernel_size: 3, filters: "8"}', "relu").replace("rellu", "relu")
    found = list(code_actions(read("net.yaml", text), 1, 99))
    assert found
    assert not any(action.is_sure for action in found)

"""Names of layers: counted, given, repeated, looked up from the inside out."""

from __future__ import annotations

import pytest

from cnnspec.diagnostics import Span
from cnnspec.language.elaboration.symbol_table import ROOT, SymbolTable, repeated

HERE, THERE = Span(1, 1, 1, 5), Span(2, 1, 2, 5)
INNER = ("", "stage.", "stage.block.")


@pytest.fixture
def names() -> SymbolTable[int]:
    return SymbolTable()


def test_counted_by_kind_and_scope(names: SymbolTable[int]) -> None:
    assert [names.count(ROOT, kind) for kind in ("conv", "relu", "conv")] == ["conv1", "relu1", "conv2"]
    assert names.count(("", "layer1."), "conv") == "layer1.conv1"
    assert names.count(("", "layer1."), "conv") == "layer1.conv2"
    assert names.count(ROOT, "conv") == "conv3"


def test_counting_skips_what_is_given(names: SymbolTable[int]) -> None:
    names.give("conv1", HERE)
    assert names.count(ROOT, "conv") == "conv2"
    assert not names.again


def test_given_later_sets_again_and_wins_when_reserved(names: SymbolTable[int]) -> None:
    assert names.count(ROOT, "conv") == "conv1"
    names.give("conv1", HERE)
    assert names.again
    second: SymbolTable[int] = SymbolTable(frozenset(names.given))
    assert second.count(ROOT, "conv") == "conv2"
    assert second.give("conv1", HERE) is None
    assert not second.again


def test_given_twice_shows_the_first_place(names: SymbolTable[int]) -> None:
    assert names.give("enc1", HERE) is None
    assert names.give("enc1", THERE) == HERE
    assert names.give("enc1", THERE) == HERE


def test_found_from_the_inside_out(names: SymbolTable[int]) -> None:
    names.set("conv1", 0)
    names.set("stage.conv1", 1)
    names.set("stage.block.conv1", 2)
    names.set("stage.enc", 3)
    assert names.find("conv1", INNER) == 2
    assert names.find("conv1", INNER[:2]) == 1
    assert names.find("conv1", ROOT) == 0
    assert names.find("enc", INNER) == 3
    assert names.find("enc", ROOT) is None


def test_found_by_full_name_from_anywhere(names: SymbolTable[int]) -> None:
    names.set("stage.block.conv1", 2)
    for place in (ROOT, INNER, ("", "other.")):
        assert names.find("stage.block.conv1", place) == 2


def test_set_again_is_the_newest(names: SymbolTable[int]) -> None:
    names.set("conv1", 0)
    names.set("conv1", 1)
    assert names.find("conv1", ROOT) == 1


def test_visible_as_they_may_be_written(names: SymbolTable[int]) -> None:
    names.set("input", 0)
    names.set("stage.conv1", 1)
    assert set(names.visible(ROOT)) == {"input", "stage.conv1"}
    assert set(names.visible(INNER)) == {"input", "stage.conv1", "conv1"}


@pytest.mark.parametrize(
    ("name", "index", "expected"),
    [
        ("layer1.0", 0, "layer1.0"),
        ("layer1.0", 2, "layer1.2"),
        ("denselayer1", 23, "denselayer24"),
        ("layer9", 1, "layer10"),
        ("stage", 0, "stage.0"),
        ("stage", 11, "stage.11"),
        ("7", 1, "8"),
        ("stage07", 0, "stage07"),
        ("stage07", 4, "stage11"),
        ("stage09", 91, "stage100"),
        ("a.b2.c", 1, "a.b2.c.1"),
    ],
)
def test_repeated(name: str, index: int, expected: str) -> None:
    assert repeated(name, index) == expected

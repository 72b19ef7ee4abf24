"""TOML as nodes: what is held, and where each key and value stands."""

from __future__ import annotations

import pytest

from cnnspec.diagnostics import SpecError
from cnnspec.language.syntax.nodes import Mapping, Scalar, Sequence
from cnnspec.language.syntax.source import Source
from cnnspec.language.syntax.toml import parse

TEXT = """\
top = 1
[tool.cnnspec]   # ours
strict = true    # a word
ignore = ["W101",
          "W102"]
'two words' = 'a # b'
a.b = 2
when = 2026-01-02
[tool.cnnspec.budgets."models/*.yaml"]
params = "<= 60K"
macs = {most = 5}
"""
SOURCE = Source("cnnspec.toml", TEXT)


def written(source: Source, node: Scalar | Sequence | Mapping) -> str:
    line = source.lines[node.span.line - 1]
    return line[node.span.column - 1 : node.span.end_column - 1]


def test_a_table_is_read_with_its_places() -> None:
    body = parse(SOURCE, ("tool", "cnnspec"))
    assert body is not None
    assert [key.text for key, _ in body.items] == ["strict", "ignore", "two words", "a", "when", "budgets"]
    assert body.get("strict") == Scalar("true", True, body.items[0][1].span)
    assert [written(SOURCE, key) for key, _ in body.items[:3]] == ["strict", "ignore", "'two words'"]
    assert [written(SOURCE, node) for _, node in body.items[:3]] == ["true", '["W101",', "'a # b'"]
    budget = body.items[-1][1]
    assert isinstance(budget, Mapping)
    (pattern, promises) = budget.items[0]
    assert pattern.text == "models/*.yaml"
    assert isinstance(promises, Mapping)
    assert written(SOURCE, promises.items[0][1]) == '"<= 60K"'
    macs = promises.items[1][1]
    assert isinstance(macs, Mapping)
    assert written(SOURCE, macs.items[0][1]) == "{most = 5}"  # what lies inside a value has the value's place


def test_a_text_in_quotes_stays_a_text_and_a_date_becomes_one() -> None:
    body = parse(SOURCE, ("tool", "cnnspec"))
    assert body is not None
    quoted, date = body.get("two words"), body.get("when")
    assert isinstance(quoted, Scalar)
    assert (quoted.text, quoted.plain) == ("a # b", False)
    assert isinstance(date, Scalar)
    assert (date.text, date.plain) == ("2026-01-02", False)


@pytest.mark.parametrize("table", [("tool", "other"), ("top",), ("top", "more")])
def test_where_there_is_no_such_table_there_is_none(table: tuple[str, ...]) -> None:
    assert parse(SOURCE, table) is None


@pytest.mark.parametrize("text", ["a = = 1", "a = 1\na = 2", '[a\nb = "'])
def test_what_is_no_toml_is_told_at_its_place(text: str) -> None:
    with pytest.raises(SpecError, match=r"E001.*no TOML") as caught:
        parse(Source("cnnspec.toml", text))
    (found,) = caught.value.diagnostics
    assert found.file == "cnnspec.toml"


def test_what_is_nested_too_deep_is_told() -> None:
    with pytest.raises(SpecError, match=r"E003.*nested too deep"):
        parse(Source("cnnspec.toml", "a = " + "[" * 5000))

"""`Document.span`: where the value at a path is written."""

from __future__ import annotations

import pytest

from cnnspec.diagnostics import Span
from cnnspec.language.document.document import Document, load
from cnnspec.language.syntax.source import Source

TEXT = """\
input: {C: 1, H: 8, W: 8}
train:
  epochs: 3
  augment: {shift: 2}
expect:
  output: {one.two: [4], one: [5]}
layers:
  - conv: {F: 3, K: [4]}
  - relu
"""


@pytest.fixture(scope="module")
def document() -> Document:
    document, _ = load(Source("net.yaml", TEXT))
    assert document is not None
    return document


def written(span: Span) -> str:
    return Source("", TEXT).lines[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("train.epochs", "3", "epochs"),
        ("train.augment.shift", "2", "shift"),
        ("input", "{C: 1, H: 8, W: 8}", "input"),
        ("expect.output.one", "[5]", "one"),
        ("expect.output.one.two", "[4]", "one.two"),
        ("expect.output.one.two.0", "4", ""),
        ("layers.0.conv.F", "3", "F"),
        ("layers.0.conv.K.0", "4", ""),
        ("layers.1", "relu", ""),
    ],
)
def test_a_value_and_its_key(document: Document, path: str, value: str, key: str) -> None:
    assert written(document.span(path)) == value
    span = document.key_span(path)
    assert (written(span) if span else "") == key


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("train.augment.crop", "train.augment"),
        ("train.augment.crop.deeper", "train.augment"),
        ("train.epochs.deeper", "train.epochs"),
        ("trai", ""),
        ("train_", ""),
        ("layers.2.relu", "layers"),
        ("layers.first", "layers"),
        ("layers.-1", "layers"),
        ("layers.0.conv.K.1", "layers.0.conv.K"),
    ],
)
def test_what_is_not_written_is_where_it_is_missing(document: Document, path: str, inside: str) -> None:
    assert document.span(path) == document.span(inside)
    assert document.key_span(path) is None


def test_the_empty_path_is_the_spec(document: Document) -> None:
    assert document.span("") == document.root.span
    assert document.key_span("") is None

"""Outline, folding, and shapes at the ends of lines."""

from __future__ import annotations

from collections.abc import Iterator

from cnnspec.server.inlay_hints import inlay_hints
from cnnspec.server.outline import Symbol, folds, outline
from cnnspec.server.reading import read
from cnnspec.spec import bundled

SPEC = """\
input: {C: 3, H: 8, W: 8}
blocks:
  part:                       # two of them
    args: {K: required, body: []}
    layers:
      - add:
          main: [{conv: {F: 3, K: K, P: same}}, relu]
          side: [{conv: {F: 1, K: K}, name: side}]
layers:
  - part: {K: 4}
  - {part: {K: 6}, name: second}   # wider
  - from: second
  - flatten
"""


def flat(symbols: list[Symbol] | tuple[Symbol, ...], depth: int = 0) -> Iterator[str]:
    for symbol in symbols:
        yield f"{'  ' * depth}{symbol.name} {symbol.about}".rstrip()
        yield from flat(symbol.inner, depth + 1)


def test_outline() -> None:
    assert list(flat(outline(read("net.yaml", SPEC)))) == [
        "input",
        "blocks",
        "  part",
        "    K",
        "    body",
        "    add 4x8x8",
        "      conv 4x8x8",
        "      relu 4x8x8",
        "      side conv, 4x8x8",
        "layers",
        "  part 4x8x8",
        "  second part, 6x8x8",
        "  second 6x8x8",
        "  flatten 384",
    ]


def test_a_name_stands_in_its_part() -> None:
    """Clients refuse what does not."""

    def hold(symbols: tuple[Symbol, ...]) -> None:
        for symbol in symbols:
            assert symbol.span.covers(symbol.place), symbol
            hold(symbol.inner)

    for name in bundled.names():
        path = bundled.folder() / f"{name}.yaml"
        hold(tuple(outline(read(str(path), path.read_text(encoding="utf-8")))))


def test_shapes() -> None:
    hints = inlay_hints(read("net.yaml", SPEC), 1, 99)
    assert [(hint.line, hint.text) for hint in hints] == [
        (6, "-> 4x8x8, 6x8x8"),
        (7, "-> 4x8x8, 6x8x8"),
        (8, "-> 4x8x8, 6x8x8"),
        (10, "-> 4x8x8"),
        (11, "-> 6x8x8"),
        (13, "-> 384"),
    ]
    assert inlay_hints(read("net.yaml", SPEC), 11, 12) == hints[4:5]


def test_shapes_end_at_a_mistake() -> None:
    broken = SPEC.replace("  - from: second\n", "  - conv: {F: 3, K: C/4}\n")
    assert [hint.line for hint in inlay_hints(read("net.yaml", broken), 9, 99)] == [10, 11]


def test_folds() -> None:
    assert folds(read("net.yaml", SPEC)) == [(2, 8), (3, 8), (5, 8), (6, 8), (9, 13)]

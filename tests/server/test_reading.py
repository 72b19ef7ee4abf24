"""Texts that are being written: whatever is typed so far, findings are told and nothing breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.server.completion import complete
from cnnspec.server.hover import hover
from cnnspec.server.inlay_hints import inlay_hints
from cnnspec.server.outline import folds, outline
from cnnspec.server.reading import Reading, read
from cnnspec.spec import bundled, check

SPECS = [bundled.folder() / f"{name}.yaml" for name in bundled.names()]
SMALL = (bundled.folder() / "resnet20_cifar.yaml").read_text(encoding="utf-8")


def ask(path: str, text: str) -> Reading:
    """Ask everything that an editor asks, with the cursor at the end of the text."""
    reading = read(path, text)
    lines = reading.source.lines
    line, column = len(lines), len(lines[-1]) + 1
    hover(reading, line, column)
    hover(reading, max(1, line - 1), 8)
    complete(reading, line, column)
    outline(reading)
    folds(reading)
    inlay_hints(reading, 1, line)
    return reading


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_prefix_of_lines(path: Path) -> None:
    """Whole lines, and lines that end in their middle."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        before = "".join(lines[:number])
        for part in (line, line[: len(line) // 2]):
            ask(str(path), before + part)


def test_every_prefix_of_characters() -> None:
    for end in range(len(SMALL) + 1):
        ask("net.yaml", SMALL[:end])


@given(st.integers(0, len(SMALL)), st.integers(0, 60), st.text("{}[]:,-#'\"|>&*!%@`\t\n\r xK1é😀\u2028", max_size=6))
def test_anything_in_the_midst(start: int, left_out: int, typed: str) -> None:
    ask("net.yaml", SMALL[:start] + typed + SMALL[start + left_out :])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_findings_are_those_of_validate(path: Path) -> None:
    assert read(str(path), path.read_text(encoding="utf-8")).diagnostics == check(path, files=True).diagnostics


def test_findings_of_a_text_that_is_not_saved(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: {C: 1, H: 8, W: 8}\nlayers: [relu]\nweights: none.npz\n", encoding="utf-8")
    assert [found.code for found in read(str(file), file.read_text(encoding="utf-8")).diagnostics] == ["E404"]
    changed = read(str(file), "input: {C: 1, H: 8, W: 8}\nlayers: [rellu]\n")
    assert [(found.code, found.file) for found in changed.diagnostics] == [("E101", str(file))]


def test_settings_of_the_repository_hold(tmp_path: Path) -> None:
    text = "input: {C: 1, H: 9, W: 9}\nlayers: [{conv: {F: 2, K: 4, S: 3}}]\n"
    settings = tmp_path / "cnnspec.toml"
    for said, codes in (
        ('ignore = ["W201"]', []),
        ("strict = true", ["E W201"]),
        ("strct = true", ["W W201", "E E102"]),
    ):
        settings.write_text(f"{said}\n", encoding="utf-8")
        found = read(str(tmp_path / "net.yaml"), text).diagnostics
        assert [f"{each.severity[0].upper()} {each.code}" for each in found] == codes
    assert found[-1].span is None
    assert "cnnspec.toml: unknown" in found[-1].message


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["E007"]),
        ("\0", ["E002"]),
        ("\ud800", ["E002"]),
        ("x" * 2**21, ["E003"]),
        ("- a", ["E007"]),
        ("{", ["E001"]),
    ],
    ids=["empty", "hidden", "surrogate", "large", "list", "open"],
)
def test_texts_that_are_no_specs(text: str, codes: list[str]) -> None:
    assert [found.code for found in ask("net.yaml", text).diagnostics] == codes


def test_what_is_known_of_a_text_that_cannot_be_read() -> None:
    """The half-typed line aside, the layers are known."""
    lines = SMALL.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith("  - {"):
            reading = read("net.yaml", "".join([*lines[:number], line.rstrip("}\n"), "\n", *lines[number + 1 :]]))
            assert reading.document is not None
            assert len(reading.document.items) >= len(read("net.yaml", SMALL).document.items) - 1  # type: ignore[union-attr]

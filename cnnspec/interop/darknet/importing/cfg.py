"""A Darknet configuration: sections of `key=value` lines, one for each layer, the first for the network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ....diagnostics import FileError, Span
from ....files.reading import AnyPath, blaming, opened
from ...faults import broken

LONGEST = 4 * 2**20
"""Bytes of a configuration."""
MANY = 20_000
"""Sections, as many as a network of the language has layers."""


@dataclass(slots=True)
class Section:
    """`[kind]` on a line of the file at `path`; fields with their lines, and which of them somebody has asked for."""

    path: str
    kind: str
    line: int
    fields: dict[str, tuple[str, int]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    @property
    def span(self) -> Span:
        """Where its name stands."""
        return Span(self.line, 1, self.line, len(self.kind) + 3)

    def word(self, name: str, usual: str = "") -> str:
        return self._field(name, usual)[0]

    def numbers(self, name: str, usual: str = "") -> list[int]:
        """Whole numbers with commas between them. Raises FileError (E430)."""
        text, line = self._field(name, usual)
        parts = [part for part in re.split(r"[,\s]+", text) if part]
        if not all(re.fullmatch(r"[+-]?\d{1,9}", part) for part in parts):
            raise self.fault(f"`{name}={text[:60]}` of `[{self.kind}]` is no whole number", line)
        return [int(part) for part in parts]

    def number(self, name: str, usual: int, least: int = 0) -> int:
        """One whole number of at least `least`."""
        found = self.numbers(name, str(usual))
        if len(found) != 1 or found[0] < least:
            text, line = self.fields.get(name, ("", self.line))
            raise self.fault(f"`{name}={text[:60]}` of `[{self.kind}]` is no whole number from {least} on", line)
        return found[0]

    def real(self, name: str, usual: float) -> float:
        text, line = self._field(name, str(usual))
        try:
            return float(text)
        except ValueError:
            raise self.fault(f"`{name}={text[:60]}` of `[{self.kind}]` is no number", line) from None

    def _field(self, name: str, usual: str) -> tuple[str, int]:
        """What a field says, and on which line."""
        self.asked.add(name)
        return self.fields.get(name, (usual, self.line))

    def fault(self, message: str, line: int | None = None) -> FileError:
        """E430 at a line of the section, by default its first."""
        found = broken(self.path, message, help="compare it with the configuration as it was published")
        (first,) = found.diagnostics
        span = self.span if line is None or line == self.line else Span(line, 1, line, 1)
        return FileError.about(self.path, "E430", first.message, help=first.help, span=span)


def sections(path: AnyPath) -> list[Section]:
    """All sections of a file. Raises FileError: E403, E404 or E430."""
    with blaming(path), opened(path) as stream:
        data = stream.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise broken(str(path), f"the configuration has more than {LONGEST:,} bytes")
    found: list[Section] = []
    for number, text in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        line = text.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("["):
            name = line[1:].partition("]")[0].strip()
            found.append(Section(str(path), name if name.isprintable() else "?", number))
            if len(found) > MANY:
                raise broken(str(path), f"the configuration has more than {MANY:,} sections")
            continue
        key, sign, value = line.partition("=")
        if not sign or not found:
            where = Section(str(path), line[:40] if line.isprintable() else "?", number)
            raise where.fault(f"line {number} is no section and no `key=value` of one")
        found[-1].fields.setdefault(key.strip(), (value.strip(), number))
    return found

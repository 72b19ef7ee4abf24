"""The layout of a text: what stands on which line stays there, with comments; blanks and indentation are made the same
everywhere.

Indentation is 2 a level, also of a list below its key; `{F: 3, K: 8}` and `[a, b]` have one blank behind each comma and
colon; what goes on below its bracket begins behind it, or 2 further in than its line where nothing follows the bracket.
Comments stay in their column where there is room, else 2 blanks behind. There are no two empty lines in a row.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from .nodes import Mapping, Node, Scalar, Sequence
from .parser import parse
from .source import Source

INDENT = 2
OPENERS, CLOSERS = ("[", "{"), ("]", "}")


class Lexeme(NamedTuple):
    """A scalar, a mark such as `-` or `{`, or a comment: its text, and where it lies."""

    text: str
    start: int
    is_scalar: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_comment(self) -> bool:
        return not self.is_scalar and self.text.startswith("#")


Line = list[Lexeme]
"""What stands on one line; a scalar of several lines has what follows it with it."""


class Open(NamedTuple):
    """A bracket that is open: its column, and the indentation of its line; `hangs` when nothing follows it there. Rows
    of numbers, `- [1,  0, -1]`, keep the blanks that line them up."""

    column: int
    indent: int
    hangs: bool
    is_row: bool


def laid_out(source: Source, root: Node) -> str:
    """A text that was read without a finding as `root`, in the one layout."""
    return _Layout(source, root).text()


def same(text: str, other: str) -> bool:
    """Whether two texts say the same, with the same comments."""
    (root, found), (other_root, other_found) = parse(Source("", text)), parse(Source("", other))
    if root is None or other_root is None or found or other_found:
        return False
    alike = _bare(root) == _bare(other_root)
    return alike and _remarks(Source("", text), root) == _remarks(Source("", other), other_root)


def _bare(node: Node) -> object:
    """A node without its places."""
    if isinstance(node, Scalar):
        return node.text, node.plain
    if isinstance(node, Sequence):
        return [_bare(item) for item in node.items]
    return [(_bare(key), _bare(value)) for key, value in node.items], "mapping"


def _remarks(source: Source, root: Node) -> list[str]:
    return [re.sub("^#+ *", "", lexeme.text) for lexeme in lexemes(source, root) if lexeme.is_comment]


def is_flow(source: Source, node: Node) -> bool:
    return not isinstance(node, Scalar) and source.text[source.offset(*node.span.start)] in OPENERS


def scalars(node: Node) -> Iterator[Scalar]:
    """The scalars in a node, keys among them, in the order of the text."""
    match node:
        case Scalar():
            yield node
        case Sequence():
            for item in node.items:
                yield from scalars(item)
        case Mapping():
            for key, value in node.items:
                yield key
                yield from scalars(value)


def lexemes(source: Source, root: Node) -> list[Lexeme]:
    """All of a text but its blanks."""
    text, at, found = source.text, 0, list[Lexeme]()
    places = {source.offset(*s.span.start): source.offset(*s.span.end) for s in scalars(root)}
    while at < len(text):
        if places.get(at, at) > at:
            found.append(Lexeme(text[at : places[at]], at, is_scalar=True))
        elif text[at] == "#":
            found.append(Lexeme(re.split("[\r\n]", text[at:], maxsplit=1)[0].rstrip(), at))
        elif not text[at].isspace():
            found.append(Lexeme(text[at : at + 3] if text.startswith(("---", "..."), at) else text[at], at))
        at = found[-1].end if found and found[-1].start == at else at + 1
    return found


class _Layout:
    def __init__(self, source: Source, root: Node) -> None:
        self.source = source
        self.lexemes = lexemes(source, root)
        self.dashes = [lexeme.start for lexeme in self.lexemes if lexeme.text == "-" and not lexeme.is_scalar]
        self.columns: dict[int, int] = {}
        """Where what begins at an offset is to begin, if it is the first of its line."""
        self.shifts: dict[int, int] = {}
        """How far the lines of a block of text are moved to the right."""
        self.opened: list[Open] = []
        self.place(root, 0)

    def offset(self, node: Node) -> int:
        return self.source.offset(*node.span.start)

    def place(self, node: Node, column: int) -> None:
        """Say where the parts of a node begin."""
        self.columns.setdefault(self.offset(node), column)
        if is_flow(self.source, node):
            return
        if isinstance(node, Mapping):
            for key, value in node.items:
                self.columns[self.offset(key)] = column
                self.shifts[self.offset(value)] = column - (key.span.column - 1)
                self.place(value, column + INDENT)
        elif isinstance(node, Sequence):
            for item in node.items:
                dash = self.dashes[bisect_left(self.dashes, self.offset(item)) - 1]
                self.columns[dash] = column
                self.shifts[self.offset(item)] = column - (self.source.span(dash, dash).column - 1)
                self.place(item, column + INDENT)

    def lines(self) -> list[Line]:
        found: list[Line] = []
        end = 0
        for lexeme in self.lexemes:
            if not found or re.search("[\r\n]", self.source.text[end : lexeme.start]):
                found.append([])
            found[-1].append(lexeme)
            end = lexeme.end
        return found

    def text(self) -> str:
        lines = self.lines()
        made = [("", 0, 0) if line[0].is_comment else self.line(line) for line in lines]
        written: list[str] = []
        for number, line in enumerate(lines):
            text = made[number][0]
            if line[0].is_comment:
                text = " " * _comment_indent(lines, made, number, self.source) + _comment(line[0].text)
            if number and self.is_apart(lines[number - 1][-1], line[0]):
                written.append("")
            written.append(text)
        return "".join(f"{line}\n" for line in written)

    def is_apart(self, before: Lexeme, behind: Lexeme) -> bool:
        """Whether there is an empty line between two."""
        return len(re.findall("\r\n|\r|\n", self.source.text[before.end : behind.start])) > 1

    def line(self, line: Line) -> tuple[str, int, int]:
        """A line that is no comment by itself, its old indentation and its new one."""
        first = line[0]
        old = self.source.span(first.start, first.start).column - 1
        indent = self.indent(first, old)
        text, before = " " * indent, None
        for lexeme in line:
            if lexeme.is_comment:
                text = self.remark(text, lexeme)
                break
            if before is not None:
                text += self.between(before, lexeme)
            if not lexeme.is_scalar and lexeme.text in OPENERS:
                column = len(text) - text.rfind("\n") - 1
                self.opened.append(Open(column, indent, _is_last(line, lexeme), _is_row(before, lexeme)))
            elif not lexeme.is_scalar and lexeme.text in CLOSERS and self.opened:
                self.opened.pop()
            text += self.scalar(lexeme, indent) if lexeme.is_scalar else lexeme.text
            before = lexeme
        return text, old, indent

    def indent(self, first: Lexeme, old: int) -> int:
        if not self.opened:
            return self.columns.get(first.start, old)
        around = self.opened[-1]
        if first.text in CLOSERS and not first.is_scalar:
            return around.indent if around.hangs else around.column
        return around.indent + INDENT if around.hangs else around.column + 1

    def between(self, before: Lexeme, behind: Lexeme) -> str:
        """What stands between two that follow each other on a line."""
        if not before.is_scalar and before.text in OPENERS:
            return ""
        if before.text == "," and self.opened and self.opened[-1].is_row and re.match(r"[-+.0-9]", behind.text):
            return " " * max(1, behind.start - before.end)
        if not before.is_scalar and before.text in (":", "-", "?"):
            return " "
        return "" if not behind.is_scalar and behind.text in (":", ",", *CLOSERS) else " "

    def scalar(self, lexeme: Lexeme, indent: int) -> str:
        """A scalar; what goes on on further lines is moved with it."""
        first, *rest = re.split("\r\n|\r|\n", lexeme.text)
        if first.startswith(("|", ">")) and rest:
            shift = self.shifts.get(lexeme.start, 0)
            return "\n".join([first, *(_moved(line, shift) for line in rest)])
        return "\n".join([first, *(" " * (indent + INDENT) + line.lstrip() if line.strip() else "" for line in rest)])

    def remark(self, text: str, lexeme: Lexeme) -> str:
        """A line with the comment behind it."""
        width = len(text) - text.rfind("\n") - 1
        column = self.source.span(lexeme.start, lexeme.start).column - 1
        return text + " " * (max(column, width + 2) - width) + _comment(lexeme.text)


def _is_row(before: Lexeme | None, bracket: Lexeme) -> bool:
    """Whether a list is an item of a list."""
    return bracket.text == "[" and before is not None and before.text in ("-", "[", ",")


def _is_last(line: Line, lexeme: Lexeme) -> bool:
    """Whether only a comment follows on a line."""
    behind = line[line.index(lexeme) + 1 :]
    return not behind or behind[0].is_comment


def _moved(line: str, shift: int) -> str:
    if not line.strip():
        return ""
    return " " * shift + line if shift >= 0 else line[min(-shift, len(line) - len(line.lstrip())) :]


def _comment(text: str) -> str:
    """A comment with a blank behind its mark."""
    return re.sub(r"^(#+)(?=\w)", r"\1 ", text)


def _comment_indent(lines: list[Line], made: list[tuple[str, int, int]], number: int, source: Source) -> int:
    """Where a comment on a line of its own begins: with the next line, or with the last one that began where it does
    and has not ended since."""
    column = source.span(lines[number][0].start, lines[number][0].start).column - 1
    behind = next((made[n][1:] for n in range(number + 1, len(lines)) if not lines[n][0].is_comment), (0, 0))
    if behind[0] != column:
        for n in range(number - 1, -1, -1):
            old, new = made[n][1:]
            if not lines[n][0].is_comment and old <= column:
                return new if old == column else behind[1]
    return behind[1]

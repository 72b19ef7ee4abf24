"""Where a text is written with characters that only look like YAML's: found before it is parsed, each with its cure.

This reads the text much as a YAML parser does, but takes `：` for `:` and so on wherever the language wants a key, a
scalar or a list item. Comments, and texts that are free (names of classes, what people call the network), stay as they
are.
"""

from __future__ import annotations

import re
from functools import cached_property

from .lookalike_characters import MARKS, plain, straight
from .mended_source import Replacement

FREE = frozenset({"name", "about", "classes", "weights", "sample", "train.data", "train.validation_data"})
"""Keys whose text is taken as it is written."""
LISTS = frozenset({"classes"})
"""Those among them that may be a list."""
ARRAYS = frozenset({"weights", "sample"})
"""Those that may be numbers in lists, in which nothing is free."""
LABELLED = frozenset({"add", "concat", "div", "max", "mean", "min", "mul", "sub"})
"""Keys with a mapping whose own keys are free: branches have labels for people."""
ITEM = "-"
"""Stands in a path for the items of a list of branches, which are no labels."""
TAB = "  "
"""What stands for a tab, in a text that has nothing but tabs before its lines."""

_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_ENDS_LINE = ("", "\r", "\n")
_OPENING, _CLOSING = {"{": "}", "[": "]"}, ("}", "]")
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*[ \t]*(?:#|\r|\n|\Z)")
_SPACED_LINE = re.compile(r"^[^\S\t\r\n]", re.MULTILINE)

Path = tuple[str, ...]


class LookalikeScanner:
    """One pass over a text; `replacements` come in its order. List marks in ASCII may be those of a text's own."""

    def __init__(self, text: str, takes_ascii_marks: bool = True) -> None:
        self.text = text
        self.takes_ascii_marks = takes_ascii_marks
        self.at = 0
        self.replacements: list[Replacement] = []
        self.keys: list[tuple[int, str]] = []  # those of block mappings around, with their columns
        self.text_column: int | None = None  # lines that begin behind it go on with a text
        self.end = -1  # of the line that was looked at last
        self.mends_tabs = not _SPACED_LINE.search(text)

    def scan(self) -> list[Replacement]:
        while self.at < len(self.text):
            self.line()
            found = _LINE_END.search(self.text, self.at)
            self.at = found.end() if found else len(self.text)
        return self.replacements

    # characters

    def look(self, ahead: int = 0) -> str:
        """What the next character looks like; itself when that is nothing in ASCII."""
        character = self.text[self.at + ahead : self.at + ahead + 1]
        return plain(character) or character

    def is_gap(self, at: int) -> bool:
        """Whether a space, or what looks like one, or the end of the line stands there."""
        character = self.text[at : at + 1]
        return character in _ENDS_LINE or character == "\t" or plain(character) in ("", " ")

    def replace(self, new: str, width: int = 1) -> None:
        """Write `new` in place of the next characters, and go on behind them."""
        if self.text[self.at : self.at + width] != new:
            self.replacements.append(Replacement(self.at, self.at + width, new))
        self.at += width

    def gap(self) -> None:
        """Skip spaces of any kind within a line."""
        while self.text[self.at : self.at + 1] not in _ENDS_LINE and self.is_gap(self.at):
            self.replace("\t" if self.text[self.at] == "\t" else plain(self.text[self.at]) or "")

    def line_end(self) -> int:
        if self.end < self.at:
            found = _LINE_END.search(self.text, self.at)
            self.end = found.start() if found else len(self.text)
        return self.end

    def comment(self) -> bool:
        """Skip a comment, if one begins here."""
        is_first = self.at == 0 or self.text[self.at - 1] in "\r\n"
        if self.look() != "#" or not (is_first or self.is_gap(self.at - 1)):
            return False
        self.replace("#")
        self.at = self.line_end()
        return True

    # lines

    def line(self) -> None:
        begin, made = self.at, len(self.replacements)
        column = self.indentation(self.mends_tabs)
        is_empty = self.at == self.line_end()
        if self.text_column is not None and column > self.text_column and not is_empty:
            if self.text.startswith(" " * (self.text_column + 1), begin):
                del self.replacements[made:]
            self.at = self.line_end()
            return
        if is_empty or self.look() == "#":  # no matter how far it is indented
            del self.replacements[made:]
            if not (is_empty and self.text.startswith(" ", begin) and self.text_column is not None):
                self.at = begin
                self.indentation(mends_tabs=True)
                self.comment()
            return
        self.text_column = None
        outer = column
        while self.list_mark(column):
            if _is_labelled(self.path(column + 1)):
                self.keys.append((column, ITEM))
            outer, column = column, column + 2
        while self.keys and self.keys[-1][0] >= column:
            self.keys.pop()
        self.node(column, outer)

    def indentation(self, mends_tabs: bool) -> int:
        """Skip what a line begins with; the columns that it takes."""
        start = self.at
        while start < self.line_end() and self.is_gap(start):
            start += 1
        before = self.text[self.at : start]
        wide = self.ideographic(before)
        for character in before:
            if character == "\t" and not mends_tabs:
                self.at += 1
            else:
                self.replace(TAB if character == "\t" else wide if character == "\u3000" else plain(character) or "")
        return sum(len(wide) if c == "\u3000" else len(TAB if c == "\t" else plain(c) or "") for c in before)

    def ideographic(self, before: str) -> str:
        """What an ideographic space before a line stands for: the two columns that it takes, or one space, whichever
        puts the line where others begin."""
        spaces = len(straight(before) or "")
        return " " if spaces in self.columns and spaces + before.count("\u3000") not in self.columns else "  "

    @cached_property
    def columns(self) -> set[int]:
        """Where lines begin that have nothing but spaces before them."""
        return {len(found[0]) for found in re.finditer(r"^ *(?=[!-~])", self.text, re.MULTILINE)}

    def list_mark(self, column: int) -> bool:
        """Skip the mark of a list item, if one stands here."""
        path = self.path(column)
        mark, after = self.text[self.at : self.at + 1], self.at + 1
        if _is_free(path) and path[-1] not in LISTS:
            return False
        if mark != "-" and not (mark and mark in MARKS and (self.takes_ascii_marks or not mark.isascii())):
            return False
        if not self.is_gap(after):
            if mark.isascii() or not self.text[after].isalpha():  # `-5` is a number
                return False
            self.replace("- ")
            return True
        self.replace("-")
        if self.text[self.at : self.at + 1] not in _ENDS_LINE:
            self.replace(" ")
            self.gap()
        return True

    def path(self, column: int) -> Path:
        return tuple(key for place, key in self.keys if place < column)

    def node(self, column: int, outer: int) -> None:
        """What a line holds behind its list marks: `key: value`, or a value by itself."""
        if self.text[self.at : self.at + 1] in ("?", ":") and self.is_gap(self.at + 1):  # a key and its value by lines
            self.at += 1
            self.gap()
            if self.at < self.line_end():
                self.node(column + 2, outer)
            return
        path = self.path(column)
        if _is_free(path) and not self.is_opening():
            self.value(path, outer)
            return
        start, end = self.at, self.key_end(self.line_end())
        if end is None or self.is_opening():
            self.value(path, outer)
            return
        self.key(path, end)
        key = _key(self.text[start:end])
        self.keys.append((column, key if self.has_value() else _inside(key)))
        self.value(self.path(column + 1), column)

    def key_end(self, until: int, flow: bool = False) -> int | None:
        """Where the colon stands, or what looks like one, that makes a key of what comes next."""
        quote = self.text[self.at : self.at + 1]
        start = max(self.at, self.text.find(quote, self.at + 1, until)) if quote in ('"', "'") else self.at
        for at in range(start, until):
            character = self.text[at]
            if character == ":" and (self.is_gap(at + 1) or (flow and plain(self.text[at + 1]) in tuple(",[]{}"))):
                return at
            if not character.isascii() and plain(character) == ":":
                return at
            if plain(character) == "#" and at > self.at and self.is_gap(at - 1):
                return None
            if flow and plain(character) in (",", "[", "]", "{", "}", ";"):
                return None
        return None

    def key(self, path: Path, end: int) -> None:
        """A key and its colon, with the space that a colon needs."""
        if not _is_labelled(path) and not _is_free(path):
            self.scalar(end)
        self.at = end
        self.replace(":" if self.text[end] == ":" or self.is_gap(end + 1) else ": ")

    # values

    def value(self, path: Path, column: int) -> None:
        """The value of a key, or an item, whose lines go on behind `column`."""
        self.gap()
        if self.text[self.at : self.at + 1] in _ENDS_LINE or self.comment():
            return
        free = _is_free(path)
        if self.is_opening() and (self.text[self.at].isascii() or not free or self.is_bracketed(path)):
            self.flow(path)
        elif _BLOCK_TEXT.match(self.text, self.at) or (free and self.text[self.at] not in ("'", '"')):
            self.text_column = column
            self.at = self.line_end()
            return
        else:
            self.word(free, self.scalar_end(self.line_end()))
        self.gap()
        self.comment()

    def has_value(self) -> bool:
        """Whether something stands behind a key in its line, other than a comment."""
        behind = self.text[self.at : self.line_end()].strip()
        return bool(behind) and plain(behind[0]) != "#"

    def is_opening(self) -> bool:
        return self.look() in _OPENING

    def is_bracketed(self, path: Path) -> bool:
        """Whether the rest of the line is a list of a key that may have one."""
        last = self.text[self.at : self.line_end()].rstrip()[-1]
        return path[-1] in LISTS | ARRAYS and plain(last) == _OPENING[self.look()]

    def scalar_end(self, until: int, stops: str = "") -> int:
        """Where a text without quotes ends: before a comment, or one of `stops`."""
        for at in range(self.at, until):
            alike = plain(self.text[at])
            if (alike == "#" and self.is_gap(at - 1)) or (alike and alike in stops):
                return at
        return until

    def word(self, free: bool, end: int) -> None:
        """A text, in quotes or not."""
        quote = self.look()
        if quote not in ('"', "'"):
            self.scalar(end)
        elif self.text[self.at] == quote:
            self.quoted(quote, free)
        else:
            self.wrapped(quote, end)
        if not free:
            self.scalar(max(self.at, end))

    def quoted(self, quote: str, free: bool) -> None:
        """A text in YAML's own quotes, up to the one that closes it; or to what looks like it in the same line."""
        closing = re.compile(r"(?:[^\"\\]|\\.)*(\")" if quote == '"' else "(?:[^']|'')*(')", re.DOTALL)
        found = closing.match(self.text, self.at + 1)
        end, line_end = found.start(1) if found else len(self.text), self.line_end()
        if end > line_end and not free:
            line = range(self.at + 1, line_end)
            end = next((at for at in line if plain(self.text[at]) == quote and not self.text[at].isascii()), end)
        self.at += 1
        if not free and not self.would_break(quote, end):
            self.scalar(end)
        self.at = end
        if self.at < len(self.text):
            self.replace(quote)

    def would_break(self, quote: str, end: int) -> bool:
        """Whether a text in quotes, once it is mended, would end early or have an escape in it."""
        return any(plain(c) in (quote, "\\") for c in self.text[self.at : end] if not c.isascii())

    def wrapped(self, quote: str, end: int) -> None:
        """A text in marks that look like quotes."""
        close = next((at for at in range(self.at + 1, end) if plain(self.text[at]) == quote), None)
        if close is None:
            self.scalar(end)
            return
        self.replace(quote)
        self.scalar(close)
        self.at = close
        self.replace(quote)

    def scalar(self, end: int) -> None:
        """A text of the language, which is ASCII: each character what it looks like, if all look like some."""
        if self.text[self.at : end].isascii() or straight(self.text[self.at : end]) is None:
            self.at = end
            return
        while self.at < end:
            self.replace(plain(self.text[self.at]) or "")

    # lists and mappings in brackets

    def flow(self, path: Path) -> None:
        """A list or mapping in brackets, over any number of lines."""
        around: list[tuple[Path, Path, bool]] = []
        inner, wide = path, False  # the path of the next value; whether the brackets only look like some
        while self.at < len(self.text):
            self.gap()
            if self.text[self.at : self.at + 1] in _ENDS_LINE:
                self.at = min(self.at + 1, len(self.text))
                continue
            if self.comment():
                continue
            character, alike = self.text[self.at], self.look()
            structural = character.isascii() or wide or not _is_free(inner)
            if alike in _OPENING and (structural or not around):
                around.append((path, inner, wide))
                inner = (*inner[:-1], _inside(inner[-1])) if inner else inner
                path, wide = inner, not character.isascii()
                if alike == "[" and _is_labelled(path):
                    path = inner = (*path, ITEM)
                self.replace(alike)
            elif alike in _CLOSING and structural:
                self.replace(alike)
                path, inner, wide = around.pop()
                if not around:
                    return
            elif character == ":":
                self.at += 1
            elif alike in (",", ";") and structural:
                self.replace("," if character == "," or self.is_gap(self.at + 1) else ", ")
                inner = path
            else:
                inner = self.flow_word(path, inner, structural)

    def flow_word(self, path: Path, inner: Path, structural: bool) -> Path:
        """A key or a value in brackets; the path of what comes behind it."""
        free = _is_free(inner)
        end = None if free else self.key_end(self.line_end(), flow=True)
        if end is not None:
            start = self.at
            self.key(path, end)
            return (*path, _key(self.text[start:end]))
        if free and self.text[self.at] not in ("'", '"'):
            stops = re.compile(r"[],[{}\r\n]|:(?=\s)" if not structural else r"[],[{}，、；］】〕｝\r\n]|:(?=\s)")
            found = stops.search(self.text, self.at + 1)
            self.at = found.start() if found else len(self.text)
            return inner
        before = self.at
        if self.text[self.at] in ("'", '"'):
            self.quoted(self.text[self.at], free)
        else:
            self.word(free, self.scalar_end(self.line_end(), ",[]{};"))
        self.at = max(self.at, before + 1)
        return inner


def _key(text: str) -> str:
    """A key as it is meant, without the quotes that it may stand in, as in JSON."""
    meant = straight(text.strip()) or text.strip()
    return meant[1:-1] if meant[:1] in ('"', "'") and meant[-1:] == meant[:1] else meant


def _inside(key: str) -> str:
    """What stands in a path for a key whose value is no text."""
    return f"{key}{ITEM}" if key in ARRAYS else key


def _is_free(path: Path) -> bool:
    """Whether what stands at a path is taken as it is written, as a free key's value is with all that is in it."""
    return path[:1] != () and (path[0] in FREE or ".".join(path[:2]) in FREE)


def _is_labelled(path: Path) -> bool:
    return path[-1:] != () and path[-1] in LABELLED

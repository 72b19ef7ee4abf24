"""Slips with `-` and `:` that a YAML parser notices only later, where its complaint says nothing to the reader."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic, Edit, Fix, instead
from .lookalike_scanner import FREE

if TYPE_CHECKING:
    from .source import Source

BESIDE = ("name", "repeat", "expect")
"""Keys beside a layer; all others are fields of it."""
LENGTH = 200
"""So long a line is worth the reading."""
WORD = r"([A-Za-z_][\w.-]{0,60})"  # bounded, so that a search through a long line is quick


def slip(source: Source, at: int) -> Diagnostic | None:
    """What is wrong with the line of the offset `at`, where the parser stopped, or with the line above it."""
    start = source.line_start(at)
    line = _line(source.text, start)
    if found := re.match(f" *-{WORD}", line):
        return _finding(source, start, found, "a space is missing after the `-`", f"`- {found[1]}`", found.start(1))
    if finding := _one_line(source, start, line):
        return finding
    if found := re.search(WORD + r":(?=[\[{])", line[: at - start]):
        cure = f"`{found[1]}: {line[found.end()]}`"
        return _finding(source, start, found, "a space is missing after the `:`", cure, found.end())
    before = source.text[:start].rstrip()
    first = source.line_start(len(before)) if before else 0
    above = before[first:].partition(" #")[0].rstrip()
    if found := re.fullmatch(f" *(?:- )?{WORD}:([^ :]+)", above):
        cure = f"`{found[1]}: {found[2]}`"
        return _finding(source, first, found, "a space is missing after the `:`", cure, found.start(2))
    indent = line[: len(line) - len(line.lstrip(" "))]
    key = re.match(f" *{WORD}", line)
    if key and len(indent) > 0 and re.search(f"^{indent}- ", before, re.MULTILINE):
        return _finding(source, start, key, f"`- ` is missing before `{key[1]}`", f"`- {key[1]}`")
    found = re.fullmatch(f" *- {WORD}", above)
    if key and found and above.index(found[1]) == len(indent):
        return _without_colon(source, first, found, start, key[1])
    return None


def _without_colon(source: Source, first: int, found: re.Match[str], start: int, key: str) -> Diagnostic:
    """A word with keys below it: fields, which belong further in, or what stands beside a layer."""
    end = source.span(first + found.end(1), first + found.end(1))
    fields = [] if key in BESIDE else _fields(source, start)
    if key in BESIDE:
        edits, cure = [Edit(end, ": {}")], f"`- {found[1]}: {{}}`, and below it `{key}: ...`"
    else:
        edits = [Edit(end, ":"), *(Edit(source.span(at, at), "  ") for at in fields)]
        cure = f"`- {found[1]}:`, and below it, two columns further in, `{key}: ...`"
    finding = _finding(source, first, found, f"`{found[1]}` needs a `:`, as keys follow it", cure)
    fix = Fix(f"write {cure}", tuple(edits), is_sure=True)
    return replace(finding, fixes=(fix,)) if fields or key in BESIDE else finding


def _fields(source: Source, start: int) -> list[int]:
    """Where the lines begin that hold a layer's fields, from `start` on, as far in as that line or further. None where
    fields follow what stands beside the layer."""
    fields: list[int] = []
    column, is_beside = len(_line(source.text, start)) - len(_line(source.text, start).lstrip(" ")), False
    for match in _LINES.finditer(source.text, start):
        if match[2] and len(match[1]) < column:
            break
        if match[2] and len(match[1]) == column:
            if is_beside and match[2].partition(":")[0] not in BESIDE:
                return []
            is_beside = match[2].partition(":")[0] in BESIDE
        if match[2] and not is_beside:
            fields.append(match.start())
    return fields


_LINES = re.compile(r"^( *)([^\r\n]*)", re.MULTILINE)
_FIELD = r"[A-Za-z_]\w{0,30}: *(?:\[[^][]*\]|[^\s,:#{}\[\]]+)"
_ONE_LINE = re.compile(rf" *(?:- +)*{WORD}(:?) +(\{{? *{_FIELD}(?:,? +{_FIELD})*(?: *\}})?) *(?:#.*)?")


def _one_line(source: Source, start: int, line: str) -> Diagnostic | None:
    """A key whose value has keys without braces, `conv: F: 3, K: 8`, or that wants its colon, `conv {F: 3, K: 8}`."""
    found = _ONE_LINE.fullmatch(line) if len(line) <= LENGTH else None
    if found is None or (found[2] and found[3].startswith("{")):
        return None
    place = source.span(start + found.start(1), start + found.end(3))
    if found[1] in FREE:
        cure = f'{found[1]}: "{found[3]}"'
        message = "a text that holds `: ` needs quotes"
    else:
        fields = re.findall(_FIELD, found[3])
        cure = f"{found[1]}: {{{', '.join(fields)}}}"
        message = f"the fields of `{found[1]}` are a mapping, in braces or on lines of their own"
    return Diagnostic(
        "E001", message, source.file, place, help=f"write `{cure}`", fixes=(instead(place, cure, is_sure=True),)
    )


def _line(text: str, start: int) -> str:
    return re.split("[\r\n]", text[start:], maxsplit=1)[0]


def _finding(
    source: Source, start: int, found: re.Match[str], message: str, cure: str, space: int | None = None
) -> Diagnostic:
    """The caret goes under the word, the pattern's first group, in the line that begins at `start`; a missing `space`
    goes to its place in that line."""
    where = source.span(start + found.start(1), start + found.end(1))
    fixes: tuple[Fix, ...] = ()
    if space is not None:
        fixes = (Fix(f"write {cure}", (Edit(source.span(start + space, start + space), " "),), is_sure=True),)
    return Diagnostic("E001", message, source.file, where, help=f"write {cure}", fixes=fixes)

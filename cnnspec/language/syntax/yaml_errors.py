"""What a YAML parser complains about, in plain words: for libyaml and for PyYAML's own parser alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...diagnostics import Diagnostic, Note, instead
from .open_brackets import open_brackets
from .yaml_typos import slip

if TYPE_CHECKING:
    from yaml import MarkedYAMLError

    from .source import Source


class _Rule(NamedTuple):
    """A finding for the complaints that match `pattern`: the first rule that matches counts.

    In the texts {c} is the character the parser stopped at, {o} the one where the construct began.
    """

    pattern: str
    message: str
    help: str
    code: str = "E001"
    at_beginning: bool = False  # the caret goes to the beginning, the note to the stop; else the other way round
    note: str = ""


_RULES = (
    # libyaml 0.2.6 counts for itself, and looks ahead: it can be the first to say so.
    _Rule(
        "nesting depth", "lists and mappings are nested too deep", "give the inner layers a name: see `blocks`", "E003"
    ),
    _Rule(
        "quoted scalar.*(end of stream|document)",
        "this quote is never closed",
        "close it with {o}",
        at_beginning=True,
    ),
    _Rule("Unicode character escape", "this escape is no character", "write the character itself", "E002"),
    _Rule(
        "quoted scalar",
        "this escape is unknown",
        "write `\\\\` for a backslash, or use single quotes",
        note="the text begins here",
    ),
    _Rule(
        r"\b(tag|anchor|alias|directive|incompatible)\b|document start.* after %",
        "anchors, aliases, tags and directives are not part of the language",
        "a text that begins with &, *, ! or % needs quotes",
        "E004",
        at_beginning=True,
    ),
    _Rule("document start", "the document ended before this", "one file is one spec", "E007"),
    _Rule(
        "flow (sequence|mapping).* later",
        "this `{o}` is never closed",
        "close it, with commas between what it holds",
        at_beginning=True,
        note="it should be closed before this",
    ),
    _Rule("flow sequence", "a `,` or `]` is missing before this", "", note="the list begins here"),
    _Rule("flow mapping", "a `,` or `}}` is missing before this", "", note="the mapping begins here"),
    _Rule("(node|block).* at :", "a key is missing before this `:`", "write `key: value`", "E006"),
    _Rule(
        "node content",
        "`{c}` cannot stand where a value belongs",
        "write a value; a text that begins with `{c}` needs quotes",
    ),
    _Rule(
        "mapping values are not allowed",
        "a `:` cannot stand here",
        "each key needs a line of its own, below the other keys; a text that holds `: ` needs quotes",
    ),
    _Rule(
        "sequence entries are not allowed",
        "a list item cannot begin here",
        "put `- ` on a line of its own, or write the list as `[a, b]`",
    ),
    _Rule("mapping keys are not allowed", "a `?` cannot stand here", "a text that begins with `?` needs quotes"),
    _Rule("simple key", "a `:` is missing after this", "write `key: value`", at_beginning=True),
    _Rule(
        "block (mapping|collection).* later",
        "this line does not fit the lines above it",
        "what belongs together begins in the same column; `- ` and `: ` need their space",
        note="the block begins here",
    ),
    _Rule(
        "block (mapping|collection)",
        "this cannot follow the value before it",
        "a value ends with its quote or bracket",
    ),
    _Rule("", "this is not YAML", ""),
)


_TAB = re.compile(" *\t")
_SHOWN = 100  # characters of a value that a help repeats


def reworded(source: Source, error: MarkedYAMLError) -> Diagnostic:
    """The finding that a parser's error stands for."""
    text, words = source.text, f"{error.context or ''}: {error.problem}"
    last = len(text.rstrip(" \r\n"))  # when the text ends too early, point behind what is there
    at = min(error.problem_mark.index, last) if error.problem_mark else last
    begin = min(error.context_mark.index, at) if error.context_mark else at
    start = at if re.search("flow|quoted", words) else source.line_start(at)
    if tab := _TAB.match(text, start) or _TAB.match(text, at):
        where = source.point(tab.end() - 1)
        return Diagnostic("E001", "a tab cannot indent", source.file, where, help="indent with spaces")
    if re.search("block scalar|any token", words):
        return unquoted(source, begin)
    if re.search("mapping values|simple key|block (mapping|collection)", words) and (found := slip(source, at)):
        return found
    is_over = not text[at:].strip() or text.startswith("- ", at)  # the text, or the layer: a value that is missing
    if "node content" in words and is_over and (opened := open_brackets(text[:at])):
        begin, words = opened[-1].offset, "flow mapping later"
    words += f" at {text[at : at + 1]}"
    words += " later" if at == last or "\n" in text[begin:at] else ""
    words += " after %" if re.search("^%", text[: at + 1], re.MULTILINE) else ""
    rule = next(rule for rule in _RULES if re.search(rule.pattern, words, re.DOTALL))
    shown = {"c": text[at : at + 1], "o": text[begin : begin + 1]}
    place, other = (begin, at) if rule.at_beginning else (at, begin)
    return Diagnostic(
        rule.code,
        rule.message.format(**shown),
        source.file,
        source.point(place),
        notes=(Note(source.point(other), rule.note),) if rule.note and place != other else (),
        why="" if rule.pattern else str(error.problem),
        help=rule.help.format(**shown),
    )


def unquoted(source: Source, start: int) -> Diagnostic:
    """A value that needs quotes because its first character means something in YAML, such as `>= 1M`."""
    value = re.split("[\r\n#]", source.text[start : start + _SHOWN])[0].rstrip(" \t,]}")
    quoted = f'"{value}"' if not set(value) & {'"', "\\"} else "'" + value.replace("'", "''") + "'"
    block = "begins a block of text on the lines below" if value[0] in "|>" else "is reserved"
    return Diagnostic(
        "E001",
        f"a value that begins with `{value[0]}` needs quotes",
        source.file,
        source.span(start, start + len(value)),
        why=f"in YAML an unquoted `{value[0]}` {block}",
        help=f"write {quoted}",
        fixes=(instead(source.span(start, start + len(value)), quoted),) if len(value) < _SHOWN else (),
    )

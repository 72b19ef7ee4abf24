"""YAML text -> nodes: positions, limits, and every way in which a text is refused."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from processor_time import about

from cnnspec.diagnostics import Diagnostic, Span, SpecError
from cnnspec.language.syntax import parser as module
from cnnspec.language.syntax.ambiguous_scalars import trap
from cnnspec.language.syntax.nodes import Mapping, Node, Scalar, Sequence
from cnnspec.language.syntax.parser import parse
from cnnspec.language.syntax.source import MAX_BYTES, Source, read
from cnnspec.language.syntax.yaml_errors import reworded
from cnnspec.spec import check


def written(source: Source, span: Span) -> str:
    """What stands at `span`, lines joined with a line feed."""
    lines = list(source.lines[span.line - 1 : span.end_line])
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def tree(text: str) -> Node:
    node, findings = parse(Source("net.yaml", text))
    assert findings == []
    assert node is not None
    return node


def plainly(node: Node) -> object:
    """A node as the lists, dicts and texts that PyYAML's BaseLoader makes."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plainly(item) for item in node.items]
    return {key.text: plainly(value) for key, value in node.items}


def every(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return [node]
    inside = node.items if isinstance(node, Sequence) else [part for pair in node.items for part in pair]
    return [node, *(below for part in inside for below in every(part))]


def only(text: str) -> tuple[Source, Diagnostic]:
    source = Source("net.yaml", text)
    _, findings = parse(source)
    assert len(findings) == 1, findings
    assert findings[0].file == "net.yaml"
    return source, findings[0]


LENET = """\
cnnspec: 1  # the version
name: "LeNet-5"
about: |
  Digits,
  1998.

input: {C: 1, H: 28, W: 28}
layers:
  - conv: {F: 5, K: '6', P: same}

  - relu
  # the end
classes: [zéro, 日本, 😀]
weights:
"""


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_spans_cover_what_is_written(end: str) -> None:
    source = Source("net.yaml", LENET.replace("\n", end))
    root, findings = parse(source)
    assert findings == []
    assert isinstance(root, Mapping)
    assert [written(source, value.span) for _, value in root.items] == [
        "1",
        '"LeNet-5"',
        "|\n  Digits,\n  1998.",
        "{C: 1, H: 28, W: 28}",
        "- conv: {F: 5, K: '6', P: same}\n\n  - relu",
        "[zéro, 日本, 😀]",
        "",
    ]
    assert [key.span for key, _ in root.items][-1] == Span(14, 1, 14, 8)
    assert root.items[-1][1] == Scalar("", True, Span(14, 9, 14, 9))
    assert root.span == Span(1, 1, 14, 9)
    classes = root.get("classes")
    assert isinstance(classes, Sequence)
    assert [item.span for item in classes.items] == [
        Span(13, 11, 13, 15),
        Span(13, 17, 13, 19),
        Span(13, 21, 13, 22),
    ]
    about = root.get("about")
    assert isinstance(about, Scalar)
    assert (about.text, about.plain) == ("Digits,\n1998.\n", False)


@pytest.mark.usefixtures("parser")
def test_absent_values_stand_behind_their_colon() -> None:
    source = Source("net.yaml", "a: {b: , c:   # why\n , d}\ne:   # none\nf: [x, {g: 1}]\nh:\n-\n- \n")
    root, findings = parse(source)
    assert findings == []
    assert root is not None
    absent = [n.span for n in every(root) if isinstance(n, Scalar) and not n.text]
    places = [(1, 7), (1, 12), (2, 5), (3, 3), (6, 2), (7, 2)]
    assert absent == [Span(line, column, line, column) for line, column in places]


def test_scalars_stay_text() -> None:
    root = tree("a: 010\nb: 'yes'\nc: ~\nd: null\ne: 'null'\nf: 1e-3\ng: >-\n  x\n  y\nh: 1234567890123456789\n")
    assert isinstance(root, Mapping)
    texts = {key.text: value.text for key, value in root.items if isinstance(value, Scalar)}
    assert texts == {
        "a": "010",
        "b": "yes",
        "c": "~",
        "d": "null",
        "e": "null",
        "f": "1e-3",
        "g": "x y",
        "h": "1234567890123456789",
    }
    values = [value for _, value in root.items if isinstance(value, Scalar)]
    assert "".join(str(int(value.plain)) for value in values) == "10110101"
    assert "".join(str(int(value.is_null)) for value in values) == "00110000"
    assert root.get("z") is None


leaf = st.text("abé日😀 :#-'\"[]{},&*!|>%@?\\\n~", max_size=8)
nested = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(leaf.filter(bool), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(leaf.filter(bool), nested, min_size=1, max_size=3), st.booleans())
@example({"a": "'\n* "}, False)
def test_reads_what_pyyaml_writes(value: dict[str, object], flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    source, root = Source("net.yaml", text), tree(text)
    assert plainly(root) == yaml.load(text, Loader=yaml.BaseLoader)
    for node in every(root):
        shown = written(source, node.span)
        assert shown == shown.strip()
        if isinstance(node, Scalar) and node.plain and "\n" not in shown:
            assert shown == node.text
    keys = [key.span for key, _ in root.items] if isinstance(root, Mapping) else []
    assert all(one < other for one, other in pairwise(keys))


REFUSED = [  # text, code, what the caret is under, a piece of the message or the help
    ("macs: >= 1M\nb: 1\n", "E001", ">= 1M", '">= 1M"'),
    ("{macs: >= 1M}\n", "E001", ">= 1M", '">= 1M"'),
    ("macs: > 1M  # why\n", "E001", "> 1M", '"> 1M"'),
    ("macs: >5\nb: 1\n", "E001", ">5", '">5"'),
    ('name: @"x"\n', "E001", '@"x"', "'@\"x\"'"),
    ("name: `x`\n", "E001", "`x`", "needs quotes"),
    ("name: 'x\nb: 1\n", "E001", "'", "never closed"),
    ('name: "x\n---\n"\n', "E001", '"', "never closed"),
    ('name: "a\\qb"\n', "E001", None, "escape is unknown"),
    ("a:\n\t- b\n", "E001", "\t", "indent with spaces"),
    ("a:\n  b: 1\n\tc: 2\n", "E001", "\t", "indent with spaces"),
    ("a:\n\t", "E001", "\t", "indent with spaces"),
    ("a: b: c\n", "E001", "a: b: c", "write `a: {b: c}`"),
    ("name: b: c\n", "E001", "name: b: c", "needs quotes"),
    ("a: 1\n b: 2\n", "E001", ":", "line of its own"),
    ("a: - b\n", "E001", "-", "line of its own"),
    ("a: ? b\n", "E001", "?", "needs quotes"),
    ("a: [1\nb: 2\n", "E001", "[", "never closed"),
    ("a: {b: 1\n\n", "E001", "{", "never closed"),
    ("a: {b: 1]\n", "E001", "]", "a `,` or `}` is missing"),
    ("a: ['b' c]\n", "E001", "c", "a `,` or `]` is missing"),
    ("a: [x, , y]\n", "E001", ",", "where a value belongs"),
    ("a: }\n", "E001", "}", "where a value belongs"),
    ("a: 'x'y\n", "E001", "y", "cannot follow"),
    ("a:\n  - b\n - c\n", "E001", "-", "does not fit"),
    ("a: 1 # x\nb 2\nc: 3\n", "E001", "b", "a `:` is missing"),
    ('a: "\\0"\n', "E002", '"\\0"', "U+0000"),
    ("a: x\x07\n", "E002", "\x07", "U+0007"),
    ("a: x\x7f\n", "E002", "\x7f", "U+007F"),
    ("a: x\u2028b: 1\n", "E002", "\u2028", "U+2028"),
    ("a: \ufeffx\n", "E002", "\ufeff", "U+FEFF"),
    ("a: \ud800\n", "E002", "\ud800", "U+D800"),
    ('a: "\\r"\n', "E002", '"\\r"', "U+000D"),
    ('a: "\\ud800"\n', "E002", None, ""),
    ("a: &x 1\nb: *x\n", "E004", "&x", "make a block"),
    ("a: [*x]\n", "E004", "*x", "not part of the language"),
    ("a: *\n", "E004", "*", "needs quotes"),
    ("a: !!python/object/apply:os.system [ls]\n", "E004", "!!python/object/apply:os.system", "remove it"),
    ("a: !e!x 1\n", "E004", "!", "needs quotes"),
    ("<<: {a: 1}\n", "E004", "<<", "merge keys"),
    ("%YAML 1.2\n---\na: 1\n", "E004", "%YAML", "remove the line"),
    ("%YAML 1.2\na: 1\n", "E004", None, "directives"),
    ("%YAML 7.0\n---\na: 1\n", "E004", "%", "directives"),
    ("a: 1\na: 2\n", "E005", "a", "`a` is written twice"),
    ("{a: 1, 'a': 2}\n", "E005", "'a'", "twice"),
    ("? [a]\n: 1\n", "E006", "[", "not a list"),
    ("{{a: 1}: 1}\n", "E006", "{", "not a mapping"),
    ("~: 1\n", "E006", "~", "not null"),
    ("'': 1\n", "E006", "''", "not empty"),
    (": 1\n", "E006", ":", "a key is missing"),
    ("{: 1}\n", "E006", ":", "a key is missing"),
    ("", "E007", "", "empty"),
    ("# nothing\n", "E007", "", "empty"),
    ("---\n", "E007", "", "empty"),
    ("- a\n- b\n", "E007", "-", "not a list"),
    ("hello\n", "E007", "h", "not a text"),
    ("a: 1\n---\nb: 2\n", "E007", "---", "second document"),
    ("a: 1\n...\nb: 2\n", "E007", "b", "ended before"),
]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("text", "code", "caret", "piece"), REFUSED)
def test_refused(text: str, code: str, caret: str | None, piece: str) -> None:
    source, found = only(text)
    assert found.code == code
    assert piece in found.message + found.help
    assert found.span is not None
    if caret is not None:
        assert written(source, found.span) == caret


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "place", "label"),
    [
        ("a: [1\nb: 2\n", (2, 2), "closed before this"),
        ("a: {b: 1]\n", (1, 4), "mapping begins here"),
        ("a:\n  - b\n c: 1\n", (1, 1), "block begins here"),
        ("a: 1\nb: 2\na: 3\n", (1, 1), "first written here"),
    ],
)
def test_notes_show_the_other_place(text: str, place: tuple[int, int], label: str) -> None:
    _, found = only(text)
    (note,) = found.notes
    assert (note.span.line, note.span.column) == place
    assert label in note.label


def test_independent_findings_come_together() -> None:
    text = "a: 1\na: 2\nb: !t x\n~: 3\nc: {d: 1, d: 2}\ne: 'open\n"
    root, findings = parse(Source("net.yaml", text))
    assert root is None
    assert [finding.code for finding in findings] == ["E005", "E004", "E006", "E005", "E001"]
    root, findings = parse(Source("net.yaml", text[: text.index("e:")]))
    assert len(findings) == 4
    assert root is not None
    assert plainly(root) == {"a": "1", "b": "x", "c": {"d": "1"}}


def test_a_complaint_without_a_rule_is_quoted() -> None:
    source = Source("net.yaml", "a: 1\n")
    found = reworded(source, yaml.MarkedYAMLError(problem="the moon is full"))
    assert (found.code, found.why, found.span) == ("E001", "the moon is full", Span(1, 5, 1, 5))


def test_bytes_become_text() -> None:
    assert read("net.yaml", b"\xef\xbb\xbfa: \xc3\xa9\r\n") == Source("net.yaml", "a: é\r\n")
    assert read("net.yaml", b"#" * MAX_BYTES).text[-1] == "#"


@pytest.mark.parametrize(
    ("data", "code", "place", "piece"),
    [
        ("a: é\nné: ".encode() + b"\xe9\n", "E002", (2, 5), "not UTF-8"),
        (b"a: \xed\xa0\x80\n", "E002", (1, 4), "not UTF-8"),
        ("a: 1".encode("utf-16"), "E002", (1, 1), "UTF-16"),
        (b"#" * (MAX_BYTES + 1), "E003", None, "1,048,576 bytes"),
    ],
)
def test_bytes_are_refused(data: bytes, code: str, place: tuple[int, int] | None, piece: str) -> None:
    with pytest.raises(SpecError) as refusal:
        read("net.yaml", data)
    (found,) = refusal.value.diagnostics
    assert (found.code, found.file) == (code, "net.yaml")
    assert piece in found.message
    assert (found.span and (found.span.line, found.span.column)) == place


def test_utf_16_without_a_mark() -> None:
    _, found = only("a: 1".encode("utf-16-le").decode())
    assert found.code == "E002"
    assert "UTF-16" in found.help
    assert "first of 4" in found.why


def deep(levels: int) -> str:
    return "a: " + "[" * (levels - 1) + "]" * (levels - 1)


def test_limits_are_reached_exactly() -> None:
    tree(deep(module.MAX_DEPTH))
    assert only(deep(module.MAX_DEPTH + 1))[1].code == "E003"
    tree("a: " + "x" * module.MAX_SCALAR)
    assert only("a: " + "x" * (module.MAX_SCALAR + 1))[1].code == "E003"
    around = 9  # the starts and ends of stream, document, mapping and list, and the key
    tree("a: [" + "1," * (module.MAX_EVENTS - around) + "]")
    assert only("a: [" + "1," * (module.MAX_EVENTS - around + 1) + "]")[1].code == "E003"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 200_000, "E003"),
        ("a: " + "{b: " * 100_000, "E003"),
        ("- " * 100_000, "E003"),
        ("".join(f"k{i}: 1\n" for i in range(60_000)), "E003"),
        ("a: " + "x" * 1_000_000, "E003"),
        ("\0" * 1_000_000, "E002"),
        ("a: >" + "x" * 1_000_000, "E001"),
        ("a: 1" + "_" * 1_000_000 + "x", "E003"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "E004"),
    ],
)
def test_hostile_texts_end_soon(text: str, code: str) -> None:
    with about(0.3):
        _, found = only(text)
    assert found.code == code
    assert len(found.message + found.why + found.help) < 500


@given(st.text("ab:-'\"[]{},&*!|>%@?#~\\ \n\t\ré日", max_size=24))
def test_any_text_has_nodes_or_findings_with_places(text: str) -> None:
    source = Source("net.yaml", text)
    root, findings = parse(source)
    assert (root is not None) or findings
    spans = [finding.span for finding in findings] + [note.span for f in findings for note in f.notes]
    spans += [node.span for node in every(root)] if root else []
    for span in spans:
        assert span is not None
        assert 1 <= span.line <= span.end_line <= len(source.lines)
        assert 1 <= span.column <= len(source.lines[span.line - 1]) + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        *((text, "write true") for text in ("yes", "Yes", "YES", "on", "On", "y", "Y")),
        *((text, "write false") for text in ("no", "NO", "off", "Off", "n", "N")),
        *((text, "spelled true") for text in ("True", "TRUE")),
        *((text, "spelled false") for text in ("False", "FALSE")),
        *((text, "finite") for text in (".nan", ".NaN", ".inf", "-.Inf", "+.INF")),
        *((text, "zero") for text in ("010", "00", "-08", "007.5")),
        *((text, "hexadecimal") for text in ("0x1F", "-0Xff", "0x" + "f" * 4000)),
        ("0o17", "octal"),
        ("0b1", "binary"),
        *((text, "leave the `_` out") for text in ("1_000", "-1_0.5", "1" + "_" * 4000)),
        *((text, "base 60") for text in ("3:3", "190:20:30", "1:30.5")),
        *((text, "date") for text in ("2020-01-01", "2020-1-1", "2020-01-01T10:00:00Z")),
        *((text, "before its point") for text in (".5", "-.5e3")),
        *((text, "behind its point") for text in ("5.", "1.e3")),
    ],
)
def test_traps_are_explained(text: str, piece: str) -> None:
    why = trap(text)
    assert why is not None
    assert piece in why
    assert text in why


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "0",
        "6",
        "-1",
        "+1",
        "0.5",
        "10.25",
        "1e-3",
        "1E5",
        "true",
        "false",
        "4*K",
        "(F-1)/2",
        "same",
        "1/255",
    ],
)
def test_plain_words_and_numbers_are_no_traps(text: str) -> None:
    assert trap(text) is None


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("|", (1, 10, 1, 11)),
        ("|\n  C+q", (1, 10, 2, 6)),
        ('"C\\u002bq"', (1, 10, 1, 20)),
        ("'''C'", (1, 10, 1, 15)),
        ('"C+q"', (1, 11, 1, 12)),
        ("2+", (1, 12, 1, 12)),
        ("2+)", (1, 12, 1, 13)),
    ],
)
def test_a_mistake_within_a_value_lies_within_what_is_written(written: str, place: tuple[int, int, int, int]) -> None:
    found = check(io.StringIO(f"cnnspec: {written}\ninput: {{C: 1, H: 1, W: 1}}\nlayers: [relu]\n")).diagnostics
    assert [diagnostic.span for diagnostic in found] == [Span(*place)]

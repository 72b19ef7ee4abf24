"""YAML text -> nodes with positions. Only this file and its neighbours `emitter`, `yaml_errors`,
`yaml_typos`, `open_brackets`, `unfinished`, `layout` and `ambiguous_scalars` know YAML.

Nodes are built from the parser's events, so nothing is ever constructed, resolved or converted: a scalar
is its text, and whoever reads a field decides what the text means. YAML is used plainly: no anchors,
aliases, merge keys, tags or directives, one document, every key once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from ...diagnostics import Diagnostic, Failure, Note, Span
from ...diagnostics.collector import Collector
from .nodes import Mapping, Node, Scalar, Sequence
from .source import Source

MAX_DEPTH = 32
MAX_EVENTS = 50_000
MAX_SCALAR = 4096  # characters

# Control characters, line separators that only YAML 1.1 knows, lone surrogates, byte order marks.
_HIDDEN = "[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"

# What is not written in plain ASCII, and the marks of lists elsewhere.
_UNLIKE = re.compile(r"[^\r\n -~]|^ *[*+] ", re.MULTILINE)

_HEAD = re.compile(r"[^\s,\[\]{}]+|[,\[\]{}]")
_SMALLEST = "the smallest spec: `input: {C: 1, H: 8, W: 8}`, then `layers: [relu]`"


def parse(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """The root mapping with every finding of the text; None where nothing can go on."""
    hidden = _hidden(source.text.replace("\r", "\n"))
    if hidden:
        place = hidden[0].start()
        return None, [_hidden_character(source, source.span(place, place + 1), hidden[0][0], len(hidden))]
    said: list[Diagnostic] = []
    if _UNLIKE.search(source.text):
        from .lookalikes import straightened  # most texts need it not

        source, said = straightened(source, is_yaml=_is_yaml(source.text))
    reader = _Reader(source)
    return reader.root(), [*said, *reader.findings]


def _is_yaml(text: str) -> bool:
    """Whether YAML can read a text as it stands, whatever it then says."""
    try:
        for _ in yaml.parse(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):
            pass
    except yaml.YAMLError:
        return False
    return True


def _hidden(text: str) -> list[re.Match[str]]:
    """The characters that are not allowed. To compile what they are takes longer than to read most specs."""
    return [] if text.replace("\n", "").isprintable() else list(re.finditer(_HIDDEN, text))


def visible(text: str) -> str:
    """A text with a `?` in the place of each character that is not allowed, its lines ended by `\\n`."""
    return re.sub(_HIDDEN, "?", text.replace("\r\n", "\n").replace("\r", "\n"))


def _hidden_character(source: Source, span: Span, character: str, count: int) -> Diagnostic:
    message = f"the character U+{ord(character):04X} is not allowed in a spec"
    more = f"the first of {count:,} characters that cannot be seen or break lines" if count > 1 else ""
    cure = "save the file as UTF-8, not UTF-16" if character == "\0" and count > 1 else "remove it"
    return Diagnostic("E002", message, source.file, span, why=more, help=cure)


class _Reader:
    """Recursive descent over the parser's events; `depth` counts a node and the collections around it."""

    def __init__(self, source: Source) -> None:
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # PyYAML can be built without libyaml
        self.source = source
        self.events: Iterator[yaml.Event] = yaml.parse(source.text, Loader=loader)
        self.count = 0
        self.findings = Collector(source.file)

    def root(self) -> Node | None:
        try:
            return self.document()
        except Failure as failure:
            self.findings.extend(failure.diagnostics)
            return None
        except yaml.MarkedYAMLError as error:
            from .yaml_errors import reworded  # only a mistake needs it

            self.findings.add(reworded(self.source, error))
            return None

    def document(self) -> Node:
        self.take()  # the stream's start
        event = self.take()
        if isinstance(event, yaml.StreamEndEvent):
            raise self.stop("E007", "the file is empty", Span(1, 1, 1, 1), help=_SMALLEST)
        if self.source.text.startswith("%", _extent(event)[0]):
            self.findings.report(
                "E004",
                "`%` directives are not part of the language",
                self.head(event),
                help="remove the line",
            )
        root = self.node(self.take(), 1)
        self.take()  # the document's end
        event = self.take()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.stop("E007", "a second document begins here", self.head(event), help="one file is one spec")
        if isinstance(root, Mapping):
            return root
        if isinstance(root, Scalar) and root.is_null:
            raise self.stop("E007", "the file is empty", root.span, help=_SMALLEST)
        kind = "list" if isinstance(root, Sequence) else "text"
        first = Span(root.span.line, root.span.column, root.span.line, root.span.column + 1)
        raise self.stop("E007", f"a spec is a mapping of keys to values, not a {kind}", first, help=_SMALLEST)

    def node(self, event: yaml.Event, depth: int) -> Node:
        if getattr(event, "anchor", None) is not None:  # an alias has one too; after one, a bomb says nothing new
            message = "anchors and aliases (`&`, `*`) are not part of the language"
            why = "a few lines of them can stand for millions"
            cure = "layers that come twice make a block; a text that begins with `&` or `*` needs quotes"
            raise self.stop("E004", message, self.head(event), why=why, help=cure)
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.tag is not None:
            cure = "remove it; a text that begins with `!` needs quotes"
            self.findings.report("E004", "tags (`!`) are not part of the language", self.head(event), help=cure)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if depth > MAX_DEPTH:
            message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
            raise self.stop("E003", message, self.head(event), help="give the inner layers a name: see `blocks`")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start, end = _extent(event)
        if event.style in ("|", ">"):  # the parser ends a block where the next one begins
            end = start + len(self.source.text[start:end].rstrip())
            if not event.value and self.source.text[start + 1 : end].strip("+-"):
                from .yaml_errors import unquoted

                self.findings.add(unquoted(self.source, start))  # `>5` is an empty block, indented by 5
        span = self.source.span(start, end)
        if len(event.value) > MAX_SCALAR:
            message = f"a text of {len(event.value):,} characters is too long"
            self.findings.report("E003", message, self.head(event), why=f"a text has at most {MAX_SCALAR:,} characters")
        if hidden := _hidden(event.value):
            self.findings.add(_hidden_character(self.source, span, hidden[0][0], 1))
        return Scalar(event.value[:MAX_SCALAR], event.style not in ("'", '"', "|", ">"), span)

    def sequence(self, start: yaml.CollectionStartEvent, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := self.take(), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return Sequence(tuple(items), self.around(start, event, items))

    def mapping(self, start: yaml.CollectionStartEvent, depth: int) -> Mapping:
        items: dict[str, tuple[Scalar, Node]] = {}
        nodes: list[Node] = []
        while not isinstance(event := self.take(), yaml.MappingEndEvent):
            after = _extent(event)[1]
            key = self.node(event, depth + 1)
            value = self.value(after, depth + 1)
            nodes.append(value)
            if not isinstance(key, Scalar) or not key.text or key.is_null:
                cure = "write a word, then a colon"
                span = key.span if isinstance(key, Scalar) else self.head(event)
                self.findings.report("E006", f"a key is a word, not {_kind(key)}", span, help=cure)
            elif key.plain and key.text == "<<":
                cure = "layers that come twice make a block: see `blocks`"
                self.findings.report("E004", "merge keys (`<<`) are not part of the language", key.span, help=cure)
            elif key.text in items:
                first = Note(items[key.text][0].span, "first written here")
                self.findings.report(
                    "E005",
                    f"the key `{key.text}` is written twice",
                    key.span,
                    notes=(first,),
                    help="keep one",
                )
            else:
                items[key.text] = (key, value)
        return Mapping(tuple(items.values()), self.around(start, event, nodes))

    def value(self, after: int, depth: int) -> Node:
        """The value of a key that ends at the offset `after`."""
        event = self.take()
        node = self.node(event, depth)
        if node == Scalar("", True, node.span):
            # libyaml sees an absent value of a flow mapping only at the next comma: put it behind the colon.
            colon = self.source.text.find(":", after, _extent(event)[0])
            place = after if colon < 0 else colon + 1
            return Scalar("", True, self.source.span(place, place))
        return node

    def take(self) -> yaml.Event:
        event = next(self.events)
        self.count += 1
        if self.count > MAX_EVENTS:
            message = f"the file has more than {MAX_EVENTS:,} keys, values and brackets"
            cure = "layers that repeat fit in a block: see `blocks` and `repeat`"
            raise self.stop("E003", message, self.head(event), help=cure)
        return event

    def head(self, event: yaml.Event) -> Span:
        """The first word or bracket of what `event` begins."""
        start, _ = _extent(event)
        found = _HEAD.match(self.source.text, start)
        return self.source.span(start, found.end() if found else start)

    def around(self, start: yaml.CollectionStartEvent, end: yaml.Event, nodes: list[Node]) -> Span:
        """A block ends with its last node, where the parser would go on to the next line."""
        whole = self.source.span(_extent(start)[0], _extent(end)[1])
        if start.flow_style:
            return whole
        return Span(whole.line, whole.column, nodes[-1].span.end_line, nodes[-1].span.end_column)

    def stop(self, code: str, message: str, span: Span, *, why: str = "", help: str = "") -> Failure:
        """The finding after which reading cannot go on."""
        return Failure([Diagnostic(code, message, self.source.file, span, why=why, help=help)])


def _extent(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    assert start is not None  # both parsers mark every event
    assert end is not None
    return start.index, end.index


def _kind(node: Node) -> str:
    if isinstance(node, Scalar):
        return "null" if node.text else "empty"
    return "a list" if isinstance(node, Sequence) else "a mapping"

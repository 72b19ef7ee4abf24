"""Lists of layers -> items: each word resolved to a layer kind, a block or an argument, each key known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ...diagnostics import Span, closest, instead
from ...diagnostics.collector import Collector
from ...diagnostics.wording import listed
from ...graph.layer import Join, Layer
from ...layers import find, kinds
from ..syntax.nodes import Mapping, Node, Scalar, Sequence
from ..syntax.tree import (
    LENGTH,
    Argument,
    ArgumentEntry,
    Block,
    BlockCall,
    Branch,
    Entry,
    FromEntry,
    InvalidEntry,
    JoinEntry,
    LayerEntry,
)
from ..values.field_types import field_types
from ..values.unknown_field import LISTED, renamed, unknown_field
from .pairs import fault, holds_values
from .siblings import SIBLINGS, placement

if TYPE_CHECKING:
    from .loose_entry import LooseEntry, Signature

Pair = tuple[Scalar, Node]
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


class Resolver:
    """Resolves the words of lists of layers to kinds, `blocks` or arguments; mistakes go to `found`.

    A `scope` is the names of the arguments that are visible.
    """

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.blocks: dict[str, Block] = {}

    def unknown(self, key: Scalar, body: Mapping, known: list[str], what: str = "field", of: str = "") -> str:
        """Report a key that is not known; the one that it can only have been meant as, "" when there may be others."""
        finding = unknown_field(key, body, known, what, of, suggest=self.found.may_search)
        self.found.add(finding)
        meant = [edit.text for fix in finding.fixes if fix.is_sure for edit in fix.edits if edit.text in known]
        return meant[0] if meant else ""

    def near(self, word: str, known: Iterable[str]) -> str | None:
        """What a word was meant to be. Only the first findings are worth the search, which takes its time."""
        return closest(word, known) if self.found.may_search else None

    def layer_meant(self, word: str, scope: Iterable[str]) -> str | None:
        """The layer, block or argument that was meant by a word, also by another framework's."""
        from ..values.synonyms import kind, nearest  # only a mistake needs it

        if not self.found.may_search:  # only the first findings are worth the search
            return None
        if nearest(word) is not None:  # another layer whose name is near is another function
            return None
        return kind(word) or self.near(word, chain(kinds(), self.blocks, scope))

    def argument(self, node: Node, scope: Iterable[str]) -> Argument | None:
        """The value of an argument; None for one that has been reported and is nothing at all."""
        if isinstance(node, Sequence):
            if not holds_values(node, self.blocks):
                return self.items(node, scope)
            if why := fault(node):
                self.found.report("E112", "a pair has two numbers", node.span, why, help="`[rows, columns]`")
                return None
            return node
        if isinstance(node, Mapping):
            self.found.report(
                "E112",
                "an argument is a number, an expression, a pair of them, true or false, a word or a list of layers",
                node.span,
                "this is a mapping",
                help="for layers write a list: `[{conv: {F: 1, K: 8}}]`",
            )
            return ()
        return node

    def items(self, node: Sequence, scope: Iterable[str]) -> tuple[Entry, ...]:
        nodes: Iterable[Node] = node.items
        if any(isinstance(item, Scalar) and "(" in item.text for item in nodes):
            from .loose_entry import rejoined  # only a mistake needs it

            nodes = rejoined(node.items)
        return tuple(self.item(item, scope) for item in nodes)

    def item(self, node: Node, scope: Iterable[str]) -> Entry:
        if isinstance(node, Sequence):
            self.found.report(
                "E110",
                "a layer is a word or a mapping, not a list",
                node.span,
                help="branches stand in a join: `- add: [...]`",
            )
            return InvalidEntry(Scalar("", True, node.span), node.span)
        if isinstance(node, Scalar) and node.is_null:
            self.found.report("E110", "this entry is empty", node.span, help="write a layer, `- relu`, or remove it")
            return InvalidEntry(node, node.span)
        if isinstance(node, Scalar):
            return self.resolve(node, None, node.span, scope, {})
        siblings = {key.text: value for key, value in node.items if key.text in SIBLINGS}
        words = [(key, value) for key, value in node.items if key.text not in SIBLINGS]
        words, beside = self.apart(words)
        if len(words) != 1:
            return self.crowded(node, words)
        word, body = words[0]
        if word.text == "from":
            return self.go_on(node, word, body, siblings)
        return self.resolve(word, body, node.span, scope, siblings, Mapping(beside, node.span))

    def apart(self, words: list[Pair]) -> tuple[list[Pair], tuple[Pair, ...]]:
        """The keys of an entry that may be layers, and the fields that stand beside a join."""
        if len(words) < 2:
            return words, ()
        joins = [pair for pair in words if pair[0].text in kinds() and issubclass(find(pair[0].text), Join)]
        fields = field_types(find(joins[0][0].text)) if len(joins) == 1 else {}
        beside = tuple(pair for pair in words if pair not in joins)
        others = [key.text for key, _ in beside if key.text not in fields]
        if not fields or any(each in kinds() or each in self.blocks or self.near(each, SIBLINGS) for each in others):
            return words, ()
        return joins, beside

    def crowded(self, node: Mapping, words: list[tuple[Scalar, Node]]) -> InvalidEntry:
        keys = [key for key, _ in words]
        layers = [key for key in keys if key.text in kinds() or key.text in self.blocks]
        odd = [key for key in keys if key.text not in kinds() and key.text not in self.blocks]
        word = (*odd, *layers[1:], *(key for key, _ in node.items), Scalar("", True, node.span))[0]
        label = ""
        if near := self.near(word.text, SIBLINGS):
            label = f"did you mean `{near}`?"
        elif len(layers) == 1 and layers[0].text in kinds() and word.text in field_types(find(layers[0].text)):
            label = f"as a field of `{layers[0].text}` it stands inside"
        what = ", ".join(f"`{key.text}`" for key in keys[:4]) or "none"
        self.found.report(
            "E110",
            f"a layer has exactly one layer key, here: {what}",
            word.span,
            label,
            help=placement(layers[0].text if layers else ""),
        )
        return InvalidEntry(word, node.span)

    def go_on(self, node: Mapping, word: Scalar, body: Node, siblings: dict[str, Node]) -> Entry:
        if siblings or not isinstance(body, Scalar) or body.is_null:
            self.found.report("E110", "`from` takes the name of an earlier layer and nothing beside it", node.span)
            return InvalidEntry(word, node.span)
        return FromEntry(body, node.span)

    def resolve(
        self,
        word: Scalar,
        body: Node | None,
        span: Span,
        scope: Iterable[str],
        siblings: dict[str, Node],
        beside: Mapping | None = None,
    ) -> Entry:
        """The entry of a word, with its body and the fields `beside` it, which a join has."""
        kind = word.text
        name, repeat, expect = self.name(siblings), siblings.get("repeat"), self.shape(siblings)
        is_bare = body is None or (isinstance(body, Scalar) and body.is_null)
        if kind in scope and is_bare and not siblings:
            otherwise = self.resolve(word, None, span, (), {}) if kind in kinds() else None
            return ArgumentEntry(word, span, otherwise=otherwise)
        if kind in self.blocks and kind in kinds():  # reported with the block; which of them is meant nobody knows
            return InvalidEntry(word, span, name)
        if kind in self.blocks:
            block = self.blocks[kind]
            arguments, flawed = self.call(block, body, scope)
            return BlockCall(word, span, name, repeat, expect, block=block, arguments=arguments, flawed=flawed)
        if kind not in kinds() and kind in scope:
            help = f"by itself, `- {kind}`; names and expectations belong to the layers that it holds"
            self.found.report("E112", f"the argument `{kind}` takes nothing inside or beside it", word.span, help=help)
            return InvalidEntry(word, span, name)
        if kind not in kinds():
            return self.unknown_layer(word, body, span, scope, siblings) or InvalidEntry(word, span, name)
        if repeat is not None:
            self.found.report(
                "E110",
                "only a block can be repeated",
                repeat.span,
                help=f"make a block of `{kind}` and what repeats with it",
            )
        layer = find(kind)
        if issubclass(layer, Join):
            branches = self.branches(word, body, scope, list(field_types(layer)))
            own, flawed, guessed = self.fields(word, beside or Mapping((), span), layer)
            if not branches:
                return InvalidEntry(word, span, name)
            entry = JoinEntry(word, span, name, None, expect, layer=layer, branches=branches, body=own)
            return replace(entry, flawed=flawed, guessed=guessed)
        return self.plain(word, body, span, name, expect, layer)

    def unknown_layer(
        self, word: Scalar, body: Node | None, span: Span, scope: Iterable[str], siblings: dict[str, Node]
    ) -> Entry | None:
        """Report a word that is no layer. What stands in the entry is read as that of the layer that was meant; the
        entry itself is given where no other can have been."""
        if self.loose(word, body, scope):
            return None
        from ..values.synonyms import nearest  # only a mistake needs it

        kind = word.text
        near, other = self.layer_meant(kind, scope), nearest(kind)
        known = f"blocks here: {listed(list(self.blocks), LISTED)}" if self.blocks and not near else ""
        meant = f"did you mean `{near}`?" if near else ""
        fixes = (renamed(word, near, chain(kinds(), self.blocks, scope)),) if near else ()
        self.found.report("E101", f"unknown layer `{kind}`", word.span, meant, help=other or known, fixes=fixes)
        if near is None or near in scope or not isinstance(body, Mapping | Sequence):
            return None
        entry = self.resolve(word._replace(text=near), body, span, scope, siblings)
        return replace(entry, guessed=True) if isinstance(entry, LayerEntry) else None

    def loose(self, word: Scalar, body: Node | None, scope: Iterable[str]) -> bool:
        """Report an entry that is written in one word with its values, such as `conv(3, 8)`, if it is one."""
        text = word.text
        if isinstance(body, Scalar) and body.plain and not body.is_null:
            text, place = f"{text}: {body.text}", word.span.up_to(body.span)
        elif body is None or isinstance(body, Scalar):
            place = word.span
        else:
            return False
        from .loose_entry import parsed

        entry = parsed(text)
        near = entry and (entry.word if entry.word in self.blocks else self.layer_meant(entry.word, scope))
        if entry is None or (near not in kinds() and near not in self.blocks):
            return False
        sure = renamed(word._replace(text=entry.word), near, chain(kinds(), self.blocks)).is_sure
        self.report_form([entry], self.signature(near, entry.word), place, sure)
        return True

    def signature(self, name: str, called: str) -> Signature:
        """What a block or a kind takes that is `called` so in the text."""
        from .loose_entry import Signature

        if name in self.blocks:
            arguments = self.blocks[name].arguments
            required = [argument for argument, (_, default) in arguments.items() if default is None]
            return Signature(name, list(arguments), required, name == called)
        fields = find(name).model_fields
        required = [info.alias or key for key, info in fields.items() if info.is_required()]
        return Signature(name, list(field_types(find(name))), required, name == called)

    def report_form(self, entries: Iterable[LooseEntry], of: Signature, place: Span, sure: bool) -> None:
        """E110: what should have been a mapping of fields, in words and as an edit."""
        from .loose_entry import example, written

        cure = next(filter(None, (written(entry, of) for entry in entries)), None)
        self.found.report(
            "E110",
            f"the fields of `{of.name}` are a mapping",
            place,
            help=f"`{cure.text if cure else example(of)}`",
            fixes=(instead(place, cure.text, sure and cure.is_sure),) if cure else (),
        )

    def plain(
        self,
        word: Scalar,
        body: Node | None,
        span: Span,
        name: Scalar | None,
        expect: Node | None,
        layer: type[Layer],
    ) -> Entry:
        if body is None or (isinstance(body, Scalar) and body.is_null):
            body = Mapping((), body.span if body and body.span.column < body.span.end_column else word.span)
        if not isinstance(body, Mapping):
            from .loose_entry import readings

            place = word.span.up_to(body.span)
            self.report_form(readings(word.text, body), self.signature(word.text, word.text), place, sure=True)
            return InvalidEntry(word, span, name)
        own, flawed, guessed = self.fields(word, body, layer)
        return LayerEntry(word, span, name, None, expect, layer=layer, body=own, flawed=flawed, guessed=guessed)

    def fields(self, word: Scalar, body: Mapping, layer: type[Layer]) -> tuple[Mapping, bool, bool]:
        """The fields that a layer has, of those that are written; whether others were, and whether one was guessed."""
        known_fields = list(field_types(layer))
        items = []
        for key, value in body.items:
            if key.text in known_fields:
                items.append((key, value))
            elif not self.misplaced(key, word, known_fields) and (meant := self.unknown(key, body, known_fields)):
                items.append((key._replace(text=meant), value))
        flawed, guessed = len(items) < len(body.items), any(item not in body.items for item in items)
        return Mapping(tuple(items), body.span), flawed, guessed

    def misplaced(self, key: Scalar, word: Scalar, fields: list[str]) -> bool:
        """Report a key of the whole entry that was written among the layer's fields."""
        near = self.near(key.text, SIBLINGS)
        if near is None or self.near(key.text, fields):
            return False
        label = f"`{near}` stands beside the layer" if near == key.text else f"did you mean `{near}`?"
        help = f"beside the layer: `{{{word.text}: {{...}}, {near}: ...}}`"
        self.found.report("E102", f"unknown field `{key.text}`", key.span, label, help=help)
        return True

    def shape(self, siblings: dict[str, Node]) -> Node | None:
        """The node of `expect`, if it may be a shape."""
        node = siblings.get("expect")
        if node is not None and not (isinstance(node, Sequence) and len(node.items) in (1, 3)):
            self.found.report(
                "E104", "`expect` takes a shape", node.span, help="`[K]` or `[K, H, W]`, the layer's output"
            )
            return None
        return node

    def name(self, siblings: dict[str, Node]) -> Scalar | None:
        node = siblings.get("name")
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) else ""
        if not NAME.fullmatch(text) or len(text) > LENGTH or text == "input":
            label = "it is the name of the spec's input" if text == "input" else ""
            why = f"letters `a` to `z` and `A` to `Z`, digits, `_`, `-`, dots between parts, up to {LENGTH} characters"
            self.found.report("E109", "this cannot be a layer's name", node.span, label, why="" if label else why)
            return None
        assert isinstance(node, Scalar)
        return node

    def call(
        self, block: Block, body: Node | None, scope: Iterable[str]
    ) -> tuple[tuple[tuple[Scalar, Argument], ...], bool]:
        """The arguments that a call gives, and whether there were others, which the block does not know."""
        if body is None or (isinstance(body, Scalar) and body.is_null):
            return (), False
        if not isinstance(body, Mapping):
            self.found.report("E112", "a block takes its arguments as a mapping", body.span, help="`{K: 64, S: 2}`")
            return (), True
        given = []
        for key, value in body.items:
            argument = self.argument(value, scope)
            if key.text in block.arguments:
                given += [] if argument is None else [(key, argument)]
            else:
                self.unknown(key, body, list(block.arguments), "argument", f" of `{block.name.text}`")
        return tuple(given), len(given) < len(body.items)

    def branches(
        self, word: Scalar, body: Node | None, scope: Iterable[str], fields: Iterable[str]
    ) -> tuple[Branch, ...]:
        """The branches of a join, whose `fields` stand elsewhere; none after a mistake."""
        nodes = body.items if isinstance(body, Sequence) else ()
        if isinstance(body, Mapping):
            nodes = tuple(value for _, value in body.items)
            inside = [key for key, value in body.items if key.text in fields and isinstance(value, Scalar)]
            for key in inside:
                help = f"beside the branches: `{{{word.text}: [...], {key.text}: ...}}`"
                self.found.report("E113", f"`{key.text}` is a field of `{word.text}`, no branch", key.span, help=help)
            if inside:
                return ()
        if len(nodes) < 2:
            self.found.report(
                "E113",
                f"`{word.text}` joins two or more branches",
                body.span if body else word.span,
                f"{len(nodes)} given",
                help=f"`{word.text}: [[...], []]`: `[]` is the arriving tensor itself",
            )
            return ()
        return tuple(self.branch(node, scope) for node in nodes)

    def branch(self, node: Node, scope: Iterable[str]) -> Branch:
        if isinstance(node, Sequence):
            return self.items(node, scope)
        if isinstance(node, Scalar) and node.is_null:
            help = "`[]` is the arriving tensor itself"
            fixes = (instead(node.span, "[]" if node.text else " []"),)
            self.found.report("E113", "this branch is empty", node.span, "write `[]`", help=help, fixes=fixes)
            return (InvalidEntry(node, node.span),)
        if isinstance(node, Mapping):
            self.found.report(
                "E113",
                "a branch is a list of layers or the name of an earlier layer",
                node.span,
                "write it in [ ]",
            )
            return (InvalidEntry(Scalar("", True, node.span), node.span),)
        return node

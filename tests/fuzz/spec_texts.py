"""Specs to begin with, and the words of the language: those of a new layer are among them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import ui_cases
from random_specs import BLOCKS

from cnnspec.language.sections.header import Header
from cnnspec.language.values.field_types import field_types
from cnnspec.layers import find, kinds
from cnnspec.spec import bundled

HEAD = """\
cnnspec: 1
name: small
input: {C: 3, H: 8, W: 9}
rounding: floor
outputs: [a, head]
"""
LAYERS = """\
layers:
  - {unit: {K: 4, F: 3}, repeat: 2, name: stem}
  - {relu6: {}, name: a}
  - residual: {F: 1, shortcut: [identity]}
  - {concat: [[{maxpool: {F: 3, S: 1, P: 1}}], [{conv: {F: [1, 3], K: 2*C, P: D*(F-1)/2, D: 2, G: C}}], []]}
  - {mul: {gate: [globalavgpool, {conv: {F: 1, K: C}}, sigmoid], image: []}, name: gate}
  - from: a
  - {deconv: {F: 2, K: 3, S: 2}, name: up}
  - silu
  - flatten
  - {dense: {K: 5}, name: head}
expect: {params: "<= 1M"}
"""
SMALL = HEAD + BLOCKS + LAYERS


def layer_specs() -> Iterator[str]:
    """A spec for each example of each layer that runs."""
    for kind in kinds():
        for example in find(kind).examples:
            if isinstance(example.produces, tuple):
                C, H, W = (*example.arriving, 1, 1)[:3]
                before = "" if len(example.arriving) == 3 else "  - flatten\n"
                yield f"input: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n{before}  - {_mapped(example.item)}\n"


def _mapped(item: str) -> str:
    return item if ":" in item else f"{{{item}: {{}}}}"


def valid() -> Iterator[bytes]:
    """Specs that are in order."""
    texts = [SMALL, *layer_specs(), *(case.spec for case in ui_cases.cases() if case.shown is None)]
    texts += [(bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8") for name in ("lenet5", "unet", "digits")]
    return (text.encode() for text in texts)


@cache
def words() -> tuple[bytes, ...]:
    """Kinds, fields, sections, and signs that mean something to YAML."""
    fields = {name for kind in kinds() for name in field_types(find(kind))} | {*field_types(Header)}
    sections = (known.model for known in field_types(Header).values() if known.model)
    fields |= {name for model in sections for name in field_types(model)}
    signs = (*":-[]{},#\"'|>&*!?%@`~\\", "<<", "---", "...")
    values = "same same-upper valid floor ceil exact null true off C H W F K S D C/0 H//2 (F-1)/2 0x1F 1_000 1e9 .inf"
    lines = ("- relu\n", "  - conv: {F: 3, K: 4}\n", "- {dense: {K: 2}}\n", "&a [*a, *a]", "<<: *a", "? {a: b}\n: c\n")
    return tuple(word.encode() for word in (*kinds(), *sorted(fields), *signs, *values.split(), *lines))

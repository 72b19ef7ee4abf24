"""docs/onnx.md, made from the exporter's table: `pytest tests/docs/test_onnx.py --update-golden` writes it."""

from __future__ import annotations

import pytest
from layer_cases import step_of
from readme import DOCS

from cnnspec.interop.onnx.operators import KINDS
from cnnspec.layers import find

PAGE = DOCS / "onnx.md"
OPENING = """\
# Layers in ONNX

What `cnnspec export` writes for each kind of layer, by the layer's own examples: one operator, or several in the order
in which they run. Where there are more ways, the layer's fields and what arrives decide. `Identity` stands for what
does something in training only. An operator in bold says the layer by itself, fields and all.

| layer | operators |
|---|---|
"""


def ways(kind: str) -> list[str]:
    """What the examples of a kind become, each once."""
    found = []
    for example in find(kind).examples:
        if isinstance(example.produces, tuple):
            step = step_of(kind, example)
            operators = [call.op for call in KINDS[kind].write(step.layer, step).in_order()]
            bold = operators in ([KINDS[kind].op], [KINDS[kind].other_op])
            found.append(f"**{operators[0]}**" if bold else ", ".join(operators))
    return list(dict.fromkeys(found))


def test_the_page_is_the_table(request: pytest.FixtureRequest) -> None:
    text = OPENING + "".join(f"| `{kind}` | {'; or '.join(ways(kind))} |\n" for kind in sorted(KINDS))
    if request.config.getoption("--update-golden"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text

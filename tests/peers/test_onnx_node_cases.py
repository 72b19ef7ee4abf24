"""ONNX's own cases of single operators, imported and run: what can be said agrees, and docs/interop.md has the count.

`pytest tests/peers/test_onnx_node_cases.py --update-golden` writes the table.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from node_cases import NodeCase, Way, cases, ways
from readme import DOCS

from cnnspec.diagnostics import FileError
from cnnspec.interop.importer import Wish

pytestmark = pytest.mark.peers

PAGE = DOCS / "interop.md"
TABLE = re.compile(r"(?<=\| operator \| cases \| said \| the others \|\n\|---\|--:\|--:\|---\|\n)(?:\|.*\n)*")
DIGITS = {"bfloat16": 1e-2}
"""How exact values of a type are."""
SAID = "said"
OTHER_TYPES = "whole numbers that are reckoned with, or truth values"
AXES = "more axes than an image has, or none"
BATCH = "the batch is mixed with other axes"
REASONS = (
    (r"no tensor of float32", OTHER_TYPES),
    (r"first axis is no batch|shape that is known|^flatten|^gemm|^mvn|4d_axis0|4d_axis_negative_4", BATCH),
    (r"^matmul", "a matrix for each input"),
    (r"^resize", "places or regions that no layer has"),
    (r"leaves the size", "an empty tensor"),
    (r"training_mode|seed 0", "what is done in training only"),
    (r"(extended|three_axes|two_axes|unsorted|unsqueeze|reshape|squeeze)", "more axes than an image has, or none"),
)


class Found(NamedTuple):
    """What became of a case: `said`, or why not."""

    case: NodeCase
    what: str


@cache
def found() -> tuple[Found, ...]:
    return tuple(Found(case, what(case)) for case in cases())


def what(case: NodeCase) -> str:
    tried = list(ways(case))
    if not tried:
        first = case.given.get(case.node.input[0]) if case.node.input else None
        return AXES if first is not None and first.dtype == np.float32 else OTHER_TYPES
    for way in tried:
        try:
            assert_agrees(case, way)
        except FileError as fault:
            refused = fault
        else:
            return SAID
    return reason(case, refused)


def reason(case: NodeCase, fault: FileError) -> str:
    (first, *_) = fault.diagnostics
    text = f"{case.name} {first.message} {first.why}"
    if any(0 in array.shape for array in case.given.values()):
        return "an empty tensor"
    return next((told for pattern, told in REASONS if re.search(pattern, text)), "no layer computes it")


def assert_agrees(case: NodeCase, way: Way) -> None:
    """The spec that a model becomes gives what the case says. Raises FileError where it becomes none."""
    from cnnspec.interop.onnx.importing.model import imported
    from cnnspec.interop.onnx.importing.model_file import parsed

    made = imported(
        parsed(way.model.SerializeToString(), "case.onnx"), "case.onnx", Wish("case.safetensors", verify=False)
    )
    x = way.x.reshape(len(way.x), *made.spec.graph.input)
    digits = DIGITS.get(case.made[case.node.output[0]].dtype.name, 1e-3)
    outputs = made.spec.compile(made.tensors, exact=True).run(x)
    for name, wanted in zip(made.spec.graph.outputs, way.made, strict=True):
        scale = float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0))
        ours = outputs[name].reshape(wanted.shape)
        np.testing.assert_allclose(ours, wanted, rtol=digits, atol=1e-5 * scale, err_msg=case.name)


def table() -> str:
    """A line for each operator of which not all cases are said, then the others together."""
    lines, whole = [], Counter[str]()
    for op in sorted({each.case.node.op_type for each in found()}):
        own = [each.what for each in found() if each.case.node.op_type == op]
        others = Counter(told for told in own if told != SAID)
        if not others:
            whole.update(cases=len(own), operators=1)
            continue
        why = ", ".join(f"{told} ({count})" for told, count in sorted(others.items()))
        lines.append(f"| `{op}` | {len(own)} | {len(own) - others.total()} | {why} |\n")
    lines.append(f"| {whole['operators']} others | {whole['cases']} | {whole['cases']} | |\n")
    said = sum(each.what == SAID for each in found())
    return "".join([*lines, f"| **together** | **{len(found())}** | **{said}** | |\n"])


def test_what_can_be_said_agrees_and_the_page_has_the_count(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        text = TABLE.sub(lambda _: table(), text)
        PAGE.write_text(text, encoding="utf-8")
    (written,) = TABLE.findall(text)
    assert written == table()

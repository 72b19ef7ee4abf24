"""`input: {C: 13}`: what is said, and that the cure works as it stands."""

from __future__ import annotations

import io

import pytest

from cnnspec.language.syntax.edits import apply
from cnnspec.language.syntax.source import Source
from cnnspec.spec import check

FLOW = "input: {C: 13}\nlayers: [{dense: {K: 3}}]\n"
BLOCK = "input:\n  C: 13\nlayers:\n  - dense: {K: 3}\n  - softmax\n"
OPENED = "input: {C: 13}\nlayers:\n  - flatten\n  - dense: {K: 3}\n"


@pytest.mark.parametrize("text", [FLOW, BLOCK, OPENED])
def test_the_cure_makes_a_spec(text: str) -> None:
    (found,) = check(io.StringIO(text)).diagnostics
    assert (found.code, found.message) == ("E103", "`input.H` is missing")
    assert "a vector of 13 values is `{C: 13, H: 1, W: 1}`, with `flatten` as the first layer" in found.help
    assert not any(fix.is_sure for fix in found.fixes)
    mended, _ = apply(Source("", text), found.fixes)
    checked = check(io.StringIO(mended))
    assert checked.diagnostics == ()
    assert checked.spec is not None
    assert checked.spec.graph.input == (13, 1, 1)
    assert checked.spec.graph.steps[0].kind == "flatten"


@pytest.mark.parametrize("given", ["{C: 13, H: 4}", "{H: 13}", "{C: 13, H: 4, D: 2}"])
def test_other_inputs_are_no_vectors(given: str) -> None:
    found = check(io.StringIO(f"input: {given}\nlayers: [relu]\n")).diagnostics
    assert found
    assert not any("vector" in each.help for each in found)

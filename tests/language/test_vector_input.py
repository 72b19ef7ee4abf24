"""`input: {C: 13}`: a vector from the first layer on, and what is said of what only an image can have."""

from __future__ import annotations

import io

import pytest

from cnnspec.diagnostics import Diagnostic
from cnnspec.language.sections.header import Input
from cnnspec.language.syntax.edits import apply
from cnnspec.language.syntax.source import Source
from cnnspec.spec import check, load

FLOW = "input: {C: 13}\nlayers: [{dense: {K: 3}}]\n"
BLOCK = "input:\n  C: 13\nlayers:\n  - dense: {K: 3}\n  - softmax\n"
NULLS = "input: {C: 13, H: null, W: none}\nlayers: [{dense: {K: 3}}]\n"


def found(text: str) -> tuple[Diagnostic, ...]:
    return check(io.StringIO(text)).diagnostics


@pytest.mark.parametrize("text", [FLOW, BLOCK, NULLS])
def test_the_input_is_a_vector(text: str) -> None:
    graph = load(io.StringIO(text)).graph
    assert graph.input == (13,)
    assert graph.steps[0].arriving == ((13,),)
    assert graph.steps[0].tensors["weight"].shape == (3, 13)
    assert all(step.receptive_field is None for step in graph.steps)


def test_an_image_of_one_cell_is_an_image() -> None:
    one = "input: {C: 13, H: 1, W: 1}\nlayers: [%s]\n"
    assert load(io.StringIO(one % "{conv: {F: 1, K: 3}}")).graph.input == (13, 1, 1)
    (refused,) = found(one % "{dense: {K: 3}}")
    assert refused.code == "E204"


@pytest.mark.parametrize("shape", [(13,), (3, 4, 5)])
def test_a_section_of_a_shape(shape: tuple[int, ...]) -> None:
    assert Input.of(shape).shape == shape


@pytest.mark.parametrize("text", [FLOW, BLOCK])
def test_what_is_written_is_read_again(text: str) -> None:
    spec = load(io.StringIO(text))
    written = spec.to_yaml()
    assert "input: {C: 13}\n" in written
    assert load(io.StringIO(written)).graph.input == (13,)


@pytest.mark.parametrize("given", ["{C: 13, H: 4}", "{C: 13, W: 4}"])
def test_rows_without_columns(given: str) -> None:
    (finding,) = found(f"input: {given}\nlayers: [relu]\n")
    assert (finding.code, finding.message) == ("E104", "`input`: give both H and W for an image, neither for a vector")


@pytest.mark.parametrize("given", ["13", "[13]"])
def test_a_number_alone_is_a_vector_s_length(given: str) -> None:
    text = f"input: {given}\nlayers: [relu]\n"
    (finding,) = found(text)
    assert finding.help == "`input: {C: 13}`"
    mended, _ = apply(Source("", text), finding.fixes)
    assert found(mended) == ()


@pytest.mark.parametrize(
    "layer", ["{conv: {F: 3, K: 4}}", "{maxpool: {F: 7}}", "globalavgpool", "{upsample: {factor: 2}}"]
)
def test_a_layer_over_images_says_what_to_do(layer: str) -> None:
    (finding,) = found(f"input: {{C: 49}}\nlayers: [{layer}]\n")
    assert (finding.code, finding.why) == ("E204", "a vector has no rows and columns")
    assert "`reshape: {C: ..., H: ..., W: ...}` first; `input` with H and W is an image" in finding.help
    assert found(f"input: {{C: 49}}\nlayers: [{{reshape: {{C: 1, H: 7, W: 7}}}}, {layer}]\n") == ()


def test_images_cannot_become_a_vector() -> None:
    (finding,) = found("preprocess: {scale: 1/255}\n" + FLOW)
    assert (finding.code, finding.message) == ("E304", "an image cannot become a vector of 13")
    assert finding.help.startswith("leave `preprocess` out")


def test_there_is_nothing_to_augment() -> None:
    (finding,) = found("train: {augment: {flip: true}}\n" + FLOW)
    assert (finding.code, finding.help) == ("E306", "leave `augment` out")
    assert found("train: {epochs: 3}\n" + FLOW) == ()


def test_a_typed_sample() -> None:
    assert found("sample: [1, 2, 3]\ninput: {C: 3}\nlayers: [relu]\n") == ()
    (finding,) = found("sample: [1, 2]\ninput: {C: 3}\nlayers: [relu]\n")
    assert (finding.code, finding.help) == ("E307", "a list of 3 numbers")


def test_another_length() -> None:
    spec = load(io.StringIO(FLOW), input=(20,))
    assert spec.graph.totals.params == 3 * 20 + 3
    assert "input: {C: 20}\n" in spec.to_yaml()


def test_the_input_has_no_rows_to_take_over() -> None:
    text = "input: {C: 4}\nlayers: [{reshape: {C: 1, H: 2, W: 2}}, {resize: {to: [input.H, 3]}}]\n"
    (finding,) = found(text)
    assert (finding.code, finding.why) == ("E105", "`input` gives a vector: its length is `input.C`")

"""What a notebook shows: pictures and tables, well-formed, without a script, safe from names; and short reprs."""

from __future__ import annotations

import re
from base64 import b64decode
from io import StringIO
from xml.etree import ElementTree

import numpy as np
import pytest

from cnnspec import check, in_html, load
from cnnspec.reports.summary.summary import summarise
from cnnspec.weights import initial

HOSTILE = "<img src=x onerror=alert(1)>"


def pictures(html: str) -> list[str]:
    found = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    return [b64decode(data).decode() for data in found]


def test_a_spec() -> None:
    html = load("lenet5")._repr_html_()
    assert "LeNet-5: 1x28x28 -&gt; 10" in html
    assert "61,706" in html
    [svg] = pictures(html)
    assert "conv1" in "".join(ElementTree.fromstring(svg).itertext())
    assert "<script" not in html


def test_a_check_shows_its_findings_at_their_lines() -> None:
    html = check(StringIO("input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 9, K: 2}\n"))._repr_html_()
    assert "error[E203]" in html
    assert "- conv: {F: 9, K: 2}" in html
    assert pictures(html) == []
    assert check("lenet5")._repr_html_().startswith("<p>ok lenet5.yaml</p>")


def test_a_summary_a_model_and_a_training_run() -> None:
    summary = summarise(check("lenet5"))
    assert summary is not None
    assert summary._repr_html_() == load("lenet5")._repr_html_()
    model = load("lenet5").compile()
    assert model._repr_html_() == "<p>&lt;Model: 1x28x28 -&gt; softmax1 10, 13 layers&gt;</p>"
    spec = load(StringIO("input: {C: 1, H: 2, W: 2}\nlayers: [flatten, {dense: {K: 2}}]\ntrain: {epochs: 2}\n"))
    x, y = np.random.default_rng(0).normal(size=(20, 1, 2, 2)).astype(np.float32), np.arange(20) % 2
    html = spec.train((x, y), threads=1)._repr_html_()
    assert len(pictures(html)) == 1
    assert "accuracy" in html
    found = spec.evaluate((x, y), weights=spec.train((x, y), threads=1).tensors)
    assert f"loss {found.loss:.4f}" in found._repr_html_()
    assert repr(found).startswith(f"<Evaluation: {found.examples} examples, loss ")


def test_names_stay_text() -> None:
    text = f'name: "{HOSTILE}"\ninput: {{C: 1, H: 4, W: 4}}\nlayers: [relu]\n'
    html = load(StringIO(text))._repr_html_()
    assert "<img src=x" not in html
    assert all("<img" not in svg for svg in pictures(html))


def test_other_things_have_none() -> None:
    with pytest.raises(TypeError, match="int has no picture"):
        in_html(3)


def test_reprs_are_short() -> None:
    spec = load("resnet18")
    model = spec.compile(weights=initial(spec.graph.tensors, "he", 0))
    for thing in (spec, check("resnet18"), model):
        assert len(repr(thing)) < 120
    assert repr(check("lenet5")) == "<Checked 'lenet5.yaml': no finding>"

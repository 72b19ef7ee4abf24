"""What a spec may be given as, and what it may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cnnspec

TEXT = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 2*C, P: same}\n  - relu\n"
MAPPING = {
    "input": {"C": np.int64(1), "H": 8, "W": 8},
    "layers": [{"conv": {"F": 3, "K": "2*C", "P": "same"}}, "relu"],
}


@pytest.mark.parametrize(("given", "file"), [(TEXT, "<text>"), (MAPPING, "<mapping>")])
def test_a_spec_without_a_file(given: Any, file: str) -> None:
    spec = cnnspec.load(given)
    assert [(step.name, step.shape) for step in spec.graph.steps] == [("conv1", (2, 8, 8)), ("relu1", (2, 8, 8))]
    assert spec.source.file == file


def test_the_bundled_specs_as_mappings() -> None:
    import yaml

    from cnnspec.spec import bundled

    for name in ("lenet5", "resnet18", "unet"):
        path = bundled.path(name)
        assert path is not None
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        for key in ("weights", "sample", "classes"):
            given.pop(key, None)
        found, wanted = cnnspec.load(given).graph, cnnspec.load(name).graph
        assert [(s.name, s.layer, s.inputs) for s in found.steps] == [(s.name, s.layer, s.inputs) for s in wanted.steps]


def test_a_mistake_in_a_mapping_has_a_place() -> None:
    [found] = cnnspec.check({**MAPPING, "layers": ["relo"]}).diagnostics
    assert (found.code, found.file, found.span is not None) == ("E101", "<mapping>", True)


@pytest.mark.parametrize("given", [None, 3, b"input", {"input": object()}, {"input": {1}}, [TEXT]])
def test_what_is_no_spec(given: Any) -> None:
    with pytest.raises(TypeError, match="a spec"):
        cnnspec.load(given)


def test_errors_say_why_and_what_to_do() -> None:
    with pytest.raises(cnnspec.FileError) as caught:
        cnnspec.load("lenet6")
    assert str(caught.value) == (
        "lenet6: error[E404]: no spec `lenet6`\n"
        "  = why: there is no such file, and no bundled network of that name\n"
        "  = help: did you mean `lenet5`?"
    )

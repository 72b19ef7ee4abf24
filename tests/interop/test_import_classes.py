"""Names of classes that an import finds: a few in the spec, many in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from calling import call
from onnx_models import model, node, written

from cnnspec.interop.importing import read_model
from cnnspec.spec import load

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def named(names: Sequence[str], path: str = "model.onnx") -> None:
    """A model that has a value for each name."""
    made = model([node("Relu", ["x"], "y")], size=(len(names), 1, 1))
    made.metadata_props.add(key="classes", value=json.dumps(names))
    written(made, path)


def numbered(count: int) -> tuple[str, ...]:
    return tuple(f"class: {number}, é" for number in range(count))


def test_many_names_are_in_a_file() -> None:
    named(numbered(1_000))
    called = call("import", "model.onnx", "-o", "net.yaml")
    assert (called.code, called.err) == (0, "")
    assert "; net-classes.txt: 1,000 names" in called.out
    assert "classes: net-classes.txt\n" in Path("net.yaml").read_text()
    assert load("net.yaml").classes() == numbered(1_000)
    assert call("validate", "net.yaml").code == 0


@pytest.mark.parametrize("names", [numbered(20), ("", *numbered(30)), (" a", *numbered(30))])
def test_a_few_names_and_those_that_are_no_lines_stand_in_the_spec(names: tuple[str, ...]) -> None:
    named(names)
    assert call("import", "model.onnx", "-o", "net.yaml").code == 0
    assert load("net.yaml").classes() == names
    assert not Path("net-classes.txt").exists()


def test_names_stand_in_the_spec_where_no_file_is_named() -> None:
    named(numbered(30))
    found = read_model("model.onnx")
    assert (found.spec.classes(), found.classes) == (numbered(30), ())


def test_all_files_are_written_or_none() -> None:
    named(numbered(30))
    Path("net.yaml").write_text("older")
    Path("net-classes.txt").mkdir()
    called = call("import", "model.onnx", "-o", "net.yaml")
    assert (called.code, "error[E415]" in called.err) == (3, True)
    assert Path("net.yaml").read_text() == "older"


def test_the_model_is_not_overwritten() -> None:
    named(numbered(30), "net-classes.txt")
    before = Path("net-classes.txt").read_bytes()
    called = call("import", "net-classes.txt", "-o", "net.yaml")
    assert (called.code, "`net-classes.txt` is there already" in called.err) == (3, True)
    assert Path("net-classes.txt").read_bytes() == before
    assert not Path("net.yaml").exists()


@pytest.mark.parametrize("name", ["net.safetensors", "net-classes.txt"])
def test_files_that_no_option_names_are_not_replaced(name: str) -> None:
    made = model([node("Conv", ["x", "w"], "y")], {"w": np.ones((30, 30, 1, 1), np.float32)}, size=(30, 1, 1))
    made.metadata_props.add(key="classes", value=json.dumps(numbered(30)))
    written(made, "model.onnx")
    assert call("import", "model.onnx", "-o", "net.yaml").code == 0
    assert call("import", "model.onnx", "-o", "net.yaml").code == 0  # the same again
    Path(name).write_bytes(b"other")
    Path("net.yaml").unlink()
    called = call("import", "model.onnx", "-o", "net.yaml")
    assert (called.code, f"error[E415]: `{name}` is there already" in called.err) == (3, True)
    assert (Path(name).read_bytes(), Path("net.yaml").exists()) == (b"other", False)
    assert "`-o net_new.yaml`" in called.err
    assert call("import", "model.onnx", "-o", "net_new.yaml").code == 0

"""`cnnspec convert`: published weights, renamed and checked against a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import make_checkpoints
import numpy as np
import pytest
from calling import HEAD, LAYERS, call, inputs
from numpy.typing import NDArray

from cnnspec import weights
from cnnspec.spec import load

Arrays = dict[str, NDArray[Any]]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + LAYERS)
    return path


@pytest.fixture
def held(spec: Path) -> Arrays:
    return dict(weights.initial(load(spec).graph.tensors, "he", 0))


def source(tmp_path: Path, arrays: Arrays) -> Path:
    weights.save(arrays, tmp_path / "in.npz")
    return tmp_path / "in.npz"


def same(path: Path, wanted: Arrays) -> bool:
    found = weights.read(path)
    return found.keys() == wanted.keys() and all(np.array_equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("file", [make_checkpoints.ARCHIVE, make_checkpoints.STREAM], ids=["archive", "stream"])
def test_a_checkpoint_keeps_its_types(tmp_path: Path, file: Path) -> None:
    """Wrappers and `module.` come off; bfloat16 is widened, all other types stay."""
    out = tmp_path / "w.safetensors"
    called = call("convert", file, "-o", out)
    expected = make_checkpoints.expected()
    values = sum(array.size for array in expected.values())
    assert (called.code, called.err) == (0, "")
    assert called.out == f"{out}: {len(expected)} tensors, {values} values\n"
    names = {"f": "F", "i": "I", "u": "U"}
    for name, entry in weights.header(out).items():
        array = expected[name]
        kind = "BOOL" if array.dtype.kind == "b" else f"{names[array.dtype.kind]}{8 * array.itemsize}"
        assert (entry.dtype, entry.shape) == (kind, array.shape)
    floats = {name: array.astype(np.float32) for name, array in expected.items() if array.dtype.kind == "f"}
    assert same(out, {**expected, **floats})


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".ckpt", ".PTH"])
def test_checkpoints_have_several_suffixes(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"net{suffix}"
    file.write_bytes(make_checkpoints.ARCHIVE.read_bytes())
    assert call("convert", file, "-o", tmp_path / "w.npz").code == 0


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_for_a_spec(tmp_path: Path, spec: Path, held: Arrays, suffix: str, dtype: type) -> None:
    """Exactly what the spec needs, as float32, in its shapes; what is left out is listed."""
    arrays: Arrays = {f"module.{name}": array.astype(dtype) for name, array in held.items()}
    arrays["module.fc.bias"] = arrays["module.fc.bias"].reshape(3, 1, 1)
    arrays["module.extra"] = np.zeros(2)
    arrays["module.bn.num_batches_tracked"] = np.array(7)
    weights.save(arrays, tmp_path / f"in.{suffix}")
    out = tmp_path / "w.safetensors"
    called = call("convert", tmp_path / f"in.{suffix}", "-o", out, "--for", spec)
    assert called.code == 0
    assert "W401" in called.err
    assert "unused: `extra`\n" in called.err
    assert "they are left out" in called.err
    assert same(out, {name: array.astype(dtype).astype(np.float32) for name, array in held.items()})
    assert {entry.dtype for entry in weights.header(out).values()} == {"F32"}
    np.save(tmp_path / "x.npy", inputs(1))
    assert call("run", spec, tmp_path / "x.npy", "--weights", out).code == 0


def test_what_does_not_fit_is_listed(tmp_path: Path, spec: Path, held: Arrays) -> None:
    arrays = {**held, "conv.weight": held["conv.weight"].transpose(2, 3, 1, 0), "fc.weights": held["fc.weight"]}
    del arrays["fc.weight"]
    out = tmp_path / "w.safetensors"
    called = call("convert", source(tmp_path, arrays), "-o", out, "--for", spec)
    assert (called.code, called.out) == (3, "")
    assert "E401" in called.err
    assert "that is the Keras layout" in called.err
    assert "missing: `fc.weight`" in called.err
    assert "did you mean that for `fc.weight`?" in called.err
    assert "unused: `fc.weights`" in called.err
    assert not out.exists()
    broken = {**held, "fc.bias": np.full(3, np.nan)}
    called = call("convert", source(tmp_path, broken), "-o", out, "--for", spec)
    assert called.code == 3
    assert "E407" in called.err


def test_names_are_changed_rule_by_rule(tmp_path: Path, spec: Path, held: Arrays) -> None:
    arrays = {f"net.{name.replace('conv', 'features.0')}": array for name, array in held.items()}
    rules = ["--rename", r"^net\.=", "--rename", r"features\.(\d)=conv\1", "--rename", "conv0=conv"]
    out = tmp_path / "w.safetensors"
    called = call("convert", source(tmp_path, arrays), "-o", out, "--for", spec, *rules)
    assert (called.code, called.err) == (0, "")
    assert same(out, held)


def test_the_cure_that_is_proposed_works(tmp_path: Path, spec: Path, held: Arrays) -> None:
    file = source(tmp_path, {f"backbone.{name}": array for name, array in held.items()})
    out = tmp_path / "w.safetensors"
    called = call("convert", file, "-o", out, "--for", spec)
    rule = called.err.partition("convert --rename '")[2].partition("'")[0]
    assert call("convert", file, "-o", out, "--for", spec, "--rename", rule).code == 0
    assert same(out, held)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("backbone", "'backbone' has no `=` between the pattern and the new text."),
        ("(=x", "missing ), unterminated subpattern"),
        (r"a=\1", "invalid group reference 1"),
        ("^.*=w", "two tensors would be called 'w': give them different names by --rename."),
        ("conv.weight=", "'' ('conv.weight' in the file) is no tensor's name: change it by --rename."),
        ("conv.weight=a/../b", "is no tensor's name"),
        ("conv.weight=/a", "is no tensor's name"),
        (r"conv.weight=a\\b", "is no tensor's name"),
        ("conv.weight=\u202e", "is no tensor's name"),
        ("conv.weight=" + "a" * 1001, "is no tensor's name"),
    ],
)
def test_rules_that_cannot_be_followed(tmp_path: Path, held: Arrays, rule: str, message: str) -> None:
    called = call("convert", source(tmp_path, held), "-o", tmp_path / "w.npz", "--rename", rule)
    assert (called.code, called.out) == (2, "")
    assert message in called.err
    assert not (tmp_path / "w.npz").exists()


def test_a_rule_without_effect_is_mentioned(tmp_path: Path, held: Arrays) -> None:
    called = call("convert", source(tmp_path, held), "-o", tmp_path / "w.npz", "--rename", "x\x1b=y=z")
    assert called.code == 0
    assert called.err == "note: --rename 'x\\x1b=y=z' changes no name\n"
    assert same(tmp_path / "w.npz", held)


def test_converted_weights_stay_as_they_are(tmp_path: Path, held: Arrays) -> None:
    path, other = tmp_path / "w.safetensors", tmp_path / "v.safetensors"
    weights.save(held, path)
    assert call("convert", path, "-o", other).code == 0
    assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("file", "out", "message"),
    [
        ("none.pth", "w.safetensors", "error[E404]"),
        ("net.yaml", "w.safetensors", "PyTorch checkpoints, .safetensors and .npz files are read"),
        ("text.pth", "w.safetensors", "it is a text"),
        ("in.npz", "w.pth", "error[E405]"),
        ("in.npz", "none/w.npz", "error[E415]"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, held: Arrays, file: str, out: str, message: str) -> None:
    source(tmp_path, held)
    (tmp_path / "text.pth").write_text("no checkpoint")
    called = call("convert", tmp_path / file, "-o", tmp_path / out)
    assert (called.code, called.out) == (3, "")
    assert message in called.err
    assert not (tmp_path / out).exists()


def test_the_spec_is_looked_at_first(tmp_path: Path) -> None:
    assert call("convert", tmp_path / "none.pth", "-o", tmp_path / "w.npz", "--for", "lenet6").err.count("lenet5") == 1


@pytest.mark.parametrize("value", ["1e39", "-1e39", "3.4028236e38"])
def test_a_fill_is_a_float32(tmp_path: Path, spec: Path, held: Arrays, value: str) -> None:
    name = next(iter(held))
    path = source(tmp_path, {each: array for each, array in held.items() if each != name})
    words = ("convert", str(path), "-o", str(tmp_path / "o.npz"), "--for", str(spec), "--fill")
    refused = call(*words, f"{name}={value}")
    assert (refused.code, (tmp_path / "o.npz").exists()) == (2, False)
    assert "weights are float32, whose largest is 3.4028e38." in " ".join(refused.err.split())
    assert call(*words, f"{name}=-3.4028e38").code == 0


def test_what_a_file_lacks_is_filled(tmp_path: Path, spec: Path, held: Arrays) -> None:
    name = next(iter(held))
    rest = {key: array for key, array in held.items() if key != name}
    out = tmp_path / "out.npz"
    words = ("convert", str(source(tmp_path, rest)), "-o", str(out), "--for", str(spec))
    assert call(*words).code == 3
    assert call(*words, "--fill", f"{name}=0.5").code == 0
    assert same(out, rest | {name: np.full_like(held[name], 0.5)})


@pytest.mark.parametrize("fill", ["nothing=1", "x", "conv1.weight=nan", "conv1.weight=many"])
def test_a_fill_is_of_a_tensor_that_is_missing(tmp_path: Path, spec: Path, held: Arrays, fill: str) -> None:
    path = source(tmp_path, held)
    assert call("convert", str(path), "-o", str(tmp_path / "o.npz"), "--for", str(spec), "--fill", fill).code == 2
    present = f"{next(iter(held))}=1"
    assert call("convert", str(path), "-o", str(tmp_path / "o.npz"), "--for", str(spec), "--fill", present).code == 2
    assert call("convert", str(path), "-o", str(tmp_path / "o.npz"), "--fill", present).code == 2
    assert not (tmp_path / "o.npz").exists()

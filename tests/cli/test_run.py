"""`cnnspec run`: what is read, how results are shown, what is kept, and what ends in which exit code."""

from __future__ import annotations

import re
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import CLASSES, HEAD, LAYERS, call, image, inputs, net, outputs
from numpy.typing import NDArray

from cnnspec import export, weights
from cnnspec.inputs.batches import batches, cases, paths
from cnnspec.spec import bundled, load

SAMPLES = bundled.folder() / "samples"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return net(tmp_path)


def stored(path: Path, array: NDArray[Any]) -> Path:
    np.save(path, array)
    return path


# The bundled network


def test_the_sample_of_lenet(golden: Callable[[str, str], None]) -> None:
    called = call("run", "lenet5")
    assert (called.code, called.err) == (0, "")
    golden("run-lenet5.txt", called.out.replace(str(SAMPLES), "samples"))


def test_lenet_knows_the_ten_digits(golden: Callable[[str, str], None]) -> None:
    digits = [SAMPLES / f"digit-{digit}.png" for digit in range(10)]
    found = call("run", "lenet5", *digits, "--format", "json").objects
    assert [each["top"][0]["class"] for each in found] == [str(digit) for digit in range(10)]
    called = call("run", "lenet5", *digits, "--top", "1")
    golden("run-digits.txt", called.out.replace(str(SAMPLES), "samples"))


# Scores


def softmax(y: NDArray[Any]) -> NDArray[Any]:
    e = np.exp(np.float64(y))
    return np.asarray(e / e.sum())


@pytest.mark.parametrize(
    ("last", "words", "score"),
    [
        ("", "softmax of the output", softmax),
        ("  - softmax\n", "the output itself", lambda y: y),
        ("  - sigmoid\n", "the output itself", lambda y: y),
        ("  - logsoftmax\n", "exp of the output", np.exp),
        ("  - softmax\n  - identity\n  - reshape: {C: 3, H: 1, W: 1}\n", "the output itself", lambda y: y),
        ("  - relu\n", "softmax of the output", softmax),
    ],
)
def test_scores_are_probabilities(tmp_path: Path, last: str, words: str, score: Any) -> None:
    spec = net(tmp_path, HEAD + LAYERS + last + CLASSES)
    file = stored(tmp_path / "x.npy", inputs(1)[0])
    wanted = score(outputs(spec, inputs(1)).reshape(3))
    assert call("run", spec, file).out.splitlines()[0] == f"net, probabilities of the classes: {words}"
    [found] = call("run", spec, file, "--format", "json").objects
    assert found["input"] == str(file)
    for place, each in zip(np.argsort(-wanted), found["top"], strict=True):
        assert (each["index"], each["class"]) == (place, ["cat", "dog", "bird"][place])
        assert each["score"] == pytest.approx(wanted[place], rel=1e-5)


def test_classes_without_names_have_numbers(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + LAYERS)
    file = stored(tmp_path / "x.npy", inputs(1))
    [found] = call("run", spec, file, "--format", "json").objects
    assert [each["class"] for each in found["top"]] == [None] * 3
    assert f"class {found['top'][0]['index']}  " in call("run", spec, file).out


def test_numbers_beyond_float32_are_shown_and_are_json(spec: Path, tmp_path: Path) -> None:
    x = inputs(2)
    x[0, 0, 0, 0] = np.nan
    x[1] = 3e38
    file = stored(tmp_path / "x.npy", x)
    called = call("run", spec, file)
    assert called.code == 0
    assert "nan %" in called.out
    assert called.err.count("warning[W402]: the output of `fc` is not finite") == 1
    assert f"{file}[0]\n  = why: 3 of its 3 values are NaN or infinite, and 1 of the input's\n" in called.err
    found = call("run", spec, file, "--format", "json").objects
    assert {each["score"] for each in found[0]["top"]} == {None}
    [first, _] = call("run", spec, file, "--format", "json", "--until", "conv").objects
    assert first["min"] is None
    assert first["shape"] == [2, 4, 6]


def test_an_overflow_is_a_warning(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + "layers: [{add: [[], []], name: twice}]\n")
    file = stored(tmp_path / "x.npy", np.full_like(inputs(1), 3e38))
    called = call("run", spec, file)
    assert called.code == 0
    assert "warning[W402]: the output of `twice` is not finite" in called.err
    assert "values are NaN or infinite, and 0 of the input's\n" in called.err


def test_one_value_is_no_choice_between_classes(tmp_path: Path) -> None:
    one = HEAD + LAYERS.replace("K: 3}, name: fc", "K: 1}, name: fc")
    file = stored(tmp_path / "x.npy", inputs(1))
    [found] = call("run", net(tmp_path, one), file, "--format", "json").objects
    assert found.keys() == {"input", "shape", "min", "mean", "max"}
    [found] = call("run", net(tmp_path, one + "  - sigmoid\n"), file, "--format", "json").objects
    assert len(found["top"]) == 1


def test_top_is_at_most_all(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    for top, shown in ((1, 1), (2, 2), (99, 3)):
        [found] = call("run", spec, file, "--format", "json", "--top", str(top)).objects
        assert len(found["top"]) == shown
    assert call("run", spec, file, "--top", "0").code == 2


# Outputs that are no list of classes, and several outputs

TWO = HEAD + LAYERS + "  - {from: relu}\n  - {conv: {F: 1, K: 4}, name: map}\noutputs: [fc, map]\n" + CLASSES


def test_an_image_is_summed_up(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + LAYERS.partition("  - {flatten")[0])
    file = stored(tmp_path / "x.npy", inputs(1))
    y = outputs(spec, inputs(1))
    [found] = call("run", spec, file, "--format", "json").objects
    assert (found["input"], found["shape"]) == (str(file), [2, 4, 6])
    assert [found[f] for f in ("min", "mean", "max")] == pytest.approx([y.min(), y.mean(), y.max()], rel=1e-5)
    text = call("run", spec, file).out
    assert text.splitlines()[0] == "net"
    assert f"{file}\n  2x4x6  min {y.min():.4g}  mean {y.mean():.4g}  max {y.max():.4g}\n" in text


def test_several_outputs_have_their_names(tmp_path: Path) -> None:
    spec = net(tmp_path, TWO)
    file = stored(tmp_path / "x.npy", inputs(1))
    called = call("run", spec, file)
    assert f"\n{file}: fc\n  " in called.out
    assert f"\n{file}: map\n  4x4x6  min " in called.out
    first, second = call("run", spec, file, "--format", "json").objects
    assert (list(first), first["output"]) == (["input", "output", "top"], "fc")
    assert (list(second), second["output"]) == (["input", "output", "shape", "min", "mean", "max"], "map")


def test_two_lists_of_classes_say_how_each_is_read(tmp_path: Path) -> None:
    text = TWO.replace("{conv: {F: 1, K: 4}, name: map}", "flatten\n  - {dense: {K: 2}, name: map}\n  - softmax")
    spec = net(tmp_path, text.replace("[fc, map]", "[fc, softmax1]"))
    file = stored(tmp_path / "x.npy", inputs(1))
    first = call("run", spec, file).out.splitlines()[0]
    assert first == "net, probabilities of the classes: fc softmax of the output, softmax1 the output itself"


# Inputs


def test_many_inputs_are_apart_or_a_line_each(spec: Path, tmp_path: Path) -> None:
    files = [image(tmp_path / name, seed) for seed, name in enumerate(("a.png", "longer.png"))]
    blocks = call("run", spec, *files).out.partition("\n\n")[2].split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [str(file) for file in files]
    assert {len(block.splitlines()) for block in blocks} == {4}
    batched = call("run", spec, *files, "--batch", "1").out
    assert batched == call("run", spec, *files).out
    lines = call("run", spec, *files, "--top", "1").out.splitlines()[2:]
    assert len(lines) == 2
    assert lines[0].index("%") == lines[1].index("%")


def test_a_folder_in_natural_order(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("10.png", "9.png", "b.png"):
        image(folder / name)
    (folder / "notes.txt").write_text("no image")
    found = call("run", spec, folder, "--format", "json").objects
    assert [each["input"] for each in found] == [str(folder / name) for name in ("9.png", "10.png", "b.png")]


@pytest.mark.parametrize("batch", ["1", "2", "3", "16"])
def test_arrays_hold_one_or_many(spec: Path, tmp_path: Path, batch: str) -> None:
    many, one = stored(tmp_path / "many.npy", inputs(5)), stored(tmp_path / "one.npy", inputs(1, seed=1)[0])
    np.savez(tmp_path / "two.npz", inputs(2, seed=2))
    called = call("run", spec, many, one, tmp_path / "two.npz", "--format", "json", "--batch", batch)
    names = [*(f"{many}[{i}]" for i in range(5)), str(one), *(f"{tmp_path / 'two.npz'}[{i}]" for i in range(2))]
    assert [each["input"] for each in called.objects] == names
    x = np.concatenate([inputs(5), inputs(1, seed=1), inputs(2, seed=2)])
    for y, each in zip(outputs(spec, x), called.objects, strict=True):
        assert [c["score"] for c in each["top"]] == pytest.approx(sorted(softmax(y), reverse=True), rel=1e-5)


def test_a_bad_input_is_reported_and_the_rest_go_on(spec: Path, tmp_path: Path) -> None:
    good = [image(tmp_path / f"{i}.png", i) for i in range(3)]
    (tmp_path / "bad.png").write_bytes(good[0].read_bytes()[:60])
    wrong = stored(tmp_path / "wrong.npy", inputs(2, (1, 6, 4)))
    (tmp_path / "empty").mkdir()
    alone = [call("run", spec, file, "--format", "json").objects[0] for file in good]
    given = [good[0], tmp_path / "bad.png", good[1], wrong, tmp_path / "none.png", tmp_path / "empty", good[2]]
    for batch in ("1", "4", "16"):
        called = call("run", spec, *given, "--format", "json", "--batch", batch, "--out", tmp_path / "y.npz")
        assert called.code == 4
        assert [code for code in ("E410", "E413", "E404") if f"error[{code}]" in called.err] == ["E410", "E413", "E404"]
        assert "no image in this folder" in called.err
        assert [each["input"] for each in called.objects] == [str(file) for file in given]
        usable = [each for each in called.objects if "error" not in each]
        for found, wanted in zip(usable, alone, strict=True):
            assert found["input"] == wanted["input"]
            assert [c["index"] for c in found["top"]] == [c["index"] for c in wanted["top"]]
            assert [c["score"] for c in found["top"]] == pytest.approx([c["score"] for c in wanted["top"]], rel=1e-5)
        with np.load(tmp_path / "y.npz") as kept:
            assert kept["input"].tolist() == [str(file) for file in good]
            assert kept["fc"].shape == (3, 3)


def test_exit_codes_of_bad_inputs(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    assert call("run", spec, tmp_path / "bad.png").code == 3
    assert call("run", spec, tmp_path / "bad.png", tmp_path / "none.png").code == 4
    out = tmp_path / "y.npz"
    assert call("run", spec, tmp_path / "bad.png", "--out", out).code == 3
    assert not out.exists()
    assert call("run", spec).code == 3
    assert "error[E414]: the spec names no sample" in call("run", spec).err
    assert call("run", tmp_path / "none.yaml").code == 3


def test_a_folder_that_cannot_be_listed(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()

    def refuse(self: Path) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    called = call("run", spec, tmp_path / "closed")
    assert called.code == 3
    assert "Permission denied" in called.err


def test_an_image_needs_a_preprocess_section(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD.splitlines()[0] + "\n" + LAYERS)
    called = call("run", spec, image(tmp_path / "a.png"))
    assert called.code == 3
    assert "error[E412]" in called.err


def test_another_input_size(tmp_path: Path) -> None:
    layers = LAYERS.replace("  - {flatten: {}, name: flat}\n", "  - globalavgpool\n  - flatten\n")
    spec = net(tmp_path, HEAD.replace("resize: [4, 6], ", "") + layers)
    small, large = image(tmp_path / "small.png"), image(tmp_path / "large.png", 0, (9, 8))
    assert call("run", spec, small).code == 0
    assert call("run", spec, large).code == 3
    assert call("run", spec, large, "--input", "1,9,8").code == 0
    refused = call("run", spec, small, "--input", "1,9,8")
    assert refused.code == 3
    assert "1x4x6, but the spec's input is 1x9x8" in refused.err


def test_one_batch_is_held_at_a_time(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 inputs of 1 MiB, 4 at a time: one batch of arrays, its stack and its outputs."""
    monkeypatch.setattr("cnnspec.inputs.batches.load", lambda path, preprocess, input: np.zeros(input, np.float32))
    wide = net(tmp_path, "input: {C: 1, H: 512, W: 512}\npreprocess: {}\nlayers:\n  - identity\n")
    files = [str(image(tmp_path / f"{i}.png")) for i in range(64)]
    tracemalloc.start()
    found = batches(cases(paths(files), load(wide).header.preprocess, (1, 512, 512)), 4)
    assert sum(len(batch.cases) for batch in found) == 64
    assert tracemalloc.get_traced_memory()[1] < 14 * 2**20
    tracemalloc.reset_peak()
    assert call("run", wide, *files, "--batch", "4").code == 0
    assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    tracemalloc.stop()


def test_batches_are_as_large_as_memory_allows(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cnnspec.engine.model import Model

    sizes: list[int] = []
    run = Model.run

    def counted(self: Model, x: NDArray[Any]) -> dict[str, NDArray[Any]]:
        sizes.append(len(x))
        return run(self, x)

    monkeypatch.setattr(Model, "run", counted)
    file = stored(tmp_path / "x.npy", inputs(20))
    peak = load(spec).graph.totals.peak_activation_bytes
    for bytes, wanted in ((2**28, [16, 4]), (7 * peak, [7, 7, 6]), (1, [1] * 20)):
        monkeypatch.setattr("cnnspec.inputs.batch_size.ACTIVATIONS", bytes)
        call("run", spec, file)
        assert sizes == wanted
        sizes.clear()
    call("run", spec, file, "--batch", "12", "--threads", "2")
    assert sizes == [12, 8]


# What is kept


def test_raw_outputs_are_written(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(3))
    assert call("run", spec, file, "--out", tmp_path / "y.npz", "--batch", "2").code == 0
    with np.load(tmp_path / "y.npz") as kept:
        assert kept.files == ["fc", "input"]
        assert kept["fc"].dtype == np.float32
        np.testing.assert_allclose(kept["fc"], outputs(spec, inputs(3)), rtol=1e-4, atol=1e-5)
        assert kept["input"].tolist() == [f"{file}[{i}]" for i in range(3)]


def test_an_output_that_is_the_input_is_not_lost(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + LAYERS + "outputs: [fc, input]\n")
    file = stored(tmp_path / "x.npy", inputs(2))
    assert call("run", spec, file, "--out", tmp_path / "y.npz").code == 0
    with np.load(tmp_path / "y.npz") as kept:
        np.testing.assert_array_equal(kept["input"], inputs(2))


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--save", "relu"], ["fc", "relu"]),
        (["--save", "conv", "--save", "flat"], ["conv", "fc", "flat"]),
        (["--save", "all"], ["conv", "fc", "flat", "relu"]),
        (["--until", "relu", "--save", "all"], ["conv", "relu"]),
        (["--until", "relu"], ["relu"]),
        (["--until", "relu", "--save", "relu", "--save", "conv"], ["conv", "relu"]),
    ],
)
def test_inner_layers_are_kept(spec: Path, tmp_path: Path, options: list[str], names: list[str]) -> None:
    file = stored(tmp_path / "x.npy", inputs(2))
    assert call("run", spec, file, "--out", tmp_path / "y.npz", *options).code == 0
    wanted = load(spec).compile().trace(inputs(2))
    with np.load(tmp_path / "y.npz") as kept:
        assert sorted(set(kept.files) - {"input"}) == names
        for name in names:
            np.testing.assert_allclose(kept[name], wanted[name], rtol=1e-4, atol=1e-5)


def test_the_output_is_checked_before_the_work(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    cases = {"y.npy": "E405", "none/y.npz": "E415", "x.npy/y.npz": "E415"}
    for name, code in cases.items():
        called = call("run", spec, file, "--out", tmp_path / name)
        assert (called.code, called.out) == (3, "")
        assert f"error[{code}]" in called.err
    old = tmp_path / "old.npz"
    old.write_bytes(b"what was there")
    (tmp_path / "bad.png").write_bytes(b"no image")
    assert call("run", spec, tmp_path / "bad.png", "--out", old).code == 3
    assert old.read_bytes() == b"what was there"
    assert not list(tmp_path.glob(".cnnspec-*"))


def test_until_an_inner_layer(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    assert f"{file}: conv\n  2x4x6  min " in call("run", spec, file, "--until", "conv").out
    [found] = call("run", spec, file, "--until", "flat", "--format", "json").objects
    assert (list(found), found["shape"]) == (["input", "output", "shape", "min", "mean", "max"], [48])
    assert found["output"] == "flat"
    longer = net(tmp_path, HEAD + LAYERS + "  - softmax\n" + CLASSES)
    [scores] = call("run", longer, file, "--until", "fc", "--format", "json").objects
    [itself] = call("run", longer, file, "--format", "json").objects
    assert [c["class"] for c in scores["top"]] == [c["class"] for c in itself["top"]]
    assert [c["score"] for c in scores["top"]] == pytest.approx([c["score"] for c in itself["top"]])


def test_a_bad_spec_is_shown_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(HEAD + LAYERS.replace("conv:", "covn:"))
    called = call("run", bad)
    assert (called.code, called.out) == (1, "")
    assert "error[E101]: unknown layer `covn`" in called.err
    assert "  - {covn: {F: 3, K: 2, P: same}, name: conv}\n" in called.err
    assert "^^^^ did you mean `conv`?" in called.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--until", "cnv"], "no layer 'cnv' in net. Did you mean 'conv'?"),
        (["--save", "zzzzzzzz", "--out", "y.npz"], "no layer 'zzzzzzzz' in net."),
        (["--until", "all"], "no layer 'all' in net."),
        (
            ["--until", "relu", "--save", "fc", "--out", "y.npz"],
            "--until 'relu' stops before 'fc', which --save asks for, is computed.",
        ),
        (["--save", "conv"], "--save keeps layers in the file of --out; name it."),
        (["--seed", "1"], "--seed is for the random weights of --init"),
        (["--weights", ""], "it is empty"),
        (["--out", ""], "it is empty"),
        (["--weights", "w.npz", "--init", "he"], "--weights and --init exclude each other."),
        (["--init", "he", "--seed", "-1"], "-1 is not in the range"),
        (["--input", "1,4"], "three whole numbers"),
        (["--input", "9" * 5000 + ",1,1"], "three whole numbers"),
    ],
)
def test_usage(spec: Path, options: list[str], message: str) -> None:
    called = call("run", spec, *options)
    assert (called.code, called.out) == (2, "")
    assert message in called.err


# Weights


def test_all_files_that_are_missing_are_told_at_once(tmp_path: Path) -> None:
    spec = tmp_path / "bare.yaml"
    spec.write_text(HEAD + LAYERS)
    for command in ("run", "inspect"):
        called = call(command, spec, tmp_path / "no.npy", "--weights", tmp_path / "no.npz")
        assert (called.code, called.out) == (3, "")
        assert re.findall("there is no file `.*/(.*)`", called.err) == ["no.npz", "no.npy"]
        called = call(command, spec)
        assert re.findall("names no ([a-z]+)", called.err) == ["weights", "sample"]
    for command in ("train", "eval"):
        called = call(command, spec, "--data", tmp_path / "none", "--weights", tmp_path / "no.npz")
        assert (called.code, called.out) == (3, "")
        assert sorted(re.findall("there (?:is no file|are no data) `.*/(.*)`", called.err)) == ["no.npz", "none"]
    file = stored(tmp_path / "x.npy", inputs(1))
    assert call("run", spec, file, "--weights", tmp_path / "no.npz").err.count("error[") == 1


def test_what_cannot_be_run_gets_no_header(tmp_path: Path) -> None:
    spec = net(tmp_path)
    called = call("run", spec, tmp_path / "no.png")
    assert (called.code, called.out) == (3, "")
    called = call("run", spec, tmp_path / "no.npy", stored(tmp_path / "x.npy", inputs(1)))
    assert called.out.startswith("net, probabilities of the classes: ")


def test_weights_are_never_random_in_silence(tmp_path: Path) -> None:
    spec = tmp_path / "bare.yaml"
    spec.write_text(HEAD + LAYERS)
    file = stored(tmp_path / "x.npy", inputs(1))
    called = call("run", spec, file)
    assert (called.code, called.out) == (3, "")
    assert "--init he --seed 0" in called.err
    first = call("run", spec, file, "--init", "he")
    how = "probabilities of the classes: softmax of the output"
    assert first.out.splitlines()[0] == f"bare, random weights (he, seed 0), {how}"
    same, other = (call("run", spec, file, "--init", "he", "--seed", seed) for seed in ("0", "1"))
    assert same.out == first.out
    assert other.out.splitlines()[2:] != first.out.splitlines()[2:]


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_weights_of_another_file(spec: Path, tmp_path: Path, suffix: str) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    chosen = tmp_path / f"other.{suffix}"
    weights.save(weights.initial(load(spec).graph.tensors, "he", 7), chosen)
    random = call("run", spec, file, "--init", "he", "--seed", "7", "--format", "json")
    assert call("run", spec, file, "--weights", chosen, "--format", "json").out == random.out
    assert random.out != call("run", spec, file, "--format", "json").out


def test_half_precision_weights_are_widened(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    half = {name: a.astype(np.float16) for name, a in weights.read(tmp_path / "net.safetensors").items()}
    weights.save(half, tmp_path / "half.safetensors")
    weights.save({name: a.astype(np.float32) for name, a in half.items()}, tmp_path / "wide.safetensors")
    first, second = (call("run", spec, file, "--weights", tmp_path / f"{n}.safetensors") for n in ("half", "wide"))
    assert first.code == 0
    assert first.out == second.out


def test_extra_tensors_are_a_warning_and_missing_ones_an_error(spec: Path, tmp_path: Path) -> None:
    file = stored(tmp_path / "x.npy", inputs(1))
    held = dict(weights.read(tmp_path / "net.safetensors"))
    weights.save({**held, "aux.weight": np.zeros(3, np.float32)}, tmp_path / "more.npz")
    called = call("run", spec, file, "--weights", tmp_path / "more.npz", "--until", "conv")
    assert called.code == 0
    assert "warning[W401]: the spec does not use 1 of the file's 5 tensors" in called.err
    assert call("run", spec, file, "--until", "conv").err == ""
    del held["fc.bias"]
    weights.save(held, tmp_path / "less.npz")
    called = call("run", spec, file, "--weights", tmp_path / "less.npz")
    assert (called.code, called.out) == (3, "")
    assert "missing: `fc.bias`" in called.err
    (tmp_path / "w.pth").write_bytes(b"\x80\x02}.")
    called = call("run", spec, file, "--weights", tmp_path / "w.pth")
    assert called.code == 3
    assert "error[E406]" in called.err


# Names


def test_names_are_made_safe(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + LAYERS + 'classes: ["\\u202Ecat", "dog\\u2066", "日本"]\n')
    file = image(tmp_path / "a\n::error::\x1b[2J.png")
    called = call("run", spec, file)
    assert called.code == 0
    assert not {"\x1b", "\u202e", "\u2066"} & set(called.out)
    assert "a\\x0a::error::\\x1b[2J.png" in called.out
    assert "日本" in called.out
    found = call("run", spec, file, "--format", "json")
    assert found.out.isascii()
    assert found.objects[0]["input"] == str(file)


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux alone")
def test_a_name_that_is_no_unicode(spec: Path, tmp_path: Path) -> None:
    file = image(tmp_path / "a.png").rename(tmp_path / "b\udcff.png")
    assert "b\\udcff.png" in call("run", spec, file).out
    assert call("run", spec, file, "--format", "json").objects[0]["input"] == str(file)
    assert call("run", spec, file, "--out", tmp_path / "y.npz").code == 0


def test_a_network_without_tensors_wants_no_weights(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: {C: 1, H: 4, W: 4}\nlayers:\n  - {maxpool: {F: 2}, name: p}\n")
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    np.save(tmp_path / "x.npy", x)
    out = tmp_path / "y.npz"
    assert call("run", tmp_path / "net.yaml", tmp_path / "x.npy", "--out", out).code == 0
    assert np.load(out)["p"].tolist() == [[[[5, 7], [13, 15]]]]
    assert load(tmp_path / "net.yaml").compile().run(x[None])["p"].tolist() == [[[[5, 7], [13, 15]]]]
    pytest.importorskip("onnx")
    assert call("export", tmp_path / "net.yaml", "-o", tmp_path / "p.onnx").code == 0
    export(load(tmp_path / "net.yaml"), tmp_path / "q.onnx")
    assert (tmp_path / "q.onnx").read_bytes() == (tmp_path / "p.onnx").read_bytes()


@pytest.mark.parametrize("batch", [1, 2, 16])
def test_json_has_a_line_for_each_input(tmp_path: Path, batch: int) -> None:
    """In their order, of one that cannot be used its error."""
    spec, good = net(tmp_path), image(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    given = [good, tmp_path / "b.png", good, tmp_path / "none.npy"]
    called = call("run", spec, *given, "--format", "json", "--batch", str(batch))
    assert called.code == 4
    assert [found["input"] for found in called.objects] == [str(path) for path in given]
    assert [found.get("error", {}).get("code") for found in called.objects] == [None, "E410", None, "E404"]
    error = called.objects[1]["error"]
    assert (error["message"], error["file"]) == ("this is not an image that can be read", str(given[1]))
    assert error["why"]
    assert error["help"]
    [alone] = call("run", spec, given[1], "--format", "json").objects
    assert alone == called.objects[1]

"""Other examples to judge by, archives with parts of their own, and gray pixels in archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from datasets import idx, network, npz, pictures, read, refusal

from cnnspec.diagnostics import FileError, TrainingError
from cnnspec.spec import Spec, load
from cnnspec.train.datasets import open_dataset

NET = """\
input: {C: 1, H: 4, W: 5}
layers: [flatten, {dense: {K: 3}}]
preprocess: {scale: 1/255}
classes: [ant, bee, cat]
train: {epochs: 2, data: learn.npz}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.chdir(tmp_path)
    for name, seed in (("learn.npz", 0), ("judge.npz", 1)):
        pixels, labels = pictures(30, seed=seed)
        npz(Path(name), x=pixels[:, None] / 255, y=labels)
    Path("net.yaml").write_text(NET)
    Path("own.yaml").write_text(NET.replace("data: learn.npz", "data: learn.npz, validation_data: judge.npz"))
    return load("net.yaml")


def test_all_of_the_data_are_learned_from(net: Spec) -> None:
    called = call("train", "net.yaml", "--validation", "judge.npz", "-o", "w.safetensors")
    assert (called.code, called.err) == (0, "")
    assert "30 examples to learn from, 30 held out" in called.out
    judged = call("eval", "net.yaml", "--data", "judge.npz", "--part", "all", "--weights", "w.safetensors")
    loss = judged.out.splitlines()[2].split()[1]
    assert f"held out: loss {loss}" in called.out.splitlines()[-1]


def test_by_option_by_setting_by_the_spec_and_from_python_it_is_the_same(net: Spec) -> None:
    learned = net.train(validation_data="judge.npz", threads=1)
    with np.load("judge.npz") as stored:
        arrays = net.train(validation_data=(stored["x"], stored["y"]), threads=1)
    own = load("own.yaml")
    for other in (arrays, net.train(threads=1, validation=3, validation_data="judge.npz"), own.train(threads=1)):
        assert all(np.array_equal(learned.tensors[name], other.tensors[name]) for name in learned.tensors)
        assert [done.validation for done in other.history] == [done.validation for done in learned.history]
    found = own.evaluate(weights=learned.tensors)
    assert found.score == learned.history[-1].validation
    assert found.examples == 30
    for options in (["--set", "train.validation_data=judge.npz"], ["--validation", "judge.npz"]):
        assert call("train", "net.yaml", "--threads", "1", *options, "--restart").code == 0
        bytes_of = Path("net.safetensors").read_bytes()
    learned.save("l.safetensors")
    assert Path("l.safetensors").read_bytes() == bytes_of


def test_eval_takes_what_the_spec_names(net: Spec) -> None:
    assert call("train", "own.yaml", "-o", "w.safetensors").code == 0
    shown = call("eval", "own.yaml", "--weights", "w.safetensors")
    assert (shown.code, "30 examples of" in shown.out, "held out" in shown.out) == (0, True, False)
    shown = call("eval", "own.yaml", "--weights", "w.safetensors", "--data", "learn.npz")
    assert "3 of 30 examples of learn.npz, held out" in shown.out


def test_patience_goes_by_it(net: Spec) -> None:
    learned = net.train(validation_data="judge.npz", validation=0, patience=1, epochs=40, rate=1e-20, threads=1)
    assert len(learned.history) == 2


def test_they_are_part_of_what_makes_a_run(net: Spec, tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop(event: Any) -> None:
        if type(event).__name__ == "EpochDone":
            raise Stop

    files: dict[str, Any] = {"output": "o.safetensors", "checkpoint": "c.safetensors", "threads": 1}
    with pytest.raises(Stop):
        net.train(**files, validation_data="judge.npz", on_event=stop)
    with pytest.raises(TrainingError, match="E502"):
        net.train(**files, validation_data="learn.npz", resume=True)
    with pytest.raises(TrainingError, match="E502"):
        net.train(**files, resume=True)
    Path("judge.npz").rename("moved.npz")
    assert len(net.train(**files, validation_data="moved.npz", resume=True).history) == 2


def test_a_class_that_is_only_judged(net: Spec) -> None:
    pixels, labels = pictures(30)
    npz(Path("two.npz"), x=pixels[labels < 2][:, None] / 255, y=labels[labels < 2])
    with pytest.raises(FileError, match="E425") as caught:
        net.train("two.npz", validation_data="judge.npz")
    assert caught.value.diagnostics[0].why == "class `cat` is found in `judge.npz` alone"
    called = call("train", "net.yaml", "--validation", "two.npz")
    assert called.err == "note: of the 20 examples held out none is of class cat: are the data sorted?\n"


def test_paths_of_a_spec_stay_in_its_folder(net: Spec) -> None:
    Path("out.yaml").write_text(NET.replace("data: learn.npz", "data: learn.npz, validation_data: ../judge.npz"))
    called = call("validate", "out.yaml")
    assert (called.code, "error[E416]: `validation_data` leaves the folder of the spec" in called.out) == (3, True)
    assert "`cnnspec train SPEC --validation DATA`" in called.out


def test_they_are_not_overwritten(net: Spec) -> None:
    before = Path("judge.npz").read_bytes()
    assert call("train", "net.yaml", "--validation", "judge.npz", "-o", "judge.npz").code == 2
    assert Path("judge.npz").read_bytes() == before


def keras(path: Path) -> Path:
    """As Keras keeps MNIST."""
    (x_train, y_train), (x_test, y_test) = pictures(30), pictures(9, seed=1)
    return npz(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def test_an_archive_with_a_part_for_tests(net: Spec) -> None:
    path = keras(Path("mnist.npz"))
    pixels, labels = pictures(30)
    learned, tested = (open_dataset(path, net, use=use) for use in ("learn", "test"))
    x, y = read(learned)
    assert np.array_equal(x, (pixels[:, None] / 255).astype(np.float32))
    assert np.array_equal(y, labels)
    assert (len(learned), len(tested)) == (30, 9)
    called = call("train", "net.yaml", "--data", "mnist.npz", "--validation", "mnist.npz", "-o", "w.safetensors")
    assert "30 examples to learn from, 9 held out" in called.out
    judged = call("eval", "net.yaml", "--data", "mnist.npz", "--part", "test", "--weights", "w.safetensors")
    assert (judged.code, "9 examples of mnist.npz" in judged.out) == (0, True)
    assert net.evaluate("mnist.npz", "w.safetensors", part="test").examples == 9
    assert net.evaluate("mnist.npz", "w.safetensors", part="all").examples == 30


def test_a_folder_of_idx_files_with_a_part_for_tests(net: Spec) -> None:
    for name, count in (("train", 30), ("t10k", 9)):
        pixels, labels = pictures(count)
        idx(Path(f"{name}-images-idx3-ubyte"), pixels)
        idx(Path(f"{name}-labels-idx1-ubyte"), labels)
    called = call("train", "net.yaml", "--data", ".", "--validation", ".", "-o", "w.safetensors")
    assert "30 examples to learn from, 9 held out" in called.out
    assert net.evaluate(".", "w.safetensors", part="test").examples == 9


def test_data_that_keep_no_part_for_tests(net: Spec) -> None:
    weights = net.train(threads=1, epochs=1).tensors
    with pytest.raises(FileError, match="E420") as caught:
        net.evaluate("judge.npz", weights, part="test")
    assert "`--part all`" in caught.value.diagnostics[0].help
    with pytest.raises(FileError, match="E420"):
        net.evaluate((np.zeros((3, 1, 4, 5)), np.zeros(3, int)), weights, part="test")


def test_gray_pixels_in_an_archive_are_images(tmp_path: Path) -> None:
    """They go through `preprocess`, as those of IDX do; numbers of other types are taken as they are."""
    pixels, labels = pictures(12)
    spec = network()
    as_pixels = read(open_dataset(npz(tmp_path / "a.npz", x=pixels, y=labels), spec))
    as_numbers = read(open_dataset(npz(tmp_path / "b.npz", x=pixels[:, None] / 255, y=labels), spec))
    assert all(np.array_equal(one, other) for one, other in zip(as_pixels, as_numbers, strict=True))
    assert refusal(npz(tmp_path / "c.npz", x=pixels.astype(float), y=labels), spec).code == "E413"

"""Every call by which a command writes fails, in every way, one after the other.

Whatever happens, what was there is there, or what the command makes of it, whole; nothing is taken for whole that is
not; the exit code tells; and after a kill the same command comes to the same files and leaves nothing else behind.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from calling import call, image
from faults import FAULTS, Killed, injected
from quadrants import SPEC, quadrants

from cnnspec.train.checkpoint import load

TRAIN = ("train", "net.yaml", "--data", "x.npz", "--threads", "1", "--every", "2", "--set", "train.epochs=2")
WRONG = "input: {C: 1, H: 8, W: 8}\nlayers: [Relu, conv: {kernel_size: 3, K: 2}]\n"


class Work(NamedTuple):
    """A command, the words that are added where a killed run has left a checkpoint, and the files that it writes."""

    words: tuple[str, ...]
    again: tuple[str, ...]
    outputs: tuple[str, ...]


WORKS = {
    "init": Work(("init", "net.yaml", "-o", "out.npz"), (), ("out.npz",)),
    "convert": Work(("convert", "w.npz", "-o", "out.safetensors"), (), ("out.safetensors",)),
    "schema": Work(("schema", "net.yaml", "-o", "out.json"), (), ("out.json",)),
    "run": Work(("run", "net.yaml", "x.npy", "--weights", "w.npz", "--out", "out.npz"), (), ("out.npz",)),
    "images": Work(
        ("run", "same.yaml", "a.png", "b.png", "--init", "he", "--images", "out"), (), ("out/a.png", "out/b.png")
    ),
    "eval": Work(("eval", "net.yaml", "--data", "x.npz", "--weights", "w.npz", "--plot", "out.svg"), (), ("out.svg",)),
    "fix": Work(("validate", "wrong.yaml", "--fix"), (), ("wrong.yaml",)),
    "train": Work(
        (*TRAIN, "-o", "out.safetensors", "--plot", "out.svg"), ("--resume",), ("out.safetensors", "out.svg")
    ),
    "log": Work(
        (*TRAIN, "-o", "out.npz", "--log", "out.jsonl", "--checkpoint", "kept"), ("--resume",), ("out.npz", "out.jsonl")
    ),
}
if find_spec("onnx"):
    WORKS["export"] = Work(("export", "net.yaml", "--weights", "w.npz", "-o", "out.onnx"), (), ("out.onnx",))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that is read."""
    folder = tmp_path_factory.mktemp("template")
    quadrants(folder, SPEC, 40)
    call("init", folder / "net.yaml", "-o", folder / "w.npz")
    np.save(folder / "x.npy", np.ones((2, 1, 6, 6), np.float32))
    (folder / "same.yaml").write_text(
        "input: {C: 1, H: 4, W: 6}\npreprocess: {mode: gray, resize: [4, 6]}\nlayers: [identity]\n"
    )
    (folder / "wrong.yaml").write_text(WRONG)
    image(folder / "a.png", 1)
    image(folder / "b.png", 2)
    return folder


@pytest.fixture
def fresh(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], Mapping[str, bytes]]:
    """Makes the current folder a new one, with older outputs in it, and gives what is there."""
    numbers = iter(range(100_000))

    def make(work: Work) -> Mapping[str, bytes]:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(template, folder)
        monkeypatch.chdir(folder)
        for name in work.outputs:
            Path(name).parent.mkdir(exist_ok=True)
            if not Path(name).exists():
                Path(name).write_bytes(f"what was there in {name}".encode())
        return contents()

    return make


def contents() -> dict[str, bytes]:
    """What is in the current folder. Of a log what takes its time is left out."""
    found = {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}
    return {name: untimed(held) if name.endswith(".jsonl") else held for name, held in found.items()}


def untimed(log: bytes) -> bytes:
    """The log's lines, which are whole: but for one that was killed, which is the last one."""
    if not log.startswith(b"{"):
        return log
    *lines, rest = log.split(b"\n")
    records = [{**json.loads(line), "images_per_second": None} for line in lines]
    return b"".join(json.dumps(record).encode() + b"\n" for record in records) + rest


def is_begun_log(name: str, held: bytes, whole: bytes) -> bool:
    """Whether it is a log that grows: lines of the whole one, the last of which may be cut where the process ended."""
    return name.endswith(".jsonl") and held.startswith(b"{") and whole.startswith(held[: held.rfind(b"\n") + 1])


def is_hidden(name: str) -> bool:
    return Path(name).name.startswith(".cnnspec-")


@pytest.mark.parametrize("name", WORKS)
def test_whatever_fails_nothing_is_lost(name: str, fresh: Callable[[Work], Mapping[str, bytes]]) -> None:
    work = WORKS[name]
    before = fresh(work)
    with injected() as disk:
        assert call(*work.words).code == 0
    after, count = contents(), len(disk.calls)
    assert {"open", "write", "fsync", "replace"} <= set(disk.calls)
    assert after.keys() == before.keys()
    assert all(after[output] != before[output] for output in work.outputs)
    for fault in FAULTS:
        for at in range(count):
            fresh(work)
            said = f"{fault} at {disk.calls[at]} {at} of {count}"
            check(work, fault, at, before, after, said)


def check(work: Work, fault: str, at: int, before: Mapping[str, bytes], after: Mapping[str, bytes], said: str) -> None:
    try:
        with injected(fault, at) as disk:
            called = call(*work.words)
    except Killed:
        assert disk.is_dead, said
    found = contents()
    for name, held in found.items():
        if name in before:
            assert held in (before[name], after[name]) or is_begun_log(name, held, after[name]), f"{said}: {name}"
        elif not is_hidden(name):
            load(name)  # a checkpoint, whole
    assert found.keys() >= before.keys(), said
    if not disk.is_dead:
        assert called.code in (0, 3), f"{said}: {called.err}"
        if called.code == 0 or fault == "short":
            assert (called.code, found) == (0, after) or disk.met == "unlink", f"{said}: {called.err}"
        else:
            assert "error[E415]" in called.err, f"{said}: {called.err}"
            assert disk.met == "unlink" or not any(map(is_hidden, found)), said
        return
    is_begun = any(name not in before and not is_hidden(name) for name in found)
    called = call(*work.words, *(work.again if is_begun else ()))
    assert (called.code, called.err if called.code else "") == (0, ""), said
    assert contents() == after, said

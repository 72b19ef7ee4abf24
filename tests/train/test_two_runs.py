"""Two processes and the same files: one run at a time, one checkpoint at a time, and nothing lost between two disks."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from calling import call
from processes import PATIENCE, finish, start

from cnnspec.files import reading
from cnnspec.files.lock import locked
from cnnspec.train import checkpoint
from cnnspec.train.identity import digest_of
from cnnspec.weights.formats import safetensors

RUN = ("train", "net.yaml", "--threads", "1", "--every", "1", "--log", "log.jsonl")
KEPT = Path("net.checkpoint.safetensors")


@pytest.mark.parametrize("path", ["net.checkpoint.safetensors", "net.safetensors", "log.jsonl"])
@pytest.mark.parametrize("option", [(), ("--resume",), ("--restart",)])
def test_another_run_is_at_work(folder: Path, path: str, option: tuple[str, ...]) -> None:
    before = sorted(folder.iterdir())
    with locked(path):
        called = call(*RUN, *option)
    assert (called.code, called.out) == (1, "")
    assert called.err.startswith(f"error[E505]: `{path}` is being written by another run\n")
    assert f"= why: process {os.getpid()} is at work on it\n" in called.err
    assert sorted(folder.iterdir()) == before
    assert call(*RUN, *option).code == 0


def test_a_second_resume_beside_the_first(folder: Path) -> None:
    """A job that repeats its command too early: the second ends at once, the first as if there had been no other."""
    longer = "--set", "train.epochs=8"
    assert call(*RUN, *longer, "-o", "alone.safetensors").code == 0
    first = start(*RUN, *longer, "--resume")
    deadline = time.monotonic() + PATIENCE
    while not KEPT.exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.001)
    code, said = finish(start(*RUN, *longer, "--resume"))
    ended = finish(first)
    assert ended[0] == 0, ended[1]
    if code:  # on a slow machine, the first may have ended before the second begins: then there is nothing to do
        assert (code, f"process {first.pid}" in said) == (1, True), said
    assert Path("net.safetensors").read_bytes() == Path("alone.safetensors").read_bytes()


def test_a_checkpoint_is_read_from_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one takes its name as soon as it has been opened."""
    saved: dict[int, str] = {}

    def save(path: Any, *given: Any) -> None:
        keep(path, *given)
        found = checkpoint.load(path)[1]
        shutil.copy(path, f"{found.progress.step}.safetensors")
        saved[found.progress.step] = digest_of(found.tensors)

    keep = checkpoint.save
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", save)
        assert call(*RUN).code == 0
    first, other = list(saved)[:2]
    shutil.copy(f"{first}.safetensors", "c.safetensors")

    def opened(path: Any) -> Any:
        stream = open_(path)
        shutil.copy(f"{other}.safetensors", "new.safetensors")
        Path("new.safetensors").replace("c.safetensors")
        return stream

    open_ = reading.opened
    monkeypatch.setattr(safetensors, "opened", opened)
    found = checkpoint.load("c.safetensors")[1]
    assert (found.progress.step, digest_of(found.tensors)) == (first, saved[first])


@pytest.mark.skipif(os.name != "posix", reason="folders are synced on POSIX")
def test_the_result_is_on_the_disk_before_the_checkpoint_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two may lie on two disks, of which a power cut may find one ahead of the other."""
    for name in ("a", "b"):
        (folder / name).mkdir()
    done: list[str] = []
    sync, replace, unlink = os.fsync, os.replace, Path.unlink

    def note_sync(descriptor: int) -> None:
        sync(descriptor)
        done.extend("synced" for name in "a" if os.path.samestat(os.fstat(descriptor), Path(name).stat()))

    def note_rename(old: Any, new: Any) -> None:
        replace(old, new)
        done.extend(["written"] if str(new).endswith("out.safetensors") else [])

    def note_unlink(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        done.extend(["gone"] if path.name == "ck.safetensors" else [])

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_rename)
    monkeypatch.setattr(Path, "replace", note_rename)
    monkeypatch.setattr(Path, "unlink", note_unlink)
    assert call(*RUN, "-o", "a/out.safetensors", "--checkpoint", "b/ck.safetensors").code == 0
    assert done[-3:] == ["written", "synced", "gone"]

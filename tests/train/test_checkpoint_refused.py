"""Files at the place of a checkpoint that are none, or not that of such a run: none is used, none is overwritten."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call

from cnnspec.train import session
from cnnspec.weights.formats import safetensors

RUN = ("train", "net.yaml", "--threads", "2")
OPTIONS = ("--set", "train.patience=3")
KEPT = Path("net.checkpoint.safetensors")


@pytest.mark.parametrize("content", [b"", b"what is this?", b"PK\x03\x04"])
def test_a_file_that_is_no_checkpoint(folder: Path, content: bytes) -> None:
    KEPT.write_bytes(content)
    called = call(*RUN, "--resume")
    assert (called.code, "error[E403]" in called.err) == (3, True)
    for option in ((), ("--restart",)):
        called = call(*RUN, *option)
        assert (called.code, "error[E503]: another file is where the checkpoint goes\n" in called.err) == (1, True)
    assert KEPT.read_bytes() == content


def test_weights_are_no_checkpoint(folder: Path) -> None:
    call("init", "net.yaml", "-o", str(KEPT))
    before = KEPT.read_bytes()
    for option, code in (((), 1), (("--restart",), 1), (("--resume",), 3)):
        called = call(*RUN, *option)
        assert (called.code, "it holds no training run" in called.err) == (code, True)
        assert ("resum" in called.err) is (option == ("--resume",))
    assert KEPT.read_bytes() == before


@pytest.fixture
def after_an_epoch(folder: Path) -> Path:
    """A checkpoint that has all parts: the best weights, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "save", lambda *given: pytest.fail("stop"))
        with pytest.raises(pytest.fail.Exception):
            call(*RUN, *OPTIONS)
    return KEPT


PARTS = ("fc.bias", "optimizer/steps", "optimizer/mean.fc.bias", "best/fc.bias")


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("change", ["gone", "misshapen", "mistyped", "strange"])
def test_a_checkpoint_without_a_part_of_the_run(after_an_epoch: Path, name: str, change: str) -> None:
    from safetensors.numpy import load_file, save_file

    arrays, words = load_file(KEPT), safetensors.metadata(KEPT)
    array = arrays.pop(name)
    if change == "misshapen":
        arrays[name] = array.reshape(1, -1)
    if change == "mistyped":
        arrays[name] = array.astype(np.int32 if array.dtype == np.float32 else np.float32)
    if change == "strange":
        arrays |= {name: array, f"{name}.more": array}
    save_file(arrays, KEPT, words)
    called = call(*RUN, *OPTIONS, "--resume")
    assert (called.code, "error[E403]" in called.err) == (3, True)
    assert f"`{name}" in called.err

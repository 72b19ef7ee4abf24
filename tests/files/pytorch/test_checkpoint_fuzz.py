"""Any change of a checkpoint is read or refused; whatever else comes out of it is a bug."""

from __future__ import annotations

import zipfile
from pathlib import Path

import checkpoint_writer as w
import make_checkpoints
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processor_time import about

from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read
from cnnspec.files.pytorch.pickle_reader import ACTIONS

Edit = tuple[float, int, bytes]

FILES = [make_checkpoints.ARCHIVE.read_bytes(), make_checkpoints.STREAM.read_bytes(), w.archive(), w.stream()]
EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 4), st.binary(max_size=4)),
    min_size=1,
    max_size=5,
)
INSTRUCTIONS = st.sampled_from([bytes([code]) for code in ACTIONS]) | st.binary(max_size=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "net.pth"


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """Each edit takes some bytes out at a place, given as a fraction, and puts others in."""
    for place, length, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + length :]
    return data


def outcome(path: Path, data: bytes) -> set[str]:
    """The codes with which a file with `data` is refused; none when it is read."""
    path.write_bytes(data)
    try:
        with about(0.5):
            read(path)
    except FileError as refusal:
        return {diagnostic.code for diagnostic in refusal.diagnostics}
    return set()


@settings(max_examples=300)
@given(st.sampled_from(FILES), EDITS)
def test_edits_of_a_file(path: Path, data: bytes, edits: list[Edit]) -> None:
    assert outcome(path, edited(data, edits)) <= {"E408"}


@settings(max_examples=300)
@given(EDITS)
def test_edits_of_the_pickle_in_an_archive(path: Path, edits: list[Edit]) -> None:
    """With a checksum that is right: that of a file would tell of the edit before it does harm."""
    with zipfile.ZipFile(make_checkpoints.ARCHIVE) as golden:
        records = {name.partition("/")[2]: golden.read(name) for name in golden.namelist()}
    data = edited(records.pop("data.pkl"), edits)
    assert outcome(path, w.archive(data, records)) <= {"E408"}


@settings(max_examples=300)
@given(st.lists(INSTRUCTIONS))
def test_made_up_pickles(path: Path, instructions: list[bytes]) -> None:
    assert outcome(path, w.archive(w.pickled(b"".join(instructions)))) <= {"E408"}

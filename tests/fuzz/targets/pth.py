"""PyTorch's checkpoints: any is read as named arrays, or refused, and nothing in it is executed."""

from __future__ import annotations

from collections.abc import Iterator

import checkpoint_writer as w
from checkout import TESTS
from fuzz import scratch, zip_archives
from fuzz.target import Target

from cnnspec.files.pytorch import read
from cnnspec.files.pytorch.pickle_reader import ACTIONS


def seeds() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted((TESTS / "data").glob("*.pth")))
    yield w.archive()
    yield w.stream()
    yield w.archive(w.pickled(w.mapping({"state_dict": w.mapping({"w": w.tensor(), "b": w.tensor((6,), (1,))})})))


def check(data: bytes) -> None:
    for name, array in read(scratch.file("net.pth", data)).tensors.items():
        assert name
        assert array.dtype.kind in "fiub"
        assert array.flags.c_contiguous


WORDS = (
    *(bytes([code]) for code in ACTIONS),
    *(
        w.named(name)
        for name in ("torch FloatStorage", "torch BFloat16Storage", "collections OrderedDict", "os system")
    ),
    *(w.integer(number) for number in (0, 1, -1, 2**31, 2**62, 2**70)),
    w.text("state_dict"),
    w.tensor(),
    w.stored(),
)
TARGET = Target(seeds, check, WORDS, repaired=zip_archives.repaired)

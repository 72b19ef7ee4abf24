"""Samples of a tar archive, as WebDataset lays them out: files one behind the other that have a name but for what
comes after its first point are one sample, with an image and perhaps a `.cls`, the number or name of its class.

https://github.com/webdataset/webdataset
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from ...diagnostics import FileError
from ...files import store
from ...files.reading import Malformed, blaming
from ...files.tar_stream import Member, members
from ...inputs.batches import Case
from ...inputs.images import is_image
from .decoding import MOST, Decoding

LABEL = "cls"


def cases(url: str, decoding: Decoding) -> Iterator[Case]:
    """Each sample of the archive, named by the archive and its image. Of one that is damaged or cut off what comes
    before is read, and the rest is one failure."""
    try:
        with store.opened_at(decoding.place(url)) as stream, blaming(url), store.reading(url):
            for sample in _samples(stream):
                yield _case(url, sample, decoding)
    except store.StoreError:
        raise
    except FileError as failure:
        yield Case(url, failure=failure)


def _samples(stream: BinaryIO) -> Iterator[list[Member]]:
    """Members that follow each other under one key. Before Malformed is raised, what was whole is given."""
    sample: list[Member] = []
    try:
        for member in members(stream, MOST):
            if _is_hidden(member.name):
                continue
            if sample and _key(sample[0]) != _key(member):
                yield sample
                sample = []
            sample.append(member if _is_read(member, sample) else Member(member.name, b""))
    except Malformed:
        if sample:
            yield sample
        raise
    if sample:
        yield sample


def _is_read(member: Member, before: list[Member]) -> bool:
    """Whether a member is the class of its sample, or the first image: of others no bytes are kept."""
    if _ending(member).lower() == LABEL:
        return True
    return _is_image(member) and not any(map(_is_image, before))


def _case(url: str, sample: list[Member], decoding: Decoding) -> Case:
    label = next((_text(member.data) for member in sample if _ending(member).lower() == LABEL), None)
    image = next(filter(_is_image, sample), None)
    if image is None:
        name, endings = f"{url}/{_key(sample[0])}", ", ".join(f".{_ending(member)}" for member in sample)
        failure = FileError.about(name, "E410", "there is no image in this sample", f"it has {endings}")
        return Case(name, failure=failure, label=label)
    return decoding.case(f"{url}/{image.name}", image.data, label)


def _is_image(member: Member) -> bool:
    return is_image(PurePosixPath(member.name))


def _is_hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith((".", "__"))


def _key(member: Member) -> str:
    path = PurePosixPath(member.name)
    return str(path.with_name(path.name.partition(".")[0]))


def _ending(member: Member) -> str:
    return PurePosixPath(member.name).name.partition(".")[2]


def _text(data: bytes) -> str:
    return data[:1024].decode("utf-8", "replace").strip()

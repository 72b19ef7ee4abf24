"""Samples of a tar archive, as WebDataset lays them out: files one behind the other that have a name but for what
comes after its first point are one sample, with an image and perhaps a `.cls`, the number or name of its class. Which
of several images is meant nobody can know, unless its ending is named.

https://github.com/webdataset/webdataset
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from ...diagnostics import FileError
from ...diagnostics.wording import listed
from ...files import store
from ...files.reading import Malformed, blaming
from ...files.tar_stream import Member, Part, headers, members
from ...inputs.batches import Case
from ...inputs.images import is_image
from ..task import Span
from .decoding import MOST, Decoding

LABEL = "cls"


def cases(url: str, decoding: Decoding, span: Span | None = None) -> Iterator[Case]:
    """Each sample of the archive, or of a part of it, named by the archive and its image. Of one that is damaged or cut
    off what comes before is read, and the rest is one failure."""
    try:
        with store.opened_at(decoding.place(url)) as stream, blaming(url), store.reading(url):
            for sample in _samples(_part(stream, span), decoding.image_column):
                yield _case(url, sample, decoding)
    except store.StoreError:
        raise
    except FileError as failure:
        yield Case(url, failure=failure)


def cuts(url: str, decoding: Decoding, size: int) -> Iterator[int]:
    """Where every sample behind `size` others begins. None in a store: to pass over the bytes between headers would
    be to ask it for each of them."""
    if store.is_remote(url):
        return
    with suppress(FileError), store.opened_at(decoding.place(url)) as stream, blaming(url):
        samples, key = 0, None
        for name, start in headers(stream):
            if not _is_hidden(name) and _key(name) != key:
                if samples and samples % size == 0:
                    yield start
                samples, key = samples + 1, _key(name)


def _part(stream: BinaryIO, span: Span | None) -> BinaryIO:
    if span is None:
        return stream
    if span.end is not None:
        return cast("BinaryIO", Part(stream, span.first, span.end))
    stream.seek(span.first)
    return stream


def _samples(stream: BinaryIO, wanted: str | None) -> Iterator[list[Member]]:
    """Members that follow each other under one key. Before Malformed is raised, what was whole is given."""
    sample: list[Member] = []
    try:
        for member in members(stream, MOST):
            if _is_hidden(member.name):
                continue
            if sample and _key(sample[0].name) != _key(member.name):
                yield sample
                sample = []
            sample.append(member if _is_read(member, sample, wanted) else Member(member.name, b""))
    except Malformed:
        if sample:
            yield sample
        raise
    if sample:
        yield sample


def _is_read(member: Member, before: list[Member], wanted: str | None) -> bool:
    """Whether a member is the class of its sample, or the first image: of others no bytes are kept."""
    if _ending(member) == LABEL:
        return True
    return _is_image(member, wanted) and not any(_is_image(each, wanted) for each in before)


def _case(url: str, sample: list[Member], decoding: Decoding) -> Case:
    wanted = decoding.image_column
    label = next((_text(member.data) for member in sample if _ending(member) == LABEL), None)
    images = [member for member in sample if _is_image(member, wanted)]
    if len(images) == 1:
        return decoding.case(f"{url}/{images[0].name}", images[0].data, label)
    endings = listed([f".{end}" if (end := _ending(member)) else "no ending" for member in images or sample], 5)
    message, cure = f"there is no {f'.{wanted}' if wanted else 'image'} in this sample", ""
    if images:
        message = "there are several images in this sample"
        cure = f"`--image-column {_ending(images[0])}` takes this one of each"
    failure = FileError.about(f"{url}/{_key(sample[0].name)}", "E410", message, f"it has {endings}", cure)
    return Case(f"{url}/{_key(sample[0].name)}", failure=failure, label=label)


def _is_image(member: Member, wanted: str | None) -> bool:
    """Whether a member is called like the images that are wanted, or like any."""
    return _ending(member) == wanted.lower().lstrip(".") if wanted else is_image(PurePosixPath(member.name))


def _is_hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith((".", "__"))


def _key(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(path.name.partition(".")[0]))


def _ending(member: Member) -> str:
    return PurePosixPath(member.name).name.partition(".")[2].lower()


def _text(data: bytes) -> str:
    return data[:1024].decode("utf-8", "replace").strip()

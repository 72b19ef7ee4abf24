"""What containers hold: samples of tar archives, rows of tables, files of stores; what is wrong becomes a case."""

from __future__ import annotations

import gzip
import importlib
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from image_shards import png, samples, tar

from cnnspec.bulk.parts import SHARES, Parts
from cnnspec.bulk.samples import cases, parts
from cnnspec.bulk.samples.decoding import Decoding
from cnnspec.bulk.samples.in_tar import _samples
from cnnspec.files.store import Stored, StoreError, content, ensure_readable, found
from cnnspec.inputs.batches import Case
from cnnspec.inputs.images import load
from cnnspec.language.sections.preprocess import Preprocess

PREPROCESS = Preprocess(mode="gray", resize=(4, 6), scale=1 / 255)


def read(url: str | Path, **columns: str) -> list[Case]:
    return list(cases(Stored(str(url), 1), Decoding(PREPROCESS, (1, 4, 6), **columns)))


def codes(found: list[Case]) -> list[str]:
    return [case.failure.diagnostics[0].code if case.failure else "" for case in found]


def test_samples_of_a_tar_have_their_image_and_class(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", samples([7, 8]))
    found = read(path)
    assert [(case.name, case.label) for case in found] == [(f"{path}/s00007.png", "1"), (f"{path}/s00008.png", "2")]
    for number, case in zip((7, 8), found, strict=True):
        file = tmp_path / "one.png"
        file.write_bytes(png(number))
        assert case.array is not None
        assert np.array_equal(case.array, load(file, PREPROCESS, (1, 4, 6)))


def test_what_is_no_image_in_a_tar_is_a_case_with_its_failure(tmp_path: Path) -> None:
    files = [
        ("a.cls", b"1"),
        ("a.txt", b"x"),
        ("b.png", b"no image"),
        ("c.png", b""),
        ("._d.png", b"x"),
        ("e.png", png(1)),
    ]
    path = tar(tmp_path / "a.tar", files)
    found = read(path)
    assert codes(found) == ["E410", "E410", "E410", ""]
    assert [case.name.removeprefix(f"{path}/") for case in found] == ["a", "b.png", "c.png", "e.png"]


def test_a_tar_that_is_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", samples(range(3)))
    path.write_bytes(path.read_bytes()[: 4 * 1024 + 520])  # in the third image
    found = read(path)
    assert codes(found) == ["", "", "E403"]
    (tmp_path / "b.tar").write_bytes(b"no archive" * 100)
    assert codes(read(tmp_path / "b.tar")) == ["E403"]


def test_a_tar_whose_next_header_is_damaged_or_not_there_has_not_ended(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", samples([1]))
    whole, second = path.read_bytes(), 2 * 512  # an image in a block behind its header; then the class
    damaged = whole[: second + 150] + b"9" + whole[second + 151 :]  # in the check sum
    for data in (damaged, whole[: second + 100], whole[:second]):
        path.write_bytes(data)
        assert codes(read(path)) == ["", "E403"]


@pytest.mark.parametrize("said", [{"GNU.sparse.size": "many"}, {"GNU.sparse.map": "a,b"}, {"comment": "x" * 2**17}])
def test_a_tar_with_an_unusual_header_is_one_failure(tmp_path: Path, said: dict[str, str]) -> None:
    path = tar(tmp_path / "a.tar", samples([1]), said)
    assert codes(read(path)) == ["E403"]


def test_of_a_sample_one_image_is_kept(tmp_path: Path) -> None:
    """However many files have one key, memory holds one of them."""
    files = [("a.0.png", png(1)), ("a.cls", b"1"), *((f"a.{number}.png", b"x" * 2**20) for number in range(1, 20))]
    path = tar(tmp_path / "a.tar", files)
    with path.open("rb") as stream:
        [sample] = _samples(stream, None)
    assert sum(len(member.data) for member in sample) == len(png(1)) + 1


def test_what_a_sample_without_an_image_has_is_said(tmp_path: Path) -> None:
    (case,) = read(tar(tmp_path / "a.tar", [("a", b""), ("a.cls", b"1")]))
    assert case.failure is not None
    found = case.failure.diagnostics[0]
    assert (found.message, found.why) == ("there is no image in this sample", "it has no ending, .cls")


def test_which_of_several_images_is_meant_has_to_be_said(tmp_path: Path) -> None:
    files = [("a.left.png", png(1)), ("a.cls", b"1"), ("a.mask.PNG", png(2)), ("b.left.png", png(3)), ("b.x", b"")]
    path = tar(tmp_path / "a.tar", files)
    first, second = read(path)
    assert first.failure is not None
    found = first.failure.diagnostics[0]
    assert (first.name, first.label, found.code) == (f"{path}/a", "1", "E410")
    assert (found.message, found.why) == ("there are several images in this sample", "it has .left.png, .mask.png")
    assert codes([second]) == [""]
    column = found.help.split("`")[1].removeprefix("--image-column ")
    for said in (column, f".{column.upper()}"):
        chosen = read(path, image_column=said)
        assert [(case.name, codes([case])) for case in chosen] == [
            (f"{path}/a.left.png", [""]),
            (f"{path}/b.left.png", [""]),
        ]
    masks = read(path, image_column="mask.png")
    assert codes(masks) == ["", "E410"]
    assert masks[1].failure is not None
    assert "there is no .mask.png in this sample" in str(masks[1].failure)


def test_a_compressed_tar_is_read(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tar", samples([1])).read_bytes()
    (tmp_path / "a.tgz").write_bytes(gzip.compress(whole))
    assert codes(read(tmp_path / "a.tgz")) == [""]
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(whole)[:60])
    assert codes(read(tmp_path / "b.tar.gz")) == ["E403"]


def test_a_tar_that_is_cut_anywhere_loses_nothing_silently(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tar", samples([1, 2])).read_bytes()
    end = len(whole.rstrip(b"\0")) // 512 * 512 + 512
    for cut in (0, 1, 511, 512, *range(600, end + 1, 37), end):
        (tmp_path / "b.tar").write_bytes(whole[:cut])
        assert codes(read(tmp_path / "b.tar"))[-1] == "E403", cut
    (tmp_path / "b.tar").write_bytes(whole[: end + 1024])
    assert codes(read(tmp_path / "b.tar")) == ["", ""]


def test_a_tar_with_a_damaged_header_says_so(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tar", samples([1, 2])).read_bytes()
    second = whole.index(b"s00002.png")
    for spoilt in (bytes([whole[second] ^ 1]), bytes(512)):  # one bit; all of the header, as a hole in a file has it
        (tmp_path / "b.tar").write_bytes(whole[:second] + spoilt + whole[second + len(spoilt) :])
        assert codes(read(tmp_path / "b.tar")) == ["", "E403"]
    (tmp_path / "b.tar").write_bytes(whole + whole)  # joined by `cat`
    assert codes(read(tmp_path / "b.tar")) == ["", "", "E403"]


@pytest.mark.parametrize("packer", ["gzip", "bz2", "lzma"])
def test_a_compressed_tar_is_checked_to_its_end(tmp_path: Path, packer: str) -> None:
    pack = importlib.import_module(packer).compress
    whole = tar(tmp_path / "a.tar", samples([1, 2])).read_bytes()
    packed = pack(whole)
    path = tmp_path / "b.tar.gz"
    for cut in (*range(2, len(packed), 41), len(packed) - 9, len(packed) - 2, len(packed) - 1):
        path.write_bytes(packed[:cut])
        assert codes(read(path))[-1] == "E403", cut
    path.write_bytes(pack(whole[:1500]) + pack(whole[1500:]))  # streams behind each other, as `pigz` may write them
    assert codes(read(path)) == ["", ""]


def test_a_wrong_checksum_of_a_compressed_tar_is_said(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(tar(tmp_path / "a.tar", samples([1, 2])).read_bytes()))
    packed[-6] ^= 1
    (tmp_path / "b.tar.gz").write_bytes(packed)
    assert codes(read(tmp_path / "b.tar.gz")) == ["", "", "E403"]


def test_a_file_of_this_machine_is_read_as_run_reads_it(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(png(1))
    np.save(tmp_path / "x.npy", np.zeros((2, 1, 4, 6), np.float32))
    assert [(case.label, codes([case])) for case in read(tmp_path / "cat" / "1.png")] == [("cat", [""])]
    assert [case.name for case in read(tmp_path / "x.npy")] == [f"{tmp_path}/x.npy[0]", f"{tmp_path}/x.npy[1]"]
    assert codes(read(tmp_path / "gone.png")) == ["E404"]


def table(path: Path, columns: dict[str, Any], metadata: dict[str, str] | None = None) -> Path:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return path


@pytest.mark.peers
def test_rows_of_a_table_have_their_image_and_label(tmp_path: Path) -> None:
    images = [png(1), None, b"no image"]
    path = table(tmp_path / "a.parquet", {"id": [1, 2, 3], "jpg": images, "label": ["cat", "dog", None]})
    found = read(path)
    assert [(case.name, case.label) for case in found] == [
        (f"{path}[0]", "cat"),
        (f"{path}[1]", "dog"),
        (f"{path}[2]", None),
    ]
    assert codes(found) == ["", "E410", "E410"]
    path = table(tmp_path / "b.parquet", {"a": [b"no image"], "b": [png(1)], "label": [1], "right": [2]})
    assert codes(read(path)) == ["E410"]
    [case] = read(path, image_column="b", label_column="right")
    assert (codes([case]), case.label) == ([""], 2)


@pytest.mark.peers
def test_tables_of_hugging_face_are_read(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    columns = {"image": [{"bytes": png(1), "path": "1.png"}], "label": [1]}
    [case] = read(table(tmp_path / "a.parquet", columns, {"huggingface": json.dumps(features)}))
    assert (codes([case]), case.label) == ([""], "dog")


@pytest.mark.peers
def test_a_table_that_cannot_be_used_is_one_failure(tmp_path: Path) -> None:
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1" + b"x" * 100)
    without = table(tmp_path / "b.parquet", {"n": [1]})
    for path, column in ((tmp_path / "damaged.parquet", {}), (without, {}), (without, {"image_column": "jpg"})):
        found = read(path, **column)
        assert codes(found) == ["E403"]


# Stores


@pytest.mark.peers
def test_what_lies_in_a_store_is_read_like_a_file(tmp_path: Path) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    archive = tar(tmp_path / "a.tar", samples([7]))
    store.pipe({"/samples/cat/1.png": png(1), "/samples/a.tar": archive.read_bytes(), "/samples/.x/2.png": b""})
    assert [file.url for file in found("memory://samples")] == [
        "memory:///samples/a.tar",
        "memory:///samples/cat/1.png",
    ]
    assert [file.url for file in found("memory://samples/*.tar")] == ["memory:///samples/a.tar"]
    [case] = read("memory://samples/cat/1.png")
    assert (codes([case]), case.label) == ([""], "cat")
    assert [case.label for case in read("memory://samples/a.tar")] == ["1"]
    assert codes(read("memory://samples/gone.png")) == ["E404"]


@pytest.mark.peers
def test_images_in_a_zip_archive_are_read(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("cat/1.png", png(1))
    [file] = found(f"zip://*/*.png::{tmp_path}/a.zip")
    assert file.url == f"zip://cat/1.png::{tmp_path}/a.zip"
    [case] = read(file.url)
    assert (codes([case]), case.label) == ([""], "cat")


@pytest.mark.peers
def test_archives_in_a_zip_archive_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.write(tar(tmp_path / "a.tar", samples([1, 2])), "a.tar")
        archive.write(table(tmp_path / "a.parquet", {"jpg": [png(1)]}), "a.parquet")
    for url, count in (("zip://a.tar::a.zip", 2), ("zip://a.parquet::a.zip", 1)):
        [file] = found(url)
        ensure_readable(file.url)
        assert codes(read(file.url)) == [""] * count


@pytest.mark.peers
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (PermissionError("Access Denied"), "does not let us in"),
        (OSError("connection reset"), "cannot be read"),
        (RuntimeError("ClientError: SlowDown"), "cannot be read"),
    ],
)
def test_a_store_that_fails_is_no_bad_image(monkeypatch: pytest.MonkeyPatch, fault: Exception, said: str) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    def fails(*given: object, **more: object) -> None:
        raise fault

    monkeypatch.setattr("cnnspec.files.store.PAUSES", (0.0,))
    monkeypatch.setattr(MemoryFileSystem, "open", fails)
    monkeypatch.setattr(MemoryFileSystem, "cat_file", fails)
    for reads in (
        lambda: read("memory://x/1.png"),
        lambda: read("memory://x/1.tar"),
        lambda: ensure_readable("memory://x"),
    ):
        with pytest.raises(StoreError, match=said) as caught:
            reads()
        assert str(fault) in str(caught.value)


@pytest.mark.peers
@pytest.mark.parametrize("url", ["nowhere://x/1.png", "s3://bucket/1.png"])
def test_a_store_without_its_package_is_said(url: str) -> None:
    from importlib.util import find_spec

    if url.startswith("s3") and find_spec("s3fs"):
        url = "gs://bucket/1.png"
    with pytest.raises(StoreError, match="E433"):
        found(url)


@pytest.mark.peers
def test_a_store_that_stumbles_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    answers: list[Exception | bytes] = [OSError("reset"), OSError("reset"), b"data"]

    def stumbles(*given: object, **more: object) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("cnnspec.files.store.PAUSES", (0.0, 0.0))
    monkeypatch.setattr(MemoryFileSystem, "cat_file", stumbles)
    assert content("memory://x/1.png", 10) == b"data"


# Parts of large containers


def by_parts(file: Path, size: int, **columns: str) -> tuple[int, list[Case]]:
    """How many parts a file has, and the cases of all of them, one part after the other."""
    decoding, stored = Decoding(PREPROCESS, (1, 4, 6), **columns), Stored(str(file), file.stat().st_size)
    found = parts(stored, decoding, size)
    return len(found), [case for span in found for case in cases(stored, decoding, span)]


def told(found: list[Case]) -> list[object]:
    """Cases as what can be compared."""
    return [
        (case.name, case.label, str(case.failure), None if case.array is None else case.array.tobytes())
        for case in found
    ]


LONG = "x" * 150
"""A name that has a header of its own."""
TARS = {
    "samples of two files": (list(samples(range(7))), None, 4),
    "headers of their own": ([(f"{LONG}{n}/{name}", data) for n, (name, data) in enumerate(samples(range(5)))], {}, 5),
    "headers that say more": (list(samples(range(7))), {"comment": "å" * 200}, 4),
    "hidden files between": (
        [
            *samples([1]),
            ("._s00001.x", b"?"),
            ("s00001.txt", b"of the one before"),
            *samples([2, 3]),
            (".x", b""),
            ("BZh91AY&SY.png", png(9)),
        ],
        None,
        2,
    ),
    "empty": ([], None, 0),
    "no more than one part": (list(samples([1, 2])), None, 0),
}


@pytest.mark.parametrize("name", TARS)
def test_the_parts_of_a_tar_have_its_samples(tmp_path: Path, name: str) -> None:
    files, said, count = TARS[name]
    path = tar(tmp_path / "a.tar", files, said)
    found, together = by_parts(path, 2)
    assert found == count
    if count:
        assert told(together) == told(read(path))


def test_a_damaged_tar_says_so_in_parts_as_it_does_whole(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tar", samples(range(9))).read_bytes()
    path = tmp_path / "b.tar"
    fifth = whole.index(b"s00005.png")
    damaged = [whole[:cut] for cut in range(7000, len(whole.rstrip(b"\0")) + 600, 411)]
    damaged += [whole[:fifth] + bytes(512) + whole[fifth + 512 :], whole + whole]
    damaged.append(whole[: fifth + 150] + b"9" + whole[fifth + 151 :])
    for data in damaged:
        path.write_bytes(data)
        count, together = by_parts(path, 2)
        assert count > 1
        assert told(together) == told(read(path))


@pytest.mark.peers
def test_what_has_no_parts_is_left_whole(tmp_path: Path) -> None:
    packed = tmp_path / "a.tar.gz"
    packed.write_bytes(gzip.compress(tar(tmp_path / "a.tar", samples(range(9))).read_bytes()))
    with tarfile.open(tmp_path / "b.tar", "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "of all"}) as archive:
        archive.add(tmp_path / "a.tar", "0.png")
        archive.add(tmp_path / "a.tar", "1.png")
    (tmp_path / "c.tar").write_bytes(b"no archive" * 1000)
    (tmp_path / "d.parquet").write_bytes(b"no table" * 1000)
    for path in (packed, tmp_path / "b.tar", tmp_path / "c.tar", tmp_path / "d.parquet", tmp_path / "gone.tar"):
        assert parts(Stored(str(path), 1), Decoding(PREPROCESS, (1, 4, 6)), 1) == []
    remote = Stored("memory://a.tar", 10**9)
    assert parts(remote, Decoding(PREPROCESS, (1, 4, 6)), 1) == []


@pytest.mark.peers
def test_the_parts_of_a_table_are_groups_of_its_rows(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    path = tmp_path / "a.parquet"
    columns = {"jpg": [png(number) for number in range(11)], "label": list(range(11))}
    write_table(pa.table(columns), path, row_group_size=2)
    for size, count in ((1, 6), (2, 6), (3, 3), (4, 3), (10, 2), (11, 0)):
        found, together = by_parts(path, size)
        assert found == count
        if count:
            assert told(together) == told(read(path))
    assert by_parts(path, 2, image_column="gone") == (0, [])


def test_the_parts_of_an_array_are_its_inputs(tmp_path: Path) -> None:
    path, x = tmp_path / "x.npy", np.random.default_rng(0).normal(size=(11, 1, 4, 6))
    np.save(path, x)
    for size, count in ((1, 11), (2, 6), (5, 3), (10, 2), (11, 0)):
        found, together = by_parts(path, size)
        assert found == count
        if count:
            assert told(together) == told(read(path))
            assert [case.name for case in together] == [f"{path}[{i}]" for i in range(11)]
            np.testing.assert_array_equal([case.array for case in together], x.astype(np.float32))
    path.write_bytes(path.read_bytes()[:-8])
    assert by_parts(path, 2) == (0, [])
    for other in (x[0], x[:1], np.asfortranarray(x), x.reshape(11, -1)):
        np.save(path, other)
        assert by_parts(path, 2) == (0, [])


def test_an_array_that_has_become_shorter_is_a_failure_of_each_part(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((6, 1, 4, 6), np.float32))
    decoding, file = Decoding(PREPROCESS, (1, 4, 6)), Stored(str(path), path.stat().st_size)
    found = parts(file, decoding, 2)
    path.write_bytes(path.read_bytes()[:-8])
    for span in found:
        [case] = cases(file, decoding, span)
        assert case.failure is not None
        assert (case.name, case.failure.diagnostics[0].code) == (str(path), "E403")


def test_only_what_is_large_beside_all_inputs_is_cut(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", samples(range(9)))
    file = Stored(str(path), path.stat().st_size)
    decoding = Decoding(PREPROCESS, (1, 4, 6))
    assert len(Parts([file] * SHARES, decoding, 2)(file)) == 5
    assert Parts([file] * (SHARES + 1), decoding, 2)(file) == []
    assert Parts([file], decoding, 2)(Stored(file.url, -1)) == []

"""`cnnspec eval` over tar archives, tables, stores and folders by several workers: the numbers of one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from calling import call, net
from image_shards import folder, png, rows, samples, tar

pytestmark = pytest.mark.peers


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "in", 31)
    return net(tmp_path)


def found(*words: str | Path, code: int = 0) -> dict[str, Any]:
    called = call("eval", *words, "--format", "json")
    assert called.code == code, called.err
    said: dict[str, Any] = json.loads(called.out)
    return {key: value for key, value in said.items() if key not in ("data", "part")}


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    """Equal, but for the last digits of the loss, which is summed in another order."""
    return {**found, "loss": pytest.approx(found["loss"], rel=1e-6)} == expected


@pytest.fixture
def expected(spec: Path) -> dict[str, Any]:
    """What it finds of the folder as it lies."""
    return found(spec, "--data", "in", "--part", "all")


def test_a_folder_by_workers(spec: Path, expected: dict[str, Any]) -> None:
    assert same(found(spec, "--data", "in", "--workers", "2", "--shard", "7"), expected)
    assert same(found(spec, "--data", "in", "--out", "r.parquet"), expected)
    kept = rows(Path("r.parquet"))
    assert len(kept) == 31
    assert all(row["input"].split("/")[1] == ("cat", "dog", "bird")[row["label"]] for row in kept)
    assert same(found(spec, "--data", "in", "--out", "r.parquet"), expected)


def test_the_classes_of_a_tar_archive(spec: Path, expected: dict[str, Any]) -> None:
    tar(Path("a-0.tar"), samples(range(20)))
    tar(Path("a-1.tar"), ((name, data) for name, data in samples(range(20, 31))))
    assert same(found(spec, "--data", "a-{0..1}.tar"), expected)
    assert same(found(spec, "--data", "a-*.tar"), expected)
    Path("list").write_text("a-0.tar\na-1.tar\n")
    assert same(found(spec, "--inputs-from", "list"), expected)


@pytest.mark.parametrize("named", [False, True])
def test_the_column_of_a_table(spec: Path, expected: dict[str, Any], named: bool) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    labels = [("cat", "dog", "bird")[number % 3] if named else number % 3 for number in range(31)]
    write_table(pa.table({"x": [png(number) for number in range(31)], "label": labels}), "a.parquet")
    assert same(found(spec, "--data", "a.parquet"), expected)
    write_table(pa.table({"x": [png(number) for number in range(31)], "is": labels}), "b.parquet")
    assert same(found(spec, "--data", "b.parquet", "--label-column", "is"), expected)


def test_classes_without_names_are_folders_in_their_order(spec: Path) -> None:
    text = spec.read_text().replace("classes: [cat, dog, bird]\n", "")
    spec.write_text(text)
    expected = found(spec, "--data", "in", "--part", "all")
    assert same(found(spec, "--data", "in", "--workers", "1"), expected)


def test_what_cannot_be_judged_is_a_row_and_said(spec: Path, expected: dict[str, Any]) -> None:
    Path("in/cat/bad.png").write_bytes(b"no image")
    Path("in/fish").mkdir()
    Path("in/fish/1.png").write_bytes(png(1))
    assert same(found(spec, "--data", "in", "--out", "r.parquet", code=4), expected)
    errors = {row["input"]: row["error"] for row in rows(Path("r.parquet")) if row["error"]}
    assert {name: error["code"] for name, error in errors.items()} == {
        "in/cat/bad.png": "E410",
        "in/fish/1.png": "E421",
    }
    assert "`fish` is no class" in errors["in/fish/1.png"]["message"]
    said = call("eval", spec, "--data", "in", "--out", "r.parquet").err
    assert "2 inputs could not be judged" in said
    assert "in/fish/1.png: `fish` is no class of the network (E421)" in said
    tar(Path("a.tar"), [("1.png", png(1)), ("2.png", png(1)), ("2.cls", b"7")])
    called = call("eval", spec, "--data", "a.tar")
    assert called.code == 3
    assert "error[E420]: there is no example that can be judged" in called.err


def test_a_wrong_column_is_said_with_those_that_there_are(spec: Path) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.table({"x": [png(1)], "y": [1]}), "a.parquet")
    called = call("eval", spec, "--data", "a.parquet", "--label-column", "nosuch")
    assert called.code == 3
    said = " ".join(called.err.split())
    assert "it has no column `nosuch`" in said
    assert "its columns are x, y" in said


def test_a_tar_that_is_cut_between_files_is_said(spec: Path) -> None:
    whole = tar(Path("a.tar"), samples([1, 2, 3])).read_bytes()
    Path("a.tar").write_bytes(whole[:4096])
    assert found(spec, "--data", "a.tar", "--out", "r.parquet", code=4)["examples"] == 2
    assert [row["error"]["code"] for row in rows(Path("r.parquet")) if row["error"]] == ["E403"]


def test_text_and_picture(spec: Path) -> None:
    called = call("eval", spec, "--data", "in", "--workers", "1", "--plot", "c.svg")
    assert called.out.startswith("net: 31 examples of in\n")
    assert Path("c.svg").read_text().startswith("<svg")


def test_rows_of_run_are_none_of_eval(spec: Path) -> None:
    call("run", spec, "in", "--out", "r.parquet")
    called = call("eval", spec, "--data", "in", "--out", "r.parquet")
    assert called.code == 3
    assert "error[E434]" in called.err


def test_what_does_not_go_together(spec: Path) -> None:
    tar(Path("a.tar"), samples([1]))
    for option, value in (("--mistakes", "3"), ("--images", "x")):
        called = call("eval", spec, "--data", "a.tar", option, value)
        assert called.code == 2
        assert f"{option} does not go with" in called.err
    for part in ("validation", "test"):
        called = call("eval", spec, "--data", "a.tar", "--part", part)
        assert called.code == 2
        assert f"--part {part} does not go with" in called.err
    for options in (["--shard", "3"], ["--restart"], ["--image-column", "x"], ["--label-column", "x"]):
        assert call("eval", spec, "--data", "in", *options).code == 2
    spec.write_text(spec.read_text() + "train: {loss: mse}\n")
    called = call("eval", spec, "--data", "a.tar")
    assert called.code == 2
    assert "networks that tell classes apart" in called.err


@pytest.mark.parametrize("out", ["/", ".", "r", "r.npz", "s3://bucket/r", ".parquet"])
def test_results_are_called_so(spec: Path, out: str) -> None:
    called = call("eval", spec, "--data", "in", "--out", out)
    assert (called.code, called.out) == (3, "")
    assert "error[E405]: cannot keep results in" in called.err
    assert "help: `--out RESULTS.parquet`" in called.err
    assert not Path("r").exists()

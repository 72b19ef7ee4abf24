"""`cnnspec format`: what is written, printed and said."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cnnspec.cli import group

Write = Callable[[str, str], str]

UNTIDY = "input: {C: 1,H: 8,  W: 8}\nlayers: [ {conv: {F: 3,K: 4}}, relu ] # two\n"
TIDY = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 3, K: 4}\n  - relu  # two\n"


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(group, ["format", *arguments], input=given, standalone_mode=False)


def test_files_are_laid_out(write: Write) -> None:
    write("a.yaml", UNTIDY)
    write("b.yaml", TIDY)
    result = run("a.yaml", "b.yaml")
    assert (result.return_value, result.stdout, result.stderr) == (0, "", "a.yaml: laid out\n")
    assert Path("a.yaml").read_text() == Path("b.yaml").read_text() == TIDY


def test_what_is_laid_out_is_not_written(write: Write) -> None:
    before = Path(write("net.yaml", TIDY)).stat()
    assert run("net.yaml").return_value == 0
    assert Path("net.yaml").stat() == before


def test_check_writes_nothing(write: Write) -> None:
    result = run(write("net.yaml", UNTIDY), write("good.yaml", TIDY), "--check")
    assert (result.return_value, result.stdout, result.stderr) == (1, "", "net.yaml: the layout would change\n")
    assert Path("net.yaml").read_text() == UNTIDY
    assert run("good.yaml", "--check").return_value == 0


def test_diff_writes_nothing(write: Write) -> None:
    result = run(write("net.yaml", UNTIDY), "--diff")
    assert result.return_value == 1
    assert result.stdout.splitlines()[:3] == ["--- net.yaml", "+++ net.yaml", "@@ -1,2 +1,4 @@"]
    assert Path("net.yaml").read_text() == UNTIDY
    assert run(write("net.yaml", TIDY), "--diff").stdout == ""


def test_standard_input_becomes_standard_output() -> None:
    assert run("-", given=UNTIDY).stdout == TIDY
    assert run("-", given=TIDY).stdout == TIDY
    assert run("-", "--check", given=UNTIDY).return_value == 1


def test_mistakes_of_the_network_do_not_matter(write: Write) -> None:
    assert run(write("net.yaml", UNTIDY.replace("relu", "rellu"))).return_value == 0
    assert Path("net.yaml").read_text() == TIDY.replace("relu", "rellu")


def test_a_text_that_is_not_yaml_is_left(write: Write) -> None:
    """The others are laid out all the same."""
    write("bad.yaml", "layers: [")
    result = run("bad.yaml", write("net.yaml", UNTIDY))
    assert result.return_value == 1
    assert "error[E001]" in result.stderr
    assert Path("bad.yaml").read_text() == "layers: ["
    assert Path("net.yaml").read_text() == TIDY


def test_a_file_that_is_not_there(write: Write) -> None:
    result = run("none.yaml", write("net.yaml", UNTIDY))
    assert result.return_value == 3
    assert "E404" in result.stderr
    assert Path("net.yaml").read_text() == TIDY


def test_line_ends_mark_and_permissions_stay(write: Write) -> None:
    net = Path(write("net.yaml", ""))
    net.write_bytes(b"\xef\xbb\xbf" + UNTIDY.replace("\n", "\r\n").encode())
    net.chmod(0o600)
    assert run("net.yaml").return_value == 0
    assert net.read_bytes() == b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(net.stat().st_mode) == 0o600


def test_a_bundled_network_is_not_changed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("own/net.yaml", UNTIDY)
    monkeypatch.setattr("cnnspec.spec.bundled.folder", lambda: Path("own").absolute())
    monkeypatch.setattr("cnnspec.spec.bundled.names", lambda: ("net",))
    called = CliRunner().invoke(group, ["format", "net"])
    assert called.exit_code == 2
    assert "format would change the bundled `net`; `cnnspec specs net -o .`" in called.stderr
    assert Path("own/net.yaml").read_text() == UNTIDY


def test_a_full_disk_leaves_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    called = CliRunner().invoke(group, ["format", write("net.yaml", UNTIDY)])
    assert "E415" in str(called.exception)
    assert Path("net.yaml").read_text() == UNTIDY
    assert [path.name for path in Path().iterdir()] == ["net.yaml"]

"""`cnnspec validate --fix` and `--diff`: what is sure is mended, whole or not at all, and nothing else is touched."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from readme import files

from cnnspec.cli import group

Write = Callable[[str, str], str]
WRONG = """\
# a network of mine
input: {C: 1, H: 28, W: 28}  # gray
layers:
  - conv: {kernel_size: 5, filters: "6",  padding: 2}
  - Relu
  - globalavgpool
  - flatten
  - dens: {K: 10}   # classes
"""
RIGHT = """\
# a network of mine
input: {C: 1, H: 28, W: 28}  # gray
layers:
  - conv: {F: 5, K: 6,  P: 2}
  - relu
  - globalavgpool
  - flatten
  - dense: {K: 10}   # classes
"""
SAID = "net.yaml: 6 mistakes mended: write `F`, write `K`, write `6`, write `P`, write `relu`, write `dense`\n"


def run(*arguments: str, given: str | None = None) -> Result:
    result = CliRunner().invoke(group, ["validate", *arguments], input=given, standalone_mode=False)
    assert result.exception is None, result.exception
    return result


def test_a_file_is_mended_and_checked(write: Write) -> None:
    result = run(write("net.yaml", WRONG), "--fix")
    assert (result.return_value, result.stderr) == (0, SAID)
    assert result.stdout == "ok net.yaml: output 10, 226 parameters, 117,660 MACs\n"
    assert Path("net.yaml").read_text() == RIGHT


def test_a_second_time_nothing_is_written(write: Write) -> None:
    net = Path(write("net.yaml", RIGHT))
    before = net.stat().st_mtime_ns
    result = run("net.yaml", "--fix")
    assert (result.stderr, net.stat().st_mtime_ns) == ("", before)


def test_what_is_not_sure_is_left_and_told(write: Write) -> None:
    text = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - maxpool: {F: 3}\n  - Dense: {K: 3}\n"
    result = run(write("net.yaml", text), "--fix")
    assert result.return_value == 1
    assert "warning[W201]" in result.stdout
    assert "error[E204]" in result.stdout
    assert Path("net.yaml").read_text() == text.replace("Dense", "dense")


def test_line_ends_mark_and_permissions_stay(write: Write) -> None:
    net = Path(write("net.yaml", ""))
    net.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    net.chmod(0o600)
    assert run("net.yaml", "--fix").return_value == 0
    assert net.read_bytes() == b"\xef\xbb\xbf" + RIGHT.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(net.stat().st_mode) == 0o600


def test_diff_writes_nothing(write: Write) -> None:
    result = run(write("net.yaml", WRONG), "--diff")
    assert result.return_value == 1
    assert result.stdout.splitlines()[:3] == ["--- net.yaml", "+++ net.yaml", "@@ -1,8 +1,8 @@"]
    assert {"-  - Relu", "+  - relu", "   - flatten"} <= set(result.stdout.splitlines())
    assert Path("net.yaml").read_text() == WRONG
    assert run(write("net.yaml", RIGHT), "--diff").stdout == ""
    assert run("net.yaml", "--diff").return_value == 0


def test_a_difference_applies(write: Write) -> None:
    """`patch` makes of it what --fix makes, also without a line end at the end."""
    write("net.yaml", WRONG.rstrip("\n"))
    write("net.diff", run("net.yaml", "--diff").stdout)
    assert os.system("patch -s net.yaml net.diff") == 0
    assert Path("net.yaml").read_text() == RIGHT.rstrip("\n")


def test_standard_input_becomes_standard_output(write: Write) -> None:
    result = run("-", "--fix", given=WRONG)
    assert (result.return_value, result.stdout, result.stderr) == (0, RIGHT, "")
    rest = run("-", "--fix", given=RIGHT.replace("dense", "lense"))
    assert rest.stdout == RIGHT


def test_several_files(write: Write) -> None:
    write("a.yaml", WRONG)
    write("b.yaml", RIGHT)
    result = run("a.yaml", "b.yaml", "--fix", "--format", "json")
    assert [file["ok"] for file in json.loads(result.stdout)["files"]] == [True, True]
    assert Path("a.yaml").read_text() == RIGHT


def test_a_bundled_network_is_not_changed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("own/net.yaml", WRONG)
    monkeypatch.setattr("cnnspec.spec.bundled.folder", lambda: Path("own").absolute())
    monkeypatch.setattr("cnnspec.spec.bundled.names", lambda: ("net",))
    called = CliRunner().invoke(group, ["validate", "net", "--fix"])
    assert called.exit_code == 2
    assert "--fix would change the bundled `net`; `cnnspec specs net -o .`" in called.stderr
    assert Path("own/net.yaml").read_text() == WRONG


def test_a_full_disk_leaves_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    called = CliRunner().invoke(group, ["validate", write("net.yaml", WRONG), "--fix"])
    assert "E415" in str(called.exception)
    assert Path("net.yaml").read_text() == WRONG
    assert [path.name for path in Path().iterdir()] == ["net.yaml"]


def test_of_two_fixes_that_do_not_go_together_one_is_made(write: Write) -> None:
    """Both `kernel` and `kernelsize` mean F, but a key stands once."""
    text = "input: {C: 1, H: 8, W: 8}\nlayers: [{conv: {kernel: 3, kernelsize: 3, K: 2}}, Relu]\n"
    assert run(write("net.yaml", text), "--fix").return_value == 1
    assert Path("net.yaml").read_text() == text.replace("kernel:", "F:").replace("Relu", "relu")


def test_the_first_network_of_the_readme(write: Write) -> None:
    """Of its three mistakes one is plainly a slip; the others are choices."""
    write("first.yaml", files()["first.yaml"])
    result = run("first.yaml", "--fix")
    assert result.stderr == "first.yaml: 1 mistake mended: write `dense`\n"
    assert [line[:13] for line in result.stdout.splitlines() if line.startswith(("error", "warning"))] == [
        "warning[W201]",
        "error[E204]: ",
    ]

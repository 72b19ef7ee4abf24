"""`cnnspec report --serve` as it is used."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from calling import call
from processes import finish, start


def test_it_says_where_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    process = start("report", "lenet5", "--serve", cwd=tmp_path)
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    assert process.stdout.readline() == b"Ctrl-C ends it.\n"
    with urlopen(address, timeout=60) as answer:
        assert b"connect-src 'self'" in answer.read()
    process.send_signal(signal.SIGINT)
    assert finish(process) == (130, "\n")
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_in_use_is_said_before_the_work(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        called = call("report", "lenet5", "--serve", str(port))
    assert (called.code, called.out) == (2, "")
    said = " ".join(called.err.split())
    assert f"port {port} cannot be used: Address already in use. --serve without a number takes a free one." in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--serve", "lenet5"), "'lenet5' is not a valid port. A port stands right behind it, or nothing"),
        (("report", "lenet5", "--serve", "70000"), "70000 is not in the range 0<=x<=65535."),
        (("report", "lenet5", "--serve", "-o", "x.html"), "--serve writes no file; leave --output out."),
        (("report", "lenet5", "--serve", "--size", "2M"), "--serve writes no file; leave --size out."),
    ],
)
def test_what_it_refuses(words: tuple[str, ...], said: str) -> None:
    called = call(*words)
    assert (called.code, called.out) == (2, "")
    assert said in " ".join(called.err.split())

"""The page's server, asked by hand: what it gives, and whom it refuses."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from cnnspec import load
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.reports.page.served.server import MOST, PageServer
from cnnspec.reports.page.served.session import KEPT, Session
from cnnspec.spec import Spec
from cnnspec.weights import initial

NET = """\
cnnspec: 1
name: Small
input: {C: 1, H: 4, W: 4}
preprocess: {mode: gray, scale: 1/255}
layers:
  - conv: {F: 3, K: 2, P: same}
  - flatten
  - dense: {K: 3}
  - softmax
"""
LAYERS = 5
"""With the input."""
OWN = 4


class Running(NamedTuple):
    server: PageServer
    spec: Spec
    tensors: dict[str, Any]
    first: Trace

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, bytes]:
        """An answer; `path` stands behind the secret."""
        line = HTTPConnection("127.0.0.1", self.server.server_port, timeout=60)
        line.request(method, f"/{self.server.token}/{path}", body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = line.getresponse()
        data = answer.read()
        line.close()
        return answer, data

    def values(self, tensor: int, axes: list[list[int]], flat: bool = False) -> Any:
        read = {"tensor": tensor, "axes": axes, "flat": flat}
        answer, data = self.ask("POST", "values", json.dumps({"reads": [read]}))
        assert answer.status == 200, data
        return np.frombuffer(data, "<f4").reshape([length for _, _, length in axes])

    def traced(self, x: Any) -> Trace:
        return trace(self.spec.graph, self.tensors, x)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "net.yaml").write_text(NET)
    spec = load(tmp_path / "net.yaml")
    tensors = initial(spec.graph.tensors, "he", 0)
    first = trace(spec.graph, tensors, np.random.default_rng(0).random((1, 4, 4), np.float32))
    with PageServer() as server:
        server.put("<!doctype html><p>page</p>", Session(spec, tensors, [first]))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Running(server, spec, tensors, first)
        server.shutdown()
        thread.join()


def png(pixels: Any) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


# What it gives


def test_the_page(running: Running) -> None:
    answer, data = running.ask("GET", "")
    assert (answer.status, data) == (200, b"<!doctype html><p>page</p>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"  # the secret stands in the address
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_values_are_those_of_the_trace(running: Running) -> None:
    np.testing.assert_array_equal(
        running.values(OWN + 1, [[0, 1, 2], [0, 1, 4], [0, 1, 4]]), running.first.values["conv1"]
    )
    weights = list(running.spec.graph.tensors).index("dense1.weight")
    np.testing.assert_array_equal(
        running.values(weights, [[1, 1, 2], [30, -7, 3]]), running.tensors["dense1.weight"][1:3, [30, 23, 16]]
    )


def test_beside_a_tensor_there_is_0_and_flat_counts_through(running: Running) -> None:
    x = running.first.values["input"]
    found = running.values(OWN, [[0, 1, 1], [-1, 1, 3], [3, 1, 2]])
    np.testing.assert_array_equal(found[0], [[0, 0], [x[0, 0, 3], 0], [x[0, 1, 3], 0]])
    np.testing.assert_array_equal(running.values(OWN, [[5, 1, 2]], flat=True), x.ravel()[5:7])


def test_several_reads_stand_one_behind_another(running: Running) -> None:
    reads = [{"tensor": OWN, "axes": [[0, 1, 1], [i, 1, 1], [0, 1, 1]]} for i in (2, 0)]
    _, data = running.ask("POST", "values", json.dumps({"reads": reads}))
    np.testing.assert_array_equal(np.frombuffer(data, "<f4"), running.first.values["input"][0, [2, 0], 0])


def test_another_input_has_tensors_of_its_own(running: Running) -> None:
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4) * 16
    answer, data = running.ask("POST", "input?name=a%20b.png", png(pixels))
    said = json.loads(data)
    assert (answer.status, said["run"], said["name"]) == (200, 1, "a b.png")
    ran = running.traced((pixels / 255).astype(np.float32)[None])
    found = running.values(OWN + LAYERS + 4, [[0, 1, 3]])
    np.testing.assert_array_equal(found, ran.values["softmax1"])
    assert said["top"]["classes"][0][0] == int(found.argmax())
    assert said["looked"]["class"] == int(found.argmax())


def test_an_array_is_taken_as_it_is(running: Running) -> None:
    x = np.random.default_rng(1).normal(size=(1, 4, 4)).astype(np.float32)
    stream = BytesIO()
    np.save(stream, x)
    answer, data = running.ask("POST", "input?name=drawing.npy", stream.getvalue())
    assert answer.status == 200, data
    np.testing.assert_array_equal(running.values(OWN + LAYERS, [[0, 1, 1], [0, 1, 4], [0, 1, 4]]), x)


def test_only_the_last_later_inputs_are_held(running: Running) -> None:
    pixels = np.zeros((4, 4), np.uint8)
    for i in range(KEPT + 1):
        said = json.loads(running.ask("POST", "input", png(pixels))[1])
        assert said["run"] == 1 + i
    assert said["held"] == [0, *range(2, KEPT + 2)]
    for run, status in ((0, 200), (1, 410), (2, 200), (KEPT + 1, 200), (KEPT + 2, 410)):
        asked = {"reads": [{"tensor": OWN + run * LAYERS, "axes": [[0, 1, 1]] * 3}]}
        assert running.ask("POST", "values", json.dumps(asked))[0].status == status


def test_many_may_ask_at_once(running: Running) -> None:
    def one(i: int) -> None:
        pixels = np.full((4, 4), i, np.uint8)
        said = json.loads(running.ask("POST", f"input?name={i}", png(pixels))[1])
        assert said["name"] == str(i)
        assert said["stats"][0][0] == pytest.approx(i / 255)
        np.testing.assert_array_equal(running.values(OWN + 2, [[0, 1, 32]]), running.first.values["flatten1"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))


# Whom it refuses


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:PORT"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:PORT"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://127.0.0.1:PORT"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "values")])
def test_other_names_and_other_pages(
    running: Running, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    said = {name: value.replace("PORT", str(running.server.server_port)) for name, value in headers.items()}
    answer, data = running.ask(method, path, '{"reads": []}' if method == "POST" else None, **said)
    assert answer.status == status
    assert status == 200 or json.loads(data) == {"error": "this page is for this machine"}


@pytest.mark.parametrize("path", ["/", "/wrong/", "/TOKEN", "/TOKEN/more", "/TOKENx/", "/../TOKEN/", "/%00/"])
def test_without_the_secret_there_is_nothing(running: Running, path: str) -> None:
    line = HTTPConnection("127.0.0.1", running.server.server_port, timeout=60)
    line.request("GET", path.replace("TOKEN", running.server.token))
    answer = line.getresponse()
    assert (answer.status, b"page</p>" in answer.read()) == (404, False)
    line.close()


def test_secrets_differ(running: Running) -> None:
    with PageServer() as other:
        assert other.token != running.server.token
        assert len(other.token) >= 20


def test_what_is_too_large_is_refused_before_it_is_read(running: Running) -> None:
    line = HTTPConnection("127.0.0.1", running.server.server_port, timeout=60)
    line.putrequest("POST", f"/{running.server.token}/input")
    line.putheader("Content-Length", str(MOST + 1))
    line.endheaders()
    answer = line.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (413, "close")
    assert json.loads(answer.read()) == {"error": "more than 20,000,000 bytes are not taken"}
    line.close()


@pytest.mark.parametrize("said", [None, "-1", "1e3", "", "²"])
def test_a_body_has_a_length(running: Running, said: str | None) -> None:
    length = "" if said is None else f"Content-Length: {said}\r\n"
    head = (
        f"POST /{running.server.token}/values HTTP/1.1\r\nHost: 127.0.0.1:{running.server.server_port}\r\n{length}\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.server.server_port), timeout=60) as line:
        line.sendall(head.encode())
        with line.makefile("rb") as stream:
            assert stream.readline().startswith(b"HTTP/1.1 411")


def test_a_body_that_ends_too_soon_harms_nobody(running: Running) -> None:
    head = f"POST /{running.server.token}/values HTTP/1.1\r\nHost: 127.0.0.1:{running.server.server_port}\r\n"
    with socket.create_connection(("127.0.0.1", running.server.server_port), timeout=60) as line:
        line.sendall(f"{head}Content-Length: 99\r\n\r\n{{".encode())
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as stream:
            assert stream.read() == b""
    assert running.ask("GET", "")[0].status == 200


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("", 400, "no question for values"),
        ("[" * 10_000, 400, "no question for values"),
        ('{"reads": [{"tensor": 0.5, "axes": []}]}', 400, "no question for values"),
        ('{"reads": [{"tensor": -1, "axes": []}]}', 400, "no question for values"),
        ('{"reads": [{"tensor": 4, "axes": [[0, 1, 1]]}]}', 400, "axes that the tensor does not have"),
        ('{"reads": [{"tensor": 4, "axes": [[0, 1], [0, 1], [0, 1]]}]}', 400, "axes that the tensor does not have"),
        (
            '{"reads": [{"tensor": 4, "axes": [[0, 1, -1], [0, 1, 1], [0, 1, 1]]}]}',
            400,
            "an axis of fewer than no cells",
        ),
        (
            '{"reads": [{"tensor": 4, "axes": [[0, 0, 9999], [0, 0, 9999], [0, 1, 1]]}]}',
            400,
            "more than 33,554,432 values",
        ),
        (
            '{"reads": [{"tensor": 4, "axes": [[0, 1, 99999999999], [0, 1, 1], [0, 1, 1]]}]}',
            400,
            "no question for values",
        ),
        ('{"reads": [{"tensor": 999, "axes": [[0, 1, 1]]}]}', 410, "this input is held no longer"),
    ],
)
def test_what_is_no_question(running: Running, asked: str, status: int, said: str) -> None:
    answer, data = running.ask("POST", "values", asked)
    assert answer.status == status
    assert json.loads(data)["error"].startswith(said)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.png", b"", "the image is empty"),
        ("x.png", b"no image", "this is not an image that can be read"),
        ("x.png", png(np.zeros((4, 4), np.uint8))[:-30], "this is not an image that can be read"),
        ("x.png", png(np.zeros((5, 4), np.uint8)), "the image becomes 1x5x4, but the spec's input is 1x4x4"),
        ("x.npy", b"\x93NUMPY", "`x.npy` cannot be read"),
        ("x.npz", b"PK", "`x.npz` cannot be read"),
    ],
)
def test_what_is_no_input(running: Running, name: str, data: bytes, said: str) -> None:
    answer, found = running.ask("POST", f"input?name={name}", data)
    assert answer.status == 422
    assert said in json.loads(found)["error"]
    assert running.ask("GET", "")[0].status == 200


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "%00", "a" * 5000, "C%3A%5Cx.png", "%F0%9F%90%88.png"])
def test_a_name_leads_nowhere(running: Running, name: str) -> None:
    answer, data = running.ask("POST", f"input?name={name}", png(np.zeros((4, 4), np.uint8)))
    assert answer.status == 200, data
    assert len(json.loads(data)["name"]) <= 200


def test_other_methods_are_not_known(running: Running) -> None:
    assert running.ask("PUT", "values", "{}")[0].status == 501
    assert running.ask("POST", "more", "{}")[0].status == 404


def test_a_fault_of_ours_is_said_without_its_story(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> bytes:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(running.server.session, "values", broken)
    answer, data = running.ask("POST", "values", "{}")
    assert (answer.status, json.loads(data)) == (500, {"error": "ZeroDivisionError"})

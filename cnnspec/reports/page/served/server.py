"""The page over HTTP, for this machine alone: a loopback address, a secret in the path, no answer to other names."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ....diagnostics import Diagnostic, FileError
from .session import Session

HOST = "127.0.0.1"
MOST = 20_000_000
"""Bytes of what is sent here."""
SILENCE = 60
"""Seconds after which a connection is closed on which nothing comes."""
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Refused(Exception):  # noqa: N818 - it becomes an answer
    """Why there is no answer but this."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class PageServer(ThreadingHTTPServer):
    """Serves a page and its session on a `port`, 0 for any that is free. Raises OSError for one that is not. Who asks
    before the page is `put` there waits until it `serve_forever`s."""

    daemon_threads = True

    html: bytes
    session: Session

    def __init__(self, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(16)
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """As the socket server does it: HTTP's own would ask a name server for this machine's name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def put(self, html: str, session: Session) -> None:
        self.html, self.session = html.encode(), session

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has gone away is no fault, and others are answered."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "cnnspec", ""
    timeout = SILENCE
    server: PageServer

    def do_GET(self) -> None:
        self._answer(self._page)

    def do_POST(self) -> None:
        self._answer(self._asked)

    def _page(self) -> tuple[str, bytes]:
        if self._path() != "":
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")
        return "text/html; charset=utf-8", self.server.html

    def _asked(self) -> tuple[str, bytes]:
        name = self._path()
        if name not in ("values", "input"):
            raise Refused(HTTPStatus.NOT_FOUND, "there is nothing of this name")
        body = self._body()
        if name == "values":
            return "application/octet-stream", self.server.session.values(body)
        query = parse_qs(urlsplit(self.path).query)
        return "application/json", _json(self.server.session.add(body, query.get("name", [""])[0]))

    def _path(self) -> str:
        """What follows the secret. A browser that was led here by another page's name, or by its script, is refused."""
        names, port = (HOST, "localhost"), self.server.server_port
        own = {f"{name}:{port}" for name in names} | (set(names) if port == 80 else set())
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in own or (origin is not None and origin != f"http://{host}"):
            raise Refused(HTTPStatus.FORBIDDEN, "this page is for this machine")
        token, slash, rest = urlsplit(self.path).path.removeprefix("/").partition("/")
        if not (slash and compare_digest(token.encode(), self.server.token.encode())):
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")
        return rest

    def _body(self) -> bytes:
        said = self.headers.get("Content-Length", "")
        if not (said.isascii() and said.isdecimal()) or "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "how long it is must be said")
        if len(said) > 12 or int(said) > MOST:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MOST:,} bytes are not taken")
        body = self.rfile.read(int(said))
        if len(body) < int(said):
            raise ConnectionAbortedError
        return body

    def _answer(self, work: Callable[[], tuple[str, bytes]]) -> None:
        """Do it; what is wrong is said in JSON, and then the connection ends, since its rest was not read."""
        status = HTTPStatus.OK
        try:
            kind, body = work()
        except ConnectionError:
            self.close_connection = True
            return
        except Exception as fault:
            status, why = _refusal(fault)
            kind, body = "application/json", _json({"error": why})
            self.close_connection = True
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the terminal belongs to who started it."""


def _refusal(fault: Exception) -> tuple[HTTPStatus, str]:
    """The status and the words for what went wrong."""
    match fault:
        case Refused():
            return fault.status, str(fault)
        case FileError():
            return HTTPStatus.UNPROCESSABLE_ENTITY, "\n".join(map(_said, fault.diagnostics))
        case ValueError():
            return HTTPStatus.BAD_REQUEST, str(fault)
        case KeyError():
            return HTTPStatus.GONE, "this input is held no longer"
    return HTTPStatus.INTERNAL_SERVER_ERROR, type(fault).__name__


def _said(diagnostic: Diagnostic) -> str:
    """A finding in a line: what is wrong, why, what to do."""
    return "; ".join(filter(None, (diagnostic.message, diagnostic.why, diagnostic.help)))


def _json(data: object) -> bytes:
    return json.dumps(data, allow_nan=False).encode()

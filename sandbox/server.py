"""HTTP/1.1 for the sandbox: a thread for each connection, kept alive, cut on order.

Werkzeug's own handler closes every connection and waits 10 ms after each answer, which would hide both the
cost and the traps of kept-alive connections; so the answer is written here, in one piece with its length.
"""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import threading
from collections.abc import Iterable
from http.client import responses
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

CUT = "sandbox.cut"
"""Key in the WSGI environ: "all" cuts the connection without an answer, "half" after half of the body."""
DRIP = "sandbox.drip"
"""Key in the WSGI environ: (bytes, seconds) sends the body in drops of so many bytes, with pauses between."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_IDLE_SECONDS = 75.0


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        status, headers, body = "500 Internal Server Error", [("Content-Type", "text/plain")], b""

        def start_response(new_status: str, new_headers: list[tuple[str, str]], *_: Any) -> None:
            nonlocal status, headers
            status, headers = new_status, new_headers

        try:
            environ["wsgi.input"] = io.BytesIO(_body_of(environ))
            body = _joined(self.server.app(environ, start_response))  # type: ignore[arg-type]
            self._answer(environ, status, headers, body)
        except ConnectionError as error:
            self.connection_dropped(error, environ)

    def _answer(self, environ: Any, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        cut = environ.get(CUT)
        if cut == "all":
            self._reset()
            return
        code = int(status.split(" ", 1)[0])
        bodiless = self.command == "HEAD" or code in (204, 304)
        lines = [f"HTTP/1.1 {code} {responses.get(code, '')}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
        lines += [] if code == 204 else [f"Content-Length: {len(body)}"]
        lines += [f"Date: {self.date_time_string()}"]
        lines += ["Connection: close"] if self.close_connection else []
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        sent = body[: len(body) // 2] if cut == "half" else body
        if DRIP in environ and not bodiless:
            self._drip(head, sent, *environ[DRIP])
        else:
            self.wfile.write(head if bodiless else head + sent)
        if cut == "half":
            self._reset()

    def _drip(self, head: bytes, body: bytes, size: int, pause: float) -> None:
        self.wfile.write(head)
        for start in range(0, len(body), size):
            if start and self.server.stopping.wait(pause):  # type: ignore[attr-defined]
                self._reset()
                return
            self.wfile.write(body[start : start + size])

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the journal is the log."""


def _body_of(environ: Any) -> bytes:
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        return bytes(stream.read())
    return bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()


class _Listener(ThreadedWSGIServer):
    """Knows its open connections, so that stopping leaves none behind."""

    daemon_threads = True

    def __init__(self, host: str, port: int, app: Flask) -> None:
        self._open: dict[int, tuple[socket.socket, threading.Thread]] = {}
        self.stopping = threading.Event()
        super().__init__(host, port, app, handler=_Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[id(request)] = (request, threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(id(request), None)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection: with a reset when one was ordered, which a polite shutdown would prevent."""
        linger = b""
        with contextlib.suppress(OSError):
            linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
        if linger == _RESET_ON_CLOSE:
            request.close()
        else:
            super().shutdown_request(request)

    def close_connections(self) -> None:
        self.stopping.set()
        for request, thread in list(self._open.values()):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=5)


class Server:
    """A running sandbox. `port` is the one it listens on; `stop` returns when nothing of it is left."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self._listener = _Listener(host, port, app)
        self.host = host
        self.port: int = self._listener.server_address[1]
        self.thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        """Stop listening, close what is open, wait for the threads."""
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.close_connections()
        self.thread.join(timeout=5)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve the app from a background thread; port 0 takes a free one."""
    return Server(app, host, port)

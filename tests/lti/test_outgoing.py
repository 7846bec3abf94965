"""Calls to a platform over real sockets.

What drips, swells or leads elsewhere ends within its time and size.
"""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lti_app.lti import outgoing
from lti_app.lti.outgoing import call_json
from sync.errors import BadReply, LmsError, TimedOut, Unreachable, UnsafeAddress
from sync.transport import plain_session

Respond = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], str]]:
    """Starts a server that answers each GET by the given function; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(respond: Respond) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                respond(self)

            def log_message(self, format: str, *args: object) -> None:
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return f"http://lms.localhost:{server.server_port}/keys"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _head(handler: BaseHTTPRequestHandler, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()


def _good(handler: BaseHTTPRequestHandler) -> None:
    _head(handler)
    handler.wfile.write(b'{"keys": []}')


def _endless(handler: BaseHTTPRequestHandler) -> None:
    _head(handler)
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        return


def _drip(handler: BaseHTTPRequestHandler) -> None:
    # Large enough that the reader gets a piece at a time.
    _head(handler)
    try:
        for _ in range(100):
            handler.wfile.write(b" " * outgoing.CHUNK)
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        return


def _elsewhere(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 302, Location="http://127.0.0.1:1/secret")


def _cut(handler: BaseHTTPRequestHandler) -> None:
    _head(handler, 200, **{"Content-Length": "1000"})
    handler.wfile.write(b'{"keys"')
    handler.close_connection = True


def test_a_good_answer_is_read(serve: Callable[[Respond], str]) -> None:
    assert call_json(plain_session(True), "GET", serve(_good)) == {"keys": []}


@pytest.mark.parametrize(
    ("respond", "error"),
    [(_endless, BadReply), (_elsewhere, BadReply), (_cut, Unreachable)],
)
def test_what_is_no_answer_is_an_error(
    serve: Callable[[Respond], str], respond: Respond, error: type[LmsError]
) -> None:
    began = time.monotonic()
    with pytest.raises(error):
        call_json(plain_session(True), "GET", serve(respond))
    assert time.monotonic() - began < outgoing.SECONDS


def test_a_slow_drip_ends_with_the_time_for_the_whole(serve: Callable[[Respond], str]) -> None:
    began = time.monotonic()
    with pytest.raises((TimedOut, BadReply)):
        call_json(plain_session(True), "GET", serve(_drip))
    assert time.monotonic() - began < outgoing.SECONDS + 2


def test_outside_the_demo_no_call_goes_to_this_machine(serve: Callable[[Respond], str]) -> None:
    with pytest.raises(UnsafeAddress):
        call_json(plain_session(False), "GET", serve(_good))

"""The door: which addresses are never called, and loopback names for the demo."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from sync.errors import Unreachable, UnsafeAddress
from sync.http import Http
from sync.transport import addresses_for, check_url, is_loopback_name, plain_session


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.headers["Host"].encode()
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Content-Length", str(len(body) + (5 if self.path == "/short" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/short"

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "http://canvas.example/",
        "https://localhost/",
        "https://lms.localhost/",
        "https://127.0.0.1/",
        "https://127.9.9.9/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://172.16.3.4/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://user@canvas.example/",
        "https://user:secret@canvas.example/",
        "ftp://canvas.example/",
        "file:///etc/passwd",
        "https:///nowhere",
        "https://canvas.example:notaport/",
    ],
)
def test_unsafe_addresses_are_never_called(url: str) -> None:
    with (
        plain_session() as session,
        pytest.raises((UnsafeAddress, requests.exceptions.RequestException)) as caught,
    ):
        session.get(url)
    if not isinstance(caught.value, UnsafeAddress):
        assert isinstance(caught.value, requests.exceptions.InvalidSchema | requests.exceptions.InvalidURL)


def test_an_unsafe_address_is_a_clear_error_and_is_not_tried_again() -> None:
    http = Http("https://192.168.1.1")
    with pytest.raises(UnsafeAddress) as caught:
        http.get("/api/v1/users/self")
    assert "private network" in str(caught.value)
    assert http.calls["GET"] == 1


@pytest.mark.parametrize(
    "host", ["lms.localhost", "LMS.LOCALHOST", "localhost", "a.b.localhost.", "127.0.0.1"]
)
def test_loopback_names_reach_this_machine_in_the_demo_alone(host: str) -> None:
    assert is_loopback_name(host)
    assert addresses_for(host, 80, allow_loopback=True) == ["127.0.0.1"]
    with pytest.raises(UnsafeAddress):
        addresses_for(host, 80, allow_loopback=False)


@pytest.mark.parametrize("host", ["localhost.example", "notlocalhost", "localhost.evil.example", "128.0.0.1"])
def test_other_names_are_no_loopback_names(host: str) -> None:
    assert not is_loopback_name(host)


def test_private_addresses_stay_closed_in_the_demo_too() -> None:
    with pytest.raises(UnsafeAddress):
        addresses_for("10.0.0.1", 443, allow_loopback=True)
    with pytest.raises(UnsafeAddress):
        check_url("http://canvas.example/", allow_loopback=True)


def test_a_loopback_name_keeps_its_host_header(port: int) -> None:
    with plain_session(allow_loopback=True) as session:
        assert session.get(f"http://lms.localhost:{port}/").text == f"lms.localhost:{port}"


def test_the_session_follows_nothing_keeps_nothing_and_reads_no_environment(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with plain_session(allow_loopback=True) as session:
        assert session.get(f"http://lms.localhost:{port}/moved").status_code == 302
        assert len(session.cookies) == 0


def test_half_an_answer_is_no_answer(port: int) -> None:
    http = Http(f"http://lms.localhost:{port}", allow_loopback=True, sleep=lambda _: None)
    with pytest.raises(Exception, match="broke before the whole answer"):
        http.get("/short")


def test_nobody_listening_is_unreachable(port: int) -> None:
    http = Http("http://lms.localhost:1", allow_loopback=True, sleep=lambda _: None)
    with pytest.raises(Unreachable) as caught:
        http.post("/x", json={})
    assert not isinstance(caught.value, UnsafeAddress)

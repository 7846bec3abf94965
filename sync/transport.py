"""The one door to the network: which addresses may be called, and the requests sessions that go through it.

Canvas hands out file links and a registration names issuers and key sets, so an address is never trusted. The
name is resolved once, every address it has is checked, and the connection goes to a checked address: a name
that changes its address between check and call gains nothing.
"""

import ipaddress
import socket
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from sync.errors import UnsafeAddress

LOOPBACK = "127.0.0.1"
Timeouts = tuple[float, float]
DEFAULT_TIMEOUTS: Timeouts = (5.0, 30.0)


def is_loopback_name(host: str) -> bool:
    """True for localhost, names under .localhost (RFC 6761) and loopback addresses."""
    name = host.rstrip(".").lower().strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def addresses_for(host: str, port: int, *, allow_loopback: bool) -> list[str]:
    """The addresses to connect to for a host. UnsafeAddress if one of them is not public.

    With `allow_loopback` a loopback name means this machine, whatever a resolver says; other names keep
    their rule. OSError when the name is not known.
    """
    if is_loopback_name(host):
        if not allow_loopback:
            raise UnsafeAddress("The address of the LMS points to this machine itself.")
        return [LOOPBACK]
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        plain = ipaddress.ip_address(address.split("%")[0])
        inner = getattr(plain, "ipv4_mapped", None) or plain
        if not inner.is_global or inner.is_multicast:
            raise UnsafeAddress("The address of the LMS lies in a private network.")
    return addresses


def check_url(url: str, *, allow_loopback: bool) -> None:
    """UnsafeAddress unless the URL is https (or, with `allow_loopback`, http to this machine)."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise UnsafeAddress("The address of the LMS is not a proper web address.") from error
    if not host or parts.username is not None or parts.password is not None:
        raise UnsafeAddress("The address of the LMS is not a proper web address.")
    if parts.scheme == "http" and allow_loopback and is_loopback_name(host):
        return
    if parts.scheme != "https":
        raise UnsafeAddress("The address of the LMS does not begin with https://.")
    if is_loopback_name(host) and not allow_loopback:
        raise UnsafeAddress("The address of the LMS points to this machine itself.")


def _connect(connection: HTTPConnection, *, allow_loopback: bool) -> socket.socket:
    last: OSError | None = None
    try:
        addresses = addresses_for(connection.host, connection.port, allow_loopback=allow_loopback)
    except OSError as error:
        raise NewConnectionError(connection, "the name is not known") from error
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time") from last
    raise NewConnectionError(connection, "no connection") from last


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_loopback=False)


class _PublicTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_loopback=False)


class _LoopbackConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_loopback=True)


class _LoopbackTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_loopback=True)


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection


class _LoopbackPool(HTTPConnectionPool):
    ConnectionCls = _LoopbackConnection


class _LoopbackTlsPool(HTTPSConnectionPool):
    ConnectionCls = _LoopbackTlsConnection


class PublicOnly(HTTPAdapter):
    """A requests transport that calls public https addresses alone."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _PublicPool, "https": _PublicTlsPool}  # noqa: RUF012
    allow_loopback = False

    def __init__(self, timeouts: Timeouts = DEFAULT_TIMEOUTS, places: int = 8) -> None:
        self.timeouts = timeouts
        super().__init__(pool_connections=4, pool_maxsize=places, max_retries=0, pool_block=True)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Sends one request. UnsafeAddress before anything leaves; a time limit is always set."""
        check_url(request.url or "", allow_loopback=self.allow_loopback)
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeouts
        return super().send(request, *args, **kwargs)


class LoopbackNames(PublicOnly):
    """The same, which also maps *.localhost to this machine and keeps the Host header. For the demo alone."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _LoopbackPool, "https": _LoopbackTlsPool}  # noqa: RUF012
    allow_loopback = True


class _NoRedirects(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 (requests' signature)
        return None  # `allow_redirects` defaults to True in each method; this holds for all of them


def plain_session(
    allow_loopback: bool = False,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    places: int = 8,
    *,
    proxies: Mapping[str, str] | None = None,
) -> requests.Session:
    """A requests session through the door, for libraries that make their own calls (LTI keys and tokens).

    `proxies` are those of the settings, by scheme. It reads nothing from the environment, keeps no cookie,
    follows no redirect and always has time limits.
    """
    session = _NoRedirects()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "Regroup"
    session.proxies.update(proxies or {})
    adapter = LoopbackNames(timeouts, places) if allow_loopback else PublicOnly(timeouts, places)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session

"""A person without a browser: opens pages, fills in forms, keeps cookies, over real sockets."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookiejar import Cookie
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from bs4 import BeautifulSoup, Tag
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

TIMEOUTS = (5.0, 60.0)
MOST_HOPS = 12


class Surprise(Exception):
    """A page was not what this visitor came for; the text says which page and what it showed."""


class LoopbackNames(HTTPAdapter):
    """Sends `*.localhost` to 127.0.0.1, as browsers do (RFC 6761), and keeps the name in Host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = request.url or ""
        parts = urlsplit(asked)
        if (parts.hostname or "").endswith(".localhost"):
            request.headers["Host"] = parts.netloc
            request.url = urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port or 80}"))
        answer = super().send(request, *args, **kwargs)
        # a redirect copies the request: with this host's name it would be sent the wrong cookies
        request.headers.pop("Host", None)
        request.url = asked
        answer.url = asked
        return answer


class TrustingJar(RequestsCookieJar):
    """Sends Secure cookies to `*.localhost` over plain http, as browsers do: the names are trustworthy."""

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        """Keeps the cookie as one that may travel over http (requests offers no other way to say so)."""
        cookie.secure = False
        super().set_cookie(cookie, *args, **kwargs)


def loopback_session() -> requests.Session:
    """A session that reaches `*.localhost` and nothing of the machine's proxies or netrc."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", LoopbackNames(pool_maxsize=8))
    session.cookies = TrustingJar()
    return session


@dataclass(frozen=True)
class Page:
    """What an address answered: its status, its place and its HTML."""

    url: str
    status: int
    soup: BeautifulSoup
    text: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def words(self) -> str:
        """All that is written on the page, in one line."""
        return " ".join(self.soup.get_text(" ").split())

    def forms(self, action_part: str = "") -> list[Tag]:
        """The forms whose address holds `action_part`, in page order."""
        return [
            form for form in self.soup.find_all("form") if action_part in str(form.get("action") or self.url)
        ]

    def form(self, action_part: str) -> Tag:
        """The first such form; a page without one is a Surprise that quotes the page."""
        found = self.forms(action_part)
        if not found:
            raise Surprise(f"{self.url} ({self.status}) has no form to {action_part!r}: {self.words[:400]}")
        return found[0]


def fields_of(form: Tag) -> list[tuple[str, str]]:
    """What a browser would send for the form as it stands, without its buttons."""
    fields: list[tuple[str, str]] = []
    for control in form.find_all(["input", "select", "textarea"]):
        name, kind = str(control.get("name") or ""), str(control.get("type") or "text")
        is_choice = kind in ("checkbox", "radio")
        if (
            not name
            or kind in ("submit", "button", "file")
            or (is_choice and not control.has_attr("checked"))
        ):
            continue
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            fields.append((name, str(chosen.get("value") or "") if isinstance(chosen, Tag) else ""))
        elif control.name == "textarea":
            fields.append((name, control.get_text()))
        else:
            fields.append((name, str(control.get("value") or ("on" if is_choice else ""))))
    return fields


class Visitor:
    """One person at one browser. Counts nothing, hides nothing: a refused page is a Surprise."""

    def __init__(self) -> None:
        self.session = loopback_session()

    def open(self, url: str, *, expect: int | None = 200) -> Page:
        """GET the address, following redirects."""
        return self._page(self.session.get(url, timeout=TIMEOUTS), expect)

    def submit(self, page: Page, form: Tag, *, expect: int | None = 200, **changes: str) -> Page:
        """Send the form with some fields changed, following redirects."""
        fields = [(name, value) for name, value in fields_of(form) if name not in changes]
        fields += list(changes.items())
        url = urljoin(page.url, str(form.get("action") or page.url))
        headers = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))}
        if str(form.get("method") or "get").lower() == "get":
            answer = self.session.get(url, params=fields, timeout=TIMEOUTS)
        else:
            answer = self.session.post(url, data=fields, headers=headers, timeout=TIMEOUTS)
        return self._page(answer, expect)

    def press(self, page: Page, action_part: str, *, expect: int | None = 200, **changes: str) -> Page:
        """Send the first form whose address holds `action_part`."""
        return self.submit(page, page.form(action_part), expect=expect, **changes)

    def download(self, url: str) -> bytes:
        """The bytes behind the address."""
        answer = self.session.get(url, timeout=TIMEOUTS)
        if answer.status_code != 200:
            raise Surprise(f"{url} answered {answer.status_code}")
        return answer.content

    def log_in(self, lms_url: str, login: str) -> None:
        """Be that person in the sandbox LMS."""
        page = self.open(f"{lms_url}/")
        for form in page.forms("/web/login"):
            if ("login", login) in fields_of(form) or form.find("button", value=login):
                self.submit(page, form, login=login)
                return
        self.submit(page, page.form("/web/login"), login=login)

    def launch(self, frame_page_url: str) -> Page:
        """Open the LMS page that frames the tool and go through the launch as the frame would."""
        frame = self.open(frame_page_url).soup.find("iframe")
        if not isinstance(frame, Tag):
            raise Surprise(f"{frame_page_url} frames nothing")
        page = self.open(urljoin(frame_page_url, str(frame.get("src"))))
        for _ in range(MOST_HOPS):
            if page.path.startswith(("/contexts/", "/district")):
                return page
            onward = page.soup.find("a", href=lambda href: "/authorize_redirect?" in str(href))
            if isinstance(onward, Tag):
                page = self.open(str(onward["href"]), expect=None)
            else:
                page = self.submit(page, page.form(""), expect=None)
            if page.status >= 400:
                raise Surprise(f"the launch ended at {page.path} with {page.status}: {page.words[:400]}")
        raise Surprise(f"the launch never landed; it stood at {page.url}")

    @staticmethod
    def _page(answer: requests.Response, expect: int | None) -> Page:
        page = Page(answer.url, answer.status_code, BeautifulSoup(answer.text, "html.parser"), answer.text)
        if expect is not None and page.status != expect:
            raise Surprise(f"{page.url} answered {page.status}, not {expect}: {page.words[:400]}")
        return page

"""A small client for the sandbox's REST, for acting as a student or teacher and for reading proof back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from sandbox.driver.visitor import TIMEOUTS, loopback_session


class Canvas:
    """One person's token on one LMS."""

    def __init__(self, url: str, token: str, session: requests.Session | None = None) -> None:
        self.url = url
        self.session = session or loopback_session()
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json+canvas-string-ids"}

    def call(self, method: str, path: str, **options: Any) -> Any:
        """One call; its JSON. Raises requests.HTTPError for a refusal."""
        answer = self._send(method, f"{self.url}/api/v1{path}", **options)
        return answer.json() if answer.content else None

    def every(self, path: str, **params: Any) -> Iterator[Any]:
        """All rows of a list, page by page as its Link header says."""
        url: str | None = f"{self.url}/api/v1{path}"
        query: dict[str, Any] | None = {"per_page": 100, **params}
        while url:
            answer = self._send("GET", url, params=query)
            yield from answer.json()
            url, query = answer.links.get("next", {}).get("url"), None

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        answer = self.session.request(method, url, headers=self._headers, timeout=TIMEOUTS, **options)
        answer.raise_for_status()
        return answer

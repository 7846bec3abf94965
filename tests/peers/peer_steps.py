"""The tool as a web server, an independent platform beside it, and the steps between them."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from lti_app.cycle.gateway import SCOPES
from lti_app.lti.services import ServiceTokens
from lti_app.settings import Settings
from lti_app.store.db import Database
from lti_app.store.models.lti import Context, Registration
from sandbox.driver.visitor import Page, Visitor
from sync.advantage.ags import AgsScores
from sync.advantage.nrps import NrpsRoster
from sync.http import Http
from sync.transport import plain_session

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".venv-peers"
PEERS = ("lti1p3platform", "lti-consumer-xblock")
START_SECONDS = 30
MOST_HOPS = 6


@dataclass(frozen=True)
class Site:
    """The tool as its web server answers."""

    url: str
    settings: Settings
    database: Database


@dataclass(frozen=True)
class Peer:
    """One running platform, registered with the tool."""

    url: str
    site: Site

    def launch(self, who: str, *, is_deep_link: bool = False) -> Page:
        """Login, the platform's answer, the signed message: where the browser stands after it."""
        visitor = Visitor()
        deep = "&deep=1" if is_deep_link else ""
        page = visitor.open(f"{self.url}/begin?who={who}{deep}", expect=None)
        for _ in range(MOST_HOPS):
            if not page.url.startswith(self.url):
                return page
            page = visitor.submit(page, page.form(""), expect=None)
        raise AssertionError(f"the launch never left the platform; it stood at {page.url}")

    def http(self, scopes: tuple[str, ...] = SCOPES) -> Http:
        """The tool's way to this platform's services, with tokens that it fetches by itself."""
        with self.site.database.operator_session(write=False) as session:
            issuer = select(Registration).where(Registration.issuer == self.url)
            registration_id = session.scalars(issuer).one().id
        plain = plain_session(True)
        tokens = ServiceTokens(self.site.database, registration_id, scopes, http=plain)
        return Http(self.url, token=tokens, session=plain, allow_loopback=True, is_service=True)

    def context(self) -> Context:
        """The course that the tool keeps since the first launch."""
        with self.site.database.operator_session(write=False) as session:
            mine = [c for c in session.scalars(select(Context)) if (c.nrps_url or "").startswith(self.url)]
        assert len(mine) == 1, "launch somebody first"
        return mine[0]

    def roster(self, scopes: tuple[str, ...] = SCOPES) -> NrpsRoster:
        return NrpsRoster(self.http(scopes), self.context().nrps_url or "")

    def grades(self, scopes: tuple[str, ...] = SCOPES) -> AgsScores:
        return AgsScores(self.http(scopes), self.context().line_items_url or "")


@contextmanager
def running(python: Path, name: str, site: Site) -> Iterator[dict[str, str]]:
    """The platform's process while inside; gives its url, client_id and deployment_id."""
    log = Path(site.settings.database_url.removeprefix("sqlite:///")).with_name(f"{name}.log")
    # -I: nothing of this checkout or of the caller's environment on its path
    command = [str(python), "-I", "-B", str(HERE / name / "server.py"), site.url]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, env={}
        ) as run,
    ):
        try:
            assert run.stdout is not None
            first = run.stdout.readline()
            assert first, f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}"
            yield json.loads(first)
        finally:
            run.terminate()
            run.wait(START_SECONDS)

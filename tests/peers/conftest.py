"""The tool on a real socket, and beside it each independent platform as a process of its own."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from peer_steps import ENVIRONMENTS, PEERS, Peer, Site, running

from lti_app.app import create_app
from lti_app.lti.registrations import NewRegistration, add_registration
from lti_app.settings import Settings
from lti_app.store.db import Database
from sandbox.driver.stack import free_port
from sandbox.server import serve


@pytest.fixture(scope="session")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tool with a fresh database; it knows no platform yet."""
    path = tmp_path_factory.mktemp("peers") / "regroup.db"
    shutil.copy(sqlite_template, path)
    port = free_port(0)
    url = f"http://127.0.0.1:{port}"
    settings = Settings(public_url=url, loopback_demo=True, log_json=False, database_url=f"sqlite:///{path}")
    database = Database(settings)
    with serve(create_app(settings, database=database), port=port):
        yield Site(url, settings, database)
    database.dispose()


@pytest.fixture(scope="session", params=PEERS)
def peer(request: pytest.FixtureRequest, site: Site) -> Iterator[Peer]:
    """Each platform in turn, in its own environment; the tool has been told of it, as an operator does."""
    python = ENVIRONMENTS / request.param / "bin" / "python"
    if not (python.parent.parent / ".ready").exists():
        pytest.skip(f"no environment {python.parent.parent.name}: run scripts/peers.sh")
    with running(python, request.param, site) as facts:
        url = facts["url"]
        new = NewRegistration(
            district=request.param,
            issuer=url,
            client_id=facts["client_id"],
            deployment_id=facts["deployment_id"],
            auth_url=f"{url}/authorize",
            token_url=f"{url}/token",
            jwks_url=f"{url}/jwks",
        )
        with site.database.operator_session() as session:
            add_registration(session, new, now=datetime.now(UTC), allow_loopback=True)
        yield Peer(url, site)

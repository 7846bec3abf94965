"""A real sandbox on a loopback socket, and our way to one course of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.app import create_app, serve
from sandbox.classes.generated import add_generated_class
from sandbox.classes.school import SeededClass
from sandbox.platform.claims import AGS_SCOPES, NRPS_SCOPE
from sandbox.platform.install import install_tool
from sandbox.server import Server
from sandbox.testing.digest import course_digest, course_state
from sandbox.testing.doors import tokens_for
from sandbox.world.model import JournalEntry, LtiKey, LtiToken
from sandbox.world.store import World
from sync import keys
from sync.actual import read_actual
from sync.http import Http
from sync.memory import HeldToken, LinkTable, RunJournal
from sync.plan import (
    Plan,
    Wanted,
    WantedCheck,
    WantedGroup,
    WantedLineItem,
    WantedPage,
    WantedScore,
    WantedUnit,
    plan,
)
from sync.ports import Gateway, StopSignal, TokenStore
from sync.vendors.canvas.gateway import canvas_gateway

TOOL_URL = "http://tool.localhost:9"


@dataclass
class Lms:
    """One class in one running LMS."""

    world: World
    server: Server
    seeded: SeededClass
    lti_context_id: str
    sleeps: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://lms.localhost:{self.server.port}"

    @property
    def course(self) -> str:
        return str(self.seeded.course.id)

    @property
    def students(self) -> list[str]:
        return [str(user.id) for user in self.seeded.students]

    def token(self, login: str = "rivera") -> str:
        return str(tokens_for(self.world, login)["access_token"])

    def service_token(self, scopes: list[str] | None = None) -> str:
        tool = next(self.world.find(LtiKey, name="Regroup"))
        text = f"service-{len(self.world.table(LtiToken))}"
        expires_at = self.world.clock.now() + timedelta(hours=1)
        wanted = scopes if scopes is not None else [NRPS_SCOPE, *AGS_SCOPES]
        self.world.add(LtiToken(lti_key_id=tool.id, access_token=text, scopes=wanted, expires_at=expires_at))
        return text

    def http(self, token: TokenStore | str | None, *, stop: StopSignal | None = None, **options: Any) -> Http:
        store = HeldToken(token) if isinstance(token, str) else token
        return Http(
            self.url, token=store, stop=stop, allow_loopback=True, sleep=self.sleeps.append, **options
        )

    def gateway(
        self, *, login: str = "rivera", stop: StopSignal | None = None, rest: Http | None = None
    ) -> Gateway:
        services = f"{self.url}/api/lti/courses/{self.course}"
        return canvas_gateway(
            rest or self.http(self.token(login), stop=stop),
            service=self.http(self.service_token(), stop=stop, is_service=True),
            memberships_url=f"{services}/names_and_roles",
            context_rlid=self.lti_context_id,
            line_items_url=f"{services}/line_items",
            tool_url=f"{TOOL_URL}/lti/launch",
        )

    def plan(self, wanted: Wanted, links: LinkTable, gateway: Gateway | None = None) -> Plan:
        gateway = gateway or self.gateway()
        actual = read_actual(gateway, self.course, links.all())
        return plan(
            wanted,
            actual,
            links.all(),
            course=self.course,
            labels=gateway.labels,
            costs=gateway.costs,
            people=[user.name for user in self.seeded.students],
        )

    def state(self) -> dict[str, Any]:
        return course_state(self.world, self.seeded.course)

    def digest(self) -> str:
        return str(course_digest(self.world, self.seeded.course)["digest"])

    def writes(self, since: int = 0) -> list[JournalEntry]:
        return [entry for entry in self.world.journal if entry.n > since and entry.method != "GET"]

    def last_call(self) -> int:
        return self.world.journal[-1].n if self.world.journal else 0

    def fault(self, method: str, path: str, **order: Any) -> None:
        do = order.pop("do")
        self.world.faults.order([{"match": {"method": method, "path": path}, "do": do, **order}])


@contextmanager
def running_lms(seed: int = 7) -> Iterator[Lms]:
    """A fresh sandbox with the generated class and the tool installed."""
    world = World(seed=seed)
    seeded = add_generated_class(world, seed=seed)
    install_tool(world, TOOL_URL)
    with serve(create_app(world)) as server:
        yield Lms(world, server, seeded, seeded.course.lti_context_id)


def new_run(links: LinkTable) -> RunJournal:
    return RunJournal(links)


def small_wanted(lms: Lms, *, subs: dict[str, str] | None = None) -> Wanted:
    """Two groups, three units (one without a page), one column, and scores where LTI ids are given."""
    kids = lms.students
    fractions = WantedUnit(
        "u1",
        "Equivalent fractions",
        1,
        WantedPage("Equivalent fractions: learn", "<p>Read the example.</p>"),
        WantedCheck("Equivalent fractions: check", 5.0, "<p>Five questions.</p>", passing_fraction=0.8),
        frozenset(kids[:5]),
    )
    facts = WantedUnit(
        "u2", "Multiply within 100", 2, None, WantedCheck("Facts: check", 5.0), frozenset(kids[3:9])
    )
    later = WantedUnit(
        "u3", "Tell the main idea", 3, WantedPage("Main idea: learn", "<p>Read.</p>"), None, frozenset()
    )
    scores = tuple(WantedScore("playlist-math", sub, 0.5, 1.0) for sub in (subs or {}).values())
    return Wanted(
        groups=(
            WantedGroup("g1", "Otters", frozenset(kids[:6])),
            WantedGroup("g2", "Cedars", frozenset(kids[6:10])),
        ),
        units=(fractions, facts, later),
        line_items=(WantedLineItem("playlist-math", "Playlist: math", 1.0),),
        scores=scores,
    )


def module_of(links: LinkTable, key: str) -> str:
    link = links.get(keys.unit(key))
    assert link is not None
    return link.lms_id

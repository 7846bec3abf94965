"""The student's own page, and the district's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from grouping.model import CheckState
from lti_app.cycle.playlist import deciding_attempts
from lti_app.cycle.write_back import unit_key
from lti_app.store.journal import links_of
from lti_app.store.models.cycles import Cycle, PlaylistUnit
from lti_app.store.models.lti import SignIn, User
from lti_app.store.queries import boards, overview
from lti_app.store.queries.installs import DeploymentFacts, deployments_of
from lti_app.web.screens.boards import blocks_of, this_week_minutes, unit_hrefs
from lti_app.web.screens.frame import LABELS, PLAIN, Place, shell
from lti_app.web.views_model import (
    Block,
    DeploymentRow,
    DistrictPage,
    RegistrationRow,
    Shell,
    StudentArea,
    StudentPage,
    StudentUnit,
)
from sync import keys
from sync.records import Json, Link

STATES: dict[str, Literal["active", "pending", "suspended"]] = {
    "active": "active",
    "pending": "pending",
    "suspended": "suspended",
}
CHECK = {"met": CheckState.MET, "try_again": CheckState.TRY_AGAIN}


def student_page(place: Place) -> StudentPage:
    """What this student works on as it stands in the LMS: a suggestion no adult has written is not shown."""
    cycle = overview.cycle_now(place.session, place.context.id)
    user = place.sign_in.user
    first_name = user.name.split()[0] if user and user.name.split() else ""
    if cycle is None or user is None or cycle.applied_at is None:
        return StudentPage(shell(place, cycle), first_name)
    links = links_of(place.session, place.context.id)
    places = _written_places(place, cycle, user, links)
    skills = boards.skills_by_id(place.session, (one.skill_id for _, one in places))
    units = boards.units_by_id(place.session, place.context.id)
    attempts = deciding_attempts(place.session, cycle, user_id=user.id)
    hrefs = unit_hrefs(place, cycle, units)
    areas = []
    for area in sorted({area for area, _ in places}):
        own = [one for its, one in places if its == area]
        blocks = blocks_of(user.id, own, skills, units, attempts, hrefs)
        areas.append(_area(area, this_week_minutes(blocks), blocks))
    return StudentPage(shell(place, cycle), first_name, tuple(areas), _written_groups(cycle, user, links))


def _written_places(
    place: Place, cycle: Cycle, user: User, links: Mapping[str, Link]
) -> list[tuple[str, PlaylistUnit]]:
    """Content area and place of each unit that is open to the student in the LMS, in the playlist's order.

    Tasks with the teacher are in no LMS: they are shown while nothing newer than the writing was suggested.
    """
    units = boards.units_by_id(place.session, place.context.id)
    mine = {
        unit_id
        for unit_id, unit in units.items()
        if (link := links.get(keys.unit(unit_key(cycle.id, unit))))
        and link.wrote.get("is_open")
        and user.lms_id in (as_list(link.wrote.get("audience")))
    }
    is_as_written = bool(cycle.playlists_at and cycle.applied_at and cycle.playlists_at <= cycle.applied_at)
    return [
        (playlist.content_area, one)
        for playlist in boards.playlists(place.session, cycle.id, user_id=user.id)
        for one in playlist.units
        if one.unit_id in mine or (one.unit_id is None and is_as_written)
    ]


def _written_groups(cycle: Cycle, user: User, links: Mapping[str, Link]) -> tuple[str, ...]:
    prefix = keys.group(f"group:{cycle.id}:")
    return tuple(
        str(link.wrote.get("name", ""))
        for key, link in sorted(links.items())
        if key.startswith(prefix) and user.lms_id in as_list(link.wrote.get("members"))
    )


def as_list(value: Json) -> list[Json]:
    """A list that a link remembers; empty if it remembers none."""
    return value if isinstance(value, list) else []


def _area(area: str, minutes: int, blocks: Iterable[Block]) -> StudentArea:
    blocks = tuple(blocks)
    waiting = [block for block in blocks if block.state in ("now", "try_again", "next")]
    done = [block for block in blocks if block.state == "met"]
    now = next((block for block in waiting if block.state in ("now", "try_again")), None)
    own_work = [block for block in blocks if not block.is_teacher_task]
    return StudentArea(
        title=area.capitalize(),
        minutes=minutes,
        goal_met=len(done),
        goal=len(own_work),
        now=_unit(now) if now else None,
        next=tuple(_unit(block) for block in waiting if block is not now),
        done=tuple(_unit(block) for block in done),
    )


def _unit(block: Block) -> StudentUnit:
    return StudentUnit(
        title=block.title,
        minutes=block.minutes,
        state=CHECK.get(block.state, CheckState.NOT_TAKEN),
        href=block.href,
        points=block.points,
        possible=block.possible,
        is_with_teacher=block.is_teacher_task,
    )


def district_page(session: Session, sign_in: SignIn, now: datetime) -> DistrictPage:
    """What of this district is installed where."""
    facts = deployments_of(session)
    family = sign_in.registration.family
    frame = Shell(
        base="/district",
        title=facts[0].district if facts else "",
        person=sign_in.user.name if sign_in.user else "",
        kind="admin",
        labels=LABELS.get(family, PLAIN),
        now=now,
    )
    return DistrictPage(frame, tuple(_registration(rows) for rows in _by_registration(facts)))


def _by_registration(facts: Iterable[DeploymentFacts]) -> list[list[DeploymentFacts]]:
    found: dict[int, list[DeploymentFacts]] = {}
    for fact in facts:
        found.setdefault(fact.registration.id, []).append(fact)
    return list(found.values())


def _registration(facts: list[DeploymentFacts]) -> RegistrationRow:
    registration = facts[0].registration
    return RegistrationRow(
        lms=LABELS.get(registration.family, PLAIN).lms,
        issuer=registration.issuer,
        client_id=registration.client_id,
        is_active=registration.is_active,
        has_api_key=bool(registration.api_client_id),
        deployments=tuple(
            DeploymentRow(one.deployment_id, STATES[one.state], one.contexts, one.last_launch_at)
            for one in facts
        ),
    )

"""What should stand in the LMS, the plan to get there, and how far the plan is carried out.

No transaction is open during an LMS call: `wanted_of` reads our tables, `plan_of` reads the LMS and
compares, `save_plan` keeps the changes for an adult to see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grouping.model import StudentId
from grouping.progress import passback
from grouping.trends import class_difficulty
from lti_app.cycle.class_facts import ClassFacts, class_facts, learners, mastery_of
from lti_app.cycle.group import SKILL
from lti_app.cycle.playlist import all_units, check_states, planned
from lti_app.cycle.rules import district_rules
from lti_app.store.journal import change_of, links_of, save_changes
from lti_app.store.models.cycles import Cycle, GroupSet, Playlist
from lti_app.store.models.districts import District
from lti_app.store.models.journal import PlannedChange, Run
from lti_app.store.models.lti import Context, Deployment
from lti_app.store.models.skills import Unit
from sync.actual import read_actual
from sync.plan import plan
from sync.ports import ChangeState, Gateway
from sync.records import Link, LmsAssignment, LmsPage
from sync.wanted import (
    Action,
    Change,
    Drift,
    Plan,
    Wanted,
    WantedCheck,
    WantedGroup,
    WantedLineItem,
    WantedLink,
    WantedPage,
    WantedScore,
    WantedUnit,
)

COLUMN_MAXIMUM = 100.0
COLUMN = "Playlist mastery"
NEXT_UNIT, SCORES = "next_unit", "scores"
APPROVALS = (NEXT_UNIT, SCORES)
"""What a teacher may let Regroup do alone until the cycle ends: only what something here does."""
ON_BY_DEFAULT = (NEXT_UNIT,)
COVERED = {
    Action.SET_AUDIENCE: NEXT_UNIT,
    Action.OPEN_UNIT: NEXT_UNIT,
    Action.SEND_SCORE: SCORES,
}


class PlanChanged(Exception):
    """The plan that was approved is not the newest one any more; the adult has to look again."""


@dataclass(frozen=True, slots=True)
class Material:
    """The teacher's pages and checks that units are copied from, by their LMS ids."""

    pages: Mapping[str, LmsPage]
    checks: Mapping[str, LmsAssignment]


def read_material(gateway: Gateway, course: str, units: Iterable[Unit]) -> Material:
    """The texts behind the units, as they stand in the course now."""
    units = list(units)
    assert gateway.grades is not None
    pages = gateway.grades.pages(course) if any(unit.page_lms_id for unit in units) else []
    checks = gateway.grades.assignments(course) if any(unit.check_lms_id for unit in units) else []
    return Material({page.slug: page for page in pages}, {check.lms_id: check for check in checks})


# wanted


def wanted_of(session: Session, cycle: Cycle, material: Material) -> Wanted:
    """All of the cycle that belongs into its course: groups, units and their audiences, columns, scores."""
    facts = class_facts(session, cycle.context_id)
    people = {user.id: user for user in learners(session, cycle.context_id)}
    lms_ids = {user.id: user.lms_id for user in people.values() if user.lms_id}
    areas = sorted({playlist.content_area for playlist in planned(session, cycle, facts)})
    subs = {StudentId(str(user.id)): user.sub for user in people.values()}
    return Wanted(
        groups=_groups(session, cycle, lms_ids),
        units=_units(session, cycle, facts, material, lms_ids),
        line_items=tuple(
            WantedLineItem(column_key(cycle.id, area), column_label(area, areas), COLUMN_MAXIMUM)
            for area in areas
        ),
        scores=_scores(session, cycle, facts, subs),
    )


def column_key(cycle_id: int, area: str) -> str:
    """The key (and AGS resource id) of a cycle's gradebook column for one content area."""
    return f"mastery:{cycle_id}:{area}"


def column_label(area: str, areas: Sequence[str]) -> str:
    """What the column is called: with the content area where there are several."""
    return COLUMN if len(areas) == 1 else f"{COLUMN} · {area.capitalize()}"


def unit_key(cycle_id: int, unit: Unit) -> str:
    """The key of a unit of the cycle."""
    return f"unit:{cycle_id}:{unit.key}"


def _groups(session: Session, cycle: Cycle, lms_ids: Mapping[int, str]) -> tuple[WantedGroup, ...]:
    group_set = session.scalars(
        select(GroupSet).where(GroupSet.cycle_id == cycle.id, GroupSet.kind == SKILL)
    ).one_or_none()
    return tuple(
        WantedGroup(
            key=f"group:{cycle.id}:{group.number}",
            name=group.name,
            members=frozenset(lms_ids[row.user_id] for row in group.placements if row.user_id in lms_ids),
        )
        for group in (group_set.groups if group_set else ())
    )


def _units(
    session: Session, cycle: Cycle, facts: ClassFacts, material: Material, lms_ids: Mapping[int, str]
) -> tuple[WantedUnit, ...]:
    """Each unit of a playlist, in the one order all playlists follow; closed while nobody has it."""
    audiences: dict[int, set[str]] = defaultdict(set)
    used: set[int] = set()
    for playlist in session.scalars(select(Playlist).where(Playlist.cycle_id == cycle.id)):
        for place in playlist.units:
            if place.unit_id is None or playlist.user_id not in lms_ids:
                continue
            used.add(place.unit_id)
            if place.is_open:
                audiences[place.unit_id].add(lms_ids[playlist.user_id])
    order = facts.skill_map().order(class_difficulty(mastery_of(session, cycle, facts)))
    rank = {facts.skill_ids[code]: number for number, code in enumerate(order)}
    units = [unit for unit in all_units(session, cycle.context_id) if unit.id in used]
    units.sort(key=lambda unit: (rank.get(unit.skill_id, len(rank)), unit.id))
    return tuple(
        WantedUnit(
            key=unit_key(cycle.id, unit),
            name=unit.title,
            position=position,
            page=_page(unit, material),
            check=_check(unit, material),
            audience=frozenset(audiences[unit.id]),
            links=_links(unit, material),
        )
        for position, unit in enumerate(units, start=1)
    )


def _page(unit: Unit, material: Material) -> WantedPage | None:
    page = material.pages.get(unit.page_lms_id or "")
    return None if page is None else WantedPage(unit.title, page.body)


def _check(unit: Unit, material: Material) -> WantedCheck | None:
    check = material.checks.get(unit.check_lms_id or "")
    if check is None or not check.is_copyable:
        return None
    return WantedCheck(
        title=f"{unit.title} · check",
        points=check.points_possible or 0.0,
        description=check.description,
        submission_types=check.submission_types,
        passing_fraction=float(district_rules().threshold),
    )


def _links(unit: Unit, material: Material) -> tuple[WantedLink, ...]:
    """A quiz or a tool cannot be copied: the unit links to the teacher's own."""
    check = material.checks.get(unit.check_lms_id or "")
    if check is None or check.is_copyable:
        return ()
    return (WantedLink(f"{unit.title} · check", check.html_url),)


def _scores(
    session: Session, cycle: Cycle, facts: ClassFacts, subs: Mapping[StudentId, str]
) -> tuple[WantedScore, ...]:
    """A score for each student and area with a unit met; nobody else gets one, and never 0."""
    states = check_states(session, cycle, facts)
    scores = []
    for playlist in planned(session, cycle, facts):
        score = passback(playlist, states.get(playlist.student, {}))
        if score is not None:
            scores.append(
                WantedScore(
                    line_item=column_key(cycle.id, playlist.content_area),
                    user=subs[playlist.student],
                    given=score.met,
                    maximum=score.planned,
                    comment=f"{score.met} of {score.planned} units met",
                )
            )
    return tuple(scores)


# actual and plan


def plan_of(
    gateway: Gateway, course: str, wanted: Wanted, links: Mapping[str, Link], people: Iterable[str]
) -> Plan:
    """The changes from what stands there to what is wanted. UnfitName for a name children must not see."""
    actual = read_actual(gateway, course, links)
    wanted, missing = _as_far_as_possible(gateway, wanted)
    made = plan(
        wanted, actual, links, course=course, labels=gateway.labels, costs=gateway.costs, people=tuple(people)
    )
    return replace(made, left_alone=(*missing, *made.left_alone))


def _as_far_as_possible(gateway: Gateway, wanted: Wanted) -> tuple[Wanted, tuple[Drift, ...]]:
    """What this LMS offers a way for; the rest is named, so that the teacher knows before they write."""
    missing = []
    for name, port, label in (
        ("groups", gateway.groups, gateway.labels.group),
        ("units", gateway.units, gateway.labels.unit),
        ("line_items", gateway.scores, gateway.labels.line_item),
    ):
        if port is None and getattr(wanted, name):
            why = f"{gateway.labels.lms} gives Regroup no way to make one here; the rest is written."
            missing.append(Drift(name, label, why))
    return (
        replace(
            wanted,
            groups=wanted.groups if gateway.groups else (),
            units=wanted.units if gateway.units else (),
            line_items=wanted.line_items if gateway.scores else (),
            scores=wanted.scores if gateway.scores else (),
        ),
        tuple(missing),
    )


def save_plan(
    session: Session, cycle: Cycle, made: Plan, *, kind: str, planned_by: int, now: datetime
) -> Run:
    """Keeps the plan as the newest; an earlier one that is not done is stale, or stopped if it had begun."""
    for old in session.scalars(
        select(Run).where(Run.context_id == cycle.context_id, Run.state.in_(("previewed", "approved")))
    ):
        # the new plan was made from what stands there now: an older one, carried on, would write over it
        old.state = "stale" if old.state == "previewed" else "stopped"
    run = Run(
        context_id=cycle.context_id,
        cycle_id=cycle.id,
        kind=kind,
        state="previewed",
        planned_by=planned_by,
        planned_at=now,
        calls_planned=made.calls,
        left_alone=[{"key": drift.key, "label": drift.label, "why": drift.why} for drift in made.left_alone],
    )
    session.add(run)
    session.flush()
    save_changes(session, run, made.changes)
    return run


def covered(plan: Plan, cycle: Cycle, links: Mapping[str, Link], *, now: datetime) -> tuple[Change, ...]:
    """The changes that the standing approval allows without another look.

    It holds until the cycle ends, for the playlists that the teacher saw when they gave it; of audiences it
    covers only what adds students: taking a unit away is never done alone.
    """
    if cycle.approved_at is None or now.date() > cycle.ends_on:
        return ()
    is_as_seen = cycle.playlists_at is not None and cycle.playlists_at <= cycle.approved_at
    given = set(cycle.approvals) - (set() if is_as_seen else {NEXT_UNIT})
    allowed = [change for change in plan.changes if COVERED.get(change.action) in given]
    allowed = [change for change in allowed if not _takes_away(change, links)]
    ids = {change.id for change in allowed}
    return tuple(change for change in allowed if ids.issuperset(change.depends_on))


def _takes_away(change: Change, links: Mapping[str, Link]) -> bool:
    link = links.get(change.key)
    if change.action is not Action.SET_AUDIENCE or link is None:
        return False
    before, after = link.wrote.get("audience"), change.wrote.get("audience")
    return not set(map(str, before if isinstance(before, list) else [])) <= set(
        map(str, after if isinstance(after, list) else [])
    )


def approve(cycle: Cycle, run: Run, *, by: int, approvals: Iterable[str], now: datetime) -> None:
    """An adult has seen this plan and says yes, also to what Regroup may do alone. Raises PlanChanged."""
    if run.state not in ("previewed", "approved"):
        raise PlanChanged
    run.state, run.approved_by, run.approved_at = "approved", by, now
    cycle.approvals = [name for name in APPROVALS if name in set(approvals)]
    cycle.approved_by, cycle.approved_at = by, now


def approve_by_rule(cycle: Cycle, run: Run, *, job_id: int, now: datetime) -> None:
    """The standing approval covers this run: it is written at once, by the job that planned it."""
    run.state, run.is_by_rule, run.job_id = "approved", True, job_id
    run.approved_by, run.approved_at = cycle.approved_by, now


def may_be_written(session: Session, run_id: int, context_id: int) -> bool:
    """Whether that run is of this context and an adult's yes to it stands."""
    run = session.get(Run, run_id)
    return run is not None and run.context_id == context_id and run.state in ("approved", "done")


def run_of_job(session: Session, job_id: int) -> Run | None:
    """The run that a job approved by rule and is now carrying out."""
    return session.scalars(select(Run).where(Run.job_id == job_id)).one_or_none()


@dataclass(frozen=True, slots=True)
class Standing:
    """A cycle with a standing approval, and who gave it."""

    district_id: int
    registration_id: int
    context_id: int
    context_lms_id: str
    user_id: int


def with_approval(session: Session, now: datetime) -> list[Standing]:
    """Cycles of every district (the session is an operator's) that run, are written, and have an approval."""
    rows = session.execute(
        select(Cycle, Context, Deployment.registration_id)
        .join(Context, Context.id == Cycle.context_id)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(District, District.id == Cycle.district_id)
        .where(
            Cycle.closed_at.is_(None),
            Cycle.applied_at.is_not(None),
            Cycle.approved_by.is_not(None),
            Cycle.ends_on >= now.date(),
            District.is_suspended.is_(False),
        )
    )
    return [
        Standing(cycle.district_id, registration_id, context.id, context.lms_id, cycle.approved_by)
        for cycle, context, registration_id in rows
        if cycle.approvals and cycle.approved_by is not None
    ]


def names_of(session: Session, context_id: int) -> list[str]:
    """Names of the context's learners: no name that we write may hold one."""
    return [user.name for user in learners(session, context_id)]


# apply


def next_changes(session: Session, run_id: int, most: int) -> list[Change]:
    """The first changes of the run that are not finished, in their order."""
    rows = session.scalars(
        select(PlannedChange)
        .where(PlannedChange.run_id == run_id, PlannedChange.state != ChangeState.FINISHED.value)
        .order_by(PlannedChange.position)
        .limit(most)
    )
    return [change_of(row) for row in rows]


def how_far(session: Session, run_id: int) -> tuple[int, int]:
    """Changes finished, changes in all."""
    rows = session.execute(
        select(PlannedChange.state, func.count())
        .where(PlannedChange.run_id == run_id)
        .group_by(PlannedChange.state)
    )
    counts: dict[str, int] = dict(rows.all())
    return counts.get(ChangeState.FINISHED.value, 0), sum(counts.values())


def end_run(session: Session, run: Run, *, now: datetime) -> None:
    """Every change is finished."""
    run.state, run.ended_at, run.problem = "done", now, None
    cycle = session.get_one(Cycle, run.cycle_id)
    cycle.applied_at = now
    if any(row.action == Action.SEND_SCORE.value for row in _rows(session, run.id)):
        cycle.scores_sent_at = now


def _rows(session: Session, run_id: int) -> Sequence[PlannedChange]:
    return session.scalars(
        select(PlannedChange).where(PlannedChange.run_id == run_id).order_by(PlannedChange.position)
    ).all()


def changes_of(session: Session, run_id: int) -> list[Change]:
    """The run's changes in order, finished or not."""
    return [change_of(row) for row in _rows(session, run_id)]


def saved_links(session: Session, context_id: int) -> dict[str, Link]:
    """What we made in the context, by key."""
    return links_of(session, context_id)

"""The pages on skills, groups and playlists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from grouping.model import BenchmarkState, CheckState
from lti_app.cycle.class_facts import learners
from lti_app.cycle.group import KINDS, MIXED, SKILL
from lti_app.cycle.playlist import deciding_attempts, state_of_check
from lti_app.cycle.rules import benchmark, playlists_of
from lti_app.cycle.write_back import unit_key
from lti_app.store.journal import links_of
from lti_app.store.models.cycles import Attempt, Cycle, Playlist, PlaylistUnit, SkillEstimate
from lti_app.store.models.lti import User
from lti_app.store.models.skills import Skill, Unit
from lti_app.store.queries import boards, overview
from lti_app.web.screens.frame import Place, shell
from lti_app.web.views_model import (
    Answer,
    AreaTab,
    Block,
    Cell,
    CellPanel,
    GroupCard,
    GroupsPage,
    GroupTab,
    Member,
    PlaylistRow,
    PlaylistsPage,
    SkillArea,
    SkillColumn,
    SkillsPage,
    StudentRow,
)
from lti_app.web.views_model.playlists import BlockState
from sync import keys

NOTHING = Cell(BenchmarkState.NOT_ASSESSED, None, None, 0)
KIND_TITLES = {SKILL: "Small skill groups", MIXED: "Mixed pods"}

# skills


def skills_page(place: Place, *, is_plain: bool, student: int | None, skill: str | None) -> SkillsPage:
    """The class x skill map, area by area; with a student and a skill, the answers behind that cell."""
    cycle = overview.cycle_now(place.session, place.context.id)
    if cycle is None or cycle.analysed_at is None:
        return SkillsPage(shell(place, cycle), ())
    people = learners(place.session, place.context.id)
    rows = boards.estimates(place.session, cycle.id)
    skills = boards.skills_by_id(place.session, (row.skill_id for row in rows))
    areas = sorted({one.content_area for one in skills.values()})
    panel = None
    if student is not None and skill is not None:
        panel = _panel(place, cycle, people, rows, skills, student, skill)
    return SkillsPage(
        shell=shell(place, cycle),
        areas=tuple(_area(area, people, rows, skills) for area in areas),
        as_of=cycle.pulled_at,
        window=cycle.title,
        is_plain=is_plain,
        panel=panel,
    )


def _area(
    area: str, people: Sequence[User], rows: Iterable[SkillEstimate], skills: Mapping[int, Skill]
) -> SkillArea:
    cells = {(row.user_id, row.skill_id): row for row in rows if skills[row.skill_id].content_area == area}
    ids = [skill_id for skill_id, one in skills.items() if one.content_area == area]
    ids.sort(key=lambda skill_id: (_mean(cells, skill_id), skills[skill_id].code))
    people = sorted(people, key=lambda person: _need(cells, person.id, ids))
    return SkillArea(
        key=area,
        title=area.capitalize(),
        cut_percent=round(benchmark().cut * 100),
        columns=tuple(_column(cells, skills[skill_id], [person.id for person in people]) for skill_id in ids),
        rows=tuple(
            StudentRow(person.id, person.name, tuple(_cell(cells.get((person.id, one))) for one in ids))
            for person in people
        ),
    )


def _mean(cells: Mapping[tuple[int, int], SkillEstimate], skill_id: int) -> float:
    known = [row.estimate for (_, one), row in cells.items() if one == skill_id and row.estimate is not None]
    return sum(known) / len(known) if known else inf


def _need(cells: Mapping[tuple[int, int], SkillEstimate], user_id: int, ids: Sequence[int]) -> float:
    """Mean estimate over the area: the lowest comes first; without an answer last."""
    found = (cells.get((user_id, skill_id)) for skill_id in ids)
    known = [row.estimate for row in found if row is not None and row.estimate is not None]
    return sum(known) / len(known) if known else inf


def _cell(row: SkillEstimate | None) -> Cell:
    if row is None or not row.answers:
        return NOTHING
    return Cell(BenchmarkState(row.state), row.points, row.possible, row.answers)


def _column(
    cells: Mapping[tuple[int, int], SkillEstimate], skill: Skill, people: Iterable[int]
) -> SkillColumn:
    states = Counter(_cell(cells.get((person, skill.id))).state for person in people)
    return SkillColumn(
        code=skill.code,
        title=skill.title,
        likely_met=states[BenchmarkState.LIKELY_MET],
        nearly=states[BenchmarkState.NEARLY],
        likely_not_yet=states[BenchmarkState.LIKELY_NOT_YET],
        cant_tell=states[BenchmarkState.CANT_TELL],
        not_assessed=states[BenchmarkState.NOT_ASSESSED],
        is_priority=skill.is_priority,
    )


def _panel(
    place: Place,
    cycle: Cycle,
    people: Iterable[User],
    rows: Iterable[SkillEstimate],
    skills: Mapping[int, Skill],
    student: int,
    code: str,
) -> CellPanel | None:
    person = next((one for one in people if one.id == student), None)
    skill = next((one for one in skills.values() if one.code == code), None)
    if person is None or skill is None:
        return None
    row = next((one for one in rows if one.user_id == student and one.skill_id == skill.id), None)
    behind = boards.answers_behind(place.session, cycle.id, user_id=student, skill_id=skill.id)
    return CellPanel(
        student=person.name,
        skill=skill.title,
        cell=_cell(row),
        cut=benchmark().cut,
        estimate=row.estimate if row else None,
        low=row.low if row else None,
        high=row.high if row else None,
        answers=tuple(
            Answer(source.title, seen.points, seen.possible or source.possible or 0.0, seen.taken_at)
            for source, seen in behind
        ),
    )


# groups


def groups_page(place: Place, *, kind: str) -> GroupsPage:
    """The groups of one kind with the reason for every child."""
    cycle = overview.cycle_now(place.session, place.context.id)
    counts = overview.group_counts(place.session, cycle.id) if cycle else {}
    tabs = tuple(GroupTab(one, KIND_TITLES[one], counts.get(one, 0)) for one in KINDS)
    found = boards.group_set(place.session, cycle.id, kind) if cycle else None
    if cycle is None or found is None:
        return GroupsPage(shell(place, cycle), kind, tabs, (), has_results=bool(cycle and cycle.analysed_at))
    skills = boards.skills_by_id(place.session, (one for group in found.groups for one in group.focus))
    people = {person.id: person for person in learners(place.session, place.context.id)}
    preview = overview.newest_run(place.session, place.context.id, "previewed")
    return GroupsPage(
        shell=shell(place, cycle),
        kind=kind,
        tabs=tabs,
        groups=tuple(
            GroupCard(
                group_id=group.id,
                name=group.name,
                focus=tuple(skills[one].title for one in group.focus),
                members=tuple(
                    Member(one.user_id, people[one.user_id].name, one.reason, one.is_provisional)
                    for one in sorted(group.placements, key=lambda one: _order(people, one.user_id))
                    if one.user_id in people
                ),
                content_area=(group.content_area or "").capitalize(),
            )
            for group in found.groups
        ),
        notes=tuple(found.notes),
        as_of=cycle.grouped_at,
        pending_changes=(
            overview.change_counts(place.session, [preview.id]).get(preview.id, 0) if preview else None
        ),
    )


def _order(people: Mapping[int, User], user_id: int) -> str:
    return people[user_id].sortable_name if user_id in people else ""


def no_formula(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: people may choose their names in the LMS."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def placement_rows(place: Place) -> list[tuple[str, str, str, str, str, str]]:
    """Kind, group, focus skills (codes), student, their LMS id, reason; for every placement of both kinds."""
    cycle = overview.cycle_now(place.session, place.context.id)
    people = {person.id: person for person in learners(place.session, place.context.id)}
    rows = []
    for kind in KINDS if cycle else ():
        found = boards.group_set(place.session, cycle.id, kind) if cycle else None
        groups = found.groups if found else []
        skills = boards.skills_by_id(place.session, (one for group in groups for one in group.focus))
        for group in groups:
            focus = " ".join(skills[one].code for one in group.focus)
            rows += [
                (
                    kind,
                    group.name,
                    focus,
                    no_formula(people[one.user_id].name),
                    people[one.user_id].lms_id or "",
                    one.reason,
                )
                for one in group.placements
                if one.user_id in people
            ]
    return rows


# playlists


def playlists_page(place: Place, *, area: str | None, student: int | None) -> PlaylistsPage:
    """Every child's playlist in one content area; with a student, that one with its reasons."""
    cycle = overview.cycle_now(place.session, place.context.id)
    if cycle is None or cycle.playlists_at is None:
        return PlaylistsPage(shell(place, cycle), (), "", (), has_groups=bool(cycle and cycle.grouped_at))
    found = boards.playlists(place.session, cycle.id)
    areas = sorted({one.content_area for one in found})
    shown = area if area in areas else (areas[0] if areas else "")
    settings = playlists_of(cycle)
    rows = _rows(place, cycle, [one for one in found if one.content_area == shown])
    return PlaylistsPage(
        shell=shell(place, cycle),
        areas=tuple(AreaTab(one, one.capitalize()) for one in areas),
        area=shown,
        rows=rows,
        minutes_a_week=settings.minutes_a_week,
        units_a_week=settings.units_a_week,
        weeks=settings.weeks,
        one=next((row for row in rows if row.student_id == student), None),
        notes=tuple(cycle.notes),
        as_of=cycle.playlists_at,
    )


def _rows(place: Place, cycle: Cycle, found: Iterable[Playlist]) -> tuple[PlaylistRow, ...]:
    by_user = {one.user_id: one for one in found}
    skills = boards.skills_by_id(
        place.session, (unit.skill_id for one in by_user.values() for unit in one.units)
    )
    units = boards.units_by_id(place.session, place.context.id)
    attempts = deciding_attempts(place.session, cycle)
    groups = boards.group_names_of(place.session, cycle.id, SKILL)
    hrefs = unit_hrefs(place, cycle, units)
    rows = []
    for person in learners(place.session, place.context.id):
        if person.id in by_user:
            blocks = blocks_of(person.id, by_user[person.id].units, skills, units, attempts, hrefs)
            group = groups.get(person.id, "")
            rows.append(PlaylistRow(person.id, person.name, group, this_week_minutes(blocks), blocks))
    return tuple(rows)


def this_week_minutes(blocks: Iterable[Block]) -> int:
    """Planned minutes of the earliest week that still has something to do."""
    weeks: dict[int, int] = defaultdict(int)
    for block in blocks:
        if block.state != "met":
            weeks[block.week] += block.minutes
    return weeks[min(weeks)] if weeks else 0


def blocks_of(
    user_id: int,
    places: Iterable[PlaylistUnit],
    skills: Mapping[int, Skill],
    units: Mapping[int, Unit],
    attempts: Mapping[tuple[int, int], Attempt],
    hrefs: Mapping[int, str],
) -> tuple[Block, ...]:
    """Each place with its state: the first open one not met is "now", the other open ones "next"."""
    blocks: list[Block] = []
    has_now = False
    for place in places:
        attempt = attempts.get((user_id, place.unit_id or 0))
        state = _block_state(place, attempt, has_now=has_now)
        has_now = has_now or state in ("now", "try_again")
        skill = skills[place.skill_id]
        unit = units.get(place.unit_id or 0)
        blocks.append(
            Block(
                position=place.position,
                title=unit.title if unit else skill.title,
                skill=skill.title,
                minutes=place.minutes,
                week=place.week,
                state=state,
                reason=place.reason,
                is_teacher_task=unit is None,
                is_grade_level=place.is_grade_level,
                points=attempt.points if attempt else None,
                possible=attempt.possible if attempt else None,
                href=hrefs.get(place.unit_id or 0) if place.is_open else None,
            )
        )
    return tuple(blocks)


def unit_hrefs(place: Place, cycle: Cycle, units: Mapping[int, Unit]) -> dict[int, str]:
    """Where each unit that was written stands in the LMS, by unit id."""
    if place.lms is None:
        return {}
    links = links_of(place.session, place.context.id)
    found = {unit_id: links.get(keys.unit(unit_key(cycle.id, unit))) for unit_id, unit in units.items()}
    return {unit_id: place.lms.unit(link.lms_id) for unit_id, link in found.items() if link and link.lms_id}


def _block_state(place: PlaylistUnit, attempt: Attempt | None, *, has_now: bool) -> BlockState:
    state = state_of_check(attempt)
    if state is CheckState.MET:
        return "met"
    if state is CheckState.TRY_AGAIN:
        return "try_again"
    if not place.is_open:
        return "later"
    return "next" if has_now else "now"

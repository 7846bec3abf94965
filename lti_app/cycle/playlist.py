"""Benchmark states and units -> a playlist for each student and content area, with what is open now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grouping import model
from grouping.model import CheckState, SkillCode, StudentId
from grouping.playlists import build_playlists
from grouping.progress import check_state, open_entries
from lti_app.cycle.class_facts import ClassFacts, class_facts, mastery_of
from lti_app.cycle.rules import district_rules, playlists_of
from lti_app.store.models.cycles import Attempt, Cycle, Playlist, PlaylistUnit
from lti_app.store.models.skills import Unit

States = Mapping[StudentId, Mapping[SkillCode, CheckState]]


def suggest_playlists(session: Session, cycle: Cycle, *, now: datetime) -> None:
    """Builds every playlist anew from the saved states and replaces the earlier ones.

    Units already met keep their place: what a score counts must not vanish from under it.
    """
    facts = class_facts(session, cycle.context_id)
    states = check_states(session, cycle, facts)
    skill_map = facts.skill_map()
    grade = cycle.rules.get("class_grade") or facts.class_grade()
    built = build_playlists(
        mastery_of(session, cycle, facts),
        skill_map,
        [_unit(row, facts) for row in active_units(session, cycle.context_id)],
        settings=playlists_of(cycle),
        class_grade=grade,
        known={student: met_of(mine) for student, mine in states.items()},
    )
    before = {(one.student, one.content_area): one for one in planned(session, cycle, facts)}
    kept = [_after_what_is_met(one, before, states) for one in built.playlists]
    keep_playlists(session, cycle, facts, kept, states)
    cycle.notes = list(built.notes)
    cycle.playlists_at = now


def met_of(states: Mapping[SkillCode, CheckState]) -> frozenset[SkillCode]:
    """The skills whose unit is met."""
    return frozenset(code for code, state in states.items() if state is CheckState.MET)


def _after_what_is_met(
    built: model.Playlist, before: Mapping[tuple[StudentId, str], model.Playlist], states: States
) -> model.Playlist:
    """The new playlist behind the units that the student has met: what a score counts does not vanish."""
    earlier = before.get((built.student, built.content_area))
    met = met_of(states.get(built.student, {}))
    kept = [entry for entry in earlier.entries if entry.unit and entry.skill in met] if earlier else []
    skills = {entry.skill for entry in kept}
    entries = [*kept, *(entry for entry in built.entries if entry.skill not in skills)]
    numbered = (replace(entry, position=number) for number, entry in enumerate(entries, start=1))
    return replace(built, entries=tuple(numbered))


def active_units(session: Session, context_id: int) -> list[Unit]:
    """The context's units in the order of the teacher's list."""
    return list(
        session.scalars(select(Unit).where(Unit.context_id == context_id, Unit.is_active).order_by(Unit.id))
    )


def all_units(session: Session, context_id: int) -> list[Unit]:
    """Also units no longer listed: playlists, tries and copies of earlier days still point to them."""
    return list(session.scalars(select(Unit).where(Unit.context_id == context_id).order_by(Unit.id)))


def _unit(row: Unit, facts: ClassFacts) -> model.Unit:
    return model.Unit(row.key, facts.codes[row.skill_id], row.title, row.minutes)


def keep_playlists(
    session: Session, cycle: Cycle, facts: ClassFacts, built: Iterable[model.Playlist], states: States
) -> None:
    """Writes the playlists, each place in its row; playlists of people who left stay as they were."""
    unit_ids = {row.key: row.id for row in active_units(session, cycle.context_id)}
    rows = {
        (row.user_id, row.content_area): row
        for row in session.scalars(select(Playlist).where(Playlist.cycle_id == cycle.id))
    }
    for playlist in built:
        key = (int(playlist.student), playlist.content_area)
        row = rows.pop(key, None)
        if row is None:
            row = Playlist(cycle_id=cycle.id, user_id=key[0], content_area=key[1], units=[])
            session.add(row)
        _fill(row, playlist, facts, unit_ids)
        _open(row, playlist, states.get(playlist.student, {}), cycle)
    active = {int(student) for student in facts.students}
    for gone in rows.values():
        if gone.user_id in active:
            session.delete(gone)
    session.flush()


def _fill(row: Playlist, playlist: model.Playlist, facts: ClassFacts, unit_ids: Mapping[str, int]) -> None:
    places = {place.position: place for place in row.units}
    row.units = [
        places.get(entry.position) or PlaylistUnit(position=entry.position) for entry in playlist.entries
    ]
    for place, entry in zip(row.units, playlist.entries, strict=True):
        place.skill_id = facts.skill_ids[entry.skill]
        place.unit_id = unit_ids[entry.unit.key] if entry.unit else None
        place.minutes, place.week, place.reason = entry.minutes, entry.week, entry.reason
        place.is_grade_level = entry.is_grade_level


def _open(
    row: Playlist, playlist: model.Playlist, states: Mapping[SkillCode, CheckState], cycle: Cycle
) -> None:
    settings = playlists_of(cycle)
    now_open = {
        entry.position
        for entry in open_entries(playlist, states, settings.open_weeks * settings.units_a_week)
    }
    for place in row.units:
        place.is_open = place.position in now_open


# checks


def check_states(
    session: Session, cycle: Cycle, facts: ClassFacts
) -> dict[StudentId, dict[SkillCode, CheckState]]:
    """Check states by student and skill in this cycle: met once stays met; else the newest try says."""
    codes = facts.codes
    skill_of = {row.id: codes.get(row.skill_id) for row in all_units(session, cycle.context_id)}
    states: dict[StudentId, dict[SkillCode, CheckState]] = defaultdict(dict)
    for (user_id, unit_id), attempt in deciding_attempts(session, cycle).items():
        code = skill_of.get(unit_id)
        mine = states[StudentId(str(user_id))]
        if code is not None and mine.get(code) is not CheckState.MET:
            mine[code] = state_of_check(attempt)
    return states


def deciding_attempts(
    session: Session, cycle: Cycle, *, user_id: int | None = None
) -> dict[tuple[int, int], Attempt]:
    """The try that counts, by (user id, unit id): the first that met the unit, else the newest."""
    query = select(Attempt).where(Attempt.cycle_id == cycle.id).order_by(Attempt.number, Attempt.id)
    if user_id is not None:
        query = query.where(Attempt.user_id == user_id)
    found: dict[tuple[int, int], Attempt] = {}
    for attempt in session.scalars(query):
        key = (attempt.user_id, attempt.unit_id)
        if key not in found or state_of_check(found[key]) is not CheckState.MET:
            found[key] = attempt
    return found


def state_of_check(attempt: Attempt | None) -> CheckState:
    """What one try says; no try is not taken."""
    if attempt is None:
        return CheckState.NOT_TAKEN
    return check_state(attempt.points, attempt.possible, district_rules().threshold)


def planned(session: Session, cycle: Cycle, facts: ClassFacts) -> list[model.Playlist]:
    """The saved playlists as the engine knows them."""
    codes = facts.codes
    units = {
        row.id: _unit(row, facts) for row in all_units(session, cycle.context_id) if row.skill_id in codes
    }
    rows = session.scalars(select(Playlist).where(Playlist.cycle_id == cycle.id).order_by(Playlist.id))
    return [
        model.Playlist(
            student=StudentId(str(row.user_id)),
            content_area=row.content_area,
            entries=tuple(
                model.PlaylistEntry(
                    position=place.position,
                    skill=codes[place.skill_id],
                    unit=units.get(place.unit_id) if place.unit_id else None,
                    minutes=place.minutes,
                    week=place.week,
                    is_grade_level=place.is_grade_level,
                    reason=place.reason,
                )
                for place in row.units
                if place.skill_id in codes
            ),
        )
        for row in rows
        if str(row.user_id) in set(facts.students)
    ]


def move_on(session: Session, cycle: Cycle) -> None:
    """Opens what the checks have earned: every unit met or tried stays open, the next ones open beside it."""
    facts = class_facts(session, cycle.context_id)
    states = check_states(session, cycle, facts)
    rows = {
        (row.user_id, row.content_area): row
        for row in session.scalars(select(Playlist).where(Playlist.cycle_id == cycle.id))
    }
    for playlist in planned(session, cycle, facts):
        row = rows[int(playlist.student), playlist.content_area]
        _open(row, playlist, states.get(playlist.student, {}), cycle)

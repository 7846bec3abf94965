"""Work done in the LMS -> attempts -> what opens next and which scores are due.

The scores themselves travel as changes of a plan (see write_back), so that they are seen, journalled and
repeatable like every other write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_app.cycle.class_facts import learners
from lti_app.cycle.playlist import all_units, move_on
from lti_app.cycle.write_back import unit_key
from lti_app.store.models.cycles import Attempt, Cycle
from lti_app.store.models.skills import Unit
from sync import keys
from sync.ports import Gateway
from sync.records import Link, Submission, SubmissionState


def check_ids(links: Mapping[str, Link], cycle: Cycle, units: Iterable[Unit]) -> dict[str, int]:
    """The LMS ids of the checks that we wrote, with the unit each belongs to."""
    found: dict[str, int] = {}
    for unit in units:
        link = links.get(keys.check(unit_key(cycle.id, unit)))
        if link is not None:
            found[link.lms_id] = unit.id
    return found


def read_checks(gateway: Gateway, course: str, checks: Iterable[str]) -> list[Submission]:
    """Every cell of these checks."""
    wanted = sorted(checks)
    assert gateway.grades is not None
    return gateway.grades.submissions(course, wanted) if wanted else []


def keep_attempts(
    session: Session, cycle: Cycle, cells: Iterable[Submission], unit_of: Mapping[str, int], *, now: datetime
) -> int:
    """Saves each scored try, one row for each attempt number; gives how many there are. Again: no change."""
    users = {user.lms_id: user.id for user in learners(session, cycle.context_id) if user.lms_id}
    rows = {
        (row.unit_id, row.user_id, row.number): row
        for row in session.scalars(select(Attempt).where(Attempt.cycle_id == cycle.id))
    }
    for cell in cells:
        user_id = users.get(cell.user)
        if cell.state is not SubmissionState.SCORED or cell.points is None or user_id is None:
            continue
        key = (unit_of[cell.assignment], user_id, cell.attempt or 1)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Attempt(cycle_id=cycle.id, unit_id=key[0], user_id=key[1], number=key[2])
            session.add(row)
        row.points, row.possible = cell.points, cell.possible or 0.0
        row.taken_at = cell.submitted_at or cell.graded_at
    session.flush()
    move_on(session, cycle)
    cycle.results_at = now
    return len(rows)


def unit_rows(session: Session, cycle: Cycle) -> list[Unit]:
    """The course's units, listed or not: what was written once is read as long as it stands."""
    return all_units(session, cycle.context_id)

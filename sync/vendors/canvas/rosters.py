"""Who is in a Canvas course: REST enrollments, joined with NRPS rows for the LTI ids."""

from sync.advantage.nrps import NrpsRoster
from sync.records import Membership, Role
from sync.vendors.canvas.client import CanvasClient
from sync.vendors.canvas.parse import ROLE_OF_TYPE, TEST_STUDENT, EnrollmentShape


class CanvasRoster:
    """A RosterSource. Without NRPS everybody's `sub` is None, and no score can be passed back to them."""

    def __init__(self, client: CanvasClient, nrps: NrpsRoster | None = None) -> None:
        self._client = client
        self._nrps = nrps

    def memberships(self, course: str) -> list[Membership]:
        """Everybody in the course once, the Test Student left out."""
        subs = self._subs()
        people: dict[str, list[EnrollmentShape]] = {}
        for row in self._client.enrollments(course):
            if row.type != TEST_STUDENT:
                people.setdefault(row.user_id, []).append(row)
        return [_membership(user, rows, subs.get(user)) for user, rows in people.items()]

    def _subs(self) -> dict[str, str]:
        if self._nrps is None:
            return {}
        pairs = ((member.platform_user_id, member.membership.lms_id) for member in self._nrps.members())
        return {user: sub for user, sub in pairs if user is not None}


def _membership(user: str, rows: list[EnrollmentShape], sub: str | None) -> Membership:
    person = next((row.user for row in rows if row.user is not None), None)
    name = person.name if person else ""
    known_ids = (row.sis_user_id or (row.user.sis_user_id if row.user else None) for row in rows)
    return Membership(
        lms_id=user,
        sub=sub,
        name=name,
        sortable_name=(person.sortable_name if person else "") or name,
        roles=frozenset(ROLE_OF_TYPE.get(row.type, Role.OTHER) for row in rows),
        is_active=any(row.enrollment_state == "active" for row in rows),
        section_ids=frozenset(row.course_section_id for row in rows),
        sis_id=next((known for known in known_ids if known), None),
    )

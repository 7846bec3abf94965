"""Names and Role Provisioning Services 2.0: who is in a context, from any LTI Advantage platform.

Source: IMS NRPS 2.0; Canvas's paging and `message` rows: canvas.md 6.3.
"""

from dataclasses import dataclass

from pydantic import Field

from sync.http import Http
from sync.records import Membership, Role
from sync.shapes import LmsId, Shape, rows

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
CUSTOM_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/custom"
CANVAS_USER_CLAIM = "https://www.instructure.com/canvas_user_id"
_ROLE_OF_NAME = {
    "learner": Role.LEARNER,
    "instructor": Role.TEACHER,
    "teachingassistant": Role.ASSISTANT,
    "contentdeveloper": Role.OTHER,
    "mentor": Role.OBSERVER,
    "administrator": Role.ADMIN,
}


class MemberShape(Shape):
    """One member of a membership container."""

    user_id: LmsId
    roles: list[str] = Field(default_factory=list)
    status: str = "Active"
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    lis_person_sourcedid: str | None = None
    message: list[dict[str, object]] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the platform told it; `platform_user_id` is the LMS's own id where it was given."""

    membership: Membership
    platform_user_id: str | None


class NrpsRoster:
    """A RosterSource for one context, by the memberships URL of its launch. LMS ids are the LTI ids."""

    def __init__(self, http: Http, memberships_url: str, rlid: str | None = None, limit: int = 50) -> None:
        self._http = http
        self._url = memberships_url
        self._params: dict[str, str | int] = {"limit": limit, **({"rlid": rlid} if rlid else {})}

    def members(self) -> list[Member]:
        """GET <context_memberships_url>: every member on every page."""
        separator_params = None if "limit=" in self._url else self._params
        pages = self._http.pages(self._url, separator_params, accept=MEDIA_TYPE)
        return [_member(row) for page in pages for row in rows(MemberShape, page, under="members")]

    def memberships(self, course: str) -> list[Membership]:  # noqa: ARG002 (the URL names the context)
        """Everybody in the context, each person once."""
        return list({member.membership.lms_id: member.membership for member in self.members()}.values())


def _member(row: MemberShape) -> Member:
    name = row.name or " ".join(part for part in (row.given_name, row.family_name) if part)
    sortable = f"{row.family_name}, {row.given_name}" if row.family_name and row.given_name else name
    membership = Membership(
        lms_id=row.user_id,
        sub=row.user_id,
        name=name,
        sortable_name=sortable,
        roles=frozenset(role_of(role) for role in row.roles) or frozenset({Role.OTHER}),
        is_active=row.status == "Active",
        sis_id=_expanded(row.lis_person_sourcedid),
    )
    return Member(membership, _platform_user_id(row))


def role_of(urn: str) -> Role:
    """The role a URN or a short name means; sub-roles count as their last word."""
    return _ROLE_OF_NAME.get(urn.rsplit("#", 1)[-1].rsplit("/", 1)[-1].lower(), Role.OTHER)


def _platform_user_id(row: MemberShape) -> str | None:
    for message in row.message:
        custom = message.get(CUSTOM_CLAIM)
        told = custom.get("canvas_user_id") if isinstance(custom, dict) else None
        found = _expanded(told if told is not None else message.get(CANVAS_USER_CLAIM))
        if found:
            return found
    return None


def _expanded(value: object) -> str | None:
    """The value, unless it is missing or still an unexpanded variable such as $Canvas.user.id."""
    text = str(value) if value is not None else ""
    return text if text and not text.startswith("$") else None

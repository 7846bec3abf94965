"""The claims of an LTI message, built from facts and nothing else: no world, no request, no signature.

Shapes: LTI 1.3 core, NRPS 2.0 and AGS 2.0, with Canvas's additions (reference canvas.md section 6.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.platform.roles import context_roles, institution_roles
from sandbox.platform.variables import expand
from sandbox.world.model import Account, Assignment, Course, Enrollment, LtiKey, Section, User

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS_SCOPE = f"{NRPS}scope/contextmembership.readonly"
AGS_SCOPES = tuple(
    f"{AGS}scope/{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
)
ID_TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFacts:
    """Everything an id_token is made of. `course` is None for a launch from the district's own pages."""

    issuer: str
    tool: LtiKey
    deployment_id: str
    account: Account
    user: User
    course: Course | None = None
    sections: tuple[Section, ...] = ()
    """The sections of the course the person is enrolled in."""
    enrollments: tuple[Enrollment, ...] = ()
    """The person's enrolments in the course, active ones only."""
    institution_types: tuple[str, ...] = ()
    """Types of the person's active enrolments anywhere."""
    is_admin: bool = False
    placement: str = "course_navigation"
    assignment: Assignment | None = None
    line_item_id: int | None = None
    target_link_uri: str = ""
    return_url: str = ""


def launch_claims(facts: LaunchFacts, *, nonce: str, now: float) -> dict[str, Any]:
    """The whole id_token of a resource link launch; `now` in seconds since 1970."""
    return {
        **_security_claims(facts, nonce=nonce, now=int(now)),
        **person_claims(facts.tool, facts.user),
        **_place_claims(facts),
        **_service_claims(facts),
        f"{LTI}roles": [
            *context_roles(e.type for e in facts.enrollments),
            *institution_roles(facts.institution_types, is_admin=facts.is_admin),
        ],
        f"{LTI}custom": expand(facts.tool.custom_fields, facts),
        "https://www.instructure.com/placement": facts.placement,
    }


def _security_claims(facts: LaunchFacts, *, nonce: str, now: int) -> dict[str, Any]:
    return {
        "iss": facts.issuer,
        "aud": facts.tool.client_id,
        "azp": facts.tool.client_id,
        "sub": facts.user.lti_1_3_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "nonce": nonce,
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": facts.deployment_id,
        f"{LTI}target_link_uri": facts.target_link_uri,
    }


def person_claims(tool: LtiKey, user: User) -> dict[str, Any]:
    """Who the person is, as far as the tool's privacy level lets it know; also part of an NRPS member."""
    found: dict[str, Any] = {}
    if tool.privacy_level in ("public", "name_only"):
        family, _, given = user.sortable_name.partition(", ")
        found |= {"name": user.name, "given_name": given or family, "family_name": family}
    if tool.privacy_level in ("public", "email_only") and user.email:
        found["email"] = user.email
    return found


def _place_claims(facts: LaunchFacts) -> dict[str, Any]:
    course, assignment = facts.course, facts.assignment
    sis = {"person_sourcedid": facts.user.sis_user_id} if facts.tool.privacy_level == "public" else {}
    if course is not None and facts.tool.privacy_level == "public":
        sis["course_offering_sourcedid"] = course.sis_course_id
    return {
        f"{LTI}context": context_claim(course) if course else account_context_claim(facts.account),
        f"{LTI}resource_link": {
            "id": assignment.lti_context_id if assignment else _context_id(facts),
            "title": assignment.name if assignment else facts.tool.name,
        },
        f"{LTI}launch_presentation": {
            "document_target": "iframe",
            "return_url": facts.return_url,
            "locale": facts.user.locale,
        },
        f"{LTI}tool_platform": {
            "guid": facts.account.lti_context_id,
            "name": facts.account.name,
            "version": "cloud",
            "product_family_code": "canvas",
        },
        f"{LTI}lis": {name: value for name, value in sis.items() if value},
        "locale": facts.user.locale,
    }


def context_claim(course: Course) -> dict[str, Any]:
    """The course, as every message about it names it."""
    return {
        "id": course.lti_context_id,
        "label": course.course_code,
        "title": course.name,
        "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
    }


def account_context_claim(account: Account) -> dict[str, Any]:
    """The district in place of a course. Canvas names the type so, without a vocabulary."""
    return {"id": account.lti_context_id, "title": account.name, "type": ["Account"]}


def _context_id(facts: LaunchFacts) -> str:
    return facts.course.lti_context_id if facts.course else facts.account.lti_context_id


def _service_claims(facts: LaunchFacts) -> dict[str, Any]:
    """The roster and gradebook services, as far as the tool's key has their scopes; none outside a course."""
    if facts.course is None:
        return {}
    base = f"{facts.issuer}/api/lti/courses/{facts.course.id}"
    found: dict[str, Any] = {}
    if NRPS_SCOPE in facts.tool.scopes:
        found[f"{NRPS}claim/namesroleservice"] = {
            "context_memberships_url": f"{base}/names_and_roles",
            "service_versions": ["2.0"],
        }
    scopes = [scope for scope in AGS_SCOPES if scope in facts.tool.scopes]
    if scopes:
        endpoint: dict[str, Any] = {"scope": scopes, "lineitems": f"{base}/line_items"}
        if facts.line_item_id is not None:
            endpoint["lineitem"] = f"{base}/line_items/{facts.line_item_id}"
        found[f"{AGS}claim/endpoint"] = endpoint
    return found

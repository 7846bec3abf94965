"""The claims of an LTI message, built from facts and nothing else: no world, no request, no signature.

Shapes: LTI 1.3 core, NRPS 2.0, AGS 2.0 and DL 2.0, with Canvas's additions. Source: canvas.md section 6.2 and
Canvas lib/lti/messages/jwt_message.rb (which privacy level tells what, `role_scope_mentor`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.platform.roles import all_roles
from sandbox.platform.variables import expand
from sandbox.world.model import (
    Account,
    Assignment,
    Course,
    Enrollment,
    LtiKey,
    ModuleItem,
    ResourceLink,
    Section,
    User,
)

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
NRPS_SCOPE = f"{NRPS}scope/contextmembership.readonly"
AGS_SCOPES = tuple(
    f"{AGS}scope/{name}" for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
)
PNS_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
NOTICE_TYPES = ("LtiHelloWorldNotice", "LtiAssetProcessorSubmissionNotice", "LtiContextCopyNotice")
REGISTRATION_SCOPE = "https://purl.imsglobal.org/spec/lti-reg/scope/registration"
REGISTRATION_READ_SCOPE = "https://purl.imsglobal.org/spec/lti-reg/scope/registration.readonly"
RESOURCE_LINK_REQUEST = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
ID_TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFacts:
    """Everything an id_token is made of. `course` is None for a launch from the district's own pages."""

    issuer: str
    domain: str = ""
    """Scheme and host of the school's own LMS, where its services are; the issuer may be shared."""
    tool: LtiKey
    deployment_id: str
    deployment_record_id: int | None = None
    account: Account
    user: User
    course: Course | None = None
    sections: tuple[Section, ...] = ()
    """The sections of the course the person is enrolled in."""
    enrollments: tuple[Enrollment, ...] = ()
    """The person's enrolments in the course, active ones only."""
    course_history: tuple[str, ...] = ()
    """lti_context_ids of the courses this one was copied from, nearest first."""
    observees: tuple[User, ...] = ()
    """The students of this course whom the person observes."""
    institution_types: tuple[str, ...] = ()
    """Types of the person's active enrolments anywhere in the district."""
    is_admin: bool = False
    placement: str = "course_navigation"
    assignment: Assignment | None = None
    line_item_id: int | None = None
    link: ResourceLink | None = None
    module_item: ModuleItem | None = None
    target_link_uri: str = ""
    return_url: str = ""
    message_type: str = RESOURCE_LINK_REQUEST
    deep_linking: Mapping[str, Any] | None = None
    """The deep_linking_settings claim of a LtiDeepLinkingRequest."""


def launch_claims(facts: LaunchFacts, *, nonce: str, now: float) -> dict[str, Any]:
    """The whole id_token of a launch; `now` in seconds since 1970."""
    claims = {
        **_security_claims(facts, nonce=nonce, now=int(now)),
        **person_claims(facts.tool, facts.user),
        **_place_claims(facts),
        **_service_claims(facts),
        f"{LTI}roles": all_roles(
            (e.type for e in facts.enrollments), facts.institution_types, is_admin=facts.is_admin
        ),
        f"{LTI}custom": expand(custom_fields(facts), facts),
        "https://www.instructure.com/placement": facts.placement,
    }
    if facts.observees:
        claims[f"{LTI}role_scope_mentor"] = [child.lti_1_3_id for child in facts.observees]
    if facts.deep_linking is not None:
        claims[f"{DL}deep_linking_settings"] = dict(facts.deep_linking)
    return claims


def custom_fields(facts: LaunchFacts) -> dict[str, str]:
    """The tool's fields, then the placement's, then the link's: the narrower one wins."""
    of_placement = facts.tool.placement_settings.get(facts.placement, {}).get("custom_fields") or {}
    return {**facts.tool.custom_fields, **of_placement, **(facts.link.custom if facts.link else {})}


def _security_claims(facts: LaunchFacts, *, nonce: str, now: int) -> dict[str, Any]:
    return {
        "iss": facts.issuer,
        "aud": facts.tool.client_id,
        "azp": facts.tool.client_id,
        "sub": facts.user.lti_1_3_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "nonce": nonce,
        f"{LTI}message_type": facts.message_type,
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": facts.deployment_id,
        f"{LTI}target_link_uri": facts.target_link_uri,
    }


def tells_names(tool: LtiKey) -> bool:
    """True when the tool's privacy level lets it know names, and SIS ids with them."""
    return tool.privacy_level in ("public", "name_only")


def person_claims(tool: LtiKey, user: User) -> dict[str, Any]:
    """Who the person is, as far as the tool's privacy level lets it know; also part of an NRPS member."""
    found: dict[str, Any] = {}
    if tells_names(tool):
        family, _, given = user.sortable_name.partition(", ")
        found |= {"name": user.name, "given_name": given or family, "family_name": family}
    if tool.privacy_level in ("public", "email_only") and user.email:
        found["email"] = user.email
    return found


def _place_claims(facts: LaunchFacts) -> dict[str, Any]:
    course = facts.course
    sis = {"person_sourcedid": facts.user.sis_user_id} if tells_names(facts.tool) else {}
    if course is not None and tells_names(facts.tool):
        sis["course_offering_sourcedid"] = course.sis_course_id
    found: dict[str, Any] = {
        f"{LTI}context": context_claim(course) if course else account_context_claim(facts.account),
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
    if facts.message_type == RESOURCE_LINK_REQUEST:
        found[f"{LTI}resource_link"] = _resource_link(facts)
    return found


def _resource_link(facts: LaunchFacts) -> dict[str, str]:
    if facts.assignment is not None:
        return {"id": facts.assignment.lti_context_id, "title": facts.assignment.name}
    if facts.link is not None:
        return {"id": facts.link.resource_link_uuid, "title": facts.link.title or facts.tool.name}
    place = facts.course.lti_context_id if facts.course else facts.account.lti_context_id
    return {"id": place, "title": facts.tool.name}


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


def _service_claims(facts: LaunchFacts) -> dict[str, Any]:
    """The services, as far as the tool's key has their scopes; no roster and no grades outside a course."""
    domain = facts.domain or facts.issuer
    found: dict[str, Any] = {}
    if PNS_SCOPE in facts.tool.scopes and facts.deployment_record_id is not None:
        found[f"{LTI}platformnotificationservice"] = {
            "service_versions": ["1.0"],
            "platform_notification_service_url": (
                f"{domain}/api/lti/notice-handlers/{facts.deployment_record_id}"
            ),
            "scope": [PNS_SCOPE],
            "notice_types_supported": list(NOTICE_TYPES),
        }
    if facts.course is None:
        return found
    base = f"{domain}/api/lti/courses/{facts.course.id}"
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

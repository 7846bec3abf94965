"""LTI roles of a person, from enrolments. Source: reference lti.md section 6 (Canvas's own role table)."""

from __future__ import annotations

from collections.abc import Iterable

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
SYSTEM_USER = f"{SYSTEM}#User"
ADMINISTRATOR = f"{INSTITUTION}#Administrator"

CONTEXT_ROLES: dict[str, tuple[str, ...]] = {
    "TeacherEnrollment": (f"{MEMBERSHIP}#Instructor",),
    "TaEnrollment": (f"{MEMBERSHIP}/Instructor#TeachingAssistant", f"{MEMBERSHIP}#Instructor"),
    "DesignerEnrollment": (f"{MEMBERSHIP}#ContentDeveloper",),
    "StudentEnrollment": (f"{MEMBERSHIP}#Learner",),
    "ObserverEnrollment": (f"{MEMBERSHIP}#Mentor",),
    "StudentViewEnrollment": (f"{MEMBERSHIP}#Learner", TEST_USER),
}
INSTITUTION_ROLES: dict[str, str] = {
    "TeacherEnrollment": f"{INSTITUTION}#Instructor",
    "TaEnrollment": f"{INSTITUTION}#Instructor",
    "DesignerEnrollment": f"{INSTITUTION}#Instructor",
    "StudentEnrollment": f"{INSTITUTION}#Student",
    "StudentViewEnrollment": f"{INSTITUTION}#Student",
    "ObserverEnrollment": f"{INSTITUTION}#Observer",
}


def context_roles(enrollment_types: Iterable[str]) -> list[str]:
    """What a person is in one course, without repeats; empty for somebody who is not enrolled."""
    return list(dict.fromkeys(role for kind in enrollment_types for role in CONTEXT_ROLES[kind]))


def institution_roles(enrollment_types: Iterable[str], *, is_admin: bool) -> list[str]:
    """What a person is anywhere in the district: a teacher's role follows her into other courses."""
    found = [INSTITUTION_ROLES[kind] for kind in enrollment_types]
    if is_admin:
        found.append(ADMINISTRATOR)
    return [*dict.fromkeys(found), SYSTEM_USER]


def enrollment_types_of_role(role: str) -> set[str]:
    """The enrolment types that bear a context role, for the NRPS `role` filter; empty for an unknown one."""
    full = role if "#" in role else f"{MEMBERSHIP}#{role}"
    return {kind for kind, roles in CONTEXT_ROLES.items() if full in roles}

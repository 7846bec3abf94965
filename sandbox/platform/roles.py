"""LTI roles of a person, from enrolments. Source: Canvas lib/lti/substitutions_helper.rb, its LTI 1.3 map."""

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
}
"""An observer has no institution role: Canvas's LTI 1.3 map has none."""


def context_roles(enrollment_types: Iterable[str]) -> list[str]:
    """What a person is in one course, without repeats; empty for somebody who is not enrolled."""
    return list(dict.fromkeys(role for kind in enrollment_types for role in CONTEXT_ROLES[kind]))


def institution_roles(enrollment_types: Iterable[str], *, is_admin: bool) -> list[str]:
    """What a person is anywhere in the district: a teacher's role follows her into other courses."""
    found = [INSTITUTION_ROLES[kind] for kind in enrollment_types if kind in INSTITUTION_ROLES]
    if is_admin:
        found.append(ADMINISTRATOR)
    return [*dict.fromkeys(found), SYSTEM_USER]


def all_roles(course_types: Iterable[str], everywhere: Iterable[str], *, is_admin: bool) -> list[str]:
    """The roles claim of a launch, in alphabetical order: what one is in the course does not come first."""
    return sorted({*context_roles(course_types), *institution_roles(everywhere, is_admin=is_admin)})


def enrollment_types_of_role(role: str) -> set[str]:
    """The enrolment types that bear a role, for the NRPS `role` filter; none for an unknown or short one."""
    return {kind for kind, roles in CONTEXT_ROLES.items() if role in roles}

"""What a person is in a course, from the roles of their launch.

Authority in a class comes from context roles only: Canvas sends institution roles (Instructor, Administrator)
to people who are students or nothing in this course. An institution's administrator opens the district's page
and no class. A Mentor is a parent or observer and sees no student's data. What we do not know gives nothing.
Role names: https://www.imsglobal.org/spec/lti/v1p3#role-vocabularies; a platform may send the short form
("Instructor") of context roles.
"""

from collections.abc import Iterable

from lti_app.store.models.lti import SignInKind

CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
CONTEXT_PART = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
DISTRICT_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
TEST_STUDENT = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

KIND_OF_ROLE: dict[str, SignInKind] = {
    "Instructor": SignInKind.TEACHER,
    "Instructor#PrimaryInstructor": SignInKind.TEACHER,
    "Instructor#SecondaryInstructor": SignInKind.TEACHER,
    "Instructor#Lecturer": SignInKind.TEACHER,
    "Instructor#TeachingAssistant": SignInKind.ASSISTANT,
    "Instructor#TeachingAssistantGroup": SignInKind.ASSISTANT,
    "Instructor#TeachingAssistantOffering": SignInKind.ASSISTANT,
    "Instructor#TeachingAssistantSection": SignInKind.ASSISTANT,
    "TeachingAssistant": SignInKind.ASSISTANT,
    "Learner": SignInKind.STUDENT,
    "Learner#Learner": SignInKind.STUDENT,
    "Learner#NonCreditLearner": SignInKind.STUDENT,
    "Learner#GuestLearner": SignInKind.STUDENT,
    "Mentor": SignInKind.OBSERVER,
}
# With several context roles the first of these counts. Assistant stands first: Canvas sends an assistant
# `membership#Instructor` as well (lib/lti/substitutions_helper.rb), and the narrower reading is the safe one.
PRECEDENCE = (SignInKind.ASSISTANT, SignInKind.TEACHER, SignInKind.STUDENT, SignInKind.OBSERVER)


def kind_of(roles: Iterable[str]) -> SignInKind:
    """What the launch makes of a person. No known context role: administrator of the district, else OTHER."""
    roles = set(roles)
    if is_test_student(roles):
        return SignInKind.STUDENT
    kinds = {KIND_OF_ROLE[name] for name in map(_context_role, roles) if name in KIND_OF_ROLE}
    for kind in PRECEDENCE:
        if kind in kinds:
            return kind
    return SignInKind.ADMIN if DISTRICT_ADMINISTRATOR in roles else SignInKind.OTHER


def is_test_student(roles: Iterable[str]) -> bool:
    """Whether this is Canvas's Student View: a learner of whom nothing is kept or scored."""
    return TEST_STUDENT in set(roles)


def _context_role(role: str) -> str:
    if role.startswith(CONTEXT):
        return role.removeprefix(CONTEXT)
    return role.removeprefix(CONTEXT_PART)

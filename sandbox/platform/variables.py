"""Custom fields: `$Canvas.course.id` and its kin become values; the rest stays literal.

Source: canvas.md 6.2; Canvas lib/lti/variable_expander.rb and substitutions_helper.rb (how each is made and
what it needs: a variable whose guard fails, e.g. a course's outside a course, is sent as it stands).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.platform.roles import all_roles, context_roles

if TYPE_CHECKING:
    from sandbox.platform.claims import LaunchFacts

Variable = Callable[["LaunchFacts"], object | None]
GLOBAL_ID = 10_000_000_000_000
PERMISSIONS = re.compile(r"^\$Canvas\.membership\.permissions<([a-z_,]*)>$")
ROLE_NAMES = {"StudentViewEnrollment": "StudentEnrollment"}


def expand(custom_fields: Mapping[str, str], facts: LaunchFacts) -> dict[str, str]:
    """Each field's value for this launch, always as text.

    A variable that is unknown, or has no value here (a course's id outside a course), stays literal: Canvas
    sends "$Canvas.course.id" itself.
    """
    return {name: _value(text, facts) for name, text in custom_fields.items()}


def _value(text: str, facts: LaunchFacts) -> str:
    variable = VARIABLES.get(text)
    if variable is None and (asked := PERMISSIONS.match(text)):
        return ",".join(right for right in asked[1].split(",") if right in _rights(facts))
    value = None if variable is None else variable(facts)
    if isinstance(value, bool):
        return str(value).lower()
    return text if value is None else str(value)


TEACHER_RIGHTS = {
    *("manage_sections_add", "manage_sections_edit", "manage_sections_delete", "manage_assignments_add"),
    *("manage_assignments_edit", "manage_assignments_delete", "manage_grades", "view_all_grades"),
    *("read_roster", "manage_course_content_add", "manage_course_content_edit", "post_to_forum"),
}


def _rights(facts: LaunchFacts) -> set[str]:
    """Rights a person has here by default; an account's own changes of roles do not show in it."""
    if facts.is_admin:
        return {*TEACHER_RIGHTS, "manage_sis", "read_sis"}
    types = {e.type for e in facts.enrollments}
    if "TeacherEnrollment" in types:
        return {*TEACHER_RIGHTS, "read_sis"}
    if "TaEnrollment" in types:
        return {right for right in TEACHER_RIGHTS if not right.startswith("manage_sections")}
    return {"read_roster"} if types & {"StudentEnrollment", "ObserverEnrollment"} else set()


def _in_course(values: Callable[[LaunchFacts], list[str]]) -> Variable:
    """A list that is "" when it is empty in a course, and literal outside one."""
    return lambda f: None if f.course is None else ",".join(values(f))


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _of_task(name: str) -> Variable:
    return lambda f: _time(getattr(f.assignment, name)) if f.assignment else None


def _role_names(facts: LaunchFacts) -> str:
    names = [ROLE_NAMES.get(e.type, e.type) for e in facts.enrollments]
    return ",".join(dict.fromkeys([*names, *(["Account Admin"] if facts.is_admin else [])]))


def _every_role(facts: LaunchFacts) -> str:
    types = (e.type for e in facts.enrollments)
    return ",".join(all_roles(types, facts.institution_types, is_admin=facts.is_admin))


def _is_restricted(facts: LaunchFacts) -> bool | None:
    """Whether the person sees nothing beyond their own sections."""
    if facts.course is None or facts.is_admin:
        return None if facts.course is None else False
    staff = [e for e in facts.enrollments if e.type != "ObserverEnrollment"]
    return bool(staff) and all(e.limit_privileges_to_course_section for e in staff)


VARIABLES: dict[str, Variable] = {
    "$Canvas.api.domain": lambda f: (f.domain or f.issuer).partition("://")[2],
    "$Canvas.api.baseUrl": lambda f: f.domain or f.issuer,
    "$Canvas.account.id": lambda f: f.account.id,
    "$Canvas.account.name": lambda f: f.account.name,
    "$Canvas.rootAccount.id": lambda f: f.account.id,
    "$Canvas.root_account.id": lambda f: f.account.id,
    "$Canvas.root_account.global_id": lambda f: GLOBAL_ID + f.account.id,
    "$Canvas.environment.test": lambda _: False,
    "$Canvas.assignment.id": lambda f: f.assignment and f.assignment.id,
    "$Canvas.assignment.pointsPossible": lambda f: f.assignment and f"{f.assignment.points_possible:g}",
    "$Canvas.assignment.title": lambda f: f.assignment and f.assignment.name,
    "$Canvas.assignment.published": lambda f: (
        f.assignment.workflow_state == "published" if f.assignment else None
    ),
    "$Canvas.assignment.allowedAttempts": lambda f: f.assignment and f.assignment.allowed_attempts,
    "$Canvas.assignment.dueAt.iso8601": _of_task("due_at"),
    "$Canvas.assignment.unlockAt.iso8601": _of_task("unlock_at"),
    "$Canvas.assignment.lockAt.iso8601": _of_task("lock_at"),
    "$Canvas.course.id": lambda f: f.course and f.course.id,
    "$Canvas.course.name": lambda f: f.course and f.course.name,
    "$Canvas.course.sectionIds": _in_course(lambda f: [str(s.id) for s in f.sections]),
    "$Canvas.course.sectionRestricted": _is_restricted,
    "$Canvas.course.sectionSisSourceIds": _in_course(
        lambda f: sorted({s.sis_section_id for s in f.sections if s.sis_section_id})
    ),
    "$Canvas.course.sisSourceId": lambda f: f.course and f.course.sis_course_id,
    "$Canvas.course.startAt": lambda f: f.course and _time(f.course.start_at),
    "$Canvas.course.endAt": lambda f: f.course and _time(f.course.end_at),
    "$Canvas.course.workflowState": lambda f: f.course and f.course.workflow_state,
    "$Canvas.enrollment.enrollmentState": lambda f: (
        None if f.course is None else "active" if f.enrollments else ""
    ),
    "$Canvas.externalTool.url": lambda f: f"{f.domain or f.issuer}/api/v1/external_tools/{f.tool.id}",
    "$Canvas.externalTool.global_id": lambda f: GLOBAL_ID + f.tool.id,
    "$Canvas.membership.roles": lambda f: _role_names(f),
    "$Canvas.module.id": lambda f: f.module_item and f.module_item.module_id,
    "$Canvas.moduleItem.id": lambda f: f.module_item and f.module_item.id,
    "$Canvas.user.globalId": lambda f: GLOBAL_ID + f.user.id,
    "$Canvas.user.id": lambda f: f.user.id,
    "$Canvas.user.isRootAccountAdmin": lambda f: f.is_admin,
    "$Canvas.user.loginId": lambda f: f.user.login_id,
    "$Canvas.user.sisSourceId": lambda f: f.user.sis_user_id,
    "$Context.id": lambda f: f.course.lti_context_id if f.course else f.account.lti_context_id,
    "$Context.id.history": _in_course(lambda f: list(f.course_history)),
    "$Context.title": lambda f: f.course.name if f.course else f.account.name,
    "$Membership.role": lambda f: ",".join(context_roles(e.type for e in f.enrollments)) or None,
    "$Message.locale": lambda f: f.user.locale,
    "$Person.address.timezone": lambda f: f.account.default_time_zone,
    "$Person.email.primary": lambda f: f.user.email or None,
    "$Person.name.display": lambda f: f.user.short_name,
    "$Person.name.family": lambda f: f.user.sortable_name.partition(", ")[0],
    "$Person.name.full": lambda f: f.user.name,
    "$Person.name.given": lambda f: f.user.sortable_name.partition(", ")[2],
    "$Person.sourcedId": lambda f: f.user.sis_user_id,
    "$ResourceLink.id": lambda f: (
        f.assignment.lti_context_id if f.assignment else f.link and f.link.resource_link_uuid
    ),
    "$ResourceLink.title": lambda f: f.assignment.name if f.assignment else f.link and f.link.title,
    "$ToolConsumerInstance.guid": lambda f: f.account.lti_context_id,
    "$User.id": lambda f: f.user.lti_1_3_id,
    "$com.Instructure.membership.roles": _every_role,
    "$com.instructure.User.allRoles": _every_role,
    "$com.instructure.User.observees": _in_course(lambda f: [u.lti_1_3_id for u in f.observees]),
    "$com.instructure.User.sectionNames": _in_course(lambda f: [s.name for s in f.sections]),
    "$com.instructure.User.student_view": lambda f: f.user.fake_student,
}

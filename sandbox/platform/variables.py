"""Custom fields: `$Canvas.course.id` and its kin become values; the rest stays literal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sandbox.platform.roles import context_roles

if TYPE_CHECKING:
    from sandbox.platform.claims import LaunchFacts

Variable = Callable[["LaunchFacts"], object | None]


def expand(custom_fields: Mapping[str, str], facts: LaunchFacts) -> dict[str, str]:
    """Each field's value for this launch, always as text.

    A variable that is unknown, or has no value here (a course's id outside a course), stays literal: Canvas
    sends "$Canvas.course.id" itself.
    """
    return {name: _value(text, facts) for name, text in custom_fields.items()}


def _value(text: str, facts: LaunchFacts) -> str:
    variable = VARIABLES.get(text)
    value = None if variable is None else variable(facts)
    return text if value is None else str(value)


def _joined(values: list[str]) -> str | None:
    return ",".join(values) if values else None


VARIABLES: dict[str, Variable] = {
    "$Canvas.api.domain": lambda f: f.issuer.partition("://")[2],
    "$Canvas.api.baseUrl": lambda f: f.issuer,
    "$Canvas.account.id": lambda f: f.account.id,
    "$Canvas.account.name": lambda f: f.account.name,
    "$Canvas.rootAccount.id": lambda f: f.account.id,
    "$Canvas.assignment.id": lambda f: f.assignment and f.assignment.id,
    "$Canvas.assignment.pointsPossible": lambda f: f.assignment and f"{f.assignment.points_possible:g}",
    "$Canvas.assignment.title": lambda f: f.assignment and f.assignment.name,
    "$Canvas.course.id": lambda f: f.course and f.course.id,
    "$Canvas.course.name": lambda f: f.course and f.course.name,
    "$Canvas.course.sectionIds": lambda f: _joined([str(s.id) for s in f.sections]),
    "$Canvas.course.sectionSisSourceIds": lambda f: _joined([s.sis_section_id or "" for s in f.sections]),
    "$Canvas.course.sisSourceId": lambda f: f.course and f.course.sis_course_id,
    "$Canvas.course.workflowState": lambda f: f.course and f.course.workflow_state,
    "$Canvas.enrollment.enrollmentState": lambda f: (
        f.enrollments[0].workflow_state if f.enrollments else None
    ),
    "$Canvas.membership.roles": lambda f: _joined([e.type for e in f.enrollments]),
    "$Canvas.user.globalId": lambda f: 10_000_000_000_000 + f.user.id,
    "$Canvas.user.id": lambda f: f.user.id,
    "$Canvas.user.loginId": lambda f: f.user.login_id,
    "$Canvas.user.sisSourceId": lambda f: f.user.sis_user_id,
    "$Context.id": lambda f: f.course.lti_context_id if f.course else f.account.lti_context_id,
    "$Context.title": lambda f: f.course.name if f.course else f.account.name,
    "$Membership.role": lambda f: _joined(context_roles(e.type for e in f.enrollments)),
    "$Person.address.timezone": lambda f: f.account.default_time_zone,
    "$Person.name.full": lambda f: f.user.name,
    "$Person.sourcedId": lambda f: f.user.sis_user_id,
    "$ResourceLink.id": lambda f: (
        f.assignment.lti_context_id if f.assignment else f.link and f.link.resource_link_uuid
    ),
    "$User.id": lambda f: f.user.lti_1_3_id,
    "$com.instructure.User.sectionNames": lambda f: _joined([s.name for s in f.sections]),
    "$com.instructure.User.student_view": lambda f: str(f.user.fake_student).lower(),
}

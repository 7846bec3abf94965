"""Gathers what an id_token needs to know of one person in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.platform.claims import LaunchFacts
from sandbox.world.copying import course_history
from sandbox.world.model import (
    Account,
    Assignment,
    Course,
    Deployment,
    Enrollment,
    LineItem,
    LtiKey,
    ModuleItem,
    ResourceLink,
    Section,
    User,
)
from sandbox.world.store import World
from sandbox.world.work import tool_of_url


def root_account(world: World, below: int | None = None) -> Account:
    """The district above an account; without one the first district. LookupError when there is none."""
    if below is not None:
        chain = account_chain(world, below)
        top = world.get(Account, chain[-1]) if chain else None
        if top is not None:
            return top
    for account in world.find(Account, parent_account_id=None):
        return account
    raise LookupError("the world has no account")


def account_chain(world: World, account_id: int | None) -> list[int]:
    """The account's id and those above it."""
    chain: list[int] = []
    account = world.get(Account, account_id)
    while account is not None and account.id not in chain:
        chain.append(account.id)
        account = world.get(Account, account.parent_account_id)
    return chain


def deployment_for(
    world: World, tool: LtiKey, course: Course | None, account_id: int | None = None
) -> Deployment | None:
    """How the tool was made available here: in the course, else in an account above it; None if not.

    Without a course: in the account, or (None) in the first district.
    """
    here = [d for d in world.find(Deployment, lti_key_id=tool.id) if d.active]
    below = course.account_id if course else account_id
    accounts = account_chain(world, below if below is not None else root_account(world).id)
    own = [d for d in here if course is not None and d.course_id == course.id]
    above = [d for account_id in accounts for d in here if d.account_id == account_id]
    return next(iter([*own, *above]), None)


def tools_for(world: World, course: Course | None, placement: str) -> list[LtiKey]:
    """The tools that may be opened here in that placement."""
    tools = [tool for tool in world.find(LtiKey, active=True) if placement in tool.placements]
    return [tool for tool in tools if deployment_for(world, tool, course) is not None]


def active_enrollments(world: World, course_id: int, user_id: int) -> tuple[Enrollment, ...]:
    found = world.find(Enrollment, course_id=course_id, user_id=user_id, workflow_state="active")
    return tuple(found)


def link_of_assignment(world: World, assignment: Assignment) -> ResourceLink | None:
    """What deep linking keeps of an assignment's link: its custom values. None for one made otherwise."""
    return next(iter(world.live(ResourceLink, assignment_id=assignment.id)), None)


def tool_of_assignment(world: World, assignment: Assignment) -> LtiKey | None:
    """The tool that an external-tool assignment opens: the one it names, else the one at its address."""
    tag = assignment.external_tool_tag_attributes or {}
    named = world.get(LtiKey, tag["content_id"]) if isinstance(tag.get("content_id"), int) else None
    return named or tool_of_url(world, str(tag.get("url", "")))


def launch_facts(
    world: World,
    *,
    issuer: str,
    tool: LtiKey,
    deployment_id: str,
    user: User,
    course: Course | None,
    placement: str,
    account_id: int | None = None,
    domain: str = "",
    assignment: Assignment | None = None,
    link: ResourceLink | None = None,
    target_link_uri: str = "",
    return_url: str = "",
    message_type: str = "LtiResourceLinkRequest",
    deep_linking: Mapping[str, Any] | None = None,
) -> LaunchFacts:
    """The facts of one person in one place, read together under the world's lock.

    `domain` is the LMS's own address there, where its services are; "" when the issuer is that.
    """
    with world.lock:
        enrollments = active_enrollments(world, course.id, user.id) if course else ()
        below = course.account_id if course else account_id
        root = root_account(world, below)
        sections = [
            world.get(Section, section_id) for section_id in sorted({e.section_id for e in enrollments})
        ]
        observed = {e.associated_user_id for e in enrollments if e.type == "ObserverEnrollment"}
        children = [world.get(User, user_id) for user_id in sorted(x for x in observed if x is not None)]
        items = world.live(LineItem, assignment_id=assignment.id) if assignment else []
        link = link or (link_of_assignment(world, assignment) if assignment else None)
        return LaunchFacts(
            issuer=issuer,
            domain=domain or issuer,
            tool=tool,
            deployment_id=deployment_id,
            deployment_record_id=_record_id(world, deployment_id),
            account=root,
            user=user,
            course=course,
            sections=tuple(section for section in sections if section is not None),
            enrollments=enrollments,
            course_history=tuple(course_history(world, course)) if course else (),
            observees=tuple(child for child in children if child is not None),
            institution_types=tuple(dict.fromkeys(e.type for e in _everywhere(world, user, root))),
            is_admin=_is_admin(world, user, root),
            placement=placement,
            assignment=assignment,
            line_item_id=items[0].id if items else None,
            link=link,
            module_item=world.get(ModuleItem, link.module_item_id) if link else None,
            target_link_uri=target_link_uri,
            return_url=return_url,
            message_type=message_type,
            deep_linking=deep_linking,
        )


def _record_id(world: World, deployment_id: str) -> int | None:
    return next((d.id for d in world.find(Deployment, deployment_id=deployment_id)), None)


def _everywhere(world: World, user: User, root: Account) -> list[Enrollment]:
    """The person's active enrolments in this district: another district's do not count here."""
    found = []
    for enrollment in world.find(Enrollment, user_id=user.id, workflow_state="active"):
        course = world.get(Course, enrollment.course_id)
        if course is not None and root_account(world, course.account_id).id == root.id:
            found.append(enrollment)
    return found


def _is_admin(world: World, user: User, root: Account) -> bool:
    return any(root.id in account_chain(world, account_id) for account_id in user.admin_of_account_ids)

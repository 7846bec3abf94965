"""Gathers what an id_token needs to know of one person in one place."""

from __future__ import annotations

from sandbox.platform.claims import LaunchFacts
from sandbox.world.model import (
    Account,
    Assignment,
    Course,
    Deployment,
    Enrollment,
    LineItem,
    LtiKey,
    Section,
    User,
)
from sandbox.world.store import World


def root_account(world: World) -> Account:
    """The district. Raises LookupError in a world that has no account yet."""
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


def deployment_for(world: World, tool: LtiKey, course: Course | None) -> Deployment | None:
    """How the tool was made available here: in the course, else in an account above it; None if not."""
    here = [d for d in world.find(Deployment, lti_key_id=tool.id) if d.active]
    accounts = account_chain(world, course.account_id) if course else [root_account(world).id]
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


def launch_facts(
    world: World,
    *,
    issuer: str,
    tool: LtiKey,
    deployment_id: str,
    user: User,
    course: Course | None,
    placement: str,
    assignment: Assignment | None = None,
    target_link_uri: str = "",
    return_url: str = "",
) -> LaunchFacts:
    """The facts of one person in one place, read together under the world's lock."""
    with world.lock:
        enrollments = active_enrollments(world, course.id, user.id) if course else ()
        everywhere = world.find(Enrollment, user_id=user.id, workflow_state="active")
        sections = [
            world.get(Section, section_id) for section_id in sorted({e.section_id for e in enrollments})
        ]
        items = world.live(LineItem, assignment_id=assignment.id) if assignment else []
        return LaunchFacts(
            issuer=issuer,
            tool=tool,
            deployment_id=deployment_id,
            account=root_account(world),
            user=user,
            course=course,
            sections=tuple(section for section in sections if section is not None),
            enrollments=enrollments,
            institution_types=tuple(dict.fromkeys(e.type for e in everywhere)),
            is_admin=bool(user.admin_of_account_ids),
            placement=placement,
            assignment=assignment,
            line_item_id=items[0].id if items else None,
            target_link_uri=target_link_uri,
            return_url=return_url,
        )

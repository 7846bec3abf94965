"""Tags and rows for tests about audiences."""

from __future__ import annotations

from lms_school import School

from sandbox.world.groups import membership_changed
from sandbox.world.model import Group, GroupCategory, GroupMembership


def tag(school: School, *members: str, name: str = "Tag", collaborates: bool = False) -> int:
    """A differentiation tag, or an ordinary group, with these members; its id."""
    is_tag, course_id = not collaborates, school.course.id
    set_ = school.world.add(GroupCategory(course_id=course_id, name=f"{name}s", non_collaborative=is_tag))
    made = school.world.add(
        Group(course_id=course_id, group_category_id=set_.id, name=name, non_collaborative=is_tag)
    )
    for login in members:
        school.world.add(GroupMembership(group_id=made.id, user_id=school.id_of(login)))
    return made.id


def join_tag(school: School, tag_id: int, login: str) -> None:
    school.world.add(GroupMembership(group_id=tag_id, user_id=school.id_of(login)))
    membership_changed(school.world, school.world.table(Group)[tag_id], school.id_of(login))


def leave_tag(school: School, tag_id: int, login: str) -> None:
    (found,) = school.world.live(GroupMembership, group_id=tag_id, user_id=school.id_of(login))
    found.workflow_state = "deleted"
    membership_changed(school.world, school.world.table(Group)[tag_id], school.id_of(login))


def grade(school: School, assignment_id: int, login: str, value: str, *, status: int = 200) -> None:
    place = f"assignments/{assignment_id}/submissions/{school.id_of(login)}"
    school.put(place, {"submission": {"posted_grade": value}}, status=status)

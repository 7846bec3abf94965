"""Sections of a course. Source: canvas.md 3.1 and 4.1."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import ApiError, bad_request, forbidden
from sandbox.canvas.lookups import course_for, one, section_in
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_time, group, includes, params, stamp
from sandbox.canvas.permissions import my_rights, need
from sandbox.world import work
from sandbox.world.model import Course, Enrollment, Section, User
from sandbox.world.people import add_section
from sandbox.world.visibility import GONE

_SIS_REFUSED = "You must have manage_sis permission to update sis attributes"
_MEMBER_STATES = ("active", "invited")


def section_json(section: Section, rights: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": section.id,
        "course_id": section.course_id,
        "name": section.name,
        "start_at": stamp(section.start_at),
        "end_at": stamp(section.end_at),
        "created_at": stamp(section.created_at),
        "restrict_enrollments_to_section_dates": section.restrict_enrollments_to_section_dates,
        "nonxlist_course_id": None,
    }
    if "read_sis" in rights:
        course = world().get(Course, section.course_id)
        shown["sis_section_id"] = section.sis_section_id
        shown["integration_id"] = section.integration_id
        shown["sis_course_id"] = course.sis_course_id if course else None
    if "manage_sis" in rights:
        shown["sis_import_id"] = None
    wanted = includes() if rights & {"read_roster", "view_all_grades", "manage_grades"} else set()
    if "total_students" in wanted:
        shown["total_students"] = len(_student_ids(section))
    if "students" in wanted:
        shown["students"] = [_student_json(user_id) for user_id in _student_ids(section)] or None
    return shown


def _student_ids(section: Section) -> list[int]:
    rows = world().find(Enrollment, section_id=section.id, type="StudentEnrollment")
    return [e.user_id for e in rows if e.workflow_state in _MEMBER_STATES]


def _student_json(user_id: int) -> dict[str, Any]:
    user = world().table(User)[user_id]
    return {
        "id": user.id,
        "name": user.name,
        "sortable_name": user.sortable_name,
        "short_name": user.short_name,
    }


@endpoint("GET", "/courses/<course_id>/sections")
def list_sections(course_id: str) -> Page:
    course = course_for(course_id)
    rights = my_rights(course)
    sections = world().live(Section, course_id=course.id)
    term = str(params().get("search_term", "")).lower()
    if len(term) >= 2:
        sections = [s for s in sections if term in s.name.lower()]
    return paged(sections).shown(lambda s: section_json(s, rights))


@endpoint("POST", "/courses/<course_id>/sections")
def create_section(course_id: str) -> dict[str, Any]:
    """200, not 201. SIS ids are silently ignored without manage_sis. Names need not be unique."""
    course = course_for(course_id, "manage_sections_add")
    rights, sent = my_rights(course), group("course_section")
    name = str(sent.get("name") or "").strip() or f"{course.name} {world().clock.now():%Y-%m-%d}"
    sis = _sis_fields(sent) if "manage_sis" in rights else {}
    section = add_section(
        world(),
        course,
        name,
        start_at=as_time(sent.get("start_at"), "start_at"),
        end_at=as_time(sent.get("end_at"), "end_at"),
        restrict_enrollments_to_section_dates=as_bool(sent.get("restrict_enrollments_to_section_dates")),
        **sis,
    )
    return section_json(section, rights)


def _sis_fields(sent: dict[str, Any]) -> dict[str, str]:
    fields = {}
    for name in ("sis_section_id", "integration_id"):
        value = sent.get(name)
        if value:
            if any(True for _ in world().find(Section, **{name: str(value)})):
                raise ApiError(400, {"errors": {name: [{"message": f'SIS ID "{value}" is already in use'}]}})
            fields[name] = str(value)
    return fields


@endpoint("GET", "/courses/<course_id>/sections/<id>")
def show_course_section(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return section_json(section_in(course, id), my_rights(course))


@endpoint("GET", "/sections/<id>")
def show_section(id: str) -> dict[str, Any]:
    section, course = _section_and_course(id, "read")
    return section_json(section, my_rights(course))


@endpoint("PUT", "/sections/<id>")
def update_section(id: str) -> dict[str, Any]:
    section, course = _section_and_course(id, "manage_sections_edit")
    rights, sent = my_rights(course), group("course_section")
    times = {name: as_time(sent[name], name) for name in ("start_at", "end_at") if name in sent}
    if {"sis_section_id", "integration_id"} & set(sent):
        if "manage_sis" not in rights:
            raise ApiError(401, {"errors": [{"message": _SIS_REFUSED}]})
        for name, value in _sis_fields(sent).items():
            setattr(section, name, value)
    if str(sent.get("name") or "").strip():
        section.name = str(sent["name"]).strip()
    for name, at in times.items():
        setattr(section, name, at)
    return section_json(section, rights)


@endpoint("DELETE", "/sections/<id>")
def delete_section(id: str) -> dict[str, Any]:
    """Refused with 400 while anybody but the Test Student is enrolled, even concluded or inactive."""
    section, course = _section_and_course(id, "manage_sections_delete")
    in_use = [
        e
        for e in world().find(Enrollment, section_id=section.id)
        if e.workflow_state not in GONE and e.type != "StudentViewEnrollment"
    ]
    if in_use:
        raise bad_request("You can't delete a section that has enrollments")
    work.delete_section(world(), section)
    return section_json(section, my_rights(course))


def _section_and_course(text: str, right: str) -> tuple[Section, Course]:
    section = one(Section, text)
    course = world().get(Course, section.course_id)
    if course is None:
        raise forbidden()
    need(course, right)
    return section, course

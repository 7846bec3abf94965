"""Sections of a course. Source: canvas.md 3.1 and 4.1; instructure/canvas-lms
app/controllers/sections_controller.rb and app/models/course_section.rb."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, invalid
from sandbox.canvas.lookups import course_for, one, section_in
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_time, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights, need, visible_enrollments, visible_sections
from sandbox.canvas.user_json import user_json
from sandbox.world import work
from sandbox.world.model import Course, Enrollment, Section, User
from sandbox.world.people import add_section, move_section
from sandbox.world.visibility import GONE

_SIS_KEYS = ("sis_section_id", "integration_id")
MOST_STUDENTS = 1000
"""How many students `include[]=students` lists at most; Canvas's own number is not documented."""
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
        "nonxlist_course_id": section.nonxlist_course_id,
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
        shown["total_students"] = len({e.user_id for e in _students(section)})
    if "students" in wanted:
        shown["students"] = _students_json(section, rights, wanted) or None
    if "passback_status" in wanted:
        shown["passback_status"] = None
    if "permissions" in wanted:
        shown["permissions"] = {"manage_calendar": is_staff(rights)}
    return shown


def _students(section: Section) -> list[Enrollment]:
    rows = world().find(Enrollment, section_id=section.id, type="StudentEnrollment")
    return [e for e in rows if e.workflow_state in _MEMBER_STATES]


def _students_json(section: Section, rights: frozenset[str], wanted: set[str]) -> list[dict[str, Any]]:
    """The section's students whom the caller sees, each once. Capped, as Canvas caps very large sections."""
    course = world().table(Course)[section.course_id]
    found: dict[int, dict[str, Any]] = {}
    for e in visible_enrollments(world(), me(), course, _students(section))[:MOST_STUDENTS]:
        row = user_json(world().table(User)[e.user_id], rights)
        if "enrollments" in wanted:
            row["enrollments"] = [{"id": e.id, "type": e.type, "enrollment_state": e.workflow_state}]
        found.setdefault(e.user_id, row)
    return list(found.values())


@endpoint("GET", "/courses/<course_id>/sections")
def list_sections(course_id: str) -> Page:
    """All living sections by name, also those that a section-limited teacher cannot look into."""
    course = course_for(course_id)
    rights = my_rights(course)
    sections = sorted(world().live(Section, course_id=course.id), key=lambda s: (s.name.casefold(), s.id))
    term = str(params().get("search_term", "")).lower()
    if len(term) >= 2:
        sections = [s for s in sections if term in s.name.lower()]
    return paged(sections).shown(lambda s: section_json(s, rights))


@endpoint("POST", "/courses/<course_id>/sections")
def create_section(course_id: str) -> dict[str, Any]:
    """200, not 201. SIS ids are silently ignored without manage_sis. Names need not be unique."""
    course = course_for(course_id, "manage_sections_add")
    rights, sent = my_rights(course), group("course_section")
    starts, ends = as_time(sent.get("start_at"), "start_at"), as_time(sent.get("end_at"), "end_at")
    _check_dates(starts, ends)
    name = str(sent.get("name") or "").strip() or f"{course.name} {world().clock.now():%Y-%m-%d}"
    sis = _sis_fields(sent) if "manage_sis" in rights else {}
    if sis.get("sis_section_id") and as_bool(params().get("enable_sis_reactivation")):
        deleted = _deleted_with(course, sis["sis_section_id"])
        if deleted is not None:
            deleted.workflow_state = "active"
            return section_json(deleted, rights)
    _check_unused(sis)
    section = add_section(
        world(),
        course,
        name,
        start_at=starts,
        end_at=ends,
        restrict_enrollments_to_section_dates=as_bool(sent.get("restrict_enrollments_to_section_dates")),
        **sis,
    )
    return section_json(section, rights)


def _sis_fields(sent: dict[str, Any]) -> dict[str, str | None]:
    """The keys sent; an empty text takes a key away."""
    return {name: str(sent[name]) or None for name in _SIS_KEYS if sent.get(name) is not None}


def _check_unused(sis: dict[str, str | None], section: Section | None = None) -> None:
    """Raises 400 for a key that any other section has, a deleted one too."""
    for name, value in sis.items():
        taken = world().find(Section, **{name: value}) if value else ()
        if any(other is not section for other in taken):
            word = "SIS ID" if name == "sis_section_id" else "INTEGRATION ID"
            field = "sis_source_id" if name == "sis_section_id" else name
            raise invalid(field, f'{word} "{value}" is already in use')


def _deleted_with(course: Course, sis_section_id: str | None) -> Section | None:
    rows = world().find(Section, course_id=course.id, sis_section_id=sis_section_id)
    return next((s for s in rows if s.workflow_state == "deleted"), None)


def _check_dates(starts: datetime | None, ends: datetime | None) -> None:
    if starts and ends and ends < starts:
        raise invalid("end_at", "End date cannot be before start date")


@endpoint("GET", "/courses/<course_id>/sections/<id>")
def show_course_section(course_id: str, id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return _shown(section_in(course, id), course)


@endpoint("GET", "/sections/<id>")
def show_section(id: str) -> dict[str, Any]:
    section, course = _section_and_course(id, "read")
    return _shown(section, course)


def _shown(section: Section, course: Course) -> dict[str, Any]:
    """One section, for whom may look into it or manage sections or students. Raises 403."""
    rights = my_rights(course)
    may_manage = rights & {"manage_sections_add", "manage_sections_edit", "manage_students"}
    if not may_manage and section not in visible_sections(world(), me(), course):
        raise forbidden()
    return section_json(section, rights)


@endpoint("PUT", "/sections/<id>")
def update_section(id: str) -> dict[str, Any]:
    section, course = _section_and_course(id, "manage_sections_edit")
    rights, sent = my_rights(course), group("course_section")
    times = {name: as_time(sent[name], name) for name in ("start_at", "end_at") if name in sent}
    _check_dates(times.get("start_at", section.start_at), times.get("end_at", section.end_at))
    sis = _sis_fields(sent)
    if sis and "manage_sis" not in rights:
        raise ApiError(401, {"message": _SIS_REFUSED})
    _check_unused(sis, section)
    for name, value in (sis | times).items():
        setattr(section, name, value)
    if str(sent.get("name") or "").strip():
        section.name = str(sent["name"]).strip()
    if "restrict_enrollments_to_section_dates" in sent:
        section.restrict_enrollments_to_section_dates = as_bool(sent["restrict_enrollments_to_section_dates"])
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


@endpoint("POST", "/sections/<id>/crosslist/<new_course_id>")
def crosslist_section(id: str, new_course_id: str) -> dict[str, Any]:
    """Move the section with its people into another course. Its overrides are destroyed."""
    section, course = _section_and_course(id, "manage_sections_edit")
    to = one(Course, new_course_id)
    need(to, "manage_sections_edit")
    if to.id != course.id:
        section.nonxlist_course_id = section.nonxlist_course_id or course.id
        move_section(world(), section, to)
    return section_json(section, my_rights(to))


@endpoint("DELETE", "/sections/<id>/crosslist")
def uncrosslist_section(id: str) -> dict[str, Any]:
    section, _ = _section_and_course(id, "manage_sections_edit")
    home = world().get(Course, section.nonxlist_course_id)
    if home is None:
        raise bad_request("section is not cross-listed")
    need(home, "manage_sections_edit")
    section.nonxlist_course_id = None
    move_section(world(), section, home)
    return section_json(section, my_rights(home))


def _section_and_course(text: str, right: str) -> tuple[Section, Course]:
    section = one(Section, text)
    course = world().get(Course, section.course_id)
    if course is None:
        raise forbidden()
    need(course, right)
    return section, course

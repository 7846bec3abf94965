"""The calls we make to Canvas's REST API, each with its endpoint. They return shapes; rules are elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from sync.errors import NotFound
from sync.http import Http, Params
from sync.records import Json
from sync.shapes import Shape, one, rows
from sync.vendors.canvas.parse import (
    AssignmentShape,
    EnrollmentShape,
    FileShape,
    FolderShape,
    ItemShape,
    ModuleShape,
    NamedId,
    OutcomeLinkShape,
    OutcomeResultShape,
    OverrideShape,
    PageShape,
    SectionShape,
    StudentSubmissions,
    SubmissionShape,
)

STRING_IDS = "application/json+canvas-string-ids"
PER_PAGE = "100"
ASSIGNMENTS_AT_ONCE = 25
"""With 100 students on a page of grouped submissions, 25 cells each keep an answer near 2 MB."""
S = TypeVar("S", bound=Shape)


def number(lms_id: str) -> int | str:
    """An id as Canvas's JSON has it: a number where it is one."""
    return int(lms_id) if lms_id.isdecimal() else lms_id


def timestamp(at: datetime) -> str:
    """An aware time as Canvas reads it (ISO 8601, Z)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class CanvasClient:
    """Canvas for one account's token. `http` has the school's Canvas as its base URL."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def _list(
        self, shape: type[S], where: str, params: Params | None = None, under: str | None = None
    ) -> list[S]:
        asked = {"per_page": PER_PAGE, **(params or {})}
        pages = self.http.pages(f"/api/v1/{where}", asked, accept=STRING_IDS)
        return [row for page in pages for row in rows(shape, page, under=under)]

    def _get(self, shape: type[S], where: str) -> S:
        return one(shape, self.http.get(f"/api/v1/{where}", accept=STRING_IDS))

    def _post(
        self, shape: type[S], where: str, body: Mapping[str, object], *, is_repeatable: bool = False
    ) -> S:
        reply = self.http.post(
            f"/api/v1/{where}", json=body, headers={"Accept": STRING_IDS}, is_repeatable=is_repeatable
        )
        return one(shape, reply)

    def _put(self, shape: type[S], where: str, body: Mapping[str, object]) -> S:
        return one(shape, self.http.put(f"/api/v1/{where}", json=body, headers={"Accept": STRING_IDS}))

    def _delete(self, where: str, params: Params | None = None) -> None:
        try:
            self.http.delete(f"/api/v1/{where}", params)
        except NotFound:
            return  # gone already: what we asked for

    # people

    def enrollments(
        self, course: str, types: Sequence[str] = (), states: Sequence[str] = ()
    ) -> list[EnrollmentShape]:
        """GET /api/v1/courses/:course_id/enrollments (a row for each person and section)."""
        params: dict[str, Sequence[str]] = {"state[]": states or ["active", "invited"]}
        if types:
            params["type[]"] = types
        return self._list(EnrollmentShape, f"courses/{course}/enrollments", params)

    def sections(self, course: str) -> list[SectionShape]:
        """GET /api/v1/courses/:course_id/sections"""
        return self._list(SectionShape, f"courses/{course}/sections")

    def create_section(self, course: str, name: str) -> str:
        """POST /api/v1/courses/:course_id/sections (names need not be unique there)"""
        return self._post(NamedId, f"courses/{course}/sections", {"course_section": {"name": name}}).id

    def rename_section(self, section: str, name: str) -> None:
        """PUT /api/v1/sections/:id"""
        self._put(NamedId, f"sections/{section}", {"course_section": {"name": name}})

    def delete_section(self, section: str) -> None:
        """DELETE /api/v1/sections/:id (400 while anybody is in it)"""
        self._delete(f"sections/{section}")

    def enrol(self, section: str, user: str) -> str:
        """POST /api/v1/sections/:section_id/enrollments. Again for the same person: the same enrolment.

        `enrollment_state` active, or the student would have to accept; never a message to them.
        """
        enrollment = {
            "user_id": number(user),
            "type": "StudentEnrollment",
            "enrollment_state": "active",
            "notify": False,
        }
        body = {"enrollment": enrollment}
        return self._post(NamedId, f"sections/{section}/enrollments", body, is_repeatable=True).id

    def unenrol(self, course: str, enrollment: str) -> None:
        """DELETE /api/v1/courses/:course_id/enrollments/:id?task=delete

        The default task, conclude, would leave the student able to see what the section sees.
        """
        self._delete(f"courses/{course}/enrollments/{enrollment}", {"task": "delete"})

    # work

    def assignments(self, course: str, ids: Sequence[str] = (), search: str = "") -> list[AssignmentShape]:
        """GET /api/v1/courses/:course_id/assignments (base dates, not the most lenient override's)"""
        params: dict[str, str | Sequence[str]] = {"override_assignment_dates": "false"}
        if ids:
            params["assignment_ids[]"] = ids
        if len(search) > 1:
            params["search_term"] = search
        return self._list(AssignmentShape, f"courses/{course}/assignments", params)

    def assignment(self, course: str, assignment: str) -> AssignmentShape:
        """GET /api/v1/courses/:course_id/assignments/:id"""
        return self._get(AssignmentShape, f"courses/{course}/assignments/{assignment}")

    def create_assignment(self, course: str, fields: Mapping[str, Json]) -> AssignmentShape:
        """POST /api/v1/courses/:course_id/assignments (201; unpublished unless told)"""
        return self._post(AssignmentShape, f"courses/{course}/assignments", {"assignment": fields})

    def change_assignment(self, course: str, assignment: str, fields: Mapping[str, Json]) -> AssignmentShape:
        """PUT /api/v1/courses/:course_id/assignments/:id"""
        return self._put(
            AssignmentShape, f"courses/{course}/assignments/{assignment}", {"assignment": fields}
        )

    def delete_assignment(self, course: str, assignment: str) -> None:
        """DELETE /api/v1/courses/:course_id/assignments/:id"""
        self._delete(f"courses/{course}/assignments/{assignment}")

    def submissions(
        self, course: str, assignments: Sequence[str], since: datetime | None
    ) -> list[SubmissionShape]:
        """GET /api/v1/courses/:course_id/students/submissions?grouped=1 (paged by student; published only)"""
        params: dict[str, str | Sequence[str]] = {
            "student_ids[]": "all",
            "grouped": "1",
            "enrollment_state": "active",
        }
        if since is not None:
            params["graded_since"] = timestamp(since)
        found = []
        for start in range(0, len(assignments), ASSIGNMENTS_AT_ONCE):
            asked = {**params, "assignment_ids[]": assignments[start : start + ASSIGNMENTS_AT_ONCE]}
            found += self._list(StudentSubmissions, f"courses/{course}/students/submissions", asked)
        return [cell for student in found for cell in student.submissions]

    def submissions_of(self, course: str, assignment: str) -> list[SubmissionShape]:
        """GET /api/v1/courses/:course_id/assignments/:assignment_id/submissions (published or not)"""
        return self._list(SubmissionShape, f"courses/{course}/assignments/{assignment}/submissions")

    def folders(self, course: str) -> list[FolderShape]:
        """GET /api/v1/courses/:course_id/assignment_groups"""
        return self._list(FolderShape, f"courses/{course}/assignment_groups")

    def create_folder(self, course: str, name: str) -> str:
        """POST /api/v1/courses/:course_id/assignment_groups"""
        return self._post(
            NamedId, f"courses/{course}/assignment_groups", {"name": name, "group_weight": 0}
        ).id

    # outcomes

    def outcome_links(self, course: str) -> list[OutcomeLinkShape]:
        """GET /api/v1/courses/:course_id/outcome_group_links?outcome_style=full"""
        where = f"courses/{course}/outcome_group_links"
        return self._list(OutcomeLinkShape, where, {"outcome_style": "full"})

    def outcome_results(self, course: str) -> list[OutcomeResultShape]:
        """GET /api/v1/courses/:course_id/outcome_results"""
        return self._list(OutcomeResultShape, f"courses/{course}/outcome_results", under="outcome_results")

    # pages and files

    def pages(self, course: str, search: str = "") -> list[PageShape]:
        """GET /api/v1/courses/:course_id/pages?include[]=body (older hosts leave the body out)"""
        params: dict[str, str | Sequence[str]] = {"include[]": ["body"]}
        if len(search) > 1:
            params["search_term"] = search
        return self._list(PageShape, f"courses/{course}/pages", params)

    def page(self, course: str, slug: str) -> PageShape:
        """GET /api/v1/courses/:course_id/pages/:url_or_id"""
        return self._get(PageShape, f"courses/{course}/pages/{quote(slug, safe='')}")

    def create_page(self, course: str, title: str, body: str) -> str:
        """POST /api/v1/courses/:course_id/pages, not published; gives the slug"""
        fields = {"title": title, "body": body, "published": False, "notify_of_update": False}
        return self._post(PageShape, f"courses/{course}/pages", {"wiki_page": fields}).url

    def restrict_page(self, course: str, slug: str) -> None:
        """PUT /api/v1/courses/:course_id/pages/:url_or_id/date_details (204)"""
        where = f"/api/v1/courses/{course}/pages/{quote(slug, safe='')}/date_details"
        self.http.put(where, json={"only_visible_to_overrides": True})

    def delete_page(self, course: str, slug: str) -> None:
        """DELETE /api/v1/courses/:course_id/pages/:url_or_id"""
        self._delete(f"courses/{course}/pages/{quote(slug, safe='')}")

    def files(self, course: str, search: str) -> list[FileShape]:
        """GET /api/v1/courses/:course_id/files?search_term="""
        return self._list(FileShape, f"courses/{course}/files", {"search_term": search})

    # modules

    def modules(self, course: str, search: str = "") -> list[ModuleShape]:
        """GET /api/v1/courses/:course_id/modules?include[]=items"""
        params: dict[str, str | Sequence[str]] = {"include[]": ["items"]}
        if len(search) > 1:
            params["search_term"] = search
        return self._list(ModuleShape, f"courses/{course}/modules", params)

    def items(self, course: str, module: str) -> list[ItemShape]:
        """GET /api/v1/courses/:course_id/modules/:module_id/items"""
        return self._list(ItemShape, f"courses/{course}/modules/{module}/items")

    def create_module(self, course: str, fields: Mapping[str, Json]) -> str:
        """POST /api/v1/courses/:course_id/modules (always born unpublished)"""
        return self._post(NamedId, f"courses/{course}/modules", {"module": fields}).id

    def change_module(self, course: str, module: str, fields: Mapping[str, Json]) -> ModuleShape:
        """PUT /api/v1/courses/:course_id/modules/:id (publishing publishes its items too)"""
        return self._put(ModuleShape, f"courses/{course}/modules/{module}", {"module": fields})

    def delete_module(self, course: str, module: str) -> None:
        """DELETE /api/v1/courses/:course_id/modules/:id (items' content stays)"""
        self._delete(f"courses/{course}/modules/{module}")

    def module_audience(self, course: str, module: str) -> list[OverrideShape]:
        """GET /api/v1/courses/:course_id/modules/:module_id/assignment_overrides"""
        return self._list(OverrideShape, f"courses/{course}/modules/{module}/assignment_overrides")

    def set_module_audience(self, course: str, module: str, title: str, students: Collection[str]) -> None:
        """PUT /api/v1/courses/:course_id/modules/:module_id/assignment_overrides (204)

        Replaces all. Without an id on purpose: an id with an empty list would be ignored in silence.
        """
        override = {"title": title, "student_ids": [number(student) for student in sorted(students)]}
        where = f"/api/v1/courses/{course}/modules/{module}/assignment_overrides"
        self.http.put(where, json={"overrides": [override]})

    def create_item(self, course: str, module: str, fields: Mapping[str, Json]) -> str:
        """POST /api/v1/courses/:course_id/modules/:module_id/items (Canvas would add the same thing twice)"""
        where = f"courses/{course}/modules/{module}/items"
        return self._post(NamedId, where, {"module_item": fields}).id

    def self_check(self) -> str:
        """GET /api/v1/users/self: whose token this is."""
        return self._get(NamedId, "users/self").id

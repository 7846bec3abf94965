"""Outcome results, and who may ask for whose. Source: canvas.md 3.4; Canvas `outcome_results_controller.rb`,
`lib/outcomes/result_analytics.rb`, `lib/api/v1/outcome_results.rb`, `lib/outcomes/enrollments.rb`.

One wrong user or outcome refuses the whole call with 400. Results of New Quizzes come from another service
and are kept for each reader and question; rows of the LMS itself are always fresh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError
from sandbox.canvas.lookups import course_for, one
from sandbox.canvas.outcome_json import group_json, link_json, outcome_json
from sandbox.canvas.paging import paged
from sandbox.canvas.params import as_bool, includes, many, params, stamp
from sandbox.canvas.permissions import my_rights, visible_student_ids
from sandbox.current import base_url
from sandbox.world import mastery
from sandbox.world.model import (
    Assignment,
    Course,
    Enrollment,
    Outcome,
    OutcomeAlignment,
    OutcomeGroup,
    OutcomeLink,
    OutcomeResult,
    Section,
    User,
)

_KEPT = "outcomes_service"
_SORTS = (
    "student",
    "student_name",
    "student_sis_id",
    "student_integration_id",
    "student_login_id",
    "outcome",
)


@dataclass(slots=True)
class Asked:
    """Whom and what a call is about, checked."""

    course: Course
    users: list[User]
    enrollments: dict[int, list[Enrollment]]
    """The student rows of each user, of the asked section only where one is asked for."""
    links: list[OutcomeLink]
    outcomes: list[Outcome]
    section: Section | None = None


def reject(message: str, status: int = 400) -> ApiError:
    """How this part of Canvas refuses: {status, message}."""
    word = {400: "bad_request", 403: "forbidden"}[status]
    return ApiError(status, {"status": word, "message": message})


def readable(course: Course) -> bool:
    """Whether the caller reads everybody's results."""
    return bool(my_rights(course) & {"manage_grades", "view_all_grades"})


def may_read_grades_of(course: Course, user_ids: list[int]) -> None:
    """A learner reads the own results, an observer the child's. Raises 400 for strangers, 403."""
    rows = [e for e in world().live(Enrollment, course_id=course.id) if e.user_id in user_ids]
    if len({e.user_id for e in rows}) != len(user_ids):
        raise reject("specified users not enrolled")
    mine = world().live(Enrollment, course_id=course.id, user_id=me().id)
    children = {e.associated_user_id for e in mine if e.type == "ObserverEnrollment"}
    if not set(user_ids) <= children | {me().id}:
        raise reject("not authorized to read grades for specified users", 403)


def split(name: str) -> list[str]:
    """A list parameter, also as one text with commas."""
    return [part.strip() for text in many(name) for part in text.split(",") if part.strip()]


def _students(course: Course) -> dict[int, list[Enrollment]]:
    """Every student row but deleted ones: concluded and inactive students are in the mastery gradebook."""
    found: dict[int, list[Enrollment]] = {}
    for e in world().live(Enrollment, course_id=course.id, type="StudentEnrollment"):
        found.setdefault(e.user_id, []).append(e)
    if world().switches.limit_section_visibility_in_lmgb:
        seen = visible_student_ids(world(), me(), course)
        found = {user_id: rows for user_id, rows in found.items() if user_id in seen}
    return found


def _ids(texts: list[str]) -> list[int]:
    ids = []
    for text in dict.fromkeys(texts):
        try:
            ids.append(one(User, text).id)
        except ApiError:
            ids.append(0)
    return ids


def asked(course_id: str, *, aggregate: str | None = None) -> Asked:
    """What the call asks for, in the order Canvas checks it. Raises 400, 403, 404."""
    course = course_for(course_id)
    students, named = _students(course), split("user_ids")
    ids = _ids(named)
    if not readable(course):
        if not named:
            raise reject("users not specified and no access to all grades", 403)
        may_read_grades_of(course, [user_id for user_id in ids if user_id in students])
    _check_includes(aggregate)
    links, outcomes = _outcomes(course)
    section = None
    if named and params().get("section_id"):
        raise reject("cannot specify both user_ids and section_id")
    if named:
        if not set(ids) <= set(students):
            raise reject("can only include id's of users in the outcome context")
        students = {user_id: rows for user_id, rows in students.items() if user_id in ids}
    elif params().get("section_id"):
        section = _section(course)
        of_it = {u: [e for e in rows if e.section_id == section.id] for u, rows in students.items()}
        students = {user_id: rows for user_id, rows in of_it.items() if rows}
    students = _without_ended(students)
    users = [world().table(User)[user_id] for user_id in sorted(students)]
    if str(params().get("sort_by", "")).startswith("student"):
        users.sort(
            key=lambda u: (u.sortable_name.casefold(), u.id), reverse=params().get("sort_order") == "desc"
        )
    return Asked(course, users, students, links, outcomes, section)


def _section(course: Course) -> Section:
    text = str(params()["section_id"])
    section = world().get(Section, int(text)) if text.isdigit() else None
    if section is None or section.course_id != course.id or section.workflow_state == "deleted":
        raise reject("invalid section id")
    return section


def _without_ended(students: dict[int, list[Enrollment]]) -> dict[int, list[Enrollment]]:
    """Without those whose every row is of an excluded state; others keep all their rows."""
    words = {"concluded_enrollments": "completed", "inactive_enrollments": "inactive"}
    states = {words[word] for word in split("exclude") if word in words}
    return {u: rows for u, rows in students.items() if any(e.workflow_state not in states for e in rows)}


def _check_includes(aggregate: str | None) -> None:
    known = {"outcomes", "outcomes.alignments", "outcome_groups", "outcome_links", "outcome_paths"}
    for name in sorted(includes() - {"uuid"}):
        if name == "courses" and aggregate != "course":
            raise reject("can't include courses unless aggregate is 'course'")
        if name == "users" and aggregate:
            raise reject("can't include users unless aggregate is not set")
        if name not in known | {"courses", "users", "alignments", "assignments"}:
            raise reject(f"invalid include: {name}")


def check_sorting() -> None:
    """Raises 400 for a way of sorting that there is not."""
    sort_by = params().get("sort_by")
    if not sort_by:
        return
    if sort_by not in _SORTS:
        raise reject("invalid sort_by parameter value")
    outcome_id = params().get("sort_outcome_id")
    if sort_by == "outcome" and not outcome_id:
        raise reject("missing required sort_outcome_id parameter value")
    if sort_by == "outcome" and not str(outcome_id).isdigit():
        raise reject("invalid sort_outcome_id parameter value")
    if params().get("sort_order") not in (None, "asc", "desc"):
        raise reject("invalid sort_order parameter value")


def _outcomes(course: Course) -> tuple[list[OutcomeLink], list[Outcome]]:
    links, table = mastery.links_in(world(), "Course", course.id), world().table(Outcome)
    wanted, folder = split("outcome_ids"), params().get("outcome_group_id")
    if wanted and folder:
        raise reject("can't filter by both outcome_ids and outcome_group_id")
    if folder:
        groups = world().live(OutcomeGroup, context_type="Course", context_id=course.id)
        if str(folder) not in {str(each.id) for each in groups}:
            raise reject("can only include an outcome group id in the outcome context")
        links = [each for each in links if str(each.outcome_group_id) == str(folder)]
    if wanted:
        first = {str(each.outcome_id): each for each in reversed(links)}
        if not set(wanted) <= set(first):
            raise reject("can only include id's of outcomes in the outcome context")
        links = [first[text] for text in dict.fromkeys(wanted)]
    ids = dict.fromkeys(each.outcome_id for each in links)
    return links, [table[outcome_id] for outcome_id in ids]


# results


def results_of(call: Asked, *, include_hidden: bool = False) -> list[OutcomeResult]:
    """The results of these people on these outcomes, by name, person, outcome, age."""
    users = {user.id: user for user in call.users}
    outcomes, course = {outcome.id for outcome in call.outcomes}, call.course
    counts, staff = mastery.counting(world(), course.id), readable(course)

    def shown(r: OutcomeResult) -> bool:
        hidden = r.hidden and not include_hidden
        return r.user_id in users and r.outcome_id in outcomes and not hidden and counts(r)

    found = [r for r in world().find(OutcomeResult, course_id=course.id, source="canvas") if shown(r)]
    found += [r for r in _of_service(course) if shown(r)]
    found = [r for r in found if staff or mastery.is_posted(world(), r)]
    return sorted(
        found,
        key=lambda r: (users[r.user_id].sortable_name.casefold(), r.user_id, r.outcome_id, r.id),
    )


def _of_service(course: Course) -> list[OutcomeResult]:
    """The New Quizzes results as this reader got them when they first asked this question, minutes ago."""
    if not any(world().find(OutcomeAlignment, course_id=course.id, source="outcomes_service")):
        return []
    question = (
        course.id,
        me().id,
        *(str(params().get(n)) for n in ("section_id", "user_ids", "outcome_ids")),
    )
    kept: dict[Any, Any] = world().extras.setdefault(_KEPT, {})
    now = world().clock.now()
    until, found = kept.get(question, (now, None))
    if found is None or until <= now:
        rows = world().find(OutcomeResult, course_id=course.id, source="outcomes_service")
        found = [replace(r) for r in rows]
        kept[question] = (now + timedelta(seconds=world().switches.outcome_service_cache_seconds), found)
    return [replace(r) for r in found]


@endpoint("GET", "/courses/<course_id>/outcome_results")
def list_results(course_id: str) -> Any:
    """Pages of results under `outcome_results`; what they link to under `linked`, as far as included."""
    call = asked(course_id)
    page = paged(results_of(call, include_hidden=as_bool(params().get("include_hidden"))))
    rows: list[OutcomeResult] = page.rows
    body: dict[str, Any] = {"outcome_results": [_result_json(r) for r in rows]}
    if includes():
        body["linked"] = linked(call, rows, call.users)
    return page.wrapped(body)


def _asset(assignment_id: int | None) -> str | None:
    return f"assignment_{assignment_id}" if assignment_id else None


def _result_json(r: OutcomeResult) -> dict[str, Any]:
    outcome = world().table(Outcome)[r.outcome_id]
    scale = mastery.scale_in(world(), outcome, ("Course", r.course_id))
    return {
        "id": r.id,
        "score": r.score,
        "mastery": None if r.score is None else r.score >= scale.mastery_points,
        "possible": r.possible,
        "percent": mastery.percent_of(r),
        "hide_points": r.hide_points,
        "hidden": r.hidden,
        "submitted_or_assessed_at": stamp(mastery.time_of(r)),
        "links": {
            "user": str(r.user_id),
            "learning_outcome": str(r.outcome_id),
            "alignment": _asset(r.assignment_id),
            "assignment": _asset(r.assignment_id),
        },
    }


# what is linked


def linked(call: Asked, rows: list[OutcomeResult], users: list[User]) -> dict[str, Any]:
    """The included collections, by the names they were asked with; `users` as given, not those of `rows`."""
    wanted, found = includes(), dict[str, Any]()
    if "courses" in wanted:
        found["courses"] = [{"id": str(call.course.id), "name": call.course.name}]
    if "outcomes" in wanted:
        aligned = mastery.alignments_in(world(), call.course.id)
        found["outcomes"] = [_linked_outcome(call, outcome, aligned) for outcome in call.outcomes]
    if "outcome_groups" in wanted:
        groups = world().live(OutcomeGroup, context_type="Course", context_id=call.course.id)
        found["outcome_groups"] = [group_json(each) for each in groups]
    if "outcome_links" in wanted:
        found["outcome_links"] = [link_json(each, full=False) for each in call.links]
    if "outcome_paths" in wanted:
        found["outcome_paths"] = [_path(each) for each in call.links]
    if "users" in wanted:
        found["users"] = [_user_json(user, my_rights(call.course)) for user in users]
    if "alignments" in wanted:
        found["alignments"] = _alignments(dict.fromkeys(r.assignment_id for r in rows))
    if "outcomes.alignments" in wanted:
        ids = {outcome.id for outcome in call.outcomes}
        kept = mastery.alignments_in(world(), call.course.id)
        found["outcomes.alignments"] = _alignments(
            dict.fromkeys(each.assignment_id for each in kept if each.outcome_id in ids)
        )
    if "assignments" in wanted:
        found["assignments"] = _alignments(dict.fromkeys(r.assignment_id for r in rows), kinds=True)
    return found


def _linked_outcome(call: Asked, outcome: Outcome, aligned: list[OutcomeAlignment]) -> dict[str, Any]:
    table = world().table(Assignment)
    measures = [each for each in aligned if each.outcome_id == outcome.id]
    live = [each for each in measures if table[each.assignment_id].workflow_state == "published"]
    group_id = next(str(each.outcome_group_id) for each in call.links if each.outcome_id == outcome.id)
    more = {"alignments": [_asset(each.assignment_id) for each in live], "group_id": group_id}
    return outcome_json(outcome) | more


def _path(each: OutcomeLink) -> dict[str, Any]:
    """The folders below the root, then the outcome."""
    parts: list[dict[str, str]] = [{"name": world().table(Outcome)[each.outcome_id].title}]
    folder = world().get(OutcomeGroup, each.outcome_group_id)
    while folder is not None and folder.parent_id is not None:
        parts.insert(0, {"name": folder.title})
        folder = world().get(OutcomeGroup, folder.parent_id)
    return {"id": each.outcome_id, "parts": parts}


def _user_json(user: User, rights: frozenset[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(user.id),
        "name": user.name,
        "display_name": user.short_name,
        "sortable_name": user.sortable_name,
    }
    if "read_sis" in rights:
        shown |= {"sis_id": user.sis_user_id, "integration_id": None}
    if "view_user_logins" in rights:
        shown["login_id"] = user.login_id
    return shown


def _alignments(ids: dict[int | None, None], *, kinds: bool = False) -> list[dict[str, Any]]:
    found = []
    for assignment in (world().get(Assignment, assignment_id) for assignment_id in ids):
        if assignment is None:
            continue
        url = f"{base_url()}/courses/{assignment.course_id}/assignments/{assignment.id}"
        shown = {"id": _asset(assignment.id), "name": assignment.name, "html_url": url}
        found.append(shown | {"submission_types": ",".join(assignment.submission_types)} if kinds else shown)
    return found

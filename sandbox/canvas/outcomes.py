"""Outcomes, their folders, links and alignments, and the scale of an account or course.

Source: canvas.md 3.4; Canvas `outcomes_api_controller.rb`, `outcome_groups_api_controller.rb`.
Not modelled: importing a folder with all below it, outcome imports from CSV, friendly descriptions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect
from werkzeug import Response

from sandbox.canvas.api import View, endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, bad_request, forbidden, invalid, not_found
from sandbox.canvas.lookups import course_for, one
from sandbox.canvas.outcome_json import group_json, link_json, may_edit, outcome_json, path_of
from sandbox.canvas.outcome_results import may_read_grades_of, readable
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_int, as_list, group, params
from sandbox.canvas.permissions import is_admin, my_rights
from sandbox.current import base_url
from sandbox.world import mastery
from sandbox.world.mastery import Context
from sandbox.world.model import (
    Account,
    Assignment,
    Course,
    MasteryScale,
    Outcome,
    OutcomeAlignment,
    OutcomeGroup,
    OutcomeLink,
)

METHODS = ("highest", "latest", "average", "n_mastery", "decaying_average", "weighted_average")
_INTS = {
    "n_mastery": (5, range(1, 11)),
    "decaying_average": (mastery.DEFAULT_WEIGHT, range(1, 100)),
    "weighted_average": (mastery.DEFAULT_WEIGHT, range(1, 100)),
}
"""What calculation_int is when it is not sent, and what it may be."""
_TEXTS = ("title", "display_name", "description", "vendor_guid")


def in_both(method: str, rule: str) -> Callable[[View], View]:
    """Register a view under /courses/:course_id and under /accounts/:account_id."""

    def register(view: View) -> View:
        endpoint(method, f"/courses/<course_id>{rule}")(
            lambda course_id, **ids: view("courses", course_id, **ids)
        )
        endpoint(method, f"/accounts/<account_id>{rule}")(
            lambda account_id, **ids: view("accounts", account_id, **ids)
        )
        return view

    return register


def context_for(kind: str, context_id: str) -> Context:
    """The course or account of the path, if the caller may read its outcomes. Raises 404, 403."""
    if kind == "courses":
        return ("Course", course_for(context_id).id)
    account = one(Account, context_id)
    if not is_admin(world(), me(), account.id):
        raise forbidden()
    return ("Account", account.id)


def _editable(kind: str, context_id: str) -> Context:
    context = context_for(kind, context_id)
    if not may_edit(context):
        raise forbidden()
    return context


def _folder(context: Context, group_id: str) -> OutcomeGroup:
    found = one(OutcomeGroup, group_id)
    if (found.context_type, found.context_id) != context:
        raise not_found()
    return found


def _refuse_own_scale(sent: dict[str, Any]) -> None:
    """With account scales no outcome has its own: 403."""
    words = {"mastery_points": "mastery points", "ratings": "ratings"}
    words |= dict.fromkeys(("calculation_method", "calculation_int"), "calculation values")
    for name, word in words.items():
        if name in sent and world().switches.account_mastery_scales:
            raise ApiError(403, {"error": f"Individual outcome {word} cannot be modified."})


def _fields(sent: dict[str, Any]) -> dict[str, Any]:
    """An outcome's fields among those sent. New ratings replace all. Raises 400 for an unknown method."""
    fields: dict[str, Any] = {name: str(sent[name] or "") for name in _TEXTS if name in sent}
    if "calculation_method" in sent:
        fields |= _method(str(sent["calculation_method"]), sent.get("calculation_int"))
    if "ratings" in sent:
        ratings = [
            {
                "description": str(each.get("description") or "No description"),
                "points": float(each.get("points") or 0),
            }
            for each in as_list(sent["ratings"])
            if isinstance(each, dict)
        ]
        fields["ratings"] = sorted(ratings, key=lambda rating: -rating["points"])
        if fields["ratings"]:
            fields["points_possible"] = fields["ratings"][0]["points"]
            fields["mastery_points"] = fields["points_possible"]
    if "mastery_points" in sent:
        fields["mastery_points"] = float(sent["mastery_points"])
    return fields


def _method(name: str, number: Any) -> dict[str, Any]:
    if name not in METHODS:
        raise invalid("calculation_method", f"calculation_method must be one of {METHODS}")
    if name not in _INTS:
        return {"calculation_method": name, "calculation_int": None}
    standard, allowed = _INTS[name]
    chosen = standard if number in (None, "") else as_int(number, "calculation_int")
    if chosen not in allowed:
        raise invalid("calculation_int", "invalid calculation_int for this calculation_method")
    return {"calculation_method": name, "calculation_int": chosen}


# outcomes


@endpoint("GET", "/outcomes/<id>")
def show_outcome(id: str) -> dict[str, Any]:
    outcome = one(Outcome, id)
    context = (outcome.context_type, outcome.context_id)
    linked = world().live(OutcomeLink, outcome_id=outcome.id, context_type="Course")
    courses = {each.context_id for each in linked}
    if outcome.context_type == "Course":
        courses.add(outcome.context_id)
    table = world().table(Course)
    if not may_edit(context) and not any("read" in my_rights(table[course_id]) for course_id in courses):
        raise forbidden()
    return outcome_json(outcome)


@endpoint("PUT", "/outcomes/<id>")
def update_outcome(id: str) -> dict[str, Any]:
    """What is absent stays; ratings that are sent replace all. 403 for its own scale under an account's."""
    outcome = one(Outcome, id)
    if not may_edit((outcome.context_type, outcome.context_id)):
        raise forbidden()
    _refuse_own_scale(params())
    for name, value in _fields(params()).items():
        setattr(outcome, name, value)
    return outcome_json(outcome)


# folders and links


@in_both("GET", "/root_outcome_group")
def show_root(kind: str, context_id: str) -> Response:
    """302 to the root folder."""
    context = context_for(kind, context_id)
    return redirect(
        f"{base_url()}{path_of(context)}/outcome_groups/{mastery.root_group(world(), *context).id}"
    )


@in_both("GET", "/outcome_groups")
def list_groups(kind: str, context_id: str) -> Page:
    context = context_for(kind, context_id)
    mastery.root_group(world(), *context)
    mastery.links_in(world(), *context)
    found = world().live(OutcomeGroup, context_type=context[0], context_id=context[1])
    return paged(found).shown(group_json)


@in_both("GET", "/outcome_groups/<id>")
def show_group(kind: str, context_id: str, id: str) -> dict[str, Any]:
    return group_json(_folder(context_for(kind, context_id), id))


@in_both("GET", "/outcome_groups/<id>/subgroups")
def list_subgroups(kind: str, context_id: str, id: str) -> Page:
    parent = _folder(context_for(kind, context_id), id)
    mastery.links_in(world(), parent.context_type, parent.context_id)
    return paged(world().live(OutcomeGroup, parent_id=parent.id)).shown(group_json)


@in_both("POST", "/outcome_groups/<id>/subgroups")
def create_subgroup(kind: str, context_id: str, id: str) -> dict[str, Any]:
    context = _editable(kind, context_id)
    parent, sent = _folder(context, id), params()
    if not sent.get("title"):
        raise invalid("title", "can't be blank", type_="blank")
    made = OutcomeGroup(
        context_type=context[0], context_id=context[1], title=str(sent["title"]), parent_id=parent.id
    )
    return group_json(world().add(made))


@in_both("GET", "/outcome_groups/<id>/outcomes")
def list_group_outcomes(kind: str, context_id: str, id: str) -> Page:
    """The links that lie in this very folder, by the outcomes' titles."""
    found = _folder(context_for(kind, context_id), id)
    links = mastery.links_in(world(), found.context_type, found.context_id)
    titles = world().table(Outcome)
    here = [each for each in links if each.outcome_group_id == found.id]
    here.sort(key=lambda each: (titles[each.outcome_id].title.casefold(), each.id))
    return paged(here).shown(lambda each: link_json(each, full=params().get("outcome_style") == "full"))


@in_both("GET", "/outcome_group_links")
def list_links(kind: str, context_id: str) -> Page:
    context, sent = context_for(kind, context_id), params()
    full, full_group = sent.get("outcome_style") == "full", sent.get("outcome_group_style") == "full"
    links = mastery.links_in(world(), *context)
    return paged(links).shown(lambda each: link_json(each, full=full, full_group=full_group))


@in_both("POST", "/outcome_groups/<id>/outcomes")
def create_or_link(kind: str, context_id: str, id: str) -> dict[str, Any]:
    """A new outcome, or (with `outcome_id`) one of the context or of an account above, into the folder."""
    context, sent = _editable(kind, context_id), params()
    folder = _folder(context, id)
    if sent.get("outcome_id"):
        return _linked(context, folder, str(sent["outcome_id"]))
    if not sent.get("title"):
        raise invalid("title", "can't be blank", type_="blank")
    _refuse_own_scale(sent)
    fields: dict[str, Any] = _method("decaying_average", None)
    outcome = Outcome(context_type=context[0], context_id=context[1], **(fields | _fields(sent)))
    made = mastery.link(world(), world().add(outcome), folder)
    return link_json(made, full=False)


@in_both("PUT", "/outcome_groups/<id>/outcomes/<outcome_id>")
def link_outcome(kind: str, context_id: str, id: str, outcome_id: str) -> dict[str, Any]:
    context = _editable(kind, context_id)
    return _linked(context, _folder(context, id), outcome_id)


def _linked(context: Context, folder: OutcomeGroup, outcome_id: str) -> dict[str, Any]:
    outcome = one(Outcome, outcome_id)
    above = {context}
    kept = world().get(Course, context[1]) if context[0] == "Course" else None
    account = world().get(Account, kept.account_id if kept else context[1])
    while account is not None:
        above.add(("Account", account.id))
        account = world().get(Account, account.parent_account_id)
    if (outcome.context_type, outcome.context_id) not in above:
        raise not_found()
    return link_json(mastery.link(world(), outcome, folder), full=False)


@in_both("DELETE", "/outcome_groups/<id>/outcomes/<outcome_id>")
def unlink_outcome(kind: str, context_id: str, id: str, outcome_id: str) -> dict[str, Any]:
    """400 for the last link of an outcome that assignments measure; else it goes with its last link."""
    context = _editable(kind, context_id)
    folder, outcome = _folder(context, id), one(Outcome, outcome_id)
    links = world().live(OutcomeLink, outcome_id=outcome.id)
    here = next((each for each in links if each.outcome_group_id == folder.id), None)
    if here is None:
        raise not_found()
    if len(links) == 1 and world().live(OutcomeAlignment, outcome_id=outcome.id):
        raise bad_request("Outcome cannot be deleted because it is aligned to content.")
    shown = link_json(here, full=False)
    here.workflow_state = "deleted"
    if len(links) == 1:
        outcome.workflow_state = "deleted"
    return shown


# alignments and scales


@endpoint("GET", "/courses/<course_id>/outcome_alignments")
def list_alignments(course_id: str) -> list[dict[str, Any]]:
    """What measures which outcome for one student: assignments they hold a row of. Not paged."""
    course = course_for(course_id)
    asked = str(params().get("student_id") or "")
    if not asked:
        raise bad_request("student_id is required")
    student_id = int(asked) if asked.isdigit() else 0
    if not readable(course):
        may_read_grades_of(course, [student_id])
    table, found = world().table(Assignment), []
    for each in mastery.alignments_in(world(), course.id):
        assignment, row = table[each.assignment_id], world().submission(each.assignment_id, student_id)
        hidden = {"deleted"} if readable(course) else {"deleted", "unpublished"}
        if row is None or row.workflow_state == "deleted" or assignment.workflow_state in hidden:
            continue
        found.append(
            {
                "learning_outcome_id": each.outcome_id,
                "title": assignment.name,
                "assignment_id": assignment.id,
                "submission_types": ",".join(assignment.submission_types),
                "url": f"{base_url()}/courses/{course.id}/assignments/{assignment.id}",
            }
        )
    return found


@in_both("GET", "/outcome_proficiency")
def show_proficiency(kind: str, context_id: str) -> dict[str, Any]:
    """The scale in force; the context it was set in stands above the ratings."""
    return _proficiency(context_for(kind, context_id))


def _proficiency(context: Context) -> dict[str, Any]:
    scale = mastery.kept_scale(world(), context)
    return {"context_type": scale.context_type, "context_id": scale.context_id, "ratings": scale.ratings}


@in_both("POST", "/outcome_proficiency")
def set_proficiency(kind: str, context_id: str) -> dict[str, Any]:
    """Set the scale of the context: ratings best first, one of them the mark of mastery. Raises 400."""
    context = _editable(kind, context_id)
    sent = as_list(group("outcome_proficiency").get("ratings") or params().get("ratings"))
    ratings = [
        {
            "description": str(each.get("description") or ""),
            "points": float(each.get("points") or 0),
            "mastery": str(each.get("mastery")).lower() in ("true", "1"),
            "color": str(each.get("color") or ""),
        }
        for each in sent
        if isinstance(each, dict)
    ]
    if not ratings or sum(bool(rating["mastery"]) for rating in ratings) != 1:
        raise bad_request("exactly one rating can have mastery")
    found = next(world().find(MasteryScale, context_type=context[0], context_id=context[1]), None)
    found = found or world().add(
        MasteryScale(context_type=context[0], context_id=context[1], ratings=ratings)
    )
    found.ratings = ratings
    return _proficiency(context)

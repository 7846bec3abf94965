"""What a caller may set on an assignment, checked. Source: canvas.md 4.5."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.errors import bad_request, invalid
from sandbox.canvas.params import as_bool, as_int, as_list, as_points, as_time

LONGEST_NAME = 255
_GRADING_TYPES = ("points", "percent", "pass_fail", "letter_grade", "gpa_scale", "not_graded")
_SUBMISSION_TYPES = {
    *("none", "on_paper", "online_text_entry", "online_url", "online_upload", "external_tool"),
    *("discussion_topic", "online_quiz", "not_graded", "media_recording", "student_annotation"),
}
_FLAGS = (
    *("only_visible_to_overrides", "omit_from_final_grade", "hide_in_gradebook", "post_to_sis"),
    *("suppress_assignment", "important_dates"),
)
_TIMES = ("due_at", "unlock_at", "lock_at")
_SIS = ("sis_assignment_id", "integration_id", "integration_data")


def require_name(name: str | None) -> str:
    """The name. Raises 400 when it is blank or too long."""
    if not name:
        raise invalid("name", "is too short (minimum is 1 character)", type_="too_short", attribute="title")
    if len(name) > LONGEST_NAME:
        raise invalid(
            "name", f"is too long (maximum is {LONGEST_NAME} characters)", type_="too_long", attribute="title"
        )
    return name


def fields_sent(sent: dict[str, Any], rights: frozenset[str], *, new: bool) -> dict[str, Any]:
    """The record's fields among those sent, in our types. SIS keys vanish silently without manage_sis.

    Raises ApiError 400 for a value that is not of its kind.
    """
    fields: dict[str, Any] = {}
    if "name" in sent:
        fields["name"] = str(sent["name"] or "").strip()
    if "description" in sent:
        fields["description"] = None if sent["description"] is None else str(sent["description"])
    if "points_possible" in sent:
        fields["points_possible"] = as_points(sent["points_possible"])
    fields |= {name: as_bool(sent[name]) for name in _FLAGS if name in sent}
    fields |= {name: as_time(sent[name], name) for name in _TIMES if name in sent}
    fields |= {name: as_int(sent[name], name) for name in ("position", "allowed_attempts") if sent.get(name)}
    fields |= _kinds(sent, new=new)
    if "external_tool_tag_attributes" in sent:
        fields["external_tool_tag_attributes"] = _tool_tag(sent["external_tool_tag_attributes"])
    if "manage_sis" in rights:
        fields |= {name: sent[name] for name in _SIS if name in sent}
    return fields


def _kinds(sent: dict[str, Any], *, new: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "grading_type" in sent:
        if sent["grading_type"] not in _GRADING_TYPES:
            raise invalid("grading_type", "is not included in the list", type_="inclusion")
        fields["grading_type"] = sent["grading_type"]
    if "submission_types" in sent:
        types = [str(t) for t in as_list(sent["submission_types"])]
        if not set(types) <= _SUBMISSION_TYPES:
            raise invalid("submission_types", "Invalid submission types")
        fields["submission_types"] = types or ["none"]
    elif new:
        fields["submission_types"] = ["none"]
    return fields


def _tool_tag(value: Any) -> dict[str, Any] | None:
    if value in (None, ""):
        return None
    if not isinstance(value, dict):
        raise bad_request("Invalid external tool configuration")
    custom = value.get("custom_params")
    if custom is not None and not (
        isinstance(custom, dict) and all(isinstance(v, str | int | float | bool) for v in custom.values())
    ):
        raise bad_request("Invalid custom parameters")
    return {"new_tab": False, "content_type": "ContextExternalTool", **value}

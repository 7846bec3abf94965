"""What a tool may send as its registration: the checks, and what is taken from it.

Source: Canvas lib/schemas/lti/ims/{oidc_registration,lti_tool_configuration}.rb (what is required),
app/models/lti/ims/registration.rb (privacy level from claims, placement names), resource_placement.rb.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.platform.claims import (
    AGS_SCOPES,
    DEEP_LINKING_REQUEST,
    NRPS_SCOPE,
    PNS_SCOPE,
    REGISTRATION_READ_SCOPE,
    REGISTRATION_SCOPE,
    RESOURCE_LINK_REQUEST,
)

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
PRIVACY_LEVELS = ("public", "name_only", "email_only", "anonymous")
SCOPES = (
    *AGS_SCOPES,
    NRPS_SCOPE,
    PNS_SCOPE,
    REGISTRATION_SCOPE,
    REGISTRATION_READ_SCOPE,
    f"{CANVAS}public_jwk/scope/update",
    f"{CANVAS}account_lookup/scope/show",
    "https://canvas.instructure.com/lti-ags/progress/scope/show",
    f"{CANVAS}page_content/show",
)
PLACEMENTS: dict[str, tuple[str, ...]] = {
    RESOURCE_LINK_REQUEST: (
        *("account_navigation", "assignment_edit", "assignment_group_menu", "assignment_index_menu"),
        *("assignment_menu", "assignment_selection", "assignment_view", "collaboration"),
        *("conference_selection", "course_assignments_menu", "course_home_sub_navigation"),
        *("course_navigation", "course_settings_sub_navigation", "discussion_topic_index_menu"),
        *("discussion_topic_menu", "file_index_menu", "file_menu", "global_navigation"),
        *("homework_submission", "link_selection", "migration_selection", "module_group_menu"),
        *("module_index_menu", "module_index_menu_modal", "module_menu_modal", "module_menu"),
        *("post_grades", "quiz_index_menu", "quiz_menu", "similarity_detection"),
        *("student_context_card", "submission_type_selection", "tool_configuration"),
        *("user_navigation", "wiki_index_menu", "wiki_page_menu"),
    ),
    DEEP_LINKING_REQUEST: (
        *("assignment_selection", "collaboration", "conference_selection", "course_assignments_menu"),
        *("editor_button", "homework_submission", "link_selection", "migration_selection"),
        *("module_index_menu_modal", "module_menu_modal", "submission_type_selection"),
    ),
}
STANDARD_NAMES = {"ContentArea": "link_selection", "RichTextEditor": "editor_button"}
DOMAIN = re.compile(r"^([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+(:[0-9]{1,5})?$")
KEPT: tuple[str, ...] = (
    *("application_type", "grant_types", "response_types", "redirect_uris", "initiate_login_uri"),
    *("client_name", "jwks_uri", "token_endpoint_auth_method", "scope", "contacts", "client_uri"),
    *("logo_uri", "tos_uri", "policy_uri", TOOL),
)


def problems(sent: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a registration, each in one line; empty when it can be taken."""
    found: list[str] = []
    required = ("application_type", "grant_types", "response_types", "redirect_uris", "initiate_login_uri")
    found += [
        f"object at root is missing required properties: {name}"
        for name in (*required, "client_name", "jwks_uri", "token_endpoint_auth_method", TOOL)
        if sent.get(name) in (None, "", [])
    ]
    found += _fixed_values(sent)
    for name in ("initiate_login_uri", "jwks_uri", "logo_uri", "client_uri", "tos_uri", "policy_uri"):
        if sent.get(name) and not is_uri(sent[name]):
            found.append(f"value at `/{name}` does not match format: uri")
    uris = sent.get("redirect_uris")
    if uris and not (isinstance(uris, list) and all(is_uri(uri) for uri in uris)):
        found.append("value at `/redirect_uris` does not match format: uri")
    unknown = [scope for scope in scopes_of(sent) if scope not in SCOPES]
    if unknown:
        found.append(f"Invalid scopes: {', '.join(unknown)}")
    tool = sent.get(TOOL)
    return [*found, *(_tool_problems(tool) if tool else [])]


def _fixed_values(sent: dict[str, Any]) -> list[str]:
    found = []
    if sent.get("application_type") not in (None, "", "web"):
        found.append("value at `/application_type` is not: web")
    grants = sent.get("grant_types") or []
    if grants and not {"client_credentials", "implicit"} <= set(map(str, grants)):
        found.append("value at `/grant_types` must contain client_credentials and implicit")
    types = sent.get("response_types") or []
    if types and (not isinstance(types, list) or "id_token" not in types):
        found.append("value at `/response_types` must contain id_token")
    if sent.get("token_endpoint_auth_method") not in (None, "", "private_key_jwt"):
        found.append("value at `/token_endpoint_auth_method` is not: private_key_jwt")
    return found


def _tool_problems(tool: object) -> list[str]:
    if not isinstance(tool, dict):
        return [f"value at `/{TOOL}` is not an object"]
    found = [
        f"object at `/{TOOL}` is missing required properties: {name}"
        for name in ("domain", "messages", "claims")
        if name not in tool
    ]
    if "domain" in tool and not DOMAIN.match(str(tool["domain"])):
        found.append(f"value at `/{TOOL}/domain` does not match pattern")
    level = tool.get(f"{CANVAS}privacy_level")
    if level is not None and level not in PRIVACY_LEVELS:
        found.append(f"value at `/{TOOL}/{CANVAS}privacy_level` is not one of: {list(PRIVACY_LEVELS)}")
    found += _custom_problems(tool, f"/{TOOL}")
    messages = tool.get("messages") or []
    if not isinstance(messages, list):
        return [*found, f"value at `/{TOOL}/messages` is not an array"]
    for number, message in enumerate(messages):
        found += _message_problems(message, f"/{TOOL}/messages/{number}")
    return found


def _message_problems(message: object, at: str) -> list[str]:
    if not isinstance(message, dict):
        return [f"value at `{at}` is not an object"]
    found = _custom_problems(message, at)
    if message.get("type") not in PLACEMENTS:
        found.append(f"value at `{at}/type` is not one of: {list(PLACEMENTS)}")
    known = {name for names in PLACEMENTS.values() for name in names}
    found += [
        f"value at `{at}/placements` is not one of Canvas's: {name}"
        for name in message.get("placements") or []
        if canvas_name(str(name)) not in known
    ]
    if message.get("target_link_uri") and not is_uri(message["target_link_uri"]):
        found.append(f"value at `{at}/target_link_uri` does not match format: uri")
    visibility = message.get(f"{CANVAS}visibility")
    if visibility not in (None, "admins", "members", "public"):
        found.append(f"value at `{at}/{CANVAS}visibility` is not one of: ['admins', 'members', 'public']")
    return found


def _custom_problems(holder: dict[str, Any], at: str) -> list[str]:
    custom = holder.get("custom_parameters")
    if custom is None or (isinstance(custom, dict) and all(isinstance(v, str) for v in custom.values())):
        return []
    return [f"value at `{at}/custom_parameters` must be an object of strings"]


def is_uri(value: object) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def kept(sent: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a good registration: the properties Canvas knows."""
    return {name: sent[name] for name in KEPT if name in sent}


def scopes_of(registration: dict[str, Any]) -> list[str]:
    """The scopes asked for, without openid."""
    return [scope for scope in str(registration.get("scope") or "").split() if scope != "openid"]


def canvas_name(placement: str) -> str:
    """Canvas's name of a placement: standard names are translated, Canvas's URL prefix is taken off."""
    return STANDARD_NAMES.get(placement, placement.removeprefix(CANVAS))


def placements_of(registration: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """placement -> its settings; the first message wins; a message without placements: link_selection."""
    found: dict[str, dict[str, Any]] = {}
    for message in registration[TOOL].get("messages") or []:
        for name in message.get("placements") or ["link_selection"]:
            placement = canvas_name(name)
            hidden = message.get(f"{CANVAS}course_navigation/default_enabled") is False
            settings = {
                "message_type": message["type"],
                "target_link_uri": message.get("target_link_uri"),
                "text": message.get("label"),
                "custom_fields": message.get("custom_parameters"),
                "visibility": message.get(f"{CANVAS}visibility"),
                "default": "disabled" if hidden and placement == "course_navigation" else None,
            }
            found.setdefault(placement, {k: v for k, v in settings.items() if v is not None})
    return found


def privacy_level_of(registration: dict[str, Any]) -> str:
    """The level the tool names, else what its claims need."""
    tool = registration[TOOL]
    named = tool.get(f"{CANVAS}privacy_level")
    if named:
        return str(named)
    claims = set(tool.get("claims") or [])
    names = bool(
        claims & {"name", "given_name", "family_name", "https://purl.imsglobal.org/spec/lti/claim/lis"}
    )
    if "picture" in claims or (names and "email" in claims):
        return "public"
    return "name_only" if names else "email_only" if "email" in claims else "anonymous"

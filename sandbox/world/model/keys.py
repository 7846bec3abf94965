"""Developer keys, grants, tools, and what LTI keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.world.model.record import Record


@dataclass(slots=True, kw_only=True)
class ApiKey(Record):
    """A developer key for REST. `client_id` is its public name."""

    account_id: int
    client_id: str
    secret: str
    name: str
    redirect_uris: list[str] = field(default_factory=list)
    require_scopes: bool = False
    scopes: list[str] = field(default_factory=list)
    allow_includes: bool = False
    active: bool = True
    on_in_account: bool = True
    """False: the key is known, but switched off for this school's account."""


@dataclass(slots=True, kw_only=True)
class AuthorizationCode(Record):
    code: str
    api_key_id: int
    user_id: int
    redirect_uri: str
    scopes: list[str]
    purpose: str
    expires_at: datetime
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Grant(Record):
    """What a user allowed a developer key: one living access token, and the refresh token that renews it."""

    api_key_id: int
    user_id: int
    access_token: str
    refresh_token: str
    expires_at: datetime
    scopes: list[str] = field(default_factory=list)
    purpose: str = ""
    permanent_expires_at: datetime | None = None
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class LtiKey(Record):
    """A tool known to the platform (LTI 1.3 developer key)."""

    account_id: int
    client_id: str
    name: str
    login_url: str
    redirect_uris: list[str]
    jwks_url: str
    target_link_uri: str
    custom_fields: dict[str, str] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)
    privacy_level: str = "public"
    """public | name_only | email_only | anonymous"""
    placements: list[str] = field(default_factory=lambda: ["course_navigation", "account_navigation"])
    placement_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By placement, where it differs from the tool: message_type, target_link_uri, text, custom_fields."""
    active: bool = True


@dataclass(slots=True, kw_only=True)
class LtiRegistration(Record):
    """What a tool asked for by dynamic registration. Its key is off until an admin turns it on."""

    account_id: int
    lti_key_id: int
    guid: str
    created_by_id: int
    registration_url: str
    registration: dict[str, Any]
    """The registration as the tool sent it, without what Canvas does not know."""
    overlay: dict[str, Any] = field(default_factory=dict)
    """What the admin changed: disabled_scopes, disabled_placements, privacy_level."""
    workflow_state: str = "off"
    """off | on | deleted"""
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RegistrationUpdateRequest(Record):
    """A change that a tool asked for; nothing changes before an admin accepts it."""

    lti_registration_id: int
    registration: dict[str, Any]
    workflow_state: str = "pending"
    """pending | accepted | rejected"""
    created_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class ResourceLink(Record):
    """One place in a course or an account that opens a tool, made by deep linking.

    An assignment's link has the assignment's `lti_context_id` as its uuid.
    """

    lti_key_id: int
    resource_link_uuid: str
    lookup_uuid: str
    course_id: int | None = None
    account_id: int | None = None
    assignment_id: int | None = None
    module_item_id: int | None = None
    url: str = ""
    title: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    workflow_state: str = "active"


@dataclass(slots=True, kw_only=True)
class NoticeHandler(Record):
    """Where a deployment wants the platform's notices of one type."""

    deployment_record_id: int
    notice_type: str
    handler: str
    max_batch_size: int | None = None


@dataclass(slots=True, kw_only=True)
class Deployment(Record):
    """A tool made available in an account (all its courses) or in one course."""

    lti_key_id: int
    deployment_id: str
    account_id: int | None = None
    course_id: int | None = None
    active: bool = True


@dataclass(slots=True, kw_only=True)
class LtiToken(Record):
    lti_key_id: int
    access_token: str
    scopes: list[str]
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class LineItem(Record):
    course_id: int
    assignment_id: int
    client_id: str
    label: str
    score_maximum: float
    resource_id: str | None = None
    tag: str | None = None
    resource_link_id: str | None = None
    coupled: bool = False
    """True when the assignment was made in the LMS or by REST, not by AGS: the tool may not delete it."""
    extensions: dict[str, Any] = field(default_factory=dict)
    workflow_state: str = "active"


@dataclass(slots=True, kw_only=True)
class Result(Record):
    line_item_id: int
    user_id: int
    score_given: float | None = None
    score_maximum: float | None = None
    comment: str | None = None
    activity_progress: str = ""
    grading_progress: str = ""
    timestamp: datetime | None = None

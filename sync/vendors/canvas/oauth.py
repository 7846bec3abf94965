"""A teacher lets Regroup act for them in Canvas: OAuth2 authorization code flow (canvas.md 1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sync.errors import NotPermitted, Refused, SignInExpired
from sync.http import Http
from sync.shapes import LmsId, Shape, one

DEFAULT_LIFETIME_SECONDS = 3600
EARLY = timedelta(seconds=60)
"""A token is taken as expired a minute early, so that none dies on its way."""
SCOPES = (
    "url:GET|/api/v1/users/:id",
    "url:GET|/api/v1/courses/:course_id/enrollments",
    "url:GET|/api/v1/courses/:course_id/sections",
    "url:POST|/api/v1/courses/:course_id/sections",
    "url:PUT|/api/v1/sections/:id",
    "url:DELETE|/api/v1/sections/:id",
    "url:POST|/api/v1/sections/:section_id/enrollments",
    "url:DELETE|/api/v1/courses/:course_id/enrollments/:id",
    "url:GET|/api/v1/courses/:course_id/assignment_groups",
    "url:POST|/api/v1/courses/:course_id/assignment_groups",
    "url:GET|/api/v1/courses/:course_id/assignments",
    "url:GET|/api/v1/courses/:course_id/assignments/:id",
    "url:POST|/api/v1/courses/:course_id/assignments",
    "url:PUT|/api/v1/courses/:course_id/assignments/:id",
    "url:DELETE|/api/v1/courses/:course_id/assignments/:id",
    "url:GET|/api/v1/courses/:course_id/students/submissions",
    "url:GET|/api/v1/courses/:course_id/assignments/:assignment_id/submissions",
    "url:GET|/api/v1/courses/:course_id/outcome_group_links",
    "url:GET|/api/v1/courses/:course_id/outcome_results",
    "url:GET|/api/v1/courses/:course_id/pages",
    "url:GET|/api/v1/courses/:course_id/pages/:url_or_id",
    "url:POST|/api/v1/courses/:course_id/pages",
    "url:DELETE|/api/v1/courses/:course_id/pages/:url_or_id",
    "url:PUT|/api/v1/courses/:course_id/pages/:url_or_id/date_details",
    "url:GET|/api/v1/courses/:course_id/files",
    "url:GET|/api/v1/courses/:course_id/modules",
    "url:POST|/api/v1/courses/:course_id/modules",
    "url:PUT|/api/v1/courses/:course_id/modules/:id",
    "url:DELETE|/api/v1/courses/:course_id/modules/:id",
    "url:GET|/api/v1/courses/:course_id/modules/:module_id/items",
    "url:POST|/api/v1/courses/:course_id/modules/:module_id/items",
    "url:GET|/api/v1/courses/:course_id/modules/:context_module_id/assignment_overrides",
    "url:PUT|/api/v1/courses/:course_id/modules/:context_module_id/assignment_overrides",
)
"""What we ask for: each is explained in setup.md. Ask for none where the key does not enforce scopes."""


@dataclass(frozen=True, slots=True)
class Key:
    """A school's API key: the developer key that its Canvas admin made, where Canvas sends people back."""

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Canvas gave. `refresh_token` and `user_id` are None after a refresh: the first ones stay."""

    access_token: str
    expires_at: datetime
    refresh_token: str | None = None
    user_id: str | None = None


class _UserShape(Shape):
    id: LmsId


class _TokenShape(Shape):
    access_token: str
    expires_in: int = DEFAULT_LIFETIME_SECONDS
    refresh_token: str | None = None
    user: _UserShape | None = None


def authorize_url(base_url: str, key: Key, *, state: str, scopes: Sequence[str] = SCOPES) -> str:
    """Where the teacher's browser goes to give consent: GET <canvas>/login/oauth2/auth"""
    params = {
        "client_id": key.client_id,
        "response_type": "code",
        "redirect_uri": key.redirect_uri,
        "state": state,
    }
    if scopes:
        params["scope"] = " ".join(scopes)
    return f"{base_url.rstrip('/')}/login/oauth2/auth?{urlencode(params)}"


def exchange_code(http: Http, key: Key, code: str, *, now: datetime) -> Tokens:
    """POST /login/oauth2/token with the code of the redirect, which works once and for ten minutes.

    SignInExpired when Canvas no longer knows the code; NotPermitted when it does not know our key.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": key.redirect_uri}
    return _ask(http, key, form, now=now, is_repeatable=False)


def refresh(http: Http, key: Key, refresh_token: str, *, now: datetime) -> Tokens:
    """POST /login/oauth2/token with the refresh token. The access token before it dies at once.

    So call it under the token's lock, from a TokenStore. SignInExpired when the consent was taken back.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "redirect_uri": key.redirect_uri}
    return _ask(http, key, form, now=now, is_repeatable=True)


def revoke(http: Http) -> None:
    """DELETE /login/oauth2/token: `http` bears the token to give back. One that is dead already is done."""
    try:
        http.delete("/login/oauth2/token")
    except (SignInExpired, NotPermitted) as error:
        if error.status not in (None, 401):  # 401, with or without a header: Canvas knows it no more
            raise


def _ask(http: Http, key: Key, form: dict[str, str], *, now: datetime, is_repeatable: bool) -> Tokens:
    whole = {"client_id": key.client_id, "client_secret": key.secret, **form}
    try:
        reply = http.post("/login/oauth2/token", form=whole, is_repeatable=is_repeatable)
    except Refused as error:
        raise SignInExpired("Canvas does not accept this consent any more.", status=error.status) from None
    except SignInExpired as error:  # 401 invalid_client: the key itself, not a person's consent
        raise NotPermitted(
            "Canvas does not know Regroup's API key.", right="API key", status=error.status
        ) from None
    shape = one(_TokenShape, reply)
    expires_at = now + timedelta(seconds=shape.expires_in) - EARLY
    user_id = shape.user.id if shape.user else None
    return Tokens(shape.access_token, expires_at, shape.refresh_token, user_id)

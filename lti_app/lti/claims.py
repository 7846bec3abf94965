"""The claims of a launch: what must be there, and the little of it that we use.

Names and rules: LTI 1.3 core, section 5.3 (https://www.imsglobal.org/spec/lti/v1p3); NRPS 2.0 and AGS 2.0
for the two services. What is required is checked strictly; what is optional never stops a launch: a value of
the wrong type counts as missing.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.roles import is_test_student, kind_of
from lti_app.store.models.lti import SignInKind

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = f"{LTI}message_type"
DEEP_LINKING_REQUEST = "LtiDeepLinkingRequest"
CLAIM_OF = {
    "deployment_id": f"{LTI}deployment_id",
    "version": f"{LTI}version",
    "message_type": MESSAGE_TYPE,
    "roles": f"{LTI}roles",
    "resource_link": f"{LTI}resource_link",
    "target_link_uri": f"{LTI}target_link_uri",
    "context": f"{LTI}context",
    "presentation": f"{LTI}launch_presentation",
    "custom": f"{LTI}custom",
    "roster": "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
    "grades": "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
}
# The neutral name first; the second is what Canvas administrators' keys usually call it.
COURSE_FIELDS = ("course_lms_id", "canvas_course_id")
USER_FIELDS = ("user_lms_id", "canvas_user_id")
TIMEZONE_FIELDS = ("person_timezone", "person_address_timezone")
LONGEST_ID = 255
LONGEST_TEXT = 300


def _is_clean(text: str) -> bool:
    return not any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in text)


def _clean_id(text: str) -> str:
    if not _is_clean(text):
        raise ValueError("holds characters that an id cannot have")
    return text


def _text_or_none(value: object) -> str | None:
    """The text without what a database or a page cannot hold; None for anything that is no text."""
    if not isinstance(value, str):
        return None
    return "".join(char for char in value if _is_clean(char)).strip()[:LONGEST_TEXT] or None


def _url_or_none(value: object) -> str | None:
    is_address = isinstance(value, str) and _is_clean(value) and value.startswith(("https://", "http://"))
    return str(value) if is_address else None


def _dict_or_empty(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return (
        [item for item in value if isinstance(item, str) and _is_clean(item)]
        if isinstance(value, list)
        else []
    )


def _roles(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("is not a list")  # noqa: TRY004  (pydantic reports ValueError)
    return _texts(value)


LtiId = Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_ID), AfterValidator(_clean_id)]
OptionalText = Annotated[str | None, BeforeValidator(_text_or_none)]
OptionalUrl = Annotated[str | None, BeforeValidator(_url_or_none)]
Texts = Annotated[list[str], BeforeValidator(_texts)]


class _Claim(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)


class _ResourceLink(_Claim):
    id: LtiId


class _Context(_Claim):
    id: LtiId
    title: OptionalText = None
    label: OptionalText = None


class _Presentation(_Claim):
    return_url: OptionalUrl = None
    locale: OptionalText = None


class _Roster(_Claim):
    context_memberships_url: OptionalUrl = None


class _Grades(_Claim):
    lineitems: OptionalUrl = None
    scope: Texts = []


class Claims(_Claim):
    """A resource link launch as the platform signed it; CLAIM_OF has the full names."""

    model_config = ConfigDict(frozen=True, alias_generator=lambda field: CLAIM_OF.get(field, field))

    sub: LtiId
    deployment_id: LtiId
    version: Literal["1.3.0"]
    message_type: Literal["LtiResourceLinkRequest"]
    roles: Annotated[list[str], BeforeValidator(_roles)]
    resource_link: _ResourceLink
    target_link_uri: Annotated[str, Field(strict=True, min_length=1)]
    context: _Context | None = None
    name: OptionalText = None
    given_name: OptionalText = None
    family_name: OptionalText = None
    presentation: Annotated[_Presentation, BeforeValidator(_dict_or_empty)] = _Presentation()
    custom: Annotated[dict[str, Any], BeforeValidator(_dict_or_empty)] = {}
    roster: Annotated[_Roster, BeforeValidator(_dict_or_empty)] = _Roster()
    grades: Annotated[_Grades, BeforeValidator(_dict_or_empty)] = _Grades()


class LaunchedContext(_Claim):
    """The course a launch came from."""

    lms_id: str
    course_lms_id: str | None
    title: str
    nrps_url: str | None
    line_items_url: str | None
    ags_scopes: list[str]


class Launch(_Claim):
    """What we use of a verified launch: who, as what, from where. `is_kept`: the person gets a row."""

    sub: str
    user_lms_id: str | None
    name: str
    sortable_name: str
    roles: list[str]
    kind: SignInKind
    is_test_student: bool
    context: LaunchedContext | None
    page_origin: str | None
    locale: str | None
    timezone: str | None
    is_kept: bool


def read_claims(body: dict[str, Any]) -> Claims:
    """The checked claims of a token's body. Raises Refusal with the names of the wrong ones, no values."""
    if body.get(MESSAGE_TYPE) == DEEP_LINKING_REQUEST:
        raise Refusal(Reason.NO_DEEP_LINKS)
    try:
        return Claims.model_validate(body)
    except ValidationError as error:
        wrong = sorted({_claim_name(detail["loc"]) for detail in error.errors(include_input=False)})
        raise Refusal(Reason.BAD_LAUNCH, f"claims: {', '.join(wrong)}") from None


def launch_of(claims: Claims) -> Launch:
    """What is used of the claims. Parents, test students and unknown roles leave no name and no row."""
    kind, is_test = kind_of(claims.roles), is_test_student(claims.roles)
    is_kept = kind not in {SignInKind.OBSERVER, SignInKind.OTHER} and not is_test
    name = claims.name or " ".join(filter(None, (claims.given_name, claims.family_name)))
    return Launch(
        sub=claims.sub,
        user_lms_id=_custom(claims, USER_FIELDS) if is_kept else None,
        name=name if is_kept else "",
        sortable_name=_sortable(claims) if is_kept else "",
        roles=claims.roles,
        kind=kind,
        is_test_student=is_test,
        is_kept=is_kept,
        context=_context_of(claims),
        page_origin=origin_of(claims.presentation.return_url),
        locale=(claims.presentation.locale or "")[:35] or None,
        timezone=_timezone_of(claims),
    )


def _sortable(claims: Claims) -> str:
    return ", ".join(filter(None, (claims.family_name, claims.given_name))) or claims.name or ""


def origin_of(url: str | None) -> str | None:
    """Scheme, host and port of an http(s) address, as an Origin header has them; None when it is none."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or not all(c.isalnum() or c in "-._" for c in host):
        return None
    is_usual = port is None or (parts.scheme, port) in {("http", 80), ("https", 443)}
    return f"{parts.scheme}://{host.lower()}" + ("" if is_usual else f":{port}")


def _context_of(claims: Claims) -> LaunchedContext | None:
    if claims.context is None:
        return None
    return LaunchedContext(
        lms_id=claims.context.id,
        course_lms_id=_custom(claims, COURSE_FIELDS),
        title=claims.context.title or claims.context.label or "",
        nrps_url=claims.roster.context_memberships_url,
        line_items_url=claims.grades.lineitems,
        ags_scopes=claims.grades.scope,
    )


def _custom(claims: Claims, names: tuple[str, ...]) -> str | None:
    for name in names:
        value = claims.custom.get(name)
        text = _text_or_none(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)
        # A variable the platform does not know arrives as it was written: "$Canvas.course.id".
        if text and not text.startswith("$") and len(text) <= LONGEST_ID:
            return text
    return None


def _timezone_of(claims: Claims) -> str | None:
    zone = _custom(claims, TIMEZONE_FIELDS)
    try:
        return ZoneInfo(zone).key[:64] if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _claim_name(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location).removeprefix(LTI)


def seconds(value: object) -> float | None:
    """A NumericDate as seconds since 1970, None for anything else (RFC 7519 section 2)."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e12 else None  # type: ignore[arg-type]

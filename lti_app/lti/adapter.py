"""pylti1p3 2.0.0 with what it lacks: the only module that imports it.

It reads the token, finds the key in a JWK set and looks at the message's parts; each rule that decides whom
to trust is ours. Changed, and why: order (the nonce was looked at before the signature), state and nonce
(never used up; a state once valid skipped the browser check), times (exp and iat were optional), audience
(only the first of a list, azp never), registration (any of the issuer's, not the login's), keys (fetched
without limit, never kept), issuer relations (a dict shared by all instances), storage (cookies that
browsers drop).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, cast

import jwt
from jwcrypto.common import JWException  # type: ignore[import-untyped]
from pylti1p3.cookie import CookieService
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch, TLaunchData
from pylti1p3.registration import Registration as PyltiRegistration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti_app.lti.claims import Claims, read_claims, seconds
from lti_app.lti.refusals import Reason, Refusal

LEEWAY = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
LONGEST_TOKEN = 100_000


@dataclass(frozen=True, slots=True)
class Platform:
    """What the launch's login says of the platform that may answer it."""

    issuer: str
    client_id: str
    jwks_url: str
    key_set: Callable[[str], dict[str, Any]]  # kid -> JWK set that holds it; raises Refusal


class _Form(Request):
    """The posted form, as the library reads it."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    @property
    def session(self) -> NoReturn:
        raise NotImplementedError("a launch keeps nothing in a web session")

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._values.get(key, "")


class _NoCookies(CookieService):
    """The library neither reads nor sets a cookie: the browser is recognised in `lti_app/web/lti.py`."""

    def get_cookie(self, name: str) -> None:  # noqa: ARG002
        return None

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> NoReturn:
        raise NotImplementedError(f"cookie {name}")


class _OneRegistration(ToolConfAbstract[_Form]):
    """The tool's configuration of one launch: the registration its login was begun for, and no other."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def check_iss_has_one_client(self, iss: str) -> bool:  # noqa: ARG002
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:  # noqa: ARG002
        return True

    def find_registration_by_params(
        self, iss: str, client_id: str, *_args: Any, **_kwargs: Any
    ) -> PyltiRegistration:
        registration = PyltiRegistration()
        registration.set_issuer(iss).set_client_id(client_id).set_key_set_url(self._platform.jwks_url)
        return registration

    def find_registration_by_issuer(self, iss: str, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"an issuer alone names no registration: {iss}")

    def find_deployment(self, iss: str, deployment_id: str) -> NoReturn:
        # `lti_app/lti/launch.py` looks the deployment up, once the token holds.
        raise NotImplementedError(f"{iss} {deployment_id}")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, *_args: Any, **_kwargs: Any
    ) -> NoReturn:
        self.find_deployment(iss, deployment_id)


class CheckedLaunch(MessageLaunch[_Form, _OneRegistration, SessionService, CookieService]):
    """One launch message, checked in the order in which each fact may be trusted."""

    def __init__(
        self,
        id_token: str,
        platform: Platform,
        *,
        consume: Callable[[], None],
        nonce_is_ours: Callable[[str], bool],
    ) -> None:
        form = _Form({"id_token": id_token})
        super().__init__(form, _OneRegistration(platform), SessionService(form), _NoCookies())
        self._platform = platform
        self._consume = consume
        self._nonce_is_ours = nonce_is_ours

    def claims(self, now: datetime) -> Claims:
        """The claims of a message to be trusted. Raises Refusal; a valid signature uses up the login."""
        self.set_auto_validation(False)
        self.validate_jwt_format()
        self.validate_registration()
        self.validate_jwt_signature()
        self._consume()
        self.validate_nonce()
        self._validate_times(now)
        claims = read_claims(self._body)
        self.validate_message()
        return claims

    @property
    def _body(self) -> dict[str, Any]:
        return cast(dict[str, Any], self._jwt["body"])

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def get_client_id(self) -> str:
        """Our client id, if the token is for us: sole audience, or one of several with azp naming us."""
        ours = self._platform.client_id
        audience = self._body.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if ours not in audiences:
            raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "aud is not the login's client_id")
        if len(audiences) > 1 and self._body.get("azp") is None:
            raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "aud has several entries and azp is missing")
        if self._body.get("azp", ours) != ours:
            raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "azp is not our client_id")
        return ours

    def get_iss(self) -> str:
        """The issuer, if it is the one the login was begun for."""
        if self._body.get("iss") != self._platform.issuer:
            raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "iss is not the login's issuer")
        return self._platform.issuer

    def validate_jwt_format(self) -> "CheckedLaunch":
        """Three parts of JSON objects, a usable kid, RS256."""
        if len(self._get_request_param("id_token")) > LONGEST_TOKEN:
            raise Refusal(Reason.BAD_LAUNCH, "id_token is too long")
        try:
            super().validate_jwt_format()
        except LtiException:
            raise Refusal(Reason.BAD_LAUNCH, "id_token is missing or no JWT") from None
        header: object = self._jwt.get("header")
        if not isinstance(header, dict) or not isinstance(self._jwt.get("body"), dict):
            raise Refusal(Reason.BAD_LAUNCH, "id_token is no JWT of objects")
        if not isinstance(header.get("kid"), str) or not header["kid"]:
            raise Refusal(Reason.BAD_SIGNATURE, "kid is missing")
        if header.get("alg") != "RS256":
            raise Refusal(Reason.BAD_SIGNATURE, "alg is not RS256")
        return self

    def fetch_public_key(self, key_set_url: str) -> Any:  # noqa: ARG002
        """The platform's key set from our own cache, which renews it when it lacks the key."""
        return self._platform.key_set(self._jwt["header"]["kid"])

    def validate_jwt_signature(self) -> "CheckedLaunch":
        """The signature holds; from here on the body is what the platform signed."""
        try:
            public_key, _alg = self.get_public_key()
            body = jwt.decode(
                self._get_request_param("id_token"),
                public_key,
                algorithms=["RS256"],
                audience=self._platform.client_id,
                issuer=self._platform.issuer,
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_sub": False},
            )
        except (LtiException, JWException, jwt.PyJWTError, ValueError, TypeError) as error:
            raise Refusal(Reason.BAD_SIGNATURE, type(error).__name__) from None
        self._jwt["body"] = cast(TLaunchData, body)
        return self

    def validate_nonce(self) -> "CheckedLaunch":
        """The nonce is the one of this very login."""
        nonce = self._body.get("nonce")
        if not isinstance(nonce, str) or not nonce:
            raise Refusal(Reason.BAD_LAUNCH, "nonce is missing")
        if not self._nonce_is_ours(nonce):
            raise Refusal(Reason.NOT_FROM_THIS_LOGIN, "nonce is not the login's")
        return self

    def _validate_times(self, now: datetime) -> None:
        expires, issued = seconds(self._body.get("exp")), seconds(self._body.get("iat"))
        if expires is None or issued is None:
            raise Refusal(Reason.LAUNCH_EXPIRED, "exp or iat is missing")
        at, leeway = now.timestamp(), LEEWAY.total_seconds()
        not_before = seconds(self._body.get("nbf", 0))
        if expires <= at - leeway or issued < at - OLDEST.total_seconds() - leeway:
            raise Refusal(Reason.LAUNCH_EXPIRED, "exp is past or iat is over 10 minutes ago")
        if issued > at + leeway or not_before is None or not_before > at + leeway:
            raise Refusal(Reason.LAUNCH_EXPIRED, "iat or nbf lies in the future: is a clock wrong?")

    def validate_message(self) -> "CheckedLaunch":
        """The library's own look at the message, after ours."""
        try:
            super().validate_message()
        except LtiException as error:
            raise Refusal(Reason.BAD_LAUNCH, str(error)) from None
        return self

"""A platform by lti1p3platform (OpenLearning): its launches, its tokens, its keys. Loopback only.

The package gives abstract classes; what is ours here is where a value comes from. It keeps a tool's key set
for as long as a registration lives and checks neither `iss` nor `aud` of an assertion (lti.md section 4).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))  # at the end: this folder bears the package's name

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request, TRequest
from peer_shell import COURSE, MEMBERSHIP, PEOPLE, TEACHER, Refused, run

CLIENT_ID, DEPLOYMENT_ID = "peer-openlearning", "peer:1"
DEEP = "deep|"
"""Begins the message hint of a deep linking launch."""


class _Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, registration: Registration) -> None:
        self._registration = registration

    def get_registration_by_params(self, **_: Any) -> Registration:
        return self._registration


class _Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, *, hint: str) -> None:
        self._lti_message_hint = hint

    def get_redirect(self, url: str) -> str:
        return url


class _Asked(Request):
    def build_metadata(self, request: dict[str, str]) -> TRequest:
        return {"method": "GET", "get_data": request, "form_data": {}, "headers": {}, "path": "/authorize"}


class _Launch(LTIAdvantageMessageLaunchAbstract):
    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return launch_data


class OpenLearningPlatform:
    """See `peer_shell.Platform`."""

    def __init__(self, base: str, tool: str) -> None:
        self._base = base
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        self._registration = (
            Registration()
            .set_iss(base)
            .set_client_id(CLIENT_ID)
            .set_deployment_id(DEPLOYMENT_ID)
            .set_launch_url(f"{tool}/lti/launch")
            .set_deeplink_launch_url(f"{tool}/lti/launch")
            .set_oidc_login_url(f"{tool}/lti/login")
            .set_tool_key_set_url(f"{tool}/lti/jwks")
            .set_platform_public_key(public.decode())
            .set_platform_private_key(private.decode())
        )
        self._configuration = _Configuration(registration=self._registration)

    def begin(self, who: str, *, is_deep_link: bool) -> str:
        login = _Login(None, self._configuration)
        login.set_lti_message_hint(hint=(DEEP if is_deep_link else "link|") + who)
        if is_deep_link:
            login.set_deeplinking_launch_url()
        return str(login.initiate_login(who))

    def answer(self, asked: dict[str, str]) -> dict[str, str]:
        hint, who = asked.get("lti_message_hint", ""), asked.get("login_hint", "")
        if who not in PEOPLE:
            raise Refused("nobody is called so")
        launch = _Launch(_Asked(asked), self._configuration)
        role = "Instructor" if who == TEACHER else "Learner"
        launch.set_user_data(who, [MEMBERSHIP + role], full_name=PEOPLE[who])
        launch.set_launch_context_claim(
            COURSE["id"], ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"], COURSE["title"]
        )
        launch.set_nrps(f"{self._base}/members")
        launch.set_ags(f"{self._base}/lineitems")
        if hint.startswith(DEEP):
            launch.set_dl(f"{self._base}/chosen", title="Choose")
        else:
            launch.set_resource_link_claim("link-1", title="Regroup")
        try:
            made = launch.lti_launch()
        except Exception as error:  # the package's refusals have no common base
            raise Refused(repr(error)) from error
        return {"action": made["launch_url"], "state": made["state"], "id_token": made["id_token"]}

    def keys(self) -> dict[str, Any]:
        return dict(self._configuration.get_jwks())

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        try:
            return dict(self._configuration.get_access_token(form))
        except Exception as error:  # as above
            raise Refused(repr(error)) from error

    def chosen(self, response: str) -> list[dict[str, Any]]:
        try:
            return list(self._configuration.validate_deeplinking_resp({"JWT": response}))
        except Exception as error:  # as above
            raise Refused(repr(error)) from error

    def may(self, bearer: str, scopes: list[str]) -> bool:
        try:
            return bool(self._configuration.validate_token(bearer, scopes))
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Refused(repr(error)) from error


if __name__ == "__main__":
    run(OpenLearningPlatform, client_id=CLIENT_ID, deployment_id=DEPLOYMENT_ID)

"""A platform by Open edX's lti-consumer-xblock, as a library: its launches, tokens and keys. Loopback only.

AGPL: it lives in an environment of its own, is spoken to over http, and is no part of what we ship. Its
Django views are not used: they take line items only for an Open edX usage key (lti.md section 4).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))
# Before the import: edx-django-utils loads New Relic's agent where it is installed.
os.environ |= {"NEW_RELIC_ENABLED": "false", "NEW_RELIC_MONITOR_MODE": "false"}

import django
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from peer_shell import COURSE, PEOPLE, TEACHER, Refused, run

settings.configure(
    PLATFORM_NAME="A peer",
    SECRET_KEY="of no use",
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
)
django.setup()

from lti_consumer.data import Lti1p3LaunchData  # noqa: E402 (needs Django's settings)
from lti_consumer.lti_1p3.constants import LTI_1P3_CONTEXT_TYPE  # noqa: E402
from lti_consumer.lti_1p3.consumer import LtiAdvantageConsumer  # noqa: E402
from lti_consumer.lti_1p3.exceptions import Lti1p3Exception  # noqa: E402

CLIENT_ID, DEPLOYMENT_ID = "peer-openedx", "1"


class OpenEdxPlatform:
    """See `peer_shell.Platform`."""

    def __init__(self, base: str, tool: str) -> None:
        self._base, self._tool = base, tool
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )

    def begin(self, who: str, *, is_deep_link: bool) -> str:
        kind = "LtiDeepLinkingRequest" if is_deep_link else "LtiResourceLinkRequest"
        asked = Lti1p3LaunchData(
            user_id=who, user_role=_role(who), config_id="1", resource_link_id="link-1", message_type=kind
        )
        return str(self._consumer().prepare_preflight_url(asked))

    def answer(self, asked: dict[str, str]) -> dict[str, str]:
        who, consumer = asked.get("login_hint", ""), self._consumer()
        if who not in PEOPLE:
            raise Refused("nobody is called so")
        consumer.set_user_data(who, _role(who), full_name=PEOPLE[who])
        consumer.set_resource_link_claim("link-1", title="Regroup")
        consumer.set_context_claim(COURSE["id"], [LTI_1P3_CONTEXT_TYPE.course_offering], COURSE["title"])
        consumer.set_launch_presentation_claim(document_target="iframe")
        try:
            made = consumer.generate_launch_request(asked)
        except (Lti1p3Exception, AttributeError) as error:  # the latter: a hint that its cache does not know
            raise Refused(repr(error)) from error
        return {"action": asked["redirect_uri"], "state": made["state"], "id_token": made["id_token"]}

    def keys(self) -> dict[str, Any]:
        return dict(self._consumer().get_public_keyset())

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        try:
            return dict(self._consumer().access_token(form))
        except (Lti1p3Exception, jwt.InvalidTokenError) as error:
            raise Refused(repr(error)) from error

    def chosen(self, response: str) -> list[dict[str, Any]]:
        try:
            return list(self._consumer().check_and_decode_deep_linking_token(response))
        except (Lti1p3Exception, jwt.InvalidTokenError) as error:
            raise Refused(repr(error)) from error

    def may(self, bearer: str, scopes: list[str]) -> bool:
        try:
            return bool(self._consumer().check_token(bearer, scopes))
        except (Lti1p3Exception, jwt.InvalidTokenError) as error:
            raise Refused(repr(error)) from error

    def _consumer(self) -> LtiAdvantageConsumer:
        # One for each request: it holds the launch's claims.
        consumer = LtiAdvantageConsumer(
            iss=self._base,
            lti_oidc_url=f"{self._tool}/lti/login",
            lti_launch_url=f"{self._tool}/lti/launch",
            client_id=CLIENT_ID,
            deployment_id=DEPLOYMENT_ID,
            rsa_key=self._pem,
            rsa_key_id="peer-key-1",
            redirect_uris=[f"{self._tool}/lti/launch"],
            tool_keyset_url=f"{self._tool}/lti/jwks",
        )
        consumer.enable_ags(f"{self._base}/lineitems", allow_programmatic_grade_interaction=True)
        consumer.enable_nrps(f"{self._base}/members")
        consumer.enable_deep_linking(f"{self._tool}/lti/launch", f"{self._base}/chosen")
        return consumer


def _role(who: str) -> str:
    return "instructor" if who == TEACHER else "student"


if __name__ == "__main__":
    run(OpenEdxPlatform, client_id=CLIENT_ID, deployment_id=DEPLOYMENT_ID)

"""What a district's admin does by hand: make the two keys of a tool and make it available."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.platform.claims import AGS_SCOPES, NRPS_SCOPE
from sandbox.platform.facts import root_account
from sandbox.world.model import Account, ApiKey, Deployment, LtiKey
from sandbox.world.store import World

GLOBAL_ID = 10_000_000_000_000
"""Canvas shows a developer key's id with its cluster in front: a number too long for 32 bits."""

CUSTOM_FIELDS = {
    "canvas_course_id": "$Canvas.course.id",
    "canvas_user_id": "$Canvas.user.id",
    "canvas_api_domain": "$Canvas.api.domain",
    "canvas_api_base_url": "$Canvas.api.baseUrl",
    "canvas_section_ids": "$Canvas.course.sectionIds",
    "sis_user_id": "$Canvas.user.sisSourceId",
    "person_timezone": "$Person.address.timezone",
}


@dataclass(frozen=True, slots=True)
class Installed:
    """What the admin copies into the tool's own registration form."""

    client_id: str
    deployment_id: str
    api_client_id: str
    api_client_secret: str


def install_tool(
    world: World,
    tool_url: str,
    *,
    name: str = "Regroup",
    custom_fields: Mapping[str, str] = CUSTOM_FIELDS,
    privacy_level: str = "public",
    course_id: int | None = None,
    account: Account | None = None,
) -> Installed:
    """Install the tool that lives at `tool_url` in the whole district, or in one course.

    `account` is the district (the first by default): each district makes keys and deployments of its own.

    Makes the LTI key (addresses <tool>/lti/login, /lti/launch, /lti/jwks), its deployment, and the REST
    developer key (redirect to <tool>/oauth/canvas/callback).
    """
    tool_url = tool_url.rstrip("/")
    with world.lock:
        account = account or root_account(world)
        key = world.add(
            LtiKey(
                account_id=account.id,
                client_id="",
                name=name,
                login_url=f"{tool_url}/lti/login",
                redirect_uris=[f"{tool_url}/lti/launch"],
                jwks_url=f"{tool_url}/lti/jwks",
                target_link_uri=f"{tool_url}/lti/launch",
                custom_fields=dict(custom_fields),
                scopes=[NRPS_SCOPE, *AGS_SCOPES],
                privacy_level=privacy_level,
            )
        )
        key.client_id = str(GLOBAL_ID + key.id)
        deployment = deploy(world, key, course_id=course_id, account_id=account.id)
        api_key = world.add(
            ApiKey(
                account_id=account.id,
                client_id="",
                secret=secrets.token_urlsafe(32),
                name=name,
                redirect_uris=[f"{tool_url}/oauth/canvas/callback"],
            )
        )
        api_key.client_id = str(GLOBAL_ID + api_key.id)
    return Installed(key.client_id, deployment.deployment_id, api_key.client_id, api_key.secret)


def deploy(
    world: World, key: LtiKey, *, course_id: int | None = None, account_id: int | None = None
) -> Deployment:
    """Make an installed tool available in one course, or else in an account (its key's own by default).

    One key may have many deployments, also in other districts (an inherited key).
    """
    place = (key.account_id if account_id is None else account_id) if course_id is None else None
    deployment = world.add(
        Deployment(lti_key_id=key.id, deployment_id="", account_id=place, course_id=course_id)
    )
    deployment.deployment_id = f"{deployment.id}:{secrets.token_hex(20)}"
    return deployment

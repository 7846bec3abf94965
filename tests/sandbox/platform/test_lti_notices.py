"""Notice handlers: a deployment says where it wants which notices."""

from __future__ import annotations

from typing import Any

import pytest
from lti_class import LtiClass, ServiceCalls

from sandbox.platform import install_tool
from sandbox.platform.claims import PNS_SCOPE
from sandbox.platform.tokens import issue_token
from sandbox.world.model import Deployment, LtiKey

HANDLER = "http://tool.localhost:8000/notices"


def path(home: LtiClass) -> str:
    return f"/api/lti/notice-handlers/{home.deployment.id}"


def wanted(answer: Any) -> dict[str, str]:
    return {row["notice_type"]: row["handler"] for row in answer.json["notice_handlers"]}


@pytest.fixture
def calls(home: LtiClass) -> ServiceCalls:
    home.tool.scopes.append(PNS_SCOPE)
    return home.service(PNS_SCOPE)


@pytest.mark.parametrize(
    "sent",
    [
        {"handler": HANDLER},
        {"notice_type": "LtiRosterChangedNotice", "handler": HANDLER},
        {"notice_type": "LtiContextCopyNotice"},
        {"notice_type": "LtiContextCopyNotice", "handler": "mailto:x"},
        {"notice_type": "LtiContextCopyNotice", "handler": HANDLER, "max_batch_size": 0},
    ],
    ids=str,
)
def test_a_wrong_subscription_changes_nothing(
    home: LtiClass, calls: ServiceCalls, sent: dict[str, Any]
) -> None:
    assert calls.call("PUT", path(home), sent).status_code == 400
    assert set(wanted(calls.call("GET", path(home))).values()) == {""}


def test_a_handler_is_kept_told_and_taken_away(home: LtiClass, calls: ServiceCalls) -> None:
    asked = {"notice_type": "LtiContextCopyNotice", "handler": HANDLER, "max_batch_size": 50}
    told = calls.call("PUT", path(home), asked)
    assert wanted(told)["LtiContextCopyNotice"] == HANDLER
    assert told.json["deployment_id"] == home.installed.deployment_id
    assert calls.call("GET", path(home)).json == told.json
    again = calls.call("PUT", path(home), {"notice_type": "LtiContextCopyNotice", "handler": ""})
    assert wanted(again)["LtiContextCopyNotice"] == ""


def test_one_tool_cannot_touch_anothers_handlers(home: LtiClass, calls: ServiceCalls) -> None:
    assert home.service().call("GET", path(home)).status_code == 401
    assert calls.call("GET", "/api/lti/notice-handlers/999999").status_code == 404
    other = install_tool(home.world, "http://other.localhost:9000", name="Other")
    key = next(home.world.find(LtiKey, client_id=other.client_id))
    stranger = ServiceCalls(home, issue_token(home.world, key, [PNS_SCOPE]).access_token)
    assert stranger.call("GET", path(home)).status_code == 403
    theirs = next(home.world.find(Deployment, deployment_id=other.deployment_id))
    assert stranger.call("GET", f"/api/lti/notice-handlers/{theirs.id}").status_code == 200

"""The Platform Notification Service: which notices a deployment wants, and where.

Source: canvas.md 6.9; Canvas lti/ims/notice_handlers_controller.rb; developerdocs file.pns.
Handlers are kept and told back; nothing sends a notice out yet. Canvas has no roster or grade notices, so a
tool must poll anyway.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox.current import current_world, note_caller
from sandbox.platform.claims import NOTICE_TYPES, PNS_SCOPE
from sandbox.platform.services import ServiceError, bearer_tool, body, reply
from sandbox.world.model import Deployment, LtiKey, NoticeHandler
from sandbox.world.store import World

PLACE = "/api/lti/notice-handlers/<int:deployment_id>"

blueprint = Blueprint("notices", __name__)


@blueprint.get(PLACE)
def listed(deployment_id: int) -> Response:
    """Every notice type with its handler, "" where none is set."""
    world = current_world()
    tool, deployment = _own(world, deployment_id)
    return _catalog(world, tool, deployment)


@blueprint.put(PLACE)
def subscribe(deployment_id: int) -> Response:
    """{notice_type, handler, max_batch_size?}: an empty handler unsubscribes. 400 for anything else."""
    world, sent = current_world(), body()
    tool, deployment = _own(world, deployment_id)
    kind, handler = sent.get("notice_type"), sent.get("handler")
    if not kind:
        raise ServiceError(400, "param is missing or the value is empty: notice_type")
    if kind not in NOTICE_TYPES:
        raise ServiceError(400, f"unknown notice_type, must be one of {list(NOTICE_TYPES)}")
    is_url = isinstance(handler, str) and handler.startswith(("http://", "https://"))
    if handler != "" and not is_url:
        raise ServiceError(400, "handler must be a valid URL or an empty string")
    size = sent.get("max_batch_size")
    if size is not None and (not isinstance(size, int) or size < 1):
        raise ServiceError(400, "max_batch_size must be a positive number")
    with world.lock:
        found = _handler(world, deployment, kind)
        found.handler, found.max_batch_size = str(handler), size
    return _catalog(world, tool, deployment)


def _handler(world: World, deployment: Deployment, kind: str) -> NoticeHandler:
    known = world.find(NoticeHandler, deployment_record_id=deployment.id, notice_type=kind)
    return next(known, None) or world.add(
        NoticeHandler(deployment_record_id=deployment.id, notice_type=kind, handler="")
    )


def _own(world: World, deployment_id: int) -> tuple[LtiKey, Deployment]:
    note_caller("lti", None)
    tool = bearer_tool(PNS_SCOPE)
    deployment = world.get(Deployment, deployment_id)
    if deployment is None or not deployment.active:
        raise ServiceError(404, "not found")
    if deployment.lti_key_id != tool.id:
        raise ServiceError(403, "permission denied")
    return tool, deployment


def _catalog(world: World, tool: LtiKey, deployment: Deployment) -> Response:
    kept = {h.notice_type: h for h in world.find(NoticeHandler, deployment_record_id=deployment.id)}
    rows: list[dict[str, Any]] = []
    for kind in NOTICE_TYPES:
        known = kept.get(kind)
        row: dict[str, Any] = {"notice_type": kind, "handler": known.handler if known else ""}
        if known is not None and known.max_batch_size is not None:
            row["max_batch_size"] = known.max_batch_size
        rows.append(row)
    told = {
        "client_id": int(tool.client_id),
        "deployment_id": deployment.deployment_id,
        "notice_handlers": rows,
    }
    return reply(told, "application/json; charset=utf-8")

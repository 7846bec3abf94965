"""A user as JSON. Source: canvas.md 3.1."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.auth import me
from sandbox.canvas.params import includes, stamp
from sandbox.canvas.permissions import is_staff
from sandbox.current import base_url
from sandbox.world.model import User


def user_json(user: User, rights: frozenset[str], *, with_email: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": user.id,
        "name": user.name,
        "created_at": stamp(user.created_at),
        "sortable_name": user.sortable_name,
        "short_name": user.short_name,
    }
    is_self = user.id == me().id
    if "read_sis" in rights:
        shown["sis_user_id"] = user.sis_user_id
        shown["integration_id"] = None
    if "view_user_logins" in rights or is_self:
        shown["login_id"] = user.login_id
    if with_email and (is_staff(rights) or is_self):
        shown["email"] = user.email
    if "uuid" in includes():
        shown["uuid"] = user.lti_1_3_id
    if "avatar_url" in includes():
        shown["avatar_url"] = f"{base_url()}/images/messages/avatar-50.png"
    return shown

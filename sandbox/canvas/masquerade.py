"""Acting as somebody else: `as_user_id` on any call. Source: canvas.md 1.5; instructure/canvas-lms
lib/authentication_methods.rb (load_user) and app/models/user.rb (can_masquerade?)."""

from __future__ import annotations

from sandbox.canvas.auth import Caller
from sandbox.canvas.errors import ApiError
from sandbox.canvas.lookups import user_with_id
from sandbox.canvas.params import params
from sandbox.canvas.permissions import account_rights
from sandbox.current import note_caller
from sandbox.world.model import Account, User
from sandbox.world.store import World


def acting(world: World, caller: Caller) -> Caller:
    """The caller, or whom they ask to act as. Raises 401 without a challenge, as Canvas does (and not 404)
    for somebody unknown, and where the caller may not."""
    text = params().get("as_user_id")
    if text in (None, ""):
        return caller
    user = user_with_id(str(text))
    if user is None or not can_masquerade(world, caller.user, user):
        raise ApiError(401, {"errors": "Invalid as_user_id"})
    note_caller("rest", user.id)
    return Caller(user, caller.grant, caller.key, real_user=caller.user)


def can_masquerade(world: World, admin: User, user: User) -> bool:
    """Oneself always; others for an admin with become_user, who has all the rights that the other one has."""
    if admin.id == user.id:
        return True
    roots = [account for account in world.table(Account).values() if account.parent_account_id is None]
    return any(
        "become_user" in (held := account_rights(world, admin, root.id))
        and account_rights(world, user, root.id) <= held
        and _below(world, root.id, user.admin_of_account_ids)
        for root in roots
    )


def _below(world: World, root_id: int, account_ids: set[int]) -> bool:
    """True when none of the accounts lies outside the root's tree."""

    def root_of(account_id: int) -> int:
        account = world.get(Account, account_id)
        while account is not None and account.parent_account_id is not None:
            account = world.get(Account, account.parent_account_id)
        return account.id if account else 0

    return all(root_of(each) == root_id for each in account_ids)

"""How an admin installs a tool by its registration address: the tool in a frame, then the admin's yes."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.pages.guards import NotAvailable, logged_in
from sandbox.platform import registrations
from sandbox.platform.registration_form import (
    PRIVACY_LEVELS,
    is_uri,
    placements_of,
    privacy_level_of,
    scopes_of,
)
from sandbox.platform.registration_routes import admins_account, tool_address
from sandbox.world.model import Account, LtiRegistration, RegistrationUpdateRequest, User
from sandbox.world.store import World

blueprint = Blueprint("registrations", __name__)


@blueprint.get("/accounts/<int:account_id>/registrations")
@logged_in
def listed(world: World, user: User, account_id: int) -> str:
    """What was registered, what waits for a yes, and the form for another tool's address."""
    account = _account(world, user, account_id)
    rows = world.live(LtiRegistration, account_id=account.id)
    waiting = {
        row.id: [
            asked.id
            for asked in world.find(
                RegistrationUpdateRequest, lti_registration_id=row.id, workflow_state="pending"
            )
        ]
        for row in rows
    }
    return render_template("pages/registrations.html", account=account, rows=rows, waiting=waiting)


@blueprint.get("/accounts/<int:account_id>/registrations/new")
@logged_in
def begin(world: World, user: User, account_id: int) -> str:
    """The tool's own page in a frame, with a token to register itself."""
    account, wanted = _account(world, user, account_id), request.args.get("registration_url", "").strip()
    if not is_uri(wanted):
        raise NotAvailable("That is no address of a tool.")
    token = registrations.registration_token(world, account, user, wanted)
    uuid = registrations.read_token(world, token)["uuid"]
    parts = urlsplit(wanted)
    g.frame_origins = {f"{parts.scheme}://{parts.netloc}"}
    after = url_for("pages.registrations.after", account_id=account.id, uuid=uuid)
    return render_template(
        "pages/registration_frame.html", account=account, source=tool_address(wanted, token), after=after
    )


@blueprint.get("/accounts/<int:account_id>/registrations/by/<uuid>")
@logged_in
def after(world: World, user: User, account_id: int, uuid: str) -> Response:
    """Where the frame's close message leads: to what the tool registered, or back when it did not."""
    account = _account(world, user, account_id)
    found = next(world.find(LtiRegistration, account_id=account.id, guid=uuid), None)
    if found is None:
        return redirect(url_for("pages.registrations.listed", account_id=account.id), 303)
    return redirect(url_for("pages.registrations.show", account_id=account.id, registration_id=found.id), 303)


@blueprint.get("/accounts/<int:account_id>/registrations/<int:registration_id>")
@logged_in
def show(world: World, user: User, account_id: int, registration_id: int) -> str:
    """What the tool asks for, to be cut down and turned on."""
    account, found = _account(world, user, account_id), _registration(world, account_id, registration_id)
    return render_template(
        "pages/registration.html",
        account=account,
        found=found,
        key=registrations.key_of(world, found),
        scopes=scopes_of(found.registration),
        placements=list(placements_of(found.registration)),
        privacy_levels=PRIVACY_LEVELS,
        privacy_level=found.overlay.get("privacy_level") or privacy_level_of(found.registration),
    )


@blueprint.post("/accounts/<int:account_id>/registrations/<int:registration_id>")
@logged_in
def decide(world: World, user: User, account_id: int, registration_id: int) -> Response:
    """`answer` enable (with the `scope` and `placement` that stay, and `privacy_level`) or delete."""
    _account(world, user, account_id)
    found = _registration(world, account_id, registration_id)
    if request.form.get("answer") == "delete":
        registrations.discard(world, found)
    else:
        scopes, placements = request.form.getlist("scope"), request.form.getlist("placement")
        level = request.form.get("privacy_level")
        registrations.confirm(
            world,
            found,
            disabled_scopes=[s for s in scopes_of(found.registration) if s not in scopes],
            disabled_placements=[p for p in placements_of(found.registration) if p not in placements],
            privacy_level=level if level in PRIVACY_LEVELS else None,
        )
    return redirect(url_for("pages.registrations.listed", account_id=account_id), 303)


@blueprint.post("/accounts/<int:account_id>/registration_updates/<int:update_id>")
@logged_in
def decide_update(world: World, user: User, account_id: int, update_id: int) -> Response:
    """`answer` accept or reject: what the tool wants changed."""
    _account(world, user, account_id)
    asked = world.get(RegistrationUpdateRequest, update_id)
    if asked is None or asked.workflow_state != "pending":
        raise NotAvailable("There is no such request.")
    _registration(world, account_id, asked.lti_registration_id)
    if request.form.get("answer") == "accept":
        registrations.accept_update(world, asked)
    else:
        asked.workflow_state = "rejected"
    return redirect(url_for("pages.registrations.listed", account_id=account_id), 303)


def _account(world: World, user: User, account_id: int) -> Account:
    account = admins_account(world, user, account_id)
    if account is None:
        raise NotAvailable("This page is for the district's admins.")
    return account


def _registration(world: World, account_id: int, registration_id: int) -> LtiRegistration:
    found = world.get(LtiRegistration, registration_id)
    if found is None or found.account_id != account_id or found.workflow_state == "deleted":
        raise NotAvailable("There is no such registration.")
    return found

"""The test doors under /_sandbox: fill the LMS, read what happened, order faults. On loopback only."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.canvas.oauth import new_grant
from sandbox.canvas.params import stamp
from sandbox.classes.answers import BadAnswers, add_answers_class
from sandbox.classes.big_school import BadSize, add_school
from sandbox.classes.generated import add_generated_class
from sandbox.current import current_world
from sandbox.platform.install import install_tool
from sandbox.testing.digest import course_digest, course_state
from sandbox.testing.journal import entry_json, summary
from sandbox.world.faults import BadFault
from sandbox.world.model import Account, ApiKey, Course, Notice, ProgressJob, User
from sandbox.world.store import World
from sandbox.world.switches import BadSwitch

blueprint = Blueprint("testing", __name__, url_prefix="/_sandbox")
TEST_KEY = "Test doors"


class BadOrder(Exception):
    """A door was asked for what it cannot do."""


@blueprint.before_request
def loopback_only() -> None:
    peer = request.remote_addr or ""
    if not ip_address(peer or "0.0.0.0").is_loopback:  # noqa: S104 (no peer address is not a loopback peer)
        abort(403)


@blueprint.errorhandler(BadOrder)
@blueprint.errorhandler(BadFault)
@blueprint.errorhandler(BadSwitch)
def refuse(error: Exception) -> Response:
    response = jsonify({"error": str(error)})
    response.status_code = 400
    return response


def _order() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise BadOrder("send a JSON object")
    return body


@blueprint.post("/seed")
def seed() -> Response:
    """Fill the world: {reset?, answers?, qmatrix?, class?, students?, seed?, tool_url?, tokens_for?: [login]}

    A class is added when files or `class` ask for one, or when the world is empty; `{"class": "school",
    "students": 400}` makes a whole school and answers with its fact sheet. Answers with the newest
    class, and `tool` (keys) and `tokens` where asked.
    """
    order, world = _order(), current_world()
    known = {"reset", "answers", "qmatrix", "class", "students", "seed", "tool_url", "tokens_for"}
    if set(order) - known:
        raise BadOrder(f"seed knows {', '.join(sorted(known))}")
    try:
        return jsonify(fill(world, order))
    except BadAnswers as error:
        response = jsonify(
            {"error": str(error), "file": error.file, "line": error.line, "column": error.column}
        )
        response.status_code = 400
        return response


def fill(world: World, order: dict[str, Any]) -> dict[str, Any]:
    """What the seed door does, for Python callers. Raises BadAnswers, BadOrder."""
    with world.background.at_once():
        return _filled(world, order)


def _filled(world: World, order: dict[str, Any]) -> dict[str, Any]:
    if order.get("reset"):
        world.reset()
    number = order.get("seed", 7)
    if not isinstance(number, int):
        raise BadOrder("seed is a whole number")
    if order.get("answers") or order.get("qmatrix"):
        if not (order.get("answers") and order.get("qmatrix")):
            raise BadOrder("answers and qmatrix go together")
        made = add_answers_class(world, Path(order["answers"]), Path(order["qmatrix"]), seed=number)
        world.extras["seeded"] = made.as_json()
    elif order.get("class") == "school":
        world.extras["seeded"] = _school(world, order.get("students", 400), number)
    elif order.get("class") or "seeded" not in world.extras:
        world.extras["seeded"] = add_generated_class(world, seed=number).as_json()
    found: dict[str, Any] = dict(world.extras["seeded"])
    if order.get("tool_url"):
        installed = install_tool(world, str(order["tool_url"]))
        found["tool"] = {
            "client_id": installed.client_id,
            "deployment_id": installed.deployment_id,
            "api_key": installed.api_client_id,
            "api_secret": installed.api_client_secret,
        }
    if order.get("tokens_for"):
        found["tokens"] = {login: tokens_for(world, login) for login in order["tokens_for"]}
    return found


def _school(world: World, students: object, seed: int) -> dict[str, Any]:
    if not isinstance(students, int) or isinstance(students, bool):
        raise BadOrder("students is a whole number")
    try:
        return add_school(world, seed=seed, students=students).as_json()
    except BadSize as error:
        raise BadOrder(str(error)) from error


def tokens_for(world: World, login: str) -> dict[str, str]:
    """A REST access token and refresh token for that person, as if they had gone through OAuth just now."""
    user = next(world.find(User, login_id=login), None)
    if user is None:
        raise BadOrder(f"nobody has the login {login}")
    key = next(world.find(ApiKey, name=TEST_KEY), None)
    if key is None:
        account = next(iter(world.table(Account).values()))
        key = world.add(
            ApiKey(account_id=account.id, client_id="test-doors", secret="test-doors", name=TEST_KEY)
        )
    grant = new_grant(world, key, user)
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "client_id": key.client_id,
        "client_secret": key.secret,
    }


@blueprint.get("/journal")
def journal() -> Response:
    """Every call so far, oldest first; `?since=n` only those after number n; `?summary=1` counts them."""
    world, since = current_world(), request.args.get("since", default=0, type=int)
    entries = [entry for entry in list(world.journal) if entry.n > since]
    if request.args.get("summary"):
        return jsonify(summary(entries))
    return jsonify([entry_json(entry) for entry in entries])


@blueprint.delete("/journal")
def clear_journal() -> Response:
    current_world().journal.clear()
    return jsonify({})


@blueprint.get("/notices")
def notices() -> Response:
    """The messages that nobody was sent, oldest first; `?since=id` only those after that one."""
    since = request.args.get("since", default=0, type=int)
    found = [asdict(notice) for notice in current_world().find(Notice) if notice.id > since]
    return jsonify([row | {"at": stamp(row["at"])} for row in found])


@blueprint.get("/faults")
def list_faults() -> Response:
    return jsonify(current_world().faults.state())


@blueprint.post("/faults")
def order_faults() -> Response:
    """[{match: {method, path, query, body}, nth?, times?, do: {...}}]; all are taken or none.

    See sandbox.world.faults, and sandbox.world.fault_replies for the names of ready-made replies.
    """
    orders = request.get_json(silent=True)
    if isinstance(orders, dict):
        orders = [orders]
    if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
        raise BadOrder("send a list of faults")
    return jsonify({"in_force": current_world().faults.order(orders)})


@blueprint.delete("/faults")
def clear_faults() -> Response:
    current_world().faults.clear()
    return jsonify({})


@blueprint.get("/digest")
def digest() -> Response:
    """`?course=ID` -> {digest, objects}; with `&full=1` also the `state` the digest is taken over.

    Late submission rows are written first, so that the same work gives the same digest however late they are.
    """
    world = current_world()
    course = world.get(Course, request.args.get("course", type=int))
    if course is None:
        raise BadOrder("no such course")
    with world.lock:
        world.background.settle("rows of")
        found = course_digest(world, course)
        if request.args.get("full"):
            found["state"] = course_state(world, course)
    return jsonify(found)


@blueprint.get("/clock")
def read_clock() -> Response:
    clock = current_world().clock
    return jsonify({"now": clock.now().isoformat(), "speed": clock.speed})


@blueprint.post("/clock")
def move_clock() -> Response:
    """Any of {set: ISO time, advance_seconds: n, speed: k}, done in this order -> {now, speed}."""
    order, clock = _order(), current_world().clock
    if set(order) - {"set", "advance_seconds", "speed"}:
        raise BadOrder("clock knows set, advance_seconds and speed")
    try:
        if "set" in order:
            clock.set(datetime.fromisoformat(str(order["set"])))
        clock.advance(_number(order, "advance_seconds", 0))
        clock.run(_number(order, "speed", clock.speed))
    except ValueError as error:
        raise BadOrder(str(error)) from error
    return read_clock()


def _number(order: dict[str, Any], name: str, default: float) -> float:
    value = order.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise BadOrder(f"{name} is a number, 0 or more")
    return float(value)


@blueprint.get("/switches")
def list_switches() -> Response:
    return jsonify(asdict(current_world().switches))


@blueprint.post("/switches")
def turn_switches() -> Response:
    """{name: value} -> every switch; all are taken or none. See sandbox.world.switches."""
    return jsonify(current_world().switches.set(_order()))


@blueprint.get("/jobs")
def jobs() -> Response:
    """{late, held, waiting: what the background has yet to do, progress: the Progress records}."""
    world = current_world()
    waiting = [{"n": j.n, "name": j.name, "due": j.due.isoformat()} for j in world.background.waiting()]
    progress = [
        {
            "id": j.id,
            "tag": j.tag,
            "state": j.workflow_state,
            "completion": j.completion,
            "at": stamp(j.created_at),
        }
        for j in world.live(ProgressJob)
    ]
    background = world.background
    return jsonify(
        {"late": background.late, "held": background.held, "waiting": waiting, "progress": progress}
    )


@blueprint.post("/jobs")
def order_jobs() -> Response:
    """Any of {late: bool, hold: bool, step: n, release: true}, done in this order -> as GET.

    `hold: false` lets jobs come when they are due again; `release` also does all that waits at once.
    """
    order, background = _order(), current_world().background
    if set(order) - {"late", "hold", "step", "release"}:
        raise BadOrder("jobs knows late, hold, step and release")
    for name in ("late", "hold", "release"):
        if not isinstance(order.get(name, False), bool):
            raise BadOrder(f"{name} is true or false")
    steps = _number(order, "step", 0)
    background.late = order.get("late", background.late)
    background.held = order.get("hold", background.held)
    background.step(int(steps))
    if order.get("release"):
        background.release()
    return jobs()

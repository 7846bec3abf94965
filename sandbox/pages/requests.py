"""The request journal as a page, for district admins: what was asked, what it cost, what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import Blueprint, render_template, request

from sandbox.current import current_world
from sandbox.pages.guards import NotAvailable, logged_in
from sandbox.world.model import JournalEntry, User
from sandbox.world.store import World

blueprint = Blueprint("requests", __name__)

ON_A_PAGE = 100
KINDS = ("rest", "lti", "oauth", "web")


@blueprint.get("/requests")
@logged_in
def journal(world: World, user: User) -> str:
    """The newest calls first; `?by=` one kind only, `?only=faults` those that went wrong, `?page=`."""
    if not user.admin_of_account_ids:
        raise NotAvailable("The request journal is for district admins.")
    by, only = request.args.get("by", ""), request.args.get("only", "")
    found = [e for e in reversed(list(world.journal)) if _is_wanted(e, by, only)]
    page = max(1, request.args.get("page", 1, type=int))
    last = max(1, -(-len(found) // ON_A_PAGE))
    return render_template(
        "pages/requests.html",
        entries=found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(found),
        cost=sum(entry.cost or 0 for entry in found),
        seconds=sum(entry.seconds for entry in found),
        often=_often(found),
        faults=current_world().faults.state(),
        kinds=KINDS,
        by=by,
        only=only,
        number=page,
        last=last,
        repeats=_repeats(found),
    )


def went_wrong(entry: JournalEntry) -> bool:
    return entry.fault is not None or entry.status == 0 or entry.status >= 400


def _is_wanted(entry: JournalEntry, by: str, only: str) -> bool:
    is_kind = by not in KINDS or entry.kind == by
    return is_kind and (only != "faults" or went_wrong(entry))


def _often(entries: Sequence[JournalEntry]) -> list[tuple[str, int]]:
    """The five most frequent kinds of call, ids left out."""
    counted = Counter(f"{e.method} {_pattern(e.path)}" for e in entries)
    return counted.most_common(5)


def _repeats(entries: Sequence[JournalEntry]) -> set[str]:
    """The fingerprints of writes that were sent more than once, with the same query and body."""
    counted = Counter(e.fingerprint for e in entries if e.method != "GET" and e.fingerprint)
    return {fingerprint for fingerprint, count in counted.items() if count > 1}


def _pattern(path: str) -> str:
    parts = path.split("?")[0].split("/")
    return "/".join("…" if part.isdigit() else part for part in parts)

"""How links change when a change is begun and when it is done: one rule for every journal."""

from collections.abc import Mapping

from sync.records import Json, Link
from sync.wanted import Action, Change

CREATES = frozenset(
    {
        Action.CREATE_GROUP,
        Action.CREATE_CHECK_FOLDER,
        Action.CREATE_UNIT,
        Action.CREATE_PAGE,
        Action.CREATE_CHECK,
        Action.ADD_ITEM,
        Action.CREATE_LINE_ITEM,
    }
)
REMOVALS = frozenset({Action.REMOVE_GROUP, Action.REMOVE_UNIT, Action.REMOVE_CHECK, Action.REMOVE_PAGE})


def links_at_begin(change: Change, links: Mapping[str, Link]) -> dict[str, Link | None]:
    """What to save, by key, before the call goes out (None: forget).

    A create gets a link without an LMS id. If the run is never taken up again, the next plan still knows that
    the thing may be there, under which name, and which ids were there before.
    """
    if change.action not in CREATES or change.key in links:
        return {}
    besides: dict[str, Json] = {"besides": change.arguments.get("besides", [])}
    return {change.key: Link(change.key, "", {**change.wrote, **besides})}


def links_at_finish(change: Change, lms_id: str, links: Mapping[str, Link]) -> dict[str, Link | None]:
    """What to save, by key, once the change is done (None: forget).

    An empty `lms_id` keeps the one that is known; what was written before stays where it is not written anew.
    """
    if change.action in REMOVALS:
        also = change.arguments.get("forgets", [])
        others = [str(key) for key in also] if isinstance(also, list) else []
        return dict.fromkeys([change.key, *others])
    before = links.get(change.key)
    wrote = {**(before.wrote if before else {}), **change.wrote}
    wrote.pop("besides", None)
    return {change.key: Link(change.key, lms_id or (before.lms_id if before else ""), wrote)}

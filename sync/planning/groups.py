"""Groups: who should be where, who is, and who we put there.

A learner is added only if we newly want them there, and taken out only if we put them there: what a teacher
did by hand in the LMS stays.
"""

from collections.abc import Mapping, Sequence

from sync import keys
from sync.names import free_name, group_name_faults, require_fit
from sync.planning.desk import Desk, as_json, batches, counted, gives_up_its_name, ids, quoted, text
from sync.records import Link, LmsGroup
from sync.wanted import Action, WantedGroup

MEMBERS_AT_ONCE = 20
"""Learners in one step: few enough that a stop is quick, many enough that a plan is short to read."""


def plan_groups(desk: Desk, wanted: Sequence[WantedGroup], actual: Sequence[LmsGroup]) -> None:
    """All steps for groups: new ones, then everybody's new place, then the old places, then old groups."""
    there = {group.lms_id: group for group in actual}
    freed = {link.lms_id for group in wanted if (link := _freed(desk, group, there)) is not None}
    taken = [group.name for group in actual if group.lms_id not in freed]
    made = {group.key: _place_of_group(desk, group, there, taken) for group in wanted}
    for group in wanted:
        _add_members(desk, group, there, made[group.key])
    for group in wanted:
        _remove_members(desk, group, there)
    kept = {group.key for group in wanted}
    for key, link in desk.made(keys.group("")).items():
        if key not in kept and link.lms_id in there:
            _take_away(desk, link, there[link.lms_id])


def _freed(desk: Desk, group: WantedGroup, there: Mapping[str, LmsGroup]) -> Link | None:
    link = desk.link(keys.group(group.key))
    if link is None or link.lms_id not in there:
        return None
    return link if gives_up_its_name(link, there[link.lms_id].name, group.name) else None


def _place_of_group(
    desk: Desk, group: WantedGroup, there: Mapping[str, LmsGroup], taken: list[str]
) -> str | None:
    """The step that makes the group, if one is needed; a rename is added beside."""
    noun, key = desk.labels.group, keys.group(group.key)
    link = desk.link(key)
    if link is None:
        return _make(desk, group, there, taken)
    found = there.get(link.lms_id)
    if found is None:
        desk.leave(
            key, quoted(text(link, "name")), f"This {noun} was deleted in the LMS; it is not made again."
        )
    elif found.name != text(link, "name"):
        desk.leave(key, quoted(found.name), f"This {noun} was renamed in the LMS; it keeps that name.")
    elif group.name != text(link, "wanted_name"):
        name = _fit_name(desk, group.name, taken)
        taken.append(name)
        label = f"Rename {noun} {quoted(found.name)} to {quoted(name)}"
        arguments = {"group": key, "name": name}
        desk.add(Action.RENAME_GROUP, key, label, arguments, wrote={"name": name, "wanted_name": group.name})
    return None


def _make(desk: Desk, group: WantedGroup, there: Mapping[str, LmsGroup], taken: list[str]) -> str:
    key = keys.group(group.key)
    cut_off = desk.cut_off(key)
    if cut_off is not None:
        name, besides = text(cut_off, "name"), as_json(ids(cut_off, "besides"))
    else:
        name = _fit_name(desk, group.name, taken)
        besides = as_json(lms_id for lms_id, other in there.items() if other.name == name)
    taken.append(name)
    return desk.add(
        Action.CREATE_GROUP,
        key,
        f"Make {desk.labels.group} {quoted(name)}",
        {"name": name, "besides": besides, "look_first": cut_off is not None},
        wrote={"name": name, "wanted_name": group.name, "members": []},
    )


def _fit_name(desk: Desk, name: str, taken: Sequence[str]) -> str:
    require_fit(group_name_faults(name, desk.people), of=desk.labels.group)
    return free_name(name, taken)


def _add_members(desk: Desk, group: WantedGroup, there: Mapping[str, LmsGroup], made_by: str | None) -> None:
    key = keys.group(group.key)
    link = desk.link(key)
    if link is not None and link.lms_id not in there:
        return
    inside = frozenset(there[link.lms_id].members) if link else frozenset[str]()
    ours = ids(link, "members")
    _tell_drift(desk, key, group, inside, ours)
    new, written = sorted(group.members - ours - inside), set(ours)
    name = quoted(there[link.lms_id].name if link else group.name)
    for index, users in enumerate(batches(new, MEMBERS_AT_ONCE)):
        written |= set(users)
        desk.add(
            Action.ADD_MEMBERS,
            key,
            f"Put {counted(len(users), 'student')} in {desk.labels.group} {name}",
            {"group": key, "users": as_json(users)},
            wrote={"members": as_json(written)},
            after=[made_by],
            times=len(users),
            part=f":{index}",
        )


def _tell_drift(
    desk: Desk, key: str, group: WantedGroup, inside: frozenset[str], ours: frozenset[str]
) -> None:
    gone, strangers = (ours & group.members) - inside, inside - ours - group.members
    if gone:
        why = f"{counted(len(gone), 'student')} taken out in the LMS: not put back."
        desk.leave(key, quoted(group.name), why)
    if strangers:
        why = f"{counted(len(strangers), 'student')} put in by hand in the LMS: left there."
        desk.leave(key, quoted(group.name), why)


def _remove_members(desk: Desk, group: WantedGroup, there: Mapping[str, LmsGroup]) -> None:
    link = desk.link(keys.group(group.key))
    if link is None or link.lms_id not in there:
        return
    found, ours = there[link.lms_id], ids(link, "members")
    leaving = sorted((ours - group.members) & frozenset(found.members))
    new = group.members - ours - frozenset(found.members)
    written = ((ours | new) & group.members) | set(leaving)
    _remove(desk, link, found, leaving, written)


def _remove(
    desk: Desk, link: Link, found: LmsGroup, leaving: Sequence[str], written: set[str] | frozenset[str]
) -> list[str]:
    steps, left = [], set(written)
    for index, users in enumerate(batches(leaving, MEMBERS_AT_ONCE)):
        left -= set(users)
        label = f"Take {counted(len(users), 'student')} out of {desk.labels.group} {quoted(found.name)}"
        steps.append(
            desk.add(
                Action.REMOVE_MEMBERS,
                link.key,
                label,
                {"group": link.key, "places": as_json(found.members[user] for user in users)},
                wrote={"members": as_json(left)},
                times=len(users),
                part=f":{index}",
            )
        )
    return steps


def _take_away(desk: Desk, link: Link, found: LmsGroup) -> None:
    """A group no longer wanted goes, unless a teacher made it their own."""
    noun, ours = desk.labels.group, ids(link, "members")
    if found.name != text(link, "name"):
        desk.leave(link.key, quoted(found.name), f"This {noun} was renamed in the LMS; it is kept as it is.")
        return
    steps = _remove(desk, link, found, sorted(ours & frozenset(found.members)), ours)
    strangers = frozenset(found.members) - ours
    if strangers:
        why = f"{counted(len(strangers), 'student')} put in by hand in the LMS; the {noun} is kept for them."
        desk.leave(link.key, quoted(found.name), why)
        return
    desk.add(
        Action.REMOVE_GROUP, link.key, f"Remove {noun} {quoted(found.name)}", {"group": link.key}, after=steps
    )

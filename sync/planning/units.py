"""Units: each a short chain of steps that shows nobody anything before its last one.

A teacher's edit of a unit stays; a student with work in a unit's check keeps that unit.
"""

from collections.abc import Iterable, Mapping, Sequence

from sync import keys
from sync.names import free_name, require_fit, unit_name_faults
from sync.planning.contents import Filling
from sync.planning.desk import Desk, as_json, counted, gives_up_its_name, ids, quoted, text
from sync.planning.standing import Standing
from sync.records import Json, Link, LmsUnit
from sync.wanted import Action, Actual, WantedUnit


def plan_units(desk: Desk, wanted: Sequence[WantedUnit], actual: Actual, folder: str | None) -> None:
    """All steps for units, in the order of their positions, then for those no longer wanted."""
    there = {unit.lms_id: unit for unit in actual.units}
    freed = {link.lms_id for unit in wanted if (link := _freed(desk, unit, there)) is not None}
    taken = [unit.name for unit in actual.units if unit.lms_id not in freed]
    ordered = sorted(wanted, key=lambda unit: (unit.position, unit.key))
    for index, unit in enumerate(ordered):
        link = desk.link(keys.unit(unit.key))
        if link is None:
            _make(desk, unit, taken, there, _position(desk, ordered[index + 1 :], there), folder)
        elif link.lms_id not in there:
            why = f"This {desk.labels.unit} was deleted in the LMS; it is not made again."
            desk.leave(link.key, quoted(text(link, "name")), why)
        else:
            _mend(desk, unit, Standing(desk, link, there[link.lms_id], actual), taken, folder)
    kept = {unit.key for unit in wanted}
    for key, link in desk.made(keys.unit("")).items():
        if key not in kept and link.lms_id in there:
            _take_away(desk, key, Standing(desk, link, there[link.lms_id], actual))


def _freed(desk: Desk, unit: WantedUnit, there: Mapping[str, LmsUnit]) -> Link | None:
    link = desk.link(keys.unit(unit.key))
    if link is None or link.lms_id not in there:
        return None
    return link if gives_up_its_name(link, there[link.lms_id].name, unit.name) else None


def _position(desk: Desk, later: Sequence[WantedUnit], there: Mapping[str, LmsUnit]) -> int | None:
    """The place of the next unit of ours that stands there already; None (the end) if none does."""
    for unit in later:
        link = desk.link(keys.unit(unit.key))
        if link is not None and link.lms_id in there:
            return there[link.lms_id].position
    return None


def _make(
    desk: Desk,
    unit: WantedUnit,
    taken: list[str],
    there: Mapping[str, LmsUnit],
    position: int | None,
    folder: str | None,
) -> None:
    key = keys.unit(unit.key)
    cut_off = desk.cut_off(key)
    if cut_off is not None:
        name, besides = text(cut_off, "name"), as_json(ids(cut_off, "besides"))
    else:
        name = _fit_name(desk, unit.name, taken)
        besides = as_json(lms_id for lms_id, other in there.items() if other.name == name)
    taken.append(name)
    made = desk.add(
        Action.CREATE_UNIT,
        key,
        f"Make {desk.labels.unit} {quoted(name)}, closed",
        {"name": name, "position": position, "besides": besides, "look_first": cut_off is not None},
        wrote={"name": name, "wanted_name": unit.name, "audience": [], "is_open": False},
    )
    seen = _show_to(desk, key, name, unit.audience, unit.audience, [made]) if unit.audience else None
    filled = Filling(desk, unit, name, (made,), folder).steps()
    if unit.audience:
        checks = [keys.check(unit.key)] if unit.check is not None else []
        _open(desk, key, name, len(unit.audience), checks, [made, seen, *filled])


def _fit_name(desk: Desk, name: str, taken: Sequence[str]) -> str:
    require_fit(unit_name_faults(name, desk.people), of=desk.labels.unit)
    return free_name(name, taken)


def _show_to(
    desk: Desk,
    key: str,
    name: str,
    students: frozenset[str],
    ours: frozenset[str],
    after: Iterable[str | None] = (),
) -> str:
    """Shows the unit to `students`, and remembers that we mean `ours` to be among them."""
    marker = keys.marker(desk.course, key)
    return desk.add(
        Action.SET_AUDIENCE,
        key,
        f"Let just {counted(len(students), 'student')} see {desk.labels.unit} {quoted(name)}",
        {"unit": key, "students": as_json(students), "marker": marker},
        wrote={"audience": as_json(ours), "marker": marker},
        after=after,
    )


def _open(
    desk: Desk, key: str, name: str, students: int, checks: Sequence[str], after: Iterable[str | None]
) -> None:
    label = f"Open {desk.labels.unit} {quoted(name)} for {counted(students, 'student')}"
    arguments: dict[str, Json] = {"unit": key, "checks": as_json(checks)}
    desk.add(Action.OPEN_UNIT, key, label, arguments, wrote={"is_open": True}, after=after)


def _close(desk: Desk, key: str, name: str, after: Iterable[str | None] = ()) -> None:
    label = f"Close {desk.labels.unit} {quoted(name)}"
    desk.add(Action.CLOSE_UNIT, key, label, {"unit": key}, wrote={"is_open": False}, after=after)


def _mend(desk: Desk, unit: WantedUnit, standing: Standing, taken: list[str], folder: str | None) -> None:
    """The steps for a unit that stands already."""
    key, name = standing.link.key, standing.unit.name
    _rename(desk, unit, standing, taken)
    standing.tell_content_drift(unit)
    filled = Filling(desk, unit, name, (), folder, standing.item_keys(unit)).steps()
    if standing.is_audience_changed:
        desk.leave(key, quoted(name), "Who sees it was changed in the LMS; it is left so.")
        return
    students = standing.students_after(unit.audience)
    standing.tell_audience_drift(unit.audience)
    seen = None
    if students and (students != standing.students or not standing.has_audience):
        seen = _show_to(desk, key, name, students, unit.audience | standing.kept_for_work(unit.audience))
    if standing.is_open_changed:
        how = "opened" if standing.unit.is_published else "closed"
        desk.leave(key, quoted(name), f"It was {how} by hand in the LMS; it is left so.")
    elif students and (not standing.is_open or filled):
        _open(desk, key, name, len(students), standing.checks_to_prove(unit), [seen, *filled])
    elif not students and standing.is_open:
        _close(desk, key, name)


def _rename(desk: Desk, unit: WantedUnit, standing: Standing, taken: list[str]) -> None:
    link, found = standing.link, standing.unit
    if standing.is_renamed:
        desk.leave(link.key, quoted(found.name), "It was renamed in the LMS; it keeps that name.")
    elif unit.name != text(link, "wanted_name"):
        name = _fit_name(desk, unit.name, taken)
        taken.append(name)
        label = f"Rename {desk.labels.unit} {quoted(found.name)} to {quoted(name)}"
        wrote: dict[str, Json] = {"name": name, "wanted_name": unit.name}
        desk.add(Action.RENAME_UNIT, link.key, label, {"unit": link.key, "name": name}, wrote=wrote)


def _take_away(desk: Desk, key: str, standing: Standing) -> None:
    """A unit no longer wanted goes, unless a teacher made it their own or students have work in it."""
    name, link = standing.unit.name, standing.link
    if standing.is_renamed or standing.is_audience_changed or standing.has_strange_items(key):
        desk.leave(link.key, quoted(name), "It was changed in the LMS; it is kept as it is.")
        return
    workers = standing.with_work
    if workers:
        why = f"Work of {counted(len(workers), 'student')} is in it: it is closed, not removed."
        desk.leave(link.key, quoted(name), why)
        if standing.is_open and standing.unit.is_published:
            _close(desk, link.key, name)
        return
    after = []
    if standing.check is not None:
        check = keys.check(key)
        label = f"Remove {desk.labels.check} {quoted(standing.check.name)}"
        after.append(desk.add(Action.REMOVE_CHECK, check, label, {"check": check}))
    forgets = as_json(each for each in desk.links if each.startswith(keys.item(key, "")))
    label = f"Remove {desk.labels.unit} {quoted(name)}"
    removed = desk.add(
        Action.REMOVE_UNIT, link.key, label, {"unit": link.key, "forgets": forgets}, after=after
    )
    page = desk.link(keys.page(key))
    if page is not None:
        label = f"Remove {desk.labels.page} {quoted(text(page, 'title'))}"
        desk.add(Action.REMOVE_PAGE, page.key, label, {"page": page.key}, after=[removed])

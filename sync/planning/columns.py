"""Gradebook columns and scores. A column counts for nothing before the first score goes into it."""

from collections.abc import Sequence

from sync import keys
from sync.planning.desk import Desk, quoted, text
from sync.records import Json
from sync.wanted import Action, Actual, WantedLineItem, WantedScore


def plan_columns(
    desk: Desk,
    wanted: Sequence[WantedLineItem],
    scores: Sequence[WantedScore],
    actual: Actual,
    folder: str | None,
) -> None:
    """All steps for line items, then every score that is not what we last sent."""
    urls = {item.url for item in actual.line_items}
    ready: dict[str, str | None] = {}
    for item in wanted:
        link = desk.link(keys.line_item(item.key))
        if link is not None and link.lms_id not in urls:
            why = f"This {desk.labels.line_item} was deleted in the LMS; it is not made again."
            desk.leave(link.key, quoted(text(link, "label")), why)
        else:
            ready[item.key] = _column(desk, item, folder)
    labels = {item.key: item.label for item in wanted}
    for score in scores:
        if score.line_item in ready:
            _score(desk, score, labels[score.line_item], ready[score.line_item])
    kept = {item.key for item in wanted}
    for key, link in desk.made(keys.line_item("")).items():
        if key not in kept and link.lms_id in urls:
            why = f"This {desk.labels.line_item} stays, with its scores; it counts for nothing."
            desk.leave(link.key, quoted(text(link, "label")), why)


def _column(desk: Desk, item: WantedLineItem, folder: str | None) -> str | None:
    """The last step that makes the column and keeps it out of the grade; None if both are done."""
    key = keys.line_item(item.key)
    link, made = desk.link(key), None
    if link is None:
        made = desk.add(
            Action.CREATE_LINE_ITEM,
            key,
            f"Make {desk.labels.line_item} {quoted(item.label)}",
            {
                "resource_id": item.key,
                "label": item.label,
                "maximum": item.maximum,
                "tag": item.tag,
                "look_first": desk.cut_off(key) is not None,
            },
            wrote={"label": item.label, "maximum": item.maximum},
        )
    elif link.wrote.get("is_quiet") is True:
        return None
    label = f"Keep {desk.labels.line_item} {quoted(item.label)} out of the grade"
    arguments = {"line_item": key, "resource_id": item.key, "label": item.label, "folder": keys.CHECK_FOLDER}
    return desk.add(
        Action.QUIET_LINE_ITEM, key, label, arguments, wrote={"is_quiet": True}, after=[made, folder]
    )


def _score(desk: Desk, score: WantedScore, column: str, after: str | None) -> None:
    key = keys.score(score.line_item, score.user)
    written: dict[str, Json] = {"given": score.given, "maximum": score.maximum, "comment": score.comment}
    before = desk.links.get(key)
    if before is not None and dict(before.wrote) == written:
        return
    label = f"Send {score.given:g} of {score.maximum:g} points to one student in {quoted(column)}"
    arguments: dict[str, Json] = {**written, "line_item": keys.line_item(score.line_item), "user": score.user}
    if before is not None:
        arguments["sent_before"] = before.wrote.get("given")
    desk.add(Action.SEND_SCORE, key, label, arguments, wrote=written, after=[after])

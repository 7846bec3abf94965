"""Changes as a teacher takes them in: a heap of one kind is one line, before it is written and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lti_app.store.models.journal import PlannedChange
from lti_app.web.views_model import Branch, Labels
from lti_app.web.views_model.runs import ChangeSign
from sync.wanted import Action

CONTENTS = (
    Action.CREATE_CHECK_FOLDER,
    Action.CREATE_PAGE,
    Action.HIDE_PAGE,
    Action.CREATE_CHECK,
    Action.ADD_ITEM,
)
OURS = (Action.REMOVE_GROUP, Action.REMOVE_UNIT, Action.REMOVE_CHECK, Action.REMOVE_PAGE)


@dataclass(frozen=True, slots=True)
class Heap:
    """The actions of one line, its sign, and its sentence for a count of them: ahead, and once done."""

    key: str
    sign: ChangeSign
    actions: tuple[Action, ...]
    ahead: str
    done: str


HEAPS = (
    Heap("groups", "add", (Action.CREATE_GROUP,), "Add {n} {sections}", "{n} {sections} added"),
    Heap(
        "members",
        "add",
        (Action.ADD_MEMBERS,),
        "Put students in {n} {sections}; they also stay where they are",
        "Students put in {n} {sections}",
    ),
    Heap("units", "add", (Action.CREATE_UNIT,), "Add {n} {modules}", "{n} {modules} added"),
    Heap(
        "contents",
        "add",
        CONTENTS,
        "Fill the {all_modules} with our own copies of your pages and checks: {n} {steps}",
        "Our own copies of your pages and checks put in the {all_modules}",
    ),
    Heap(
        "columns",
        "add",
        (Action.CREATE_LINE_ITEM, Action.QUIET_LINE_ITEM),
        "Add “Playlist mastery” to the gradebook; it counts for nothing",
        "“Playlist mastery” added to the gradebook; it counts for nothing",
    ),
    Heap(
        "audiences",
        "change",
        (Action.SET_AUDIENCE,),
        "Say who sees {n} {modules}",
        "{n} {modules} shown to their own students alone",
    ),
    Heap(
        "open",
        "change",
        (Action.OPEN_UNIT,),
        "Open {n} {modules} for their students",
        "{n} {modules} opened for their students",
    ),
    Heap(
        "scores",
        "change",
        (Action.SEND_SCORE,),
        "Send {n} {scores} to “Playlist mastery”",
        "{n} {scores} sent to “Playlist mastery”",
    ),
    Heap(
        "names",
        "change",
        (Action.RENAME_GROUP, Action.RENAME_UNIT),
        "Rename {n} {things} of ours",
        "{n} {things} of ours renamed",
    ),
    Heap(
        "leave",
        "take_away",
        (Action.REMOVE_MEMBERS,),
        "Take students out of {n} {sections} we put them in",
        "Students taken out of {n} {sections} we had put them in",
    ),
    Heap(
        "close",
        "take_away",
        (Action.CLOSE_UNIT,),
        "Close {n} {modules}; work that was handed in stays",
        "{n} {modules} closed; work that was handed in stays",
    ),
    Heap(
        "remove",
        "take_away",
        OURS,
        "Take away {n} {things} that we made",
        "{n} {things} that we made taken away",
    ),
)


def branches_of(
    rows: Iterable[PlannedChange], labels: Labels, *, is_done: bool = False
) -> tuple[Branch, ...]:
    """The changes in heaps, each with its lines; `is_done`: said as what was written."""
    by_action: dict[str, list[PlannedChange]] = {}
    for row in rows:
        by_action.setdefault(row.action, []).append(row)
    branches = []
    for heap in HEAPS:
        found = [row for action in heap.actions for row in by_action.get(action.value, ())]
        if found:
            text = (heap.done if is_done else heap.ahead).format(**_words(len(found), labels))
            branches.append(Branch(heap.key, heap.sign, text, tuple(row.label for row in found)))
    return tuple(branches)


def _words(n: int, labels: Labels) -> dict[str, object]:
    one = n == 1
    return {
        "n": n,
        "sections": labels.section if one else labels.sections,
        "modules": labels.module if one else labels.modules,
        "all_modules": labels.modules,
        "scores": "score" if one else "scores",
        "steps": "step" if one else "steps",
        "things": "thing" if one else "things",
    }

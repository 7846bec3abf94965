"""Changes in heaps: every kind of change has its line, in numbers and words that fit one and many."""

from collections import Counter

import pytest

from lti_app.store.models.journal import PlannedChange
from lti_app.web.screens.frame import LABELS
from lti_app.web.screens.heaps import HEAPS, branches_of
from lti_app.web.views_model import Labels
from sync.wanted import Action

LABELS_OF_CANVAS: Labels = LABELS["canvas"]


def change(action: Action) -> PlannedChange:
    return PlannedChange(action=action.value, label=f"one {action.value}")


def test_every_kind_of_change_stands_in_one_heap() -> None:
    assert Counter(action for heap in HEAPS for action in heap.actions) == Counter(Action)


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("action", Action)
def test_one_change_is_said_as_one(action: Action, is_done: bool) -> None:
    (branch,) = branches_of([change(action)], LABELS_OF_CANVAS, is_done=is_done)
    assert "{" not in branch.text
    assert not {"1 sections", "1 modules", "1 scores", "1 steps", "1 things"} & {
        " ".join(pair) for pair in zip(branch.text.split(), branch.text.split()[1:], strict=False)
    }
    assert branch.lines == (f"one {action.value}",)


def test_what_was_written_is_said_as_done() -> None:
    rows = [change(Action.CREATE_GROUP)] * 5
    assert branches_of(rows, LABELS_OF_CANVAS)[0].text == "Add 5 sections"
    assert branches_of(rows, LABELS_OF_CANVAS, is_done=True)[0].text == "5 sections added"

"""Preview, result and history: what would be written, what was, in words and counts."""

from __future__ import annotations

from collections.abc import Mapping

from lti_app.cycle.write_back import APPROVALS, NEXT_UNIT, ON_BY_DEFAULT, SCORES
from lti_app.store.models.cycles import Cycle
from lti_app.store.models.journal import Run
from lti_app.store.queries import overview
from lti_app.web.screens.frame import Place, shell
from lti_app.web.screens.heaps import branches_of
from lti_app.web.views_model import (
    Approval,
    HistoryPage,
    Labels,
    LeftAlone,
    PreviewPage,
    ResultLine,
    ResultPage,
    RunRow,
)
from sync.ports import ChangeState

CALLS_A_SECOND = 3.0


APPROVAL_TEXTS = {
    NEXT_UNIT: (
        "Open the next unit of a playlist when a unit is met",
        "Only units you have seen here, for the students they are planned for.",
    ),
    SCORES: (
        "Send units met to the “Playlist mastery” column",
        "A student without a met unit gets no score, never 0. The column counts for nothing.",
    ),
}


def preview_page(place: Place) -> PreviewPage:
    """The newest plan that nobody approved yet; without one a page that offers to look it up."""
    run = overview.newest_run(place.session, place.context.id, "previewed")
    if run is None:
        return PreviewPage(shell(place, overview.cycle_now(place.session, place.context.id)), "", 0, 0, 0, ())
    cycle = place.session.get_one(Cycle, run.cycle_id)
    rows = overview.change_rows(place.session, run.id)
    on = set(cycle.approvals) if cycle.approved_at else set(ON_BY_DEFAULT)
    return PreviewPage(
        shell=shell(place, cycle),
        plan_id=str(run.id),
        changes=len(rows),
        calls=run.calls_planned,
        seconds=max(1, round(run.calls_planned / CALLS_A_SECOND)) if rows else 0,
        branches=branches_of(rows, place.labels),
        left_alone=_left_alone(run),
        approvals=tuple(Approval(key, *APPROVAL_TEXTS[key], key in on) for key in APPROVALS),
        as_of=run.planned_at,
    )


def _left_alone(run: Run) -> tuple[LeftAlone, ...]:
    return tuple(LeftAlone(str(one["label"]), str(one["why"])) for one in run.left_alone)


def result_page(place: Place, run: Run) -> ResultPage:
    """What one run wrote and, if it stopped, how to carry on."""
    rows = overview.change_rows(place.session, run.id)
    done = [row for row in rows if row.state == ChangeState.FINISHED.value]
    names = overview.names_of(place.session, {run.approved_by or run.planned_by})
    remaining = len(rows) - len(done)
    return ResultPage(
        shell=shell(place, place.session.get_one(Cycle, run.cycle_id)),
        title=_title(run, place.labels),
        ended_at=run.ended_at or run.approved_at or run.planned_at,
        person=_by(run, names),
        lines=tuple(
            ResultLine(branch.text, _href(place, branch.key))
            for branch in branches_of(done, place.labels, is_done=True)
        ),
        calls=run.calls_made,
        left_alone=_left_alone(run),
        remaining=remaining,
        message=run.problem or "",
        go_on_action=f"{place.base}/runs/{run.id}/go-on" if remaining and run.state == "approved" else None,
    )


def _title(run: Run, labels: Labels) -> str:
    return f"Results brought back from {labels.lms}" if run.kind == "results" else f"Written to {labels.lms}"


def _by(run: Run, names: Mapping[int, str]) -> str:
    name = names.get(run.approved_by or run.planned_by, "")
    return f"by rule, approved by {name}" if run.is_by_rule else name


def _href(place: Place, heap: str) -> str | None:
    """Where the things of a heap are seen in the LMS."""
    if place.lms is None:
        return None
    if heap in ("groups", "members", "leave"):
        return place.lms.people
    return place.lms.gradebook if heap in ("columns", "scores") else place.lms.units


def history_page(place: Place) -> HistoryPage:
    """Every run that wrote something, newest first."""
    runs = overview.runs_of(place.session, place.context.id)
    counts = overview.change_counts(place.session, [run.id for run in runs])
    names = overview.names_of(place.session, {run.approved_by or run.planned_by for run in runs})
    return HistoryPage(
        shell=shell(place, overview.cycle_now(place.session, place.context.id)),
        runs=tuple(
            RunRow(
                number=run.id,
                title=_title(run, place.labels),
                person=_by(run, names),
                ended_at=run.ended_at or run.approved_at or run.planned_at,
                changes=counts.get(run.id, 0),
                href=f"{place.base}/runs/{run.id}",
            )
            for run in runs
        ),
    )

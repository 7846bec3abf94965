"""Teacher home: how far the path is, what is under way, what needs the teacher."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from grouping.model import CheckState
from lti_app.cycle.class_facts import learners
from lti_app.cycle.playlist import deciding_attempts, state_of_check
from lti_app.cycle.rules import district_rules
from lti_app.store.models.cycles import Cycle
from lti_app.store.models.journal import LmsConsent, Run
from lti_app.store.queries import boards, overview
from lti_app.web.screens.frame import Place, open_job_view, shell
from lti_app.web.views_model import Done, HomePage, Need, SourceFile, Sources
from lti_app.web.views_model.home import ConnectionState


def home_page(place: Place) -> HomePage:
    """The page as things stand now."""
    session = place.session
    cycle = overview.cycle_now(session, place.context.id)
    consent = None
    if place.sign_in.user_id is not None:
        consent = overview.consent_of(
            session, registration_id=place.sign_in.registration_id, user_id=place.sign_in.user_id
        )
    preview = overview.newest_run(session, place.context.id, "previewed")
    stopped = overview.newest_run(session, place.context.id, "approved")
    return HomePage(
        shell=shell(place, cycle),
        connection=_connection(consent),
        connected_at=consent.granted_at if consent else None,
        sources=_sources(cycle) if cycle else None,
        skills=_skills(place, cycle) if cycle else None,
        groups=_groups(place, cycle) if cycle else None,
        playlists=_playlists(place, cycle) if cycle else None,
        written=_written(cycle) if cycle else None,
        pending_changes=_pending(place, preview),
        scores=_scores(cycle) if cycle else None,
        job=open_job_view(place),
        needs=tuple(_needs(place, cycle, stopped)),
    )


def _connection(consent: LmsConsent | None) -> ConnectionState:
    if consent is None:
        return "not_connected"
    return "expired" if consent.ended_at is not None else "connected"


def _sources(cycle: Cycle) -> Sources | None:
    report: dict[str, Any] = cycle.pull_report
    if not report:
        return None
    return Sources(
        as_of=datetime.fromisoformat(report["as_of"]),
        students=report["students"],
        students_with_results=report["students_with_results"],
        teachers=report["teachers"],
        files=tuple(
            SourceFile(file["name"], file["is_found"], file["rows"], file["problem"])
            for file in report["files"]
        ),
        items_matched=report["items_matched"],
        items_total=report["items_total"],
        outcomes_matched=report["outcomes_matched"],
        outcomes_total=report["outcomes_total"],
        unmatched=tuple(report["unmatched"]),
        problems=tuple(report["problems"]),
    )


def _skills(place: Place, cycle: Cycle) -> Done | None:
    if cycle.analysed_at is None:
        return None
    counts = overview.state_counts(place.session, cycle.id)
    cells = sum(counts.values())
    known = counts.get("likely_met", 0)
    unknown = counts.get("cant_tell", 0) + counts.get("not_assessed", 0)
    return Done(
        cycle.analysed_at,
        f"Of {cells} student-and-skill pairs {known} are likely met, {counts.get('nearly', 0)} nearly, "
        f"{counts.get('likely_not_yet', 0)} likely not yet, {unknown} with too little evidence.",
    )


def _groups(place: Place, cycle: Cycle) -> Done | None:
    if cycle.grouped_at is None:
        return None
    counts = overview.group_counts(place.session, cycle.id)
    return Done(
        cycle.grouped_at, f"{counts.get('skill', 0)} skill groups and {counts.get('mixed', 0)} mixed pods."
    )


def _playlists(place: Place, cycle: Cycle) -> Done | None:
    if cycle.playlists_at is None:
        return None
    students, units, tasks = overview.playlist_counts(place.session, cycle.id)
    return Done(
        cycle.playlists_at,
        f"Playlists for {students} students: {units} units and {tasks} tasks with you are planned.",
    )


def _written(cycle: Cycle) -> Done | None:
    return None if cycle.applied_at is None else Done(cycle.applied_at, "Groups and playlists are written.")


def _scores(cycle: Cycle) -> Done | None:
    if cycle.results_at is None:
        return None
    sent = "Scores were sent." if cycle.scores_sent_at else "No score is due yet."
    return Done(cycle.results_at, f"Results are back. {sent}")


def _pending(place: Place, preview: Run | None) -> int | None:
    if preview is None:
        return None
    return overview.change_counts(place.session, [preview.id]).get(preview.id, 0)


def _needs(place: Place, cycle: Cycle | None, stopped: Run | None) -> list[Need]:
    needs = []
    if stopped is not None and stopped.problem:
        needs.append(Need(stopped.problem, f"{place.base}/runs/{stopped.id}", "Look and go on"))
    if cycle is None or cycle.results_at is None:
        return needs
    names = _below_threshold(place, cycle)
    if names:
        least = round(100 * float(district_rules().threshold))
        text = f"Below {least}% on a check: {len(names)}. Try again, or a few minutes with you."
        needs.append(Need(text, f"{place.base}/playlists", "Look at their playlists", tuple(names)))
    return needs


def _below_threshold(place: Place, cycle: Cycle) -> list[str]:
    """Learners with an open unit whose check is to be tried again, by name."""
    tries = deciding_attempts(place.session, cycle)
    to_try = {key for key, attempt in tries.items() if state_of_check(attempt) is CheckState.TRY_AGAIN}
    waiting = {
        playlist.user_id
        for playlist in boards.playlists(place.session, cycle.id)
        for unit in playlist.units
        if unit.is_open and (playlist.user_id, unit.unit_id) in to_try
    }
    return [person.name for person in learners(place.session, place.context.id) if person.id in waiting]

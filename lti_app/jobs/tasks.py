"""The kinds of long work: for each, the step that is repeated until it says done. `cycle/` holds the steps.

An LMS that refuses ends the job with words for the adult who waits; one that only stumbles is tried again
later. Nothing that was written is written again: a plan's changes are journalled one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from lti_app.clock import clock_of
from lti_app.cycle import passback, write_back
from lti_app.cycle.analyse import analyse
from lti_app.cycle.consent import forget_attempts
from lti_app.cycle.gateway import Course, open_course
from lti_app.cycle.group import suggest_groups
from lti_app.cycle.keep import keep
from lti_app.cycle.playlist import suggest_playlists
from lti_app.cycle.pull import READINGS, NothingToPull, read_course
from lti_app.cycle.rules import district_rules
from lti_app.jobs.schedule import Cron, CronContext
from lti_app.jobs.steps import Done, Failed, Kind, Kinds, More, StepContext, StepResult, WaitUntil
from lti_app.lti.forget import forget_ended
from lti_app.settings import Settings
from lti_app.store.holder import assert_holder
from lti_app.store.journal import StoreJournal, StoreLinks
from lti_app.store.models.cycles import Cycle
from lti_app.store.models.journal import Run
from lti_app.store.models.lti import Context
from lti_app.store.queries.overview import cycle_now
from sync.apply import perform
from sync.errors import LmsError, Stopped
from sync.wanted import Change, Plan

PULL, SUGGEST, PLAYLISTS, PLAN, APPLY, RESULTS = "pull", "suggest", "playlists", "plan", "apply", "results"
STUMBLES = 3
PAUSE = timedelta(seconds=20)
STEP_SECONDS, STEP_CHANGES = 2.0, 100
"""How long one step of an apply goes on with changes, and how many it takes at most. Each change is
journalled by itself; opening the way to the LMS (rows, session, connection) is paid once for all of them."""
TELL_SECONDS = 0.5

NO_CYCLE = "There is no benchmark yet. Nothing was changed. Check results first."
NOT_APPROVED = (
    "This plan does not count any more: a newer one was made, or nobody said yes to it. "
    "What was written before stays. Look at the newest plan and write that."
)


def kinds(settings: Settings) -> Kinds:
    """Every kind of job by its name. Raises BadRules for a mistake in config/rules.toml."""
    district_rules()
    return {
        PULL: Kind(_speaking(partial(pull, settings)), timedelta(minutes=30)),
        SUGGEST: Kind(suggest, timedelta(minutes=15)),
        PLAYLISTS: Kind(playlists, timedelta(minutes=15)),
        PLAN: Kind(_speaking(partial(plan, settings)), timedelta(minutes=30)),
        APPLY: Kind(_speaking(partial(apply, settings)), timedelta(hours=6)),
        RESULTS: Kind(_speaking(partial(results, settings)), timedelta(hours=6)),
    }


def forget_launches(context: CronContext) -> None:
    """Deletes launches, sign-ins and consents under way that ended over a day ago."""
    with context.database.operator_session() as session:
        forget_ended(session, context.now)
        forget_attempts(session, context.now)


def bring_results(context: CronContext) -> None:
    """Enqueues RESULTS for each cycle whose teacher lets Regroup do something alone, as that teacher.

    It writes what they approved and makes no plan beside it, so that none of theirs is pushed aside.
    """
    with context.database.operator_session(write=False) as session:
        due = write_back.with_approval(session, context.now)
    for one in due:
        with context.database.session(one.district_id) as session:
            context.jobs.enqueue(
                session,
                RESULTS,
                registration_id=one.registration_id,
                context_lms_id=one.context_lms_id,
                arguments={"context_id": one.context_id, "user_id": one.user_id, "is_alone": True},
                created_by=one.user_id,
                now=context.now,
            )


CRONS = (
    Cron("forget-launches", "23 * * * *", forget_launches),
    Cron("bring-results", "7 * * * *", bring_results),
)


def _speaking(step: Callable[[StepContext], StepResult]) -> Callable[[StepContext], StepResult]:
    """The step, with an LMS's refusal turned into the words that end the job."""

    def spoken(context: StepContext, /) -> StepResult:
        try:
            return step(context)
        except Stopped:
            return More()  # the engine reads why: cancelled, taken over, or this worker is ending
        except (LmsError, NothingToPull) as error:
            return Failed(f"{error.what} {error.done} {error.remedy}")

    return spoken


# pull, suggest


def pull(settings: Settings, context: StepContext) -> StepResult:
    """Reads the course whole, saves it in one piece, and estimates the states."""
    course = _course(settings, context)
    assert course.gateway.roster is not None
    assert course.gateway.grades is not None
    pulled = read_course(
        course.gateway.roster, course.gateway.grades, course.lms_id, now=context.now, report=context.report
    )
    with _saving(context) as session:
        cycle = keep(session, session.get_one(Context, course.context_id), pulled)
        analyse(session, cycle, now=context.now)
        found = cycle.pull_report
        told = f"{found['students_with_results']} of {found['students']} students have results."
    context.report(READINGS, READINGS, told)
    return Done({"cycle_id": cycle.id, "calls": course.calls})


def suggest(context: StepContext, /) -> StepResult:
    """Forms groups and builds playlists from the saved states."""
    with _saving(context) as session:
        cycle = cycle_now(session, _context_id(context))
        if cycle is None:
            return Failed(NO_CYCLE)
        suggest_groups(session, cycle, now=context.now)
        suggest_playlists(session, cycle, now=context.now)
        return Done({"cycle_id": cycle.id})


def playlists(context: StepContext, /) -> StepResult:
    """Builds playlists anew; groups stay."""
    with _saving(context) as session:
        cycle = cycle_now(session, _context_id(context))
        if cycle is None:
            return Failed(NO_CYCLE)
        suggest_playlists(session, cycle, now=context.now)
        return Done({"cycle_id": cycle.id})


# plan and apply


def plan(settings: Settings, context: StepContext) -> StepResult:
    """Compares what should stand in the LMS with what does; saves the list of changes for an adult to see."""
    course = _course(settings, context)
    context.report(0, 2, f"Reading what is in {course.gateway.labels.lms}")
    made = _compare(context, course)
    if isinstance(made, Failed):
        return made
    cycle_id, found = made
    with _saving(context) as session:
        cycle = session.get_one(Cycle, cycle_id)
        run = write_back.save_plan(
            session, cycle, found, kind=APPLY, planned_by=_user_id(context), now=context.now
        )
        return Done({"run_id": run.id, "changes": len(found.changes), "calls": course.calls})


def _compare(context: StepContext, course: Course) -> tuple[int, Plan] | Failed:
    with context.database.session(context.district_id, write=False) as session:
        cycle = cycle_now(session, course.context_id)
        if cycle is None or cycle.playlists_at is None:
            return Failed("There are no groups and playlists yet. Nothing was changed. Suggest groups first.")
        units = passback.unit_rows(session, cycle)
    material = write_back.read_material(course.gateway, course.lms_id, units)
    with context.database.session(context.district_id, write=False) as session:
        cycle = session.get_one(Cycle, cycle.id)
        wanted = write_back.wanted_of(session, cycle, material)
        links = write_back.saved_links(session, course.context_id)
        people = write_back.names_of(session, course.context_id)
    return cycle.id, write_back.plan_of(course.gateway, course.lms_id, wanted, links, people)


def apply(settings: Settings, context: StepContext) -> StepResult:
    """Carries out the next changes of an approved run, one after the other, for about two seconds."""
    run_id = int(context.arguments["run_id"])
    with context.database.session(context.district_id, write=False) as session:
        if not write_back.may_be_written(session, run_id, _context_id(context)):
            return Failed(NOT_APPROVED)
        changes = write_back.next_changes(session, run_id, STEP_CHANGES)
        done, total = write_back.how_far(session, run_id)
    if not changes:
        return _finished(context, run_id, total)
    course = _course(settings, context)
    try:
        with _counting(context, run_id, course, done):
            _carry_out(settings, context, course, run_id, changes, done, total)
    except Stopped:
        raise
    except LmsError as error:
        return _stumbled(settings, context, run_id, error)
    return More()


def _carry_out(
    settings: Settings,
    context: StepContext,
    course: Course,
    run_id: int,
    changes: Sequence[Change],
    done: int,
    total: int,
) -> None:
    """Carries out changes until the step's time is up; what is done by then stands in the journal."""
    district = partial(context.database.session, context.district_id)
    journal = StoreJournal(
        district,
        lambda session: assert_holder(session, context.job_id, context.holder),
        run_id=run_id,
        context_id=course.context_id,
        clock=clock_of(settings),
    )
    links = StoreLinks(district, course.context_id)
    began, told_at = time.monotonic(), float("-inf")
    for number, change in enumerate(changes, start=done):
        now = time.monotonic()
        if now > began + STEP_SECONDS:
            return
        if now > told_at + TELL_SECONDS:
            context.report(number, total, change.label)
            told_at = now
        perform(course.gateway, change, journal, links, context.now, context.stop)


@contextmanager
def _counting(context: StepContext, run_id: int, course: Course, done_before: int) -> Iterator[None]:
    """Adds the step's LMS calls to the run; whatever was finished in it ends a row of stumbles."""
    try:
        yield
    finally:
        with _saving(context) as session:
            run = session.get_one(Run, run_id)
            run.calls_made += course.calls
            if write_back.how_far(session, run_id)[0] > done_before:
                run.stumbles = 0


def _stumbled(settings: Settings, context: StepContext, run_id: int, error: LmsError) -> StepResult:
    """Waits for an LMS that may answer again soon; three times in a row, or a refusal, end the job."""
    with _saving(context) as session:
        run = session.get_one(Run, run_id)
        run.stumbles += 1
        done, total = write_back.how_far(session, run_id)
        if error.is_passing and run.stumbles < STUMBLES:
            return WaitUntil(
                clock_of(settings)() + PAUSE,
                f"{error.what} Going on by itself in {PAUSE.seconds} seconds.",
            )
        run.stumbles = 0
        run.problem = f"{done} of {total} written. {error.what} Nothing is doubled. {error.remedy}"
        return Failed(run.problem, {"run_id": run_id})


def _finished(context: StepContext, run_id: int, total: int) -> StepResult:
    with _saving(context) as session:
        run = session.get_one(Run, run_id)
        if run.state == "approved":
            write_back.end_run(session, run, now=context.now)
    context.report(total, total)
    return Done({"run_id": run_id, "changes": total})


# results


def results(settings: Settings, context: StepContext) -> StepResult:
    """Reads the checks, opens what they earned; writes what is approved already, else shows a plan."""
    with context.database.session(context.district_id, write=False) as session:
        run = write_back.run_of_job(session, context.job_id)
    if run is not None:
        ended = apply(settings, _with(context, run_id=run.id))
        return _rest(settings, context, run.id) if isinstance(ended, Done) else ended
    course = _course(settings, context)
    with context.database.session(context.district_id, write=False) as session:
        cycle = cycle_now(session, course.context_id)
        if cycle is None or cycle.applied_at is None:
            return Failed("Nothing is in the LMS yet. Nothing was changed. Write groups and playlists first.")
        links = write_back.saved_links(session, course.context_id)
        unit_of = passback.check_ids(links, cycle, passback.unit_rows(session, cycle))
    context.report(0, None, "Reading the checks")
    cells = passback.read_checks(course.gateway, course.lms_id, unit_of)
    with _saving(context) as session:
        cycle = session.get_one(Cycle, cycle.id)
        attempts = passback.keep_attempts(session, cycle, cells, unit_of, now=context.now)
    return _move_on(context, course, attempts)


def _move_on(context: StepContext, course: Course, attempts: int) -> StepResult:
    """Writes at once what is approved already; the rest, if an adult waits, becomes a plan to look at."""
    made = _compare(context, course)
    if isinstance(made, Failed):
        return made
    cycle_id, found = made
    with _saving(context) as session:
        cycle = session.get_one(Cycle, cycle_id)
        links = write_back.saved_links(session, course.context_id)
        allowed = write_back.covered(found, cycle, links, now=context.now)
        outcome = {"changes": len(found.changes), "attempts": attempts}
        if allowed:
            made_run = replace(found, changes=allowed)
            run = _save(context, session, cycle, made_run)
            write_back.approve_by_rule(cycle, run, job_id=context.job_id, now=context.now)
            return More()
        if found.changes and not context.arguments.get("is_alone"):
            run = _save(context, session, cycle, found)
            return Done({**outcome, "run_id": run.id, "needs_approval": True})
    context.report(attempts, attempts, "Results are back. Nothing new has to be written.")
    return Done(outcome)


def _save(context: StepContext, session: Session, cycle: Cycle, found: Plan) -> Run:
    return write_back.save_plan(
        session, cycle, found, kind=RESULTS, planned_by=_user_id(context), now=context.now
    )


def _rest(settings: Settings, context: StepContext, run_id: int) -> StepResult:
    """After what was approved already: is there something left that an adult has to see?"""
    made = _compare(context, _course(settings, context))
    if not isinstance(made, Failed) and made[1].changes and not context.arguments.get("is_alone"):
        with _saving(context) as session:
            run = _save(context, session, session.get_one(Cycle, made[0]), made[1])
            return Done({"run_id": run.id, "changes": len(made[1].changes), "needs_approval": True})
    return Done({"run_id": run_id})


# shared


def _course(settings: Settings, context: StepContext) -> Course:
    return open_course(
        context.database,
        settings,
        district_id=context.district_id,
        context_id=_context_id(context),
        user_id=_user_id(context),
        stop=context.stop,
        clock=clock_of(settings),
    )


@contextmanager
def _saving(context: StepContext) -> Iterator[Session]:
    """One transaction in which this job is still ours: raises LostHold otherwise, and nothing is saved."""
    with context.database.session(context.district_id) as session:
        assert_holder(session, context.job_id, context.holder)
        yield session


def _context_id(context: StepContext) -> int:
    return int(context.arguments["context_id"])


def _user_id(context: StepContext) -> int:
    return int(context.arguments["user_id"])


def _with(context: StepContext, **arguments: Any) -> StepContext:
    return replace(context, arguments={**context.arguments, **arguments})

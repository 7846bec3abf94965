"""Copying course content by REST, and new courses to copy into.

Source: Canvas `content_migrations_controller.rb`, `lib/api/v1/content_migration.rb`; what is copied:
`sandbox.world.copying`. Only course_copy_importer is modelled: no files, no blueprint, no choosing step
(`selective_import`), but `select[...]`. The copy is a background job with a Progress.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.courses import course_json
from sandbox.canvas.errors import bad_request, forbidden
from sandbox.canvas.lookups import course_for, in_course, one
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_ids, as_time, group, params, stamp
from sandbox.canvas.permissions import is_admin, my_rights
from sandbox.canvas.progress_jobs import JobFailed, begin
from sandbox.current import base_url
from sandbox.world import people
from sandbox.world.copying import Copy, Wish
from sandbox.world.model import Account, ContentMigration, Course

COURSE_COPY = "course_copy_importer"
_OTHERS = ("canvas_cartridge_importer", "common_cartridge_importer", "zip_file_importer", "qti_converter")
_KINDS = {"wiki_pages": "pages", "attachments": "files"}


def migration_json(migration: ContentMigration) -> dict[str, Any]:
    source = world().table(Course)[migration.source_course_id]
    here = f"{base_url()}/api/v1/courses/{migration.course_id}/content_migrations/{migration.id}"
    return {
        "id": migration.id,
        "user_id": migration.user_id,
        "workflow_state": migration.workflow_state,
        "started_at": stamp(migration.started_at),
        "finished_at": stamp(migration.finished_at),
        "migration_type": migration.migration_type,
        "migration_type_title": "Course Copy",
        "created_at": stamp(migration.created_at),
        "migration_issues_url": f"{here}/migration_issues",
        "migration_issues_count": len(migration.issues),
        "settings": {
            "source_course_id": source.id,
            "source_course_name": source.name,
            "source_course_html_url": f"{base_url()}/courses/{source.id}",
        },
        "progress_url": f"{base_url()}/api/v1/progress/{migration.progress_id}",
    }


@endpoint("GET", "/courses/<course_id>/content_migrations")
def list_migrations(course_id: str) -> Page:
    course = course_for(course_id, "manage_course_content_add")
    found = list(world().find(ContentMigration, course_id=course.id))
    return paged(found[::-1]).shown(migration_json)


@endpoint("GET", "/courses/<course_id>/content_migrations/migrators")
def list_migrators(course_id: str) -> list[dict[str, Any]]:
    course_for(course_id, "manage_course_content_add")
    return [
        {
            "type": COURSE_COPY,
            "requires_file_upload": False,
            "name": "Copy a Canvas Course",
            "required_settings": ["source_course_id"],
        }
    ]


@endpoint("GET", "/courses/<course_id>/content_migrations/<id>")
def show_migration(course_id: str, id: str) -> dict[str, Any]:
    return migration_json(in_course(ContentMigration, course_for(course_id, "manage_course_content_add"), id))


@endpoint("GET", "/courses/<course_id>/content_migrations/<id>/migration_issues")
def list_issues(course_id: str, id: str) -> Page:
    found = in_course(ContentMigration, course_for(course_id, "manage_course_content_add"), id)
    rows = [
        {"id": n, "description": text, "workflow_state": "active", "issue_type": "warning"}
        for n, text in enumerate(found.issues, 1)
    ]
    return paged(rows)


@endpoint("POST", "/courses/<course_id>/content_migrations")
def create_migration(course_id: str) -> dict[str, Any]:
    """200, still to run. Raises 400 for a type that is not one, or a source that cannot be copied."""
    course = course_for(course_id, "manage_course_content_add")
    type_ = str(params().get("migration_type") or "")
    if type_ in _OTHERS:
        raise bad_request("File upload is required")
    if type_ != COURSE_COPY:
        raise bad_request("Invalid migration_type")
    source, wish = _source(course), _wish()
    lms, now = world(), world().clock.now()
    migration = lms.add(
        ContentMigration(
            course_id=course.id, source_course_id=source.id, user_id=me().id, created_at=now, started_at=now
        )
    )
    shown = migration_json(migration) | {"workflow_state": "running"}
    migration.workflow_state = "running"

    def work() -> dict[str, int]:
        if course.workflow_state == "deleted" or source.workflow_state == "deleted":
            migration.workflow_state = "failed"
            raise JobFailed("The course was deleted.")
        counts = Copy(lms, migration, wish).run()
        migration.workflow_state, migration.finished_at = "completed", lms.clock.now()
        return counts

    progress = begin(course, "content_migration", work, user_id=me().id)
    migration.progress_id = progress["id"]
    return shown | {"progress_url": progress["url"]}


def _source(course: Course) -> Course:
    asked = str(group("settings").get("source_course_id") or "")
    if not asked:
        raise bad_request("A course copy requires a source course.")
    source = world().get(Course, int(asked)) if asked.isdigit() else None
    if source is None or source.workflow_state == "deleted":
        raise bad_request("The source course was not found.")
    if source.id == course.id:
        raise bad_request("The source course and destination course cannot be the same.")
    if "view_unpublished_items" not in my_rights(source):
        raise bad_request("You are not allowed to copy the source course.")
    return source


def _wish() -> Wish:
    chosen, dates = group("select"), group("date_shift_options")
    select = {_KINDS.get(kind, kind): set(as_ids(ids)) for kind, ids in chosen.items()} or None
    shift = timedelta()
    if as_bool(dates.get("shift_dates")):
        old, new = (as_time(dates.get(name), name) for name in ("old_start_date", "new_start_date"))
        shift = new - old if old and new else shift
    return Wish(select, as_bool(dates.get("remove_dates")), shift)


@endpoint("POST", "/accounts/<account_id>/courses")
def create_course(account_id: str) -> dict[str, Any]:
    """200: a new course of the account, unpublished unless `offer`, with one section of its own name.

    Who makes it is an admin, and enrolled as teacher only with `enroll_me`.
    """
    account, sent = one(Account, account_id), group("course")
    if not is_admin(world(), me(), account.id):
        raise forbidden()
    name = str(sent.get("name") or "Unnamed Course")
    sis_id = sent.get("sis_course_id")
    if sis_id and any(world().find(Course, sis_course_id=str(sis_id))):
        raise bad_request(f'SIS ID "{sis_id}" is already in use')
    course = world().add(
        Course(
            account_id=account.id,
            name=name,
            course_code=str(sent.get("course_code") or name)[:20],
            lti_context_id=world().new_uuid(),
            uuid=world().new_uuid(),
            sis_course_id=str(sis_id) if sis_id else None,
            workflow_state="available" if as_bool(params().get("offer")) else "unpublished",
            created_at=world().clock.now(),
            start_at=as_time(sent.get("start_at"), "start_at"),
            end_at=as_time(sent.get("end_at"), "end_at"),
        )
    )
    section = people.add_section(world(), course, name, default_section=True)
    if as_bool(params().get("enroll_me")):
        people.enroll(world(), section, me(), "TeacherEnrollment", "active")
    return course_json(course)

"""Course files: list, look, download. Source: the Files API of Canvas (canvas.md 3)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from sandbox.canvas.api import blueprint, endpoint
from sandbox.canvas.auth import world
from sandbox.canvas.errors import bad_request, forbidden, not_found
from sandbox.canvas.lookups import course_for, in_course, one
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import params, stamp
from sandbox.canvas.permissions import is_staff, my_rights
from sandbox.current import base_url, current_world
from sandbox.world.model import CourseFile


def file_json(file: CourseFile) -> dict[str, Any]:
    """The file; `url` downloads it without a token, by its verifier."""
    return {
        "id": file.id,
        "uuid": file.uuid,
        "display_name": file.display_name,
        "filename": file.display_name,
        "content-type": file.content_type,
        "size": len(file.body),
        "url": f"{base_url()}/files/{file.id}/download?download_frd=1&verifier={file.uuid}",
        "hidden": file.hidden,
        "locked": False,
        "created_at": stamp(file.created_at),
        "updated_at": stamp(file.updated_at),
        "modified_at": stamp(file.updated_at),
    }


@endpoint("GET", "/courses/<course_id>/files")
def list_files(course_id: str) -> Page:
    course = course_for(course_id)
    staff = is_staff(my_rights(course))
    term = str(params().get("search_term", "")).lower()
    if term and len(term) < 2:
        raise bad_request("search_term of 2 or more characters is required")
    files = world().live(CourseFile, course_id=course.id)
    found = [f for f in files if (staff or not f.hidden) and term in f.display_name.lower()]
    return paged(sorted(found, key=lambda f: (f.display_name.casefold(), f.id))).shown(file_json)


@endpoint("GET", "/courses/<course_id>/files/<id>")
def show_course_file(course_id: str, id: str) -> dict[str, Any]:
    return _shown(in_course(CourseFile, course_for(course_id), id))


@endpoint("GET", "/files/<id>")
def show_file(id: str) -> dict[str, Any]:
    return _shown(one(CourseFile, id))


def _shown(file: CourseFile) -> dict[str, Any]:
    course = course_for(str(file.course_id))
    if file.hidden and not is_staff(my_rights(course)):
        raise forbidden()
    return file_json(file)


@blueprint.get("/files/<int:id>/download")
def download(id: int) -> Response:
    """The bytes, for whoever has the verifier."""
    file = current_world().get(CourseFile, id)
    if file is None or request.args.get("verifier") != file.uuid:
        return Response("not found", not_found().status, content_type="text/plain")
    named = {"Content-Disposition": f'attachment; filename="{file.display_name}"'}
    return Response(file.body, headers=named, content_type=file.content_type)

"""Wiki pages. Source: canvas.md 4 and canvas-visibility.md 2 and 7 (date details are in overrides.py)."""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import forbidden, invalid
from sandbox.canvas.lookups import course_for, page_in
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights
from sandbox.current import base_url
from sandbox.world import work
from sandbox.world.model import Course, WikiPage
from sandbox.world.visibility import audiences, contents_for, visible_to_everyone


def page_json(page: WikiPage, rights: frozenset[str], *, with_body: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "page_id": page.id,
        "title": page.title,
        "url": page.url,
        "html_url": f"{base_url()}/courses/{page.course_id}/pages/{page.url}",
        "published": page.workflow_state == "active",
        "front_page": page.front_page,
        "hide_from_students": page.workflow_state != "active",
        "editing_roles": "teachers",
        "locked_for_user": False,
        "created_at": stamp(page.created_at),
        "updated_at": stamp(page.updated_at),
    }
    if is_staff(rights):
        facts = audiences(world(), page.course_id, only_user=0)
        shown["only_visible_to_overrides"] = page.only_visible_to_overrides
        shown["visible_to_everyone"] = visible_to_everyone(facts, page)
    if with_body:
        shown["body"] = page.body
    return shown


def _seen(course: Course) -> list[WikiPage]:
    found = sorted(world().live(WikiPage, course_id=course.id), key=lambda p: (p.title.casefold(), p.id))
    if is_staff(my_rights(course)):
        return found
    seen = contents_for(world(), course.id, me().id, "WikiPage")
    return [page for page in found if page.id in seen]


@endpoint("GET", "/courses/<course_id>/pages")
def list_pages(course_id: str) -> Page:
    course = course_for(course_id)
    rights, with_body = my_rights(course), "body" in includes()
    term = str(params().get("search_term", "")).lower()
    found = [page for page in _seen(course) if term in page.title.lower()]
    return paged(found).shown(lambda page: page_json(page, rights, with_body=with_body))


@endpoint("GET", "/courses/<course_id>/pages/<url_or_id>")
def show_page(course_id: str, url_or_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    page = page_in(course, url_or_id)
    if page not in _seen(course):
        raise forbidden()
    return page_json(page, my_rights(course), with_body=True)


@endpoint("POST", "/courses/<course_id>/pages")
def create_page(course_id: str) -> dict[str, Any]:
    """200. Titles need not be unique: the second "Fractions" lives at fractions-2."""
    course = course_for(course_id, "manage_wiki_create")
    sent = group("wiki_page")
    title = str(sent.get("title") or "").strip()
    if not title:
        raise invalid("title", "Title can't be blank", type_="blank")
    now = world().clock.now()
    page = WikiPage(
        course_id=course.id,
        title=title,
        url=world().slug(course.id, title),
        body=str(sent.get("body") or ""),
        workflow_state="active" if as_bool(sent.get("published")) else "unpublished",
        created_at=now,
        updated_at=now,
    )
    return page_json(world().add(page), my_rights(course), with_body=True)


@endpoint("PUT", "/courses/<course_id>/pages/<url_or_id>")
def update_page(course_id: str, url_or_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_wiki_update")
    page, sent = page_in(course, url_or_id), group("wiki_page")
    if str(sent.get("title") or "").strip():
        page.title = str(sent["title"]).strip()
    if "body" in sent:
        page.body = str(sent["body"] or "")
    if "published" in sent:
        work.set_published(world(), page, as_bool(sent["published"]))
    page.updated_at = world().clock.now()
    return page_json(page, my_rights(course), with_body=True)


@endpoint("DELETE", "/courses/<course_id>/pages/<url_or_id>")
def delete_page(course_id: str, url_or_id: str) -> dict[str, Any]:
    course = course_for(course_id, "manage_wiki_delete")
    page = page_in(course, url_or_id)
    shown = page_json(page, my_rights(course), with_body=True)
    work.delete_page(world(), page)
    return shown

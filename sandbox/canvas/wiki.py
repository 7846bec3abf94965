"""Wiki pages and their revisions.

Source: canvas.md 4, canvas-visibility.md 2 and 7; Canvas `wiki_pages_api_controller.rb` and
`lib/api/v1/wiki_page.rb` (date details are in date_details.py). A page that every module keeps shut is shown
without its body; opening an open one counts as viewing it. A new title is a new slug, and the old one still
finds the page. Not modelled: duplicating, to-do dates, publishing later, the block editor.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.auth import me, world
from sandbox.canvas.errors import ApiError, forbidden, invalid, not_found
from sandbox.canvas.lookups import course_for, page_in
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, group, includes, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights, need
from sandbox.current import base_url
from sandbox.world import work
from sandbox.world.model import Course, ModuleItem, PageRevision, User, WikiPage
from sandbox.world.progress import item_is_open, mark_viewed
from sandbox.world.visibility import audiences, contents_for, visible_to_everyone

ROLES = ("teachers", "students", "members", "public")
_NO_FRONT = ApiError(404, {"message": "No front page has been set"})


def page_json(page: WikiPage, rights: frozenset[str], *, with_body: bool) -> dict[str, Any]:
    """The page; for a learner whom every module shuts out without body, `locked_for_user`."""
    locked = not is_staff(rights) and _is_locked(page)
    shown: dict[str, Any] = {
        "page_id": page.id,
        "title": page.title,
        "url": page.url,
        "html_url": f"{base_url()}/courses/{page.course_id}/pages/{page.url}",
        "published": page.workflow_state == "active",
        "front_page": page.front_page,
        "hide_from_students": page.workflow_state != "active",
        "editing_roles": page.editing_roles,
        "todo_date": None,
        "publish_at": None,
        "locked_for_user": locked,
        "created_at": stamp(page.created_at),
        "updated_at": stamp(page.updated_at),
    }
    editor = world().get(User, page.last_edited_by)
    if editor is not None:
        shown["last_edited_by"] = _display(editor)
    if locked:
        shown["lock_explanation"] = "This page is part of a module that is not unlocked yet."
    if is_staff(rights):
        facts = audiences(world(), page.course_id, only_user=0)
        shown["only_visible_to_overrides"] = page.only_visible_to_overrides
        shown["visible_to_everyone"] = visible_to_everyone(facts, page)
    if with_body and not locked:
        shown["body"] = page.body
    return shown


def _display(user: User) -> dict[str, Any]:
    return {"id": user.id, "display_name": user.short_name, "html_url": f"{base_url()}/users/{user.id}"}


def _is_locked(page: WikiPage) -> bool:
    places = world().live(ModuleItem, course_id=page.course_id, type="Page", content_id=page.id)
    return bool(places) and not any(item_is_open(world(), item, me().id) for item in places)


def _page(course: Course, text: str) -> WikiPage:
    """By slug, id, or a slug it had before. Raises 404."""
    try:
        return page_in(course, text)
    except ApiError:
        for revision in reversed(list(world().find(PageRevision, url=text))):
            page = world().get(WikiPage, revision.page_id)
            if page is not None and page.course_id == course.id and page.workflow_state != "deleted":
                return page
        raise


def _visible(course: Course, page: WikiPage) -> WikiPage:
    if page not in _seen(course):
        raise forbidden()
    return page


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
    return _opened(course, _visible(course, _page(course, url_or_id)))


def _opened(course: Course, page: WikiPage) -> dict[str, Any]:
    shown = page_json(page, my_rights(course), with_body=True)
    if not is_staff(my_rights(course)) and not shown["locked_for_user"]:
        mark_viewed(world(), ("Page", page.id), me().id)
    return shown


@endpoint("POST", "/courses/<course_id>/pages")
def create_page(course_id: str) -> dict[str, Any]:
    """200. Titles need not be unique: the second "Fractions" lives at fractions-2."""
    course = course_for(course_id, "manage_wiki_create")
    return _created(course, str(group("wiki_page").get("title") or "").strip())


def _created(course: Course, title: str) -> dict[str, Any]:
    sent = group("wiki_page")
    if not title:
        raise invalid("title", "Title can't be blank", type_="blank")
    now = world().clock.now()
    published = as_bool(sent.get("published")) or (
        as_bool(sent.get("front_page")) and "published" not in sent
    )
    page = WikiPage(
        course_id=course.id,
        title=title,
        url=world().slug(course.id, title),
        body=str(sent.get("body") or ""),
        workflow_state="active" if published else "unpublished",
        editing_roles=_roles(sent) or "teachers",
        last_edited_by=me().id,
        created_at=now,
        updated_at=now,
    )
    _check_front(page, sent, published=published)
    _set_front(world().add(page), sent)
    _keep(page)
    return page_json(page, my_rights(course), with_body=True)


def _roles(sent: dict[str, Any]) -> str:
    """Raises 400 for a role that there is not."""
    roles = [role.strip() for role in str(sent.get("editing_roles") or "").split(",") if role.strip()]
    if not set(roles) <= set(ROLES):
        raise invalid("editing_roles", "The provided editing roles are invalid")
    return ",".join(roles)


@endpoint("PUT", "/courses/<course_id>/pages/<url_or_id>")
def update_page(course_id: str, url_or_id: str) -> dict[str, Any]:
    """What is absent stays. An address that is nobody's makes a new page of that name.

    A learner whom `editing_roles` lets in changes the body and nothing else: 401 for more.
    """
    course = course_for(course_id)
    try:
        page = _page(course, url_or_id)
    except ApiError:
        need(course, "manage_wiki_create")
        return _created(course, str(group("wiki_page").get("title") or url_or_id).strip())
    return _updated(course, page, group("wiki_page"))


def _updated(course: Course, page: WikiPage, sent: dict[str, Any]) -> dict[str, Any]:
    rights = my_rights(course)
    if "manage_wiki_update" not in rights:
        _check_learner(course, page, sent)
    _first_revision(page)
    roles = _roles(sent) if "editing_roles" in sent else page.editing_roles
    published = as_bool(sent["published"]) if "published" in sent else page.workflow_state == "active"
    _check_front(page, sent, published=published)
    title = str(sent.get("title") or "").strip()
    if title and title != page.title:
        _rename(page, title)
    if "body" in sent:
        page.body = str(sent["body"] or "")
    if "published" in sent:
        work.set_published(world(), page, published)
    page.editing_roles, page.last_edited_by = roles or "teachers", me().id
    _set_front(page, sent)
    page.updated_at = world().clock.now()
    _keep(page)
    return page_json(page, rights, with_body=True)


def _rename(page: WikiPage, title: str) -> None:
    """Page and module items bear the new title; the slug follows it."""
    page.title = title
    page.url = world().slug(page.course_id, title)
    for item in world().live(ModuleItem, course_id=page.course_id, type="Page", content_id=page.id):
        item.title = title


def _check_learner(course: Course, page: WikiPage, sent: dict[str, Any]) -> None:
    roles = set(page.editing_roles.split(","))
    if not roles & {"students", "members", "public"}:
        raise forbidden()
    _visible(course, page)
    changes = {
        "title": sent.get("title", page.title) != page.title,
        "published": "published" in sent and as_bool(sent["published"]) != (page.workflow_state == "active"),
        "editing_roles": sent.get("editing_roles", page.editing_roles) != page.editing_roles,
        "front_page": "front_page" in sent and as_bool(sent["front_page"]) != page.front_page,
    }
    refused = [name for name, changed in changes.items() if changed]
    if refused:
        raise ApiError(401, invalid(refused[0], f"You are not allowed to update the {refused[0]}").body)


def _check_front(page: WikiPage, sent: dict[str, Any], *, published: bool) -> None:
    front = as_bool(sent["front_page"]) if "front_page" in sent else page.front_page
    if front and not published:
        name = "published" if "published" in sent else "front_page"
        raise invalid(name, "The front page cannot be unpublished")


def _set_front(page: WikiPage, sent: dict[str, Any]) -> None:
    """A course has one front page."""
    if "front_page" not in sent:
        return
    page.front_page = as_bool(sent["front_page"])
    for other in world().live(WikiPage, course_id=page.course_id, front_page=True):
        other.front_page = other.id == page.id


@endpoint("DELETE", "/courses/<course_id>/pages/<url_or_id>")
def delete_page(course_id: str, url_or_id: str) -> dict[str, Any]:
    """Soft. Raises 400 for the front page."""
    course = course_for(course_id, "manage_wiki_delete")
    page = _page(course, url_or_id)
    if page.front_page:
        raise invalid("front_page", "The front page cannot be deleted")
    shown = page_json(page, my_rights(course), with_body=True)
    work.delete_page(world(), page)
    return shown


# the front page


def _front(course: Course) -> WikiPage:
    for page in world().live(WikiPage, course_id=course.id, front_page=True):
        return page
    raise _NO_FRONT


@endpoint("GET", "/courses/<course_id>/front_page")
def show_front_page(course_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return _opened(course, _visible(course, _front(course)))


@endpoint("PUT", "/courses/<course_id>/front_page")
def update_front_page(course_id: str) -> dict[str, Any]:
    course = course_for(course_id)
    return _updated(course, _front(course), group("wiki_page"))


# revisions


def _keep(page: WikiPage) -> None:
    """One more revision, when what a revision holds has changed."""
    kept = _revisions(page)
    last = kept[-1] if kept else None
    if last is not None and (last.title, last.body, last.url) == (page.title, page.body, page.url):
        return
    world().add(
        PageRevision(
            page_id=page.id,
            number=len(kept) + 1,
            url=page.url,
            title=page.title,
            body=page.body,
            user_id=page.last_edited_by,
            at=page.updated_at,
        )
    )


def _revisions(page: WikiPage) -> list[PageRevision]:
    return sorted(world().find(PageRevision, page_id=page.id), key=lambda r: r.number)


def _first_revision(page: WikiPage) -> None:
    """A page that was not made by REST begins its history as it is now."""
    if not _revisions(page):
        _keep(page)


def _revision_json(revision: PageRevision, latest: PageRevision, *, full: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "revision_id": revision.number,
        "updated_at": stamp(revision.at),
        "latest": revision.number == latest.number,
    }
    if full:
        shown |= {"url": revision.url, "title": revision.title, "body": revision.body}
    editor = world().get(User, revision.user_id)
    return shown | ({"edited_by": _display(editor)} if editor else {})


def _history(course_id: str, url_or_id: str, *rights: str) -> tuple[WikiPage, list[PageRevision]]:
    course = course_for(course_id, *rights)
    page = _page(course, url_or_id)
    _first_revision(_visible(course, page))
    return page, _revisions(page)


@endpoint("GET", "/courses/<course_id>/pages/<url_or_id>/revisions")
def list_revisions(course_id: str, url_or_id: str) -> Page:
    """Newest first, without what they say."""
    _, kept = _history(course_id, url_or_id, "manage_wiki_update")
    return paged(kept[::-1]).shown(lambda each: _revision_json(each, kept[-1], full=False))


@endpoint("GET", "/courses/<course_id>/pages/<url_or_id>/revisions/<number>")
def show_revision(course_id: str, url_or_id: str, number: str) -> dict[str, Any]:
    """`latest` for whoever sees the page, an older one for who may change it; `summary`: without the text."""
    rights = () if number == "latest" else ("manage_wiki_update",)
    _, kept = _history(course_id, url_or_id, *rights)
    full = not as_bool(params().get("summary"))
    return _revision_json(_numbered(kept, number), kept[-1], full=full)


def _numbered(kept: list[PageRevision], number: str) -> PageRevision:
    found = kept[-1] if number == "latest" else next((r for r in kept if str(r.number) == number), None)
    if found is None:
        raise not_found()
    return found


@endpoint("POST", "/courses/<course_id>/pages/<url_or_id>/revisions/<number>")
def revert(course_id: str, url_or_id: str, number: str) -> dict[str, Any]:
    """The page says again what it said then, slug and title too: a new revision on top."""
    page, kept = _history(course_id, url_or_id, "manage_wiki_update")
    old = _numbered(kept, number)
    page.title, page.body, page.url = old.title, old.body, old.url
    page.last_edited_by, page.updated_at = me().id, world().clock.now()
    _keep(page)
    latest = _revisions(page)[-1]
    return _revision_json(latest, latest, full=True)

"""A teacher connects the LMS once (OAuth 2): asked in a tab of its own, answered there, told in the frame.

What ties the answer to the question: the state, of which we keep a hash and which is used once; a first-party
cookie of the tab that asked, so that nobody can have another person's consent put under their own name; and
the person the LMS names, who must be the one who is signed in here.
"""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_app.cycle.consent import LIVES, begin_consent, keep_consent, use_consent
from lti_app.cycle.gateway import CALLBACK, consent_address, exchange_code
from lti_app.store.models.lti import Registration, User
from lti_app.web.course_pages import place_of
from lti_app.web.guards import teacher_of_context
from lti_app.web.headers import may_be_framed_by
from lti_app.web.parts import now, parts
from lti_app.web.screens.frame import shell
from lti_app.web.views_model import ErrorPage, LeavePage
from sync.errors import LmsError

bp = Blueprint("connect", __name__)
COOKIE = "__Host-connect"


@bp.post("/contexts/<int:context_id>/connect")
@teacher_of_context
def connect(context_id: int) -> ResponseReturnValue:
    """Sends the tab to the LMS's consent page: by a page, as our form-action allows no other site."""
    place = place_of(context_id)
    registration = place.sign_in.registration
    state = f"{g.sign_in.district_id:x}-{secrets.token_urlsafe(32)}"
    begin_consent(
        g.session,
        state,
        registration_id=registration.id,
        user_id=g.sign_in.user_id,
        context_id=context_id,
        now=now(),
    )
    address = consent_address(parts().settings, registration, state)
    leave = LeavePage(shell(place, None), _("Connect %(lms)s", lms=place.labels.lms), address)
    page = render_template("teacher/leave.html", page=leave)
    response = make_response(page)
    response.set_cookie(
        COOKIE,
        state,
        max_age=int(LIVES.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


@bp.get(CALLBACK)
def answered() -> ResponseReturnValue:
    """The LMS's answer, in the tab that asked."""
    may_be_framed_by(())
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not state or not is_same(state, request.cookies.get(COOKIE, "")):
        return _told(_("This answer belongs to another visit"), _("Nothing was connected."), 403)
    if not code:
        return _told(_("The LMS was not connected"), _("You or the LMS said no. Nothing was changed."), 200)
    return _keep(state, code)


def is_same(state: str, cookie: str) -> bool:
    """Compared in constant time."""
    return secrets.compare_digest(state.encode(), cookie.encode())


def _keep(state: str, code: str) -> Response:
    district_id = _district_of(state)
    if district_id is None:
        return _told(_("This answer belongs to another visit"), _("Nothing was connected."), 403)
    with parts().database.session(district_id) as session:
        attempt = use_consent(session, state, now())
        if attempt is None:
            return _told(_("This answer was used before, or took too long"), _("Nothing was changed."), 403)
        registration = session.get_one(Registration, attempt.registration_id)
        user = session.get_one(User, attempt.user_id)
    try:
        grant = exchange_code(parts().settings, registration, code, now=now())
    except LmsError as error:
        return _told(_("The LMS was not connected"), f"{error.what} {error.done}", 502)
    if grant.refresh_token is None:
        return _told(_("The LMS was not connected"), _("The LMS gave no lasting permission."), 502)
    if user.lms_id is None:
        return _told(
            _("The LMS does not tell Regroup who you are"),
            _("Nothing was connected. Your LMS administrator has to let Regroup see your LMS user id."),
            403,
        )
    if grant.user_id != user.lms_id:
        return _told(
            _("The LMS said yes for somebody else"),
            _("In this browser the LMS is open as another person. Nothing was connected."),
            403,
        )
    with parts().database.session(district_id) as session:
        keep_consent(
            session,
            attempt,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            expires_at=grant.expires_at,
            now=now(),
        )
    return _told(_("Connected"), _("You can close this tab and go on in your course."), 200)


def _district_of(state: str) -> int | None:
    head = state.partition("-")[0]
    try:
        return int(head, 16) if 0 < len(head) <= 8 else None
    except ValueError:
        return None


def _told(title: str, what: str, status: int) -> Response:
    again = "" if status == 200 else _("Go back to your course and choose Connect again.")
    page = ErrorPage(title=title, what=what, remedy=again)
    response = make_response(render_template("errors/error.html", page=page), status)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response

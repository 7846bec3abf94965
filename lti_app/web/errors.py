"""Pages for what went wrong: what happened, what was and was not done, what to do, and a number for the log.

The log line bears the number, the reason and where it happened; never a person's data, a token or a text of
the LMS.
"""

import logging
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException, InternalServerError

from lti_app.lti.refusals import Reason, Refusal
from lti_app.web.headers import may_be_framed_anywhere
from lti_app.web.views_model import ErrorPage
from sync.errors import LmsError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PageText:
    """One refusal in words."""

    title: LazyString
    what: LazyString
    remedy: LazyString


OPEN_AGAIN = _l("Go back to your course and open Regroup from there again.")
TELL_ADMIN = _l("Show this page to the person who looks after the LMS in your school or district.")
ASK_DISTRICT = _l("Ask your district's LMS administrator to switch Regroup on here.")

TEXTS: Mapping[Reason, PageText] = {
    Reason.BAD_LOGIN: PageText(
        _l("The way to Regroup is not set up right"),
        _l("The LMS opened Regroup without telling it enough to begin."),
        TELL_ADMIN,
    ),
    Reason.BAD_LAUNCH: PageText(
        _l("The LMS's message was not whole"),
        _l("The LMS opened Regroup with a message that lacks something Regroup needs."),
        TELL_ADMIN,
    ),
    Reason.WRONG_ADDRESS: PageText(
        _l("The link leads somewhere else"),
        _l("The link in the LMS names an address that is not Regroup's, so it was not followed."),
        TELL_ADMIN,
    ),
    Reason.NO_DEEP_LINKS: PageText(
        _l("Regroup cannot be added from this menu yet"),
        _l("Regroup opens from the course's own menu; it makes no links in other places so far."),
        _l("Open Regroup from the course menu."),
    ),
    Reason.NOT_INSTALLED: PageText(
        _l("Regroup is not installed here"),
        _l("This LMS, or this key in it, is not known to Regroup."),
        TELL_ADMIN,
    ),
    Reason.REGISTRATION_OFF: PageText(
        _l("Regroup is switched off here"),
        _l("Regroup was switched off for this LMS."),
        ASK_DISTRICT,
    ),
    Reason.DEPLOYMENT_PENDING: PageText(
        _l("Regroup is not switched on here yet"),
        _l("The LMS knows Regroup, but nobody has said yet to which district this place belongs."),
        ASK_DISTRICT,
    ),
    Reason.DEPLOYMENT_SUSPENDED: PageText(
        _l("Regroup is switched off here"),
        _l("Regroup was switched off for this school or district. Nothing that was saved is lost."),
        ASK_DISTRICT,
    ),
    Reason.BAD_SIGNATURE: PageText(
        _l("Regroup could not make sure that the LMS sent you"),
        _l("The message that opened Regroup does not bear the LMS's signature."),
        OPEN_AGAIN,
    ),
    Reason.NOT_FROM_THIS_LOGIN: PageText(
        _l("This was meant for another visit"),
        _l("The message that opened Regroup does not belong to the visit that your browser began."),
        OPEN_AGAIN,
    ),
    Reason.LAUNCH_EXPIRED: PageText(
        _l("That took too long"),
        _l("The LMS's message is too old to be used, or a clock is wrong."),
        OPEN_AGAIN,
    ),
    Reason.ALREADY_USED: PageText(
        _l("This page was opened before"),
        _l("Each visit from the LMS can be used once, and this one was."),
        OPEN_AGAIN,
    ),
    Reason.NOT_THIS_BROWSER: PageText(
        _l("This visit began in another browser"),
        _l("For your safety Regroup opens only in the browser in which the visit began."),
        OPEN_AGAIN,
    ),
    Reason.NO_COOKIES: PageText(
        _l("Your browser keeps nothing for Regroup"),
        _l("Even in a tab of its own your browser kept no cookie for Regroup, so it cannot know you."),
        _l("Allow cookies for this address, then open Regroup from your course again."),
    ),
    Reason.LMS_REFUSED: PageText(
        _l("The LMS did not let you through"),
        _l("The LMS did not say who you are. Often it has signed you out, or the page was open for long."),
        _l("Sign in to the LMS again, then open Regroup from your course, if you can in a tab of its own."),
    ),
    Reason.LMS_KEYS_UNREACHABLE: PageText(
        _l("The LMS does not answer"),
        _l("Regroup asked the LMS for its keys, to check its signature, and got no usable answer."),
        _l("Wait a minute, then open Regroup from your course again."),
    ),
    Reason.SIGNED_OUT: PageText(
        _l("Your time here has ended"),
        _l("Regroup signs you out after a while, and when somebody else opens it in this browser."),
        OPEN_AGAIN,
    ),
    Reason.NOT_YOUR_PAGE: PageText(
        _l("This page is for somebody else"),
        _l("Your part in this course does not include this page."),
        _l("If you should see it, ask the teacher of the course or your LMS administrator about your role."),
    ),
    Reason.OTHER_SITE: PageText(
        _l("That came from another site"),
        _l("A page outside Regroup tried to change something here. It was not done."),
        OPEN_AGAIN,
    ),
    Reason.NO_COURSE: PageText(
        _l("Open Regroup from a course"),
        _l("Regroup works with one course at a time, and you opened it outside of any."),
        _l("Go to your course in the LMS and choose Regroup in its menu."),
    ),
}
NOTHING_DONE = _l("Nothing was changed.")

PLAIN = {
    404: PageText(
        _l("There is no such page"),
        _l("The address leads nowhere in Regroup."),
        OPEN_AGAIN,
    ),
    405: PageText(
        _l("That is not how this page works"),
        _l("The page was asked in a way it does not know."),
        OPEN_AGAIN,
    ),
    413: PageText(
        _l("That is too large"),
        _l("More was sent than Regroup takes in one piece."),
        _l("Send less at once."),
    ),
    429: PageText(
        _l("That was too much at once"),
        _l("Too many requests came together."),
        _l("Wait a minute, then try again."),
    ),
}
OTHER_REQUEST = PageText(
    _l("Regroup could not read that"), _l("What your browser sent was not as Regroup needs it."), OPEN_AGAIN
)
OURS = PageText(
    _l("Regroup made a mistake"),
    _l("Something in Regroup itself broke. What was saved before is still there."),
    _l("Try again. If it stays so, give the number below to your LMS administrator."),
)


class FramesOnly(logging.Filter):
    """Logs an unforeseen exception's place and type and drops its text, which may name a person."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            frames = "".join(traceback.format_tb(record.exc_info[2]))
            record.exc_text = f"{frames}{record.exc_info[0].__name__}"
            record.exc_info = None
        return True


def install_errors(app: Flask) -> None:
    """Answer every refusal and every error with a page."""
    app.logger.addFilter(FramesOnly())
    app.register_error_handler(Refusal, refusal_page)
    app.register_error_handler(LmsError, lms_page)
    app.register_error_handler(HTTPException, http_page)


def refusal_page(refusal: Refusal) -> Response:
    """The page of a refused launch or page."""
    may_be_framed_anywhere()
    text = TEXTS[refusal.reason]
    reference = note("refused", reason=str(refusal.reason), detail=refusal.detail, status=refusal.status)
    return _page(text, refusal.status, reference)


def lms_page(error: LmsError) -> Response:
    """The page of trouble with the LMS in the middle of a page: its own words for what, done and remedy."""
    reference = note("lms", reason=type(error).__name__, status=error.status)
    page = ErrorPage(
        title=str(_l("The LMS did not go along")),
        what=error.what,
        done=error.done,
        remedy=error.remedy,
        reference=reference,
    )
    return make_response(render_template("errors/error.html", page=page), 502)


def http_page(error: HTTPException) -> Response:
    """The page of an HTTP error. An exception that nobody foresaw arrives here as 500."""
    if error.response is not None:  # abort(response) and redirects are answers already
        return current_app.make_response(error.get_response())
    status = error.code or 500
    may_be_framed_anywhere()
    if status < 500:
        return _page(PLAIN.get(status, OTHER_REQUEST), status, note("http", status=status))
    cause = error.original_exception if isinstance(error, InternalServerError) else None
    return _page(OURS, status, note("broke", status=status, kind=type(cause or error).__name__))


def note(event: str, **facts: object) -> str:
    """Writes one log line and gives the number that stands on the page."""
    reference = secrets.token_hex(4)
    place = request.url_rule.rule if request.url_rule else "-"
    log.warning(event, reference=reference, place=place, method=request.method, **facts)
    return reference


def _page(text: PageText, status: int, reference: str) -> Response:
    page = ErrorPage(
        title=str(text.title),
        what=str(text.what),
        done="" if status == 200 else str(NOTHING_DONE),
        remedy=str(text.remedy),
        reference=reference if status != 200 else "",
    )
    return make_response(render_template("errors/error.html", page=page), status)

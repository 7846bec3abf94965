"""Headers that lock every page (design.md section 4), and the refusal of writes from other sites."""

from collections.abc import Iterable

from flask import Flask, Response, g, request

from lti_app.lti.refusals import Reason, Refusal
from lti_app.web.parts import parts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
ANYWHERE = "*"
NOWHERE = "'none'"
# The LMS posts here from its own site; each of these proves in its own way that the post belongs to a launch.
POSTED_BY_THE_LMS = frozenset({"/lti/login", "/lti/launch"})
SAME = frozenset({"same-origin", "none"})
CACHEABLE = frozenset({"static", "lti.jwks"})


def install_headers(app: Flask) -> None:
    """Lock every page of an app, and refuse writes that a browser says come from another site."""
    app.before_request(refuse_other_sites)
    app.after_request(lock)


def may_be_framed_by(origins: Iterable[str]) -> None:
    """Says which LMS pages may show the present answer in a frame."""
    g.frame_ancestors = " ".join(origins) or NOWHERE


def may_be_framed_anywhere() -> None:
    """For a refusal that knows no LMS yet.

    It shows no data and has no button, so a frame around it gains nothing; and without one an administrator
    who mistyped a client id would see an empty frame in place of the reason.
    """
    g.frame_ancestors = ANYWHERE


def refuse_other_sites() -> None:
    """Before a write: refuses one that another site's page began.

    Beyond the sign-in's own proof, which decides.
    """
    if request.method in {"GET", "HEAD", "OPTIONS"} or request.path in POSTED_BY_THE_LMS:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in SAME:
        raise Refusal(Reason.OTHER_SITE, "Sec-Fetch-Site")


def lock(response: Response) -> Response:
    """After each request: the headers."""
    ancestors = g.get("frame_ancestors", NOWHERE)
    response.headers.setdefault("Content-Security-Policy", POLICY.format(ancestors=ancestors))
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint not in CACHEABLE:
        response.headers["Cache-Control"] = "no-store"
    if parts().settings.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response

"""/lti/*: where an LMS sends people. The views read the request, ask `lti_app/lti`, and answer with a page.

How a browser shows that it began the launch (reference/lti.md section 2.4): by a Partitioned cookie; else
by what the LMS keeps for us in Platform Storage, compared here on the server; else the person opens Regroup
in a tab of its own.
"""

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request

from lti_app.lti.claims import origin_of
from lti_app.lti.keys import public_key_set, signing_key
from lti_app.lti.launch import Begun, Verified, begun_login, refuse_platform_error, set_aside, take_up, verify
from lti_app.lti.login import Login, start_login
from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.registrations import page_origins
from lti_app.lti.sign_in import Minted, end_others_in_browser, person_hash, sign_in
from lti_app.lti.tokens import is_match
from lti_app.store.models.lti import SignIn, SignInKind
from lti_app.web import cookies
from lti_app.web.errors import TEXTS
from lti_app.web.guards import visitor_of_context
from lti_app.web.headers import may_be_framed_anywhere, may_be_framed_by
from lti_app.web.parts import now, parts
from lti_app.web.views_model import ErrorPage
from lti_app.web.visitors import visitor_page

bp = Blueprint("lti", __name__)

LANDING = {
    SignInKind.TEACHER: "home",
    SignInKind.ASSISTANT: "home",
    SignInKind.STUDENT: "me",
    SignInKind.OBSERVER: "visit",
    SignInKind.OTHER: "visit",
}


@bp.route("/lti/login", methods=["GET", "POST"])
def login() -> Response:
    """Third-party initiated login: notes the launch and sends the browser back to the LMS."""
    with parts().database.session(None) as session:
        begun = start_login(session, request.values, tool_url=parts().settings.public_url, now=now())
    if begun.storage_target is None and not begun.is_own_tab:
        response = make_response(redirect(begun.auth_url, code=302))
    else:
        response = _begin_page(begun)
    cookies.set_binding(response, begun.state, begun.binding)
    return response


@bp.post("/lti/launch")
def launch() -> Response:
    """The signed launch: a sign-in and the person's page, if this browser began it."""
    refuse_platform_error(request.form)
    state = request.form.get("state", "")
    begun = begun_login(parts().database, state, now())
    verified = verify(
        begun,
        request.form.get("id_token", ""),
        database=parts().database,
        http=parts().http,
        tool_url=parts().settings.public_url,
        now=now(),
    )
    may_be_framed_by(page_origins(begun.registration, verified.launch.page_origin))
    binding = request.cookies.get(cookies.binding_name(state))
    if binding is None:
        return _prove_otherwise(begun, verified, state)
    if not is_match(binding, begun.attempt.binding_hash):
        raise Refusal(Reason.NOT_THIS_BROWSER, "cookie holds another value")
    response = _arrive(verified, has_cookies=True)
    cookies.forget_binding(response, state)
    return response


@bp.post("/lti/launch/finish")
def finish() -> Response:
    """The rest of a launch whose browser keeps no cookie: what Platform Storage gave back, compared here."""
    verified, registration = take_up(
        parts().database, request.form.get("ticket", ""), request.form.get("binding", ""), now()
    )
    may_be_framed_by(page_origins(registration, verified.launch.page_origin))
    return _arrive(verified, has_cookies=False)


@bp.get("/lti/jwks")
def jwks() -> Response:
    """Our public keys, for platforms to check what we sign."""
    with parts().database.session(None, write=False) as session:
        keys = public_key_set(session, now())
    if not keys["keys"]:
        with parts().database.session(None) as session:
            signing_key(session, now())
            keys = public_key_set(session, now())
    response = jsonify(keys)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@bp.route("/contexts/<int:context_id>/visit", methods=["GET", "POST"])
@visitor_of_context.reading
def visit(context_id: int) -> Response:  # noqa: ARG001  (the guard compares it)
    """What a parent, an observer or somebody of unknown part sees of a course: no student's data."""
    return make_response(render_template("errors/error.html", page=visitor_page(g.sign_in)))


def landing_path(row: SignIn) -> str:
    """Where a sign-in begins: the district's page, or the person's page of the course."""
    if row.kind == SignInKind.ADMIN:
        return "/district"
    return f"/contexts/{row.context_id}/{LANDING[SignInKind(row.kind)]}"


def storage_key(state: str) -> str:
    """The name under which Platform Storage keeps a login's binding."""
    return f"lti_b_{state}"


def _begin_page(begun: Login) -> Response:
    """The page that goes on to the LMS by itself.

    In a frame it tries storage and cookie first, before the LMS's hint is spent, which Canvas takes once
    only. In a tab of its own a redirect would do, were it not that our own form-action forbids a form to
    end on another site.
    """
    # Before the first signed launch nobody has said from which address the LMS's pages come. This page has no
    # authority and no data, so that a strange frame around it gains nothing.
    if begun.page_origin or begun.registration.api_base_url:
        may_be_framed_by(page_origins(begun.registration, begun.page_origin))
    else:
        may_be_framed_anywhere()
    page = render_template(
        "lti/begin.html",
        auth_url=begun.auth_url,
        storage_origin=origin_of(begun.registration.auth_login_url),
        storage_target=begun.storage_target or "",
        storage_key=storage_key(begun.state),
        binding=begun.binding if begun.storage_target else "",
        parameters=begun.parameters,
    )
    return make_response(page)


def _prove_otherwise(begun: Begun, verified: Verified, state: str) -> Response:
    """No cookie came back: ask Platform Storage where the LMS has it, else offer a tab of its own."""
    if begun.is_own_tab:
        raise Refusal(Reason.NO_COOKIES, "none in a tab of its own either")
    target = request.form.get("lti_storage_target", "")[:255] or begun.attempt.storage_target
    if target is None:
        return make_response(render_template("lti/own_tab.html", parameters=begun.parameters))
    with parts().database.session(None) as session:
        ticket = set_aside(session, begun, verified, now())
    return make_response(
        render_template(
            "lti/prove.html",
            ticket=ticket,
            storage_origin=origin_of(begun.registration.auth_login_url),
            storage_target=target,
            storage_key=storage_key(state),
            parameters=begun.parameters,
        )
    )


def _arrive(verified: Verified, *, has_cookies: bool) -> Response:
    if verified.launch.context is None and verified.launch.kind is not SignInKind.ADMIN:
        return _no_course()
    minted, gone = _mint(verified)
    path = landing_path(minted.sign_in)
    if has_cookies:
        response = make_response(redirect(path, code=303))
    else:
        page = render_template("lti/arrive.html", path=path, sign_in_token=minted.token)
        response = make_response(page)
    cookies.forget_sign_ins(response, gone, request.cookies)
    kept = {name: value for name, value in request.cookies.items() if value not in gone}
    cookies.set_sign_in(response, minted.sign_in, minted.token, kept)
    return response


def _mint(verified: Verified) -> tuple[Minted, list[str]]:
    """A new sign-in, and the tokens of other people that this browser carried, now ended."""
    database = parts().database
    person = person_hash(verified.registration_id, verified.launch.sub)
    carried = cookies.carried_sign_ins(request.cookies).values()
    gone = end_others_in_browser(database, carried, person, now())
    return sign_in(database, verified, now()), gone


def _no_course() -> Response:
    text = TEXTS[Reason.NO_COURSE]
    page = ErrorPage(title=str(text.title), what=str(text.what), remedy=str(text.remedy))
    return make_response(render_template("errors/error.html", page=page))

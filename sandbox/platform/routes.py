"""The platform's addresses outside its services: the public keys and the authentication request."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as WebResponse

from sandbox.current import base_url, current_world, note_caller, web_user
from sandbox.platform import keys, oidc

blueprint = Blueprint("lti", __name__)


@blueprint.get("/api/lti/security/jwks")
@blueprint.get("/login/oauth2/jwks")
def jwks() -> Response:
    """The platform's public keys: two while one replaces the other, three with one announced."""
    note_caller("lti", None)
    answer = jsonify(keys.public_jwks(current_world()))
    answer.headers["Cache-Control"] = f"max-age={keys.JWKS_MAX_AGE}"
    return answer


@blueprint.route("/api/lti/authorize_redirect", methods=["GET", "POST"])
@blueprint.route(oidc.AUTHORIZE, methods=["GET", "POST"])
def authorize_redirect() -> WebResponse:
    """The tool's authentication request, in the user's browser: a page that posts it the id_token.

    Asked on the issuer's shared host, it sends the browser on to the school's own domain, where the person is
    logged in; Canvas does so always, here only when the host is another one.
    """
    note_caller("web", None)
    world = current_world()
    try:
        there = oidc.elsewhere(world, request.values, base=base_url())
        if there is not None:
            return redirect(there, 302)
        form = oidc.answer(world, request.values, issuer=base_url(), web_user=web_user())
    except oidc.NoSession:
        return _no_session()
    except oidc.BadRedirect as error:
        answer = jsonify({"status": "bad_request", "message": str(error)})
        answer.status_code = 400
        return answer
    return auto_post(form)


def auto_post(form: oidc.FormPost) -> Response:
    """A page that posts the form by itself."""
    page = Response(render_template("platform/form_post.html", form=form, frame=oidc.STORAGE_FRAME))
    page.headers["Cache-Control"] = "no-store"
    return page


def _no_session() -> WebResponse:
    """Canvas sends the same request again from its own page, which mends a lost cookie, then gives up."""
    if request.values.get("retried") != "true":
        again = {name: value for name, value in request.values.items() if name in (*oidc.REQUIRED, "state")}
        return auto_post(oidc.FormPost(f"{base_url()}{oidc.AUTHORIZE}", {**again, "retried": "true"}))
    return Response(render_template("platform/login_required.html"), 401)

"""The platform's addresses outside its services: the public keys and the authentication request."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.current import base_url, current_world, note_caller, web_user
from sandbox.platform import keys, oidc

blueprint = Blueprint("lti", __name__)


@blueprint.get("/api/lti/security/jwks")
def jwks() -> Response:
    """The platform's public keys: two while one replaces the other."""
    note_caller("lti", None)
    return jsonify(keys.public_jwks(current_world()))


@blueprint.route("/api/lti/authorize_redirect", methods=["GET", "POST"])
def authorize_redirect() -> Response:
    """The tool's authentication request, in the user's browser: a page that posts it the id_token."""
    note_caller("web", None)
    try:
        form = oidc.answer(current_world(), request.values, issuer=base_url(), web_user=web_user())
    except oidc.BadRedirect as error:
        answer = jsonify({"status": "bad_request", "message": str(error)})
        answer.status_code = 400
        return answer
    page = Response(render_template("platform/form_post.html", form=form, frame=oidc.STORAGE_FRAME))
    page.headers["Cache-Control"] = "no-store"
    return page

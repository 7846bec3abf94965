"""A student's own page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lti_app.web.course_pages import place_of, show
from lti_app.web.guards import student_of_context
from lti_app.web.screens.people import student_page

bp = Blueprint("student", __name__, url_prefix="/contexts/<int:context_id>")


@bp.route("/me", methods=["GET", "POST"])
@student_of_context.reading
def me(context_id: int) -> ResponseReturnValue:
    """This week's units, groups and what is done."""
    return show("student/me.html", student_page(place_of(context_id)))

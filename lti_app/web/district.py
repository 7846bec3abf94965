"""The page of a district's administrator."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from lti_app.web.course_pages import show
from lti_app.web.guards import admin_of_district
from lti_app.web.parts import now
from lti_app.web.screens.people import district_page

bp = Blueprint("district", __name__)


@bp.route("/district", methods=["GET", "POST"])
@admin_of_district.reading
def home() -> ResponseReturnValue:
    """What is installed where."""
    return show("district/home.html", district_page(g.session, g.sign_in, now()))

"""The page of people who have no part in the teaching: parents, observers, roles we do not know."""

from flask_babel import gettext as _

from lti_app.store.models.lti import SignIn, SignInKind
from lti_app.web.views_model import ErrorPage


def visitor_page(sign_in: SignIn) -> ErrorPage:
    """What Regroup is, without a word about any student."""
    if sign_in.kind == SignInKind.OBSERVER:
        return ErrorPage(
            title=_("Regroup is for teachers and students"),
            what=_("Teachers plan small groups and practice with it. It shows families no pages so far."),
            remedy=_("What your child works on stands in the course itself; their teacher tells you more."),
        )
    return ErrorPage(
        title=_("Your part in this course shows nothing here"),
        what=_("Regroup shows pages to the teachers and students of a course. The LMS says you are neither."),
        remedy=_(
            "If that is wrong, ask the teacher of the course or your LMS administrator about your role."
        ),
    )

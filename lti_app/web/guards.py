"""Who may see what: one decorator on each view says it, and opens what the view works with.

    @bp.route("/contexts/<int:context_id>/home", methods=["GET", "POST"])
    @teacher_of_context.reading
    def home(context_id: int) -> str: ...

    @bp.post("/contexts/<int:context_id>/pull")
    @teacher_of_context
    def pull(context_id: int) -> Response: ...

A sign-in is shown by the Authorization header (htmx), by the hidden field `_t` of a form, or, for GET
alone, by the context's cookie: a cookie never authorises a write. The view gets `g.sign_in` (with user,
context, registration, deployment) and `g.session`, one transaction of the sign-in's district that ends with
the view.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import wraps
from typing import ParamSpec

from flask import Flask, Response, g, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_app.lti.refusals import Reason, Refusal
from lti_app.lti.registrations import page_origins
from lti_app.lti.sign_in import find_sign_in
from lti_app.store.models.lti import SignIn, SignInKind
from lti_app.web.cookies import context_cookie, district_tokens, set_sign_in, sign_in_name
from lti_app.web.headers import may_be_framed_by
from lti_app.web.parts import now, parts

P = ParamSpec("P")
FIELD = "_t"
BEARER = "Bearer "


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets in sign-ins of these kinds. For a page with `context_id` in its address: of that very context."""

    kinds: frozenset[SignInKind]
    writes: bool | None = None  # None: whatever is no GET may write
    has_session: bool = True
    counts: bool = True

    @property
    def reading(self) -> "Guard":
        """The same for a page that a POST may open too (a form can show the sign-in where no cookie can)."""
        return replace(self, writes=False)

    @property
    def without_session(self) -> "Guard":
        """The same for a view that calls the LMS: it opens short transactions itself, none in a call."""
        return replace(self, has_session=False)

    @property
    def polling(self) -> "Guard":
        """The same for what a page asks for by itself: no sign of life, so that idle time still counts."""
        return replace(self, counts=False)

    def __call__(self, view: Callable[P, ResponseReturnValue]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            admit(self.kinds, kwargs.get("context_id"), counts=self.counts)
            writes = request.method not in {"GET", "HEAD"} if self.writes is None else self.writes
            with district_session(write=writes) if self.has_session else nullcontext():
                return make_response(view(*args, **kwargs))

        return guarded


def admit(kinds: frozenset[SignInKind], context_id: object, *, counts: bool = True) -> SignIn:
    """The sign-in of this request, put into `g`. Raises Refusal when there is none that fits."""
    found = _shown_sign_in(context_id, counts=counts)
    if found is None:
        raise Refusal(Reason.SIGNED_OUT)
    token, sign_in = found
    may_be_framed_by(page_origins(sign_in.registration, sign_in.deployment.page_origin))
    if context_id is not None and sign_in.context_id != context_id:
        raise Refusal(Reason.NOT_YOUR_PAGE, "another context")
    if SignInKind(sign_in.kind) not in kinds:
        raise Refusal(Reason.NOT_YOUR_PAGE, sign_in.kind)
    g.sign_in, g.sign_in_token = sign_in, token
    g.locale, g.timezone = sign_in.locale, sign_in.timezone
    return sign_in


@contextmanager
def district_session(*, write: bool) -> Iterator[Session]:
    """`g.session`: one transaction of the sign-in's district.

    Committed at the end, rolled back by an error.
    """
    with parts().database.session(g.sign_in.district_id, write=write) as session:
        g.session = session
        try:
            yield session
        finally:
            g.pop("session", None)


def install_guards(app: Flask) -> None:
    """Give templates the sign-in's token, and keep a form-shown sign-in for the links of its page."""
    app.context_processor(lambda: {"sign_in_token": g.get("sign_in_token")})
    app.after_request(_keep_for_links)


teacher_of_context = Guard(frozenset({SignInKind.TEACHER, SignInKind.ASSISTANT}))
student_of_context = Guard(frozenset({SignInKind.STUDENT}))
visitor_of_context = Guard(frozenset({SignInKind.OBSERVER, SignInKind.OTHER}))
member_of_context = Guard(teacher_of_context.kinds | student_of_context.kinds)
admin_of_district = Guard(frozenset({SignInKind.ADMIN}))


def _shown_sign_in(context_id: object, *, counts: bool) -> tuple[str, SignIn] | None:
    for token in _shown_tokens(context_id):
        sign_in = find_sign_in(parts().database, token, now(), counts=counts)
        if sign_in is not None:
            return token, sign_in
    return None


def _shown_tokens(context_id: object) -> list[str]:
    """What was said on purpose comes first and alone: a dead header never falls back to a cookie."""
    header = request.headers.get("Authorization", "")
    if header.startswith(BEARER):
        return [header.removeprefix(BEARER)]
    if request.method not in {"GET", "HEAD"}:
        return request.form.getlist(FIELD)[:1]
    if isinstance(context_id, int):
        return [token for token in [request.cookies.get(context_cookie(context_id))] if token]
    return district_tokens(request.cookies)


def _keep_for_links(response: Response) -> Response:
    sign_in = g.get("sign_in")
    is_form = request.method == "POST" and "Authorization" not in request.headers
    if sign_in is not None and is_form and sign_in_name(sign_in) not in request.cookies:
        set_sign_in(response, sign_in, g.sign_in_token, request.cookies)
    return response

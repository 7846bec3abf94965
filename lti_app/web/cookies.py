"""The cookies we set: all `__Host-`, Secure, HttpOnly, SameSite=None and Partitioned.

Partitioned ones are kept in the LMS's iframe where third-party cookies are blocked (Chromium, Firefox,
Safari 18.4 and later; measured on Chromium 156, also on http://*.localhost). None of them ever authorises a
write.
"""

from collections.abc import Mapping

from flask import Response

from lti_app.lti.sign_in import LIVES, made_at
from lti_app.lti.tokens import digest
from lti_app.store.models.lti import SignIn

BINDING = "__Host-lti_b_"
SIGN_IN = "__Host-s_"
BINDING_SECONDS = 600
MOST_SIGN_INS = 10


def binding_name(state: str) -> str:
    """The cookie that holds the binding of one login: several may be under way in one browser."""
    return f"{BINDING}{digest(state)[:8]}"


def set_binding(response: Response, state: str, binding: str) -> None:
    """Gives the browser the secret that shows, at the launch, that it began this login."""
    _set(response, binding_name(state), binding, BINDING_SECONDS)


def forget_binding(response: Response, state: str) -> None:
    """Takes it away again; the login is used up."""
    _forget(response, binding_name(state))


def sign_in_name(sign_in: SignIn) -> str:
    """The cookie of a sign-in: one for each course, or one for the district's own page."""
    return context_cookie(sign_in.context_id) if sign_in.context_id else f"{SIGN_IN}d{sign_in.district_id}"


def context_cookie(context_id: int) -> str:
    """The name of a course's cookie."""
    return f"{SIGN_IN}{context_id}"


def carried_sign_ins(cookies: Mapping[str, str]) -> dict[str, str]:
    """The sign-in cookies of a request: name -> token, newest first."""
    found = {name: token for name, token in cookies.items() if name.startswith(SIGN_IN)}
    return dict(sorted(found.items(), key=lambda item: made_at(item[1]), reverse=True))


def district_tokens(cookies: Mapping[str, str]) -> list[str]:
    """The tokens of a request's district cookies, newest first."""
    return [token for name, token in carried_sign_ins(cookies).items() if name.startswith(f"{SIGN_IN}d")]


def set_sign_in(response: Response, sign_in: SignIn, token: str, cookies: Mapping[str, str]) -> None:
    """Gives the browser the sign-in's cookie and takes the oldest away beyond ten."""
    name = sign_in_name(sign_in)
    _set(response, name, token, int(LIVES.total_seconds()))
    others = [other for other in carried_sign_ins(cookies) if other != name]
    for other in others[MOST_SIGN_INS - 1 :]:
        _forget(response, other)


def forget_sign_ins(response: Response, tokens: list[str], cookies: Mapping[str, str]) -> None:
    """Takes away the cookies that hold these tokens."""
    for name, token in carried_sign_ins(cookies).items():
        if token in tokens:
            _forget(response, name)


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )


def _forget(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="None", partitioned=True)

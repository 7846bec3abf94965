"""Sign-ins: a person's session with us, one for each launch.

The browser carries an opaque token; the database keeps its hash. The token begins with the district's
number and the second it was made, both plain: the one says which district's rows to look in (a wrong one
finds nothing), the other which of ten cookies is the oldest. 60 minutes idle (students 30), 8 hours at
most, revocable at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from lti_app.lti.launch import Verified
from lti_app.lti.people import remember_context, remember_membership, remember_user
from lti_app.lti.tokens import digest, new_secret
from lti_app.store.db import Database
from lti_app.store.models.lti import SignIn, SignInKind

LIVES = timedelta(hours=8)
IDLE = timedelta(minutes=60)
IDLE_OF_STUDENTS = timedelta(minutes=30)
TOUCH_EVERY = timedelta(seconds=60)
TRIES = 4
LARGEST_ID = 2**31 - 1
TOKEN = re.compile(r"([0-9a-f]{1,8})-([0-9a-f]{1,10})-[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Minted:
    """A new sign-in and its token, which is known only here and in the browser."""

    token: str
    sign_in: SignIn


def sign_in(database: Database, verified: Verified, now: datetime) -> Minted:
    """Keeps what the launch tells and mints the person's sign-in, in one transaction.

    A class that opens Regroup in the same second makes the course's row once: who comes second reads it.
    """
    for _ in range(TRIES - 1):
        try:
            with database.session(verified.district_id) as session:
                return mint(session, verified, now)
        except IntegrityError:
            continue
    with database.session(verified.district_id) as session:
        return mint(session, verified, now)


def mint(session: Session, verified: Verified, now: datetime) -> Minted:
    """What `sign_in` does, in the caller's transaction of the launch's district.

    Sign-ins that the person has in this course in another part (a teacher who is one no more) end here.
    """
    launch = verified.launch
    user = remember_user(session, verified)
    context = None
    # An administrator belongs to the district's page; parents and unknown roles may be told which course it
    # was.
    if launch.context is not None and launch.kind is not SignInKind.ADMIN:
        context = remember_context(session, launch.context, deployment_id=verified.deployment_id, now=now)
    if context is not None and user is not None:
        remember_membership(session, context, user, launch, now)
    person = person_hash(verified.registration_id, launch.sub)
    context_id = context.id if context else None
    _end_other_parts(session, person, context_id, launch.kind, now)
    token = f"{verified.district_id:x}-{int(now.timestamp()):x}-{new_secret()}"
    row = SignIn(
        token_hash=digest(token),
        person_hash=person,
        user_id=user.id if user else None,
        context_id=context_id,
        registration_id=verified.registration_id,
        deployment_id=verified.deployment_id,
        roles=list(launch.roles),
        kind=launch.kind,
        is_test_student=launch.is_test_student,
        locale=launch.locale,
        timezone=launch.timezone,
        created_at=now,
        seen_at=now,
        expires_at=now + LIVES,
    )
    session.add(row)
    session.flush()
    return Minted(token, row)


def find_sign_in(database: Database, token: str, now: datetime, *, counts: bool = True) -> SignIn | None:
    """The live sign-in of a token, with its person, course and registration loaded; else None.

    `counts`: this request is a sign of life. It is written down once a minute, not at each request.
    """
    district_id = district_of_token(token)
    if district_id is None:
        return None
    with database.session(district_id, write=False) as session:
        found = session.scalar(
            select(SignIn)
            .where(SignIn.token_hash == digest(token))
            .options(
                joinedload(SignIn.user),
                joinedload(SignIn.context),
                joinedload(SignIn.registration),
                joinedload(SignIn.deployment),
            )
        )
    if found is None or not is_live(found, now):
        return None
    if counts and now - found.seen_at >= TOUCH_EVERY:
        with database.session(district_id) as session:
            session.execute(update(SignIn).where(SignIn.id == found.id).values(seen_at=now))
    return found


def is_live(row: SignIn, now: datetime) -> bool:
    """Whether a sign-in still opens pages: not ended, not over 8 hours old, not idle too long."""
    idle = IDLE_OF_STUDENTS if row.kind == SignInKind.STUDENT else IDLE
    return row.ended_at is None and now < row.expires_at and now - row.seen_at < idle


def end_sign_in(database: Database, token: str, now: datetime) -> None:
    """Ends the sign-in of a token, if there is one."""
    district_id = district_of_token(token)
    if district_id is None:
        return
    with database.session(district_id) as session:
        session.execute(
            update(SignIn)
            .where(SignIn.token_hash == digest(token), SignIn.ended_at.is_(None))
            .values(ended_at=now)
        )


def end_others_in_browser(database: Database, tokens: Iterable[str], person: str, now: datetime) -> list[str]:
    """Ends the sign-ins of other people that a browser still carries; gives their tokens.

    A shared computer: who launches now must never be shown the page of the child before.
    """
    ended = []
    for token in tokens:
        district_id = district_of_token(token)
        if district_id is None:
            continue
        with database.session(district_id) as session:
            changed = session.execute(
                update(SignIn)
                .where(SignIn.token_hash == digest(token), SignIn.person_hash != person)
                .values(ended_at=now)
            )
            if changed.rowcount:  # type: ignore[attr-defined]
                ended.append(token)
    return ended


def end_sign_ins_of(session: Session, *, user_ids: Iterable[int], context_id: int, now: datetime) -> None:
    """Ends the sign-ins of people who left a course, as a roster has just shown."""
    session.execute(
        update(SignIn)
        .where(SignIn.user_id.in_(list(user_ids)), SignIn.context_id == context_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def person_hash(registration_id: int, sub: str) -> str:
    """One and the same value for one person, without saying who it is."""
    return digest(f"{registration_id}\n{sub}")


def district_of_token(token: str) -> int | None:
    """The district a token says it is of; None for what is no token."""
    match = TOKEN.fullmatch(token)
    district_id = int(match[1], 16) if match else 0
    return district_id if 0 < district_id <= LARGEST_ID else None


def made_at(token: str) -> int:
    """The second a token was made, to put cookies in order; 0 for what is no token."""
    match = TOKEN.fullmatch(token)
    return int(match[2], 16) if match else 0


def _end_other_parts(
    session: Session, person: str, context_id: int | None, kind: SignInKind, now: datetime
) -> None:
    if context_id is None:
        return
    session.execute(
        update(SignIn)
        .where(
            SignIn.person_hash == person,
            SignIn.context_id == context_id,
            SignIn.kind != kind,
            SignIn.ended_at.is_(None),
        )
        .values(ended_at=now)
    )

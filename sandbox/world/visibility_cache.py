"""Answers about who sees what, kept for a while. Source: canvas-visibility.md 1.3.

Each answer stands under its exact question (course, users, ids), so two ways of asking the same thing can
differ for minutes. Only changed tag memberships drop answers early; audiences and enrolments do not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import cast

from sandbox.world.store import World

_ROOM = "sandbox.visibility_cache"
_Answers = dict[tuple[int, Hashable], tuple[datetime, frozenset[int]]]


def _answers(world: World) -> _Answers:
    return cast(_Answers, world.extras.setdefault(_ROOM, {}))


def kept(
    world: World, course_id: int, question: Hashable, work: Callable[[], frozenset[int]]
) -> frozenset[int]:
    """The kept answer when it is young enough on the LMS's clock, else a fresh one from `work`, kept.

    How young is `world.switches.visibility_cache_seconds`; 0 keeps nothing.
    """
    seconds = world.switches.visibility_cache_seconds
    if seconds <= 0:
        return work()
    now, answers, key = world.clock.now(), _answers(world), (course_id, question)
    if key in answers and now - answers[key][0] < timedelta(seconds=seconds):
        return answers[key][1]
    answers[key] = (now, work())
    return answers[key][1]


def forget(world: World, course_id: int) -> None:
    """Drop what is kept about a course."""
    answers = _answers(world)
    for key in [key for key in answers if key[0] == course_id]:
        del answers[key]

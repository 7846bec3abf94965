"""The children of a school, one after the other: believable, all with a login, nearly all with a SIS id."""

from __future__ import annotations

from random import Random

from sandbox.classes.cast import Part
from sandbox.classes.names import many_names
from sandbox.classes.school import user_with_login
from sandbox.world import people
from sandbox.world.model import User
from sandbox.world.store import World

FIRST_SIS_NUMBER = 3001


class Roll:
    """Hands out children; the same seed hands out the same ones, however many are taken."""

    def __init__(self, world: World, *, seed: int, most: int) -> None:
        self._world = world
        self._names = iter(many_names(most, Random(f"{seed} names")))
        self._number = 0

    def child(self, part: Part | None = None) -> User:
        """The next child: one of the cast, or just somebody."""
        self._number += 1
        sis_id = f"S{FIRST_SIS_NUMBER + self._number}"
        if part is not None:
            return person(self._world, part, sis_user_id=sis_id if part.has_sis_id else None)
        name = next(self._names)
        first, _, last = name.partition(" ")
        login = f"{first[0]}{last}{self._number}".lower()
        mail = f"{login}@students.cedargrove.example"
        return people.add_user(self._world, name, login, sis_user_id=sis_id, email=mail)

    def children(self, count: int) -> list[User]:
        """So many of just somebody."""
        return [self.child() for _ in range(count)]


def person(world: World, part: Part, *, sis_user_id: str | None = None) -> User:
    """The user who plays that part."""
    mail = f"{part.login}@cedargrove.example"
    user = user_with_login(
        world, part.login, part.name, sis_user_id=sis_user_id, locale=part.locale, email=mail
    )
    user.sortable_name = part.sortable or user.sortable_name
    return user

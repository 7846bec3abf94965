"""Neutral names for groups: things children can picture, none of which says a level, an order or a rank."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import product

from sync.names import group_name_faults

NAMES = (
    "Maples",
    "Comets",
    "Rainbows",
    "Lamps",
    "Waves",
    "Feathers",
    "Rockets",
    "Tulips",
    "Bells",
    "Clouds",
    "Compasses",
    "Daisies",
    "Globes",
    "Keys",
    "Leaves",
    "Magnets",
    "Maps",
    "Moons",
    "Palettes",
    "Planes",
    "Puzzles",
    "Snowflakes",
    "Songs",
    "Sunrises",
    "Trains",
    "Trucks",
    "Umbrellas",
    "Violets",
    "Winds",
    "Balloons",
    "Bicycles",
    "Backpacks",
    "Binoculars",
    "Buses",
    "Cameras",
    "Gems",
    "Headphones",
    "Lightbulbs",
    "Suns",
    "Cups",
)
COLOURS = ("Blue", "Green", "Orange", "Purple", "Silver", "Teal", "Golden", "Coral")


def group_names(taken: Iterable[str] = (), people: Collection[str] = ()) -> Iterator[str]:
    """Names in a fixed order, each once: none that is `taken` (whatever the case) or holds a learner's name.

    360 in all; `people` are the learners' full names.
    """
    used = {name.casefold() for name in taken}
    every = (*NAMES, *(f"{colour} {name}" for colour, name in product(COLOURS, NAMES)))
    return (name for name in every if name.casefold() not in used and not group_name_faults(name, people))

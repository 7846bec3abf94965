"""Names that students see: neutral, free in the course, and telling nothing of a level, a code or a child."""

import re
from collections.abc import Collection, Iterable

from sync.errors import UnfitName

LONGEST_NAME = 120
_FIRST_WORDS = (
    "River",
    "Forest",
    "Meadow",
    "Harbor",
    "Garden",
    "Island",
    "Valley",
    "Lakeside",
    "Orchard",
    "Hillside",
)
_LEVEL_WORDS = re.compile(
    r"\b(low|lower|lowest|high|higher|highest|below|above|behind|ahead|basic|advanced|weak|strong|slow|fast"
    r"|top|bottom|gifted|talented|remedial|remediation|intervention|struggling|struggl\w*|tier|level|leveled"
    r"|levelled|bubble|beginner|beginners|intermediate|proficient|sped|iep|504|ell|esl|honors|catch.?up|gap)\b",
    re.IGNORECASE,
)
_LEVEL_PHRASES = re.compile(
    r"\b(remedial|remediation|intervention|struggling|gifted|sped|iep|catch.?up|tier\s*\w+|level\s*\d+"
    r"|(below|above|behind|on)[\s-]+(grade|level)|(low|lower|high|higher|top|bottom|weak)\s+(group|students|kids)"
    r"|grade\s*\d+|\d+(st|nd|rd|th)[\s-]+grade)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\d\.[A-Z]{1,4}\b|\b[A-Z]{1,4}\.\d|\b(CCSS|TEKS|NGSS)\b|\[[^\]]*\]|\b[A-Z]{2,}-\d+\b")
_NAMED = "holds a learner's name"
_GROUP_CODE = re.compile(r"\d|\b[A-Z]\b")


def group_name_faults(name: str, people: Collection[str] = ()) -> list[str]:
    """Why a group's name is not fit, in words; empty if it is. `people` are full names of learners."""
    faults = _faults(name, levels=_LEVEL_WORDS, codes=(_CODE, _GROUP_CODE))
    return [*faults, *([_NAMED] if _holds_a_part(name, people) else [])]


def unit_name_faults(name: str, people: Collection[str] = ()) -> list[str]:
    """The same for a unit, page or check: its subject may speak of high numbers, so only phrases count."""
    faults = _faults(name, levels=_LEVEL_PHRASES, codes=(_CODE,))
    return [*faults, *([_NAMED] if _holds_a_whole_name(name, people) else [])]


def require_fit(faults: Iterable[str], *, of: str) -> None:
    """UnfitName if there is any fault. The name itself is left out: it may hold a child's."""
    found = list(faults)
    if found:
        raise UnfitName(f"The name of a {of} is not fit for students to see: it {' and '.join(found)}.")


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or a neutral variant of it that the course has not yet (case does not matter)."""
    used = {entry.strip().casefold() for entry in taken}
    variants = [name, *(f"{word} {name}" for word in _FIRST_WORDS)]
    variants += [
        f"{first} {second} {name}" for first in _FIRST_WORDS for second in _FIRST_WORDS if first != second
    ]
    for variant in variants:
        if variant.casefold() not in used:
            return variant
    raise UnfitName("Every variant of a name is already used in the course.")


def _faults(name: str, *, levels: re.Pattern[str], codes: tuple[re.Pattern[str], ...]) -> list[str]:
    faults = []
    if not name.strip() or len(name) > LONGEST_NAME:
        faults.append("is empty or too long")
    if levels.search(name):
        faults.append("tells a level")
    if any(code.search(name) for code in codes):
        faults.append("holds a code")
    return faults


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}


def _holds_a_part(name: str, people: Collection[str]) -> bool:
    """True if any word of it, bar a possessive s, is a part of somebody's name ("Maya's group")."""
    words = _words(name)
    return any(part in words for person in people for part in _words(person) if len(part) > 2)


def _holds_a_whole_name(name: str, people: Collection[str]) -> bool:
    """True if somebody's full name stands in it; a subject may well hold a word such as May or Will."""
    words = _words(name)
    return any(len(parts) > 1 and parts <= words for parts in map(_words, people))

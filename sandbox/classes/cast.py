"""Who is who in the school that is not too clean: children, adults, courses, and why each is there.

All of it is data. The fact sheet of a seeded school names ids by these roles, so a test can find "twin_one".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One person of the cast. `role` is how the fact sheet calls them, `why` what they are there to show."""

    role: str
    name: str
    login: str
    why: str
    locale: str = "en"
    sortable: str = ""
    """Only where "last word first" is wrong for the name."""
    has_sis_id: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """One course of the cast."""

    role: str
    name: str
    code: str
    size: int
    why: str


CHILDREN = (
    Part("namesake_one", "Sofia Martinez", "smartinez", "two children of one name in one course"),
    Part("namesake_two", "Sofia Martinez", "smartinez2", "two children of one name in one course"),
    Part(
        "in_three_sections",
        "Diego Fernández Luna",
        "dfernandez",
        "in the home section, a table and strings: three enrolments in one course",
        sortable="Fernández Luna, Diego",
    ),
    Part(
        "no_sis_id", "Oleksandr Bondar", "o.bondar", "came from abroad, has no SIS id yet", has_sis_id=False
    ),
    Part("joined_yesterday", "Ngozi Eze", "neze", "enrolled yesterday: no answers, nothing handed in"),
    Part("twin_one", "Yasmin Haddad", "yhaddad", "twins to keep apart; her table is Blue", "ar"),
    Part("twin_two", "Yasin Haddad", "yhaddad2", "twins to keep apart; his table is Green", "ar"),
    Part(
        "spanish_speaker",
        "María José Gutiérrez Peña",
        "mgutierrez",
        "reads Spanish; two given names, two surnames",
        "es",
        "Gutiérrez Peña, María José",
    ),
    Part("arabic_script", "ليلى المنصوري", "lalmansouri", "an Arabic name in Arabic script", "ar"),
)
ADULTS = (
    Part("teacher", "Elena Rivera", "rivera", "teaches Room 12, taught it last year"),
    Part("co_teacher", "Marcus Ode", "ode", "second teacher of Room 12"),
    Part("assistant", "Grace Kimura", "kimura", "teaching assistant of Room 12"),
    Part("admin", "Dana Okafor", "admin", "administers the district"),
    Part("observer_of_twins", "Samira Haddad", "shaddad", "two children, who are in different groups", "ar"),
    Part(
        "observer_of_cousins", "Rosa Peña", "rpena", "two children of two families, in different groups", "es"
    ),
    Part("classroom_teacher", "Ines Calder", "calder", "teaches the co-taught room"),
    Part(
        "special_educator",
        "Tom Birch",
        "birch",
        "co-teaches, and sees only the section Learning support",
    ),
    Part("zeros_teacher", "Paul Achterberg", "achterberg", "gives zeros for missing work by itself"),
    Part("sis_teacher", "Karin Lindgren", "lindgren", "her grades go to the SIS"),
    Part("locked_teacher", "Luz Vásquez", "lvasquez", "may not make or change sections"),
)
ROOMS = (
    Room("self_contained", "Grade 4 · Room 12", "G4-R12", 29, "mathematics and reading in one course"),
    Room("co_taught", "Grade 4 · Room 14", "G4-R14", 22, "a section-limited special educator"),
    Room("automatic_zeros", "Grade 4 · Room 16", "G4-R16", 22, "missing work becomes a zero by itself"),
    Room("sis_grades", "Grade 4 · Room 18", "G4-R18", 22, "grades are posted to the SIS"),
    Room("sections_locked", "Grade 4 · Room 20", "G4-R20", 22, "sections belong to the SIS"),
    Room("last_year", "Grade 4 · Room 12 (2025–26)", "G4-R12-26", 0, "last year's course, concluded"),
    Room("copy_of_last_year", "Grade 4 · Room 12 (new)", "G4-R12-N", 0, "a copy of last year's course"),
)
ABSENT = 8
FORMER_STUDENTS = 24
LEAST_STUDENTS = sum(room.size for room in ROOMS)


def room(role: str) -> Room:
    """The course of that role."""
    return next(each for each in ROOMS if each.role == role)


def adult(role: str) -> Part:
    """The grown-up of that role."""
    return next(each for each in ADULTS if each.role == role)


def who_is_there() -> list[dict[str, str]]:
    """The whole cast as rows {role, kind, name, why}."""
    people = [("child", part) for part in CHILDREN] + [("adult", part) for part in ADULTS]
    rows = [{"role": p.role, "kind": kind, "name": p.name, "why": p.why} for kind, p in people]
    return rows + [{"role": r.role, "kind": "course", "name": r.name, "why": r.why} for r in ROOMS]

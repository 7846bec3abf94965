"""Playlists: one order for all, prerequisites first, grade level always, never more than a cycle holds."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from grouping_builders import SKILLS, cells, chain, skill
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.model import BenchmarkState, Playlist, Prerequisite, Skill, SkillCode, StudentId, Unit
from grouping.playlists import PlaylistPlan, PlaylistSettings, build_playlists
from grouping.progress import open_entries
from grouping.skill_map import SkillMap
from grouping.trends import class_difficulty

ANA = StudentId("ana")


def units_for(codes: str, minutes: int = 10) -> list[Unit]:
    return [Unit(f"{code}-1", SkillCode(code), f"Unit {code}", minutes) for code in codes]


def plan(states, *, grades="33344", edges=(), units="ABCDE", grade="4", known=None, **pace) -> PlaylistPlan:
    """Skills A.. with these grades; states as `cells` takes them."""
    skills = [skill(code, grade=one) for code, one in zip(SKILLS, grades, strict=False)]
    return build_playlists(
        cells(states, [one.code for one in skills]),
        SkillMap.build(skills, edges),
        units_for(units) if isinstance(units, str) else units,
        settings=PlaylistSettings(**pace),
        class_grade=grade,
        known=known or {},
    )


def only(found: PlaylistPlan) -> Playlist:
    (playlist,) = found.playlists
    return playlist


def codes(playlist: Playlist) -> str:
    return "".join(entry.skill for entry in playlist.entries)


def test_open_skills_stand_in_order_and_likely_met_ones_are_left_out():
    assert codes(only(plan({"ana": "xMN?-"}))) == "DCAE"


def test_known_skills_are_left_out():
    assert (
        codes(only(plan({"ana": "xxxxx"}, known={ANA: frozenset({SkillCode("B"), SkillCode("D")})}))) == "ACE"
    )


def test_prerequisites_come_first():
    assert codes(only(plan({"ana": "xxxxx"}, edges=chain("E", "C", "A")))) == "BDECA"


def test_every_entry_has_its_place_minutes_and_week():
    playlist = only(plan({"ana": "xxxxx"}, units="ABCD"))
    assert [(one.position, one.week, one.minutes, one.is_grade_level) for one in playlist.entries] == [
        (1, 1, 10, False),
        (2, 1, 10, False),
        (3, 2, 10, False),
        (4, 2, 10, True),
        (5, 3, 10, True),
    ]
    assert playlist.entries[0].unit == Unit("A-1", SkillCode("A"), "Unit A", 10)
    assert playlist.entries[4].unit is None


def test_of_several_units_of_a_skill_the_first_is_planned():
    second = Unit("A-2", SkillCode("A"), "Again", 12)
    entries = only(plan({"ana": "xMMMM"}, units=[*units_for("A"), second])).entries
    assert [entry.unit.key for entry in entries if entry.unit] == ["A-1"]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("xMMxM", {"A": "0 of 8 right.", "D": "0 of 8 right."}),
        ("MMMNM", {"D": "3 of 8 right."}),
        ("MMM?M", {"D": "4 of 8 right, not sure yet: a short check comes first."}),
        ("MMM-M", {"D": "Not assessed yet, 0 answers: a short check comes first."}),
        ("MMMMM", {"D": "Known already (8 of 8 right): kept fresh at grade level."}),
        (
            "-----",
            dict.fromkeys(
                "DE", "No answers yet: starts at grade level with the class; a short check comes first."
            ),
        ),
    ],
)
def test_every_entry_says_why_with_numbers(states, expected):
    assert {entry.skill: entry.reason for entry in only(plan({"ana": states})).entries} == expected


def test_a_prerequisite_says_what_it_is_wanted_for():
    reasons = [
        entry.reason for entry in only(plan({"ana": "xxMMM"}, edges=chain("B", "A"), grades="44444")).entries
    ]
    assert reasons == ["0 of 8 right. Wanted before Skill A.", "0 of 8 right."]


def test_a_student_below_grade_level_still_has_a_grade_level_unit():
    playlist = only(plan({"ana": "xxxxx"}, weeks=1, edges=chain("A", "B", "C")))
    assert codes(playlist) == "AD"


def test_the_grade_level_unit_brings_its_prerequisites():
    playlist = only(plan({"ana": "xxxxx"}, grades="33334", weeks=1, edges=chain("B", "E")))
    assert codes(playlist) == "BE"


def test_where_not_even_its_prerequisites_fit_the_grade_level_unit_stays():
    playlist = only(plan({"ana": "xxxxx"}, grades="33334", weeks=1, edges=chain("A", "B", "C", "D", "E")))
    assert codes(playlist) == "DE"


def test_when_all_at_grade_level_is_known_one_with_a_unit_is_kept_fresh():
    playlist = only(plan({"ana": "xMMMM"}, units="ABCE"))
    assert codes(playlist) == "EA"
    assert playlist.entries[0].is_grade_level
    assert playlist.entries[0].unit is not None


def test_kept_fresh_takes_the_least_sure_one():
    skills = [skill("A"), skill("B")]
    rows = cells({"ana": "MM"}, "AB")
    rows[1] = replace(rows[1], p_met=0.81)
    found = build_playlists(rows, SkillMap.build(skills), units_for("AB"), class_grade="4")
    assert codes(only(found)) == "B"


def test_a_grade_level_skill_known_by_the_teacher_is_kept_fresh_too():
    playlist = only(plan({"ana": "MMMx"}, grades="3334", known={ANA: frozenset({SkillCode("D")})}))
    assert [entry.reason for entry in playlist.entries] == [
        "Known already (0 of 8 right): kept fresh at grade level."
    ]


def test_a_student_without_answers_starts_where_the_class_starts_when_no_grade_is_known():
    found = plan({"ana": "---"}, grades=(None, None, None), grade=None)
    assert codes(only(found)) == "ABC"
    assert {entry.reason for entry in only(found).entries} == {
        "No answers yet: starts where the class starts; a short check comes first."
    }


def test_what_does_not_fit_is_what_presses_least():
    assert codes(only(plan({"ana": "x-?Nx"}, weeks=2, units_a_week=1))) == "DA"


def test_long_units_fill_a_week_alone():
    playlist = only(plan({"ana": "xxxxx"}, units=units_for("ABCDE", minutes=20), weeks=3))
    assert [(entry.skill, entry.week) for entry in playlist.entries] == [("A", 1), ("B", 2), ("D", 3)]


def test_a_unit_longer_than_a_week_has_a_week_of_its_own():
    playlist = only(plan({"ana": "xxMMM"}, units=units_for("ABD", minutes=45)))
    assert [(entry.skill, entry.week) for entry in playlist.entries] == [("D", 1), ("A", 2), ("B", 3)]


def test_each_content_area_has_its_own_playlist():
    skills = [skill("A"), skill("R", area="reading")]
    found = build_playlists(cells({"ana": "xx"}, "AR"), SkillMap.build(skills), [], class_grade="4")
    assert [(one.content_area, codes(one)) for one in found.playlists] == [("math", "A"), ("reading", "R")]


@pytest.mark.parametrize(
    ("grade", "edges", "notes"),
    [
        ("4", (), ("Order by class difficulty: no map was given.",)),
        ("4", chain("A", "B"), ()),
        (
            "5",
            chain("A", "B"),
            ("Nothing in math is marked as grade level: no skill is of grade 5 (5 skills).",),
        ),
        (
            None,
            chain("A", "B"),
            ("Nothing in math is marked as grade level: the class has no grade (5 skills).",),
        ),
    ],
)
def test_notes_say_where_the_order_comes_from_and_what_is_missing(grade, edges, notes):
    assert plan({"ana": "xxxxx"}, edges=edges, grade=grade).notes == notes


def test_a_cell_outside_the_map_is_refused():
    with pytest.raises(ValueError, match="skill B"):
        build_playlists(cells({"ana": "xx"}, "AB"), SkillMap.build([skill("A")]), [], class_grade="4")


def test_this_and_the_next_weeks_units_are_open_at_a_time():
    pace = PlaylistSettings()
    playlist = only(plan({"ana": "xxxxx"}))
    assert [entry.week for entry in open_entries(playlist, {}, pace.ahead)] == [1, 1, 2, 2]


def test_no_cells_is_no_playlist():
    assert build_playlists([], SkillMap.build([skill("A")]), [], class_grade="4").playlists == ()


@pytest.mark.parametrize("name", ["weeks", "units_a_week", "minutes_a_week", "open_weeks"])
def test_a_pace_of_nothing_is_refused(name):
    with pytest.raises(ValueError, match=name):
        PlaylistSettings(**{name: 0})


@st.composite
def situations(draw):
    """A class, a map without circles, units for some skills, a pace, and what is known besides."""
    count = draw(st.integers(1, 8))
    names = [f"k{n}" for n in range(count)]
    skills = [Skill(SkillCode(name), name, "math", draw(st.sampled_from(["3", "4"]))) for name in names]
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=10))
    edges = [Prerequisite(skills[max(p)].code, skills[min(p)].code) for p in pairs if p[0] != p[1]]
    rows = draw(st.lists(st.text(alphabet="MNx?-", min_size=count, max_size=count), min_size=1, max_size=6))
    units = [
        Unit(f"{one.code}-1", one.code, "u", draw(st.integers(5, 40)))
        for one in skills
        if draw(st.booleans())
    ]
    pace = PlaylistSettings(weeks=draw(st.integers(1, 5)), units_a_week=draw(st.integers(1, 3)))
    known = {StudentId("s0"): draw(st.frozensets(st.sampled_from([one.code for one in skills])))}
    return (
        cells({f"s{n}": row for n, row in enumerate(rows)}, names),
        SkillMap.build(skills, edges),
        units,
        pace,
        known,
    )


@given(situations(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_what_holds_for_every_playlist(situation, order: random.Random):
    mastery, skill_map, units, pace, known = situation
    found = build_playlists(mastery, skill_map, units, settings=pace, class_grade="4", known=known)
    global_order = skill_map.order(class_difficulty(mastery))
    by_cell = {(cell.student, cell.skill): cell for cell in mastery}
    for playlist in found.playlists:
        skills = [entry.skill for entry in playlist.entries]
        assert skills == [code for code in global_order if code in set(skills)]
        assert [entry.position for entry in playlist.entries] == list(range(1, len(skills) + 1))
        assert len(skills) <= pace.weeks * pace.units_a_week
        assert all(1 <= entry.week <= pace.weeks and entry.reason for entry in playlist.entries)
        assert sorted(entry.week for entry in playlist.entries) == [entry.week for entry in playlist.entries]
        if any(skill_map.skills[code].grade == "4" for code in global_order):
            assert any(entry.is_grade_level for entry in playlist.entries)
        mine = known.get(playlist.student, frozenset())
        for entry in playlist.entries:
            state = by_cell[playlist.student, entry.skill].state
            if "kept fresh" not in entry.reason:
                assert state is not BenchmarkState.LIKELY_MET
                assert entry.skill not in mine
    order.shuffle(mastery)
    assert build_playlists(mastery, skill_map, units, settings=pace, class_grade="4", known=known) == found


@given(situations())
@settings(deadline=None, max_examples=100)
def test_with_room_for_all_no_missing_prerequisite_is_skipped(situation):
    mastery, skill_map, units, _, known = situation
    wide = PlaylistSettings(weeks=50, minutes_a_week=200)
    found = build_playlists(mastery, skill_map, units, settings=wide, class_grade="4", known=known)
    by_cell = {(cell.student, cell.skill): cell for cell in mastery}
    for playlist in found.playlists:
        own = {code: by_cell[playlist.student, code].state for code in skill_map.skills}
        if set(own.values()) == {BenchmarkState.NOT_ASSESSED}:
            continue
        mine = known.get(playlist.student, frozenset())
        planned = [entry.skill for entry in playlist.entries]
        missing = {
            code for code, state in own.items() if state is not BenchmarkState.LIKELY_MET and code not in mine
        }
        assert missing <= set(planned)

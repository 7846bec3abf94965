"""Checks, open units and the score that is passed back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grouping.model import CheckState, Playlist, PlaylistEntry, SkillCode, StudentId, Unit
from grouping.progress import PassbackScore, check_state, open_entries, passback

MET, TRY_AGAIN, NOT_TAKEN = CheckState.MET, CheckState.TRY_AGAIN, CheckState.NOT_TAKEN


@pytest.mark.parametrize(
    ("points", "possible", "expected"),
    [
        (7, 10, TRY_AGAIN),
        (8, 10, MET),
        (0, 10, TRY_AGAIN),
        (None, 10, NOT_TAKEN),
        (0, 0, NOT_TAKEN),
        (None, None, NOT_TAKEN),
        (5, None, NOT_TAKEN),
        (5.6, 7, MET),
        (5.59, 7, TRY_AGAIN),
        (0.8, 1.0, MET),
        (0.7999999, 1, TRY_AGAIN),
        (Decimal("2.4"), 3, MET),
        (Fraction(12, 5), 3, MET),
        (12, 10, MET),
        (-1, 10, TRY_AGAIN),
    ],
)
def test_a_check_at_the_threshold_is_met(points, possible, expected):
    assert check_state(points, possible) is expected


@pytest.mark.parametrize(("threshold", "expected"), [(0.7, MET), (0.71, TRY_AGAIN), (1, TRY_AGAIN), (0, MET)])
def test_the_threshold_is_a_setting_read_exactly(threshold, expected):
    assert check_state(7, 10, threshold) is expected


@pytest.mark.parametrize(
    ("points", "possible", "threshold"),
    [
        (float("nan"), 10, 0.8),
        (float("inf"), 10, 0.8),
        (8, float("nan"), 0.8),
        (8, -10, 0.8),
        (8, 10, 80),
        (8, 10, -0.1),
        (None, 10, 1.01),
    ],
)
def test_what_is_no_score_is_refused(points, possible, threshold):
    with pytest.raises(ValueError):
        check_state(points, possible, threshold)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_whole_points_are_compared_exactly(points, possible):
    assert (check_state(points, possible) is MET) == (5 * points >= 4 * possible)


@given(st.integers(0, 400), st.integers(1, 400))
def test_quarter_points_as_floats_are_compared_exactly(quarters, possible):
    assert (check_state(quarters / 4, possible) is MET) == (5 * quarters >= 16 * possible)


def playlist(pattern: str) -> Playlist:
    """ "uut" is two units and a teacher task, on skills 1, 2, 3."""
    entries = []
    for position, kind in enumerate(pattern, start=1):
        code = SkillCode(str(position))
        unit = Unit(f"{code}-1", code, f"Unit {code}", 10) if kind == "u" else None
        entries.append(PlaylistEntry(position, code, unit, 10, 1, is_grade_level=False, reason="r"))
    return Playlist(StudentId("ana"), "math", tuple(entries))


def states(text: str) -> dict[SkillCode, CheckState]:
    """ "mt." is skill 1 met, 2 to try again, 3 without a check."""
    words = {"m": MET, "t": TRY_AGAIN}
    return {SkillCode(str(n)): words[mark] for n, mark in enumerate(text, start=1) if mark in words}


@pytest.mark.parametrize(
    ("pattern", "done", "ahead", "opened"),
    [
        ("uuuuuu", "", 4, "1234"),
        ("uuuuuu", "m", 4, "12345"),
        ("uuuuuu", "t", 4, "1234"),
        ("uuuuuu", "mmmmmm", 4, "123456"),
        ("uuuuuu", "...m", 2, "124"),
        ("uuuuuu", ".....t", 2, "126"),
        ("uuuuuu", "", 0, ""),
        ("uuuuuu", "m", 0, "1"),
        ("utuuu", "", 2, "123"),
        ("uut", "", 2, "12"),
        ("ttt", "", 2, "123"),
        ("", "", 4, ""),
    ],
)
def test_met_and_tried_units_stay_open_and_the_next_ones_open(pattern, done, ahead, opened):
    found = open_entries(playlist(pattern), states(done), ahead)
    assert "".join(entry.skill for entry in found) == opened


def test_a_negative_number_ahead_is_refused():
    with pytest.raises(ValueError, match="-1"):
        open_entries(playlist("u"), {}, -1)


@pytest.mark.parametrize(
    ("pattern", "done", "expected"),
    [
        ("uuuu", "", None),
        ("uuuu", "tttt", None),
        ("", "", None),
        ("ttt", "", None),
        ("ttt", "mmm", None),
        ("uuuu", "m", PassbackScore(1, 4)),
        ("uutu", "mmm", PassbackScore(2, 3)),
        ("uu", "mm", PassbackScore(2, 2)),
    ],
)
def test_passback_counts_met_units_and_is_never_zero(pattern, done, expected):
    assert passback(playlist(pattern), states(done)) == expected


def test_a_met_skill_that_is_not_planned_does_not_count():
    assert passback(playlist("uu"), {SkillCode("9"): MET}) is None

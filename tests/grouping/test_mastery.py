"""Evidence to estimates and states: the rules, the face rules, and what must not matter."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest
from grouping_builders import FIXED, classes, evidence_of, mastery_of, skill, skills_of
from hypothesis import given, settings
from hypothesis import strategies as st

from grouping.mastery import MasterySettings, estimate, state_of
from grouping.model import BenchmarkState, Evidence, SkillCode, StudentId
from grouping.two_level import USUAL_STRENGTH

MET, NEARLY, NOT_YET = BenchmarkState.LIKELY_MET, BenchmarkState.NEARLY, BenchmarkState.LIKELY_NOT_YET
CANT_TELL, NOT_ASSESSED = BenchmarkState.CANT_TELL, BenchmarkState.NOT_ASSESSED
ANA, BO = StudentId("ana"), StudentId("bo")


@pytest.mark.parametrize(
    ("points", "possible", "answers", "estimated", "p_met", "expected"),
    [
        (0, 0, 0, None, None, NOT_ASSESSED),
        (3, 3, 3, 0.9, 0.80, MET),
        (3, 3, 3, 0.8, 0.79, CANT_TELL),
        (2, 2, 2, 0.9, 0.95, CANT_TELL),
        (1, 2, 2, 0.4, 0.20, NOT_YET),
        (1, 2, 2, 0.4, 0.21, CANT_TELL),
        (0, 1, 1, 0.2, 0.01, CANT_TELL),
        (3, 5, 5, 0.56, 0.3, NEARLY),
        (3, 5, 5, 0.54, 0.3, CANT_TELL),
        (4, 5, 5, 0.70, 0.5, CANT_TELL),
        (2, 4, 4, 0.60, 0.3, CANT_TELL),
        (3, 5, 5, 0.60, 0.2, NOT_YET),
        (3, 4, 4, 0.50, 0.1, CANT_TELL),
        (7, 10, 10, 0.60, 0.2, NEARLY),
        (6.9, 10, 10, 0.60, 0.2, NOT_YET),
    ],
)
def test_a_state_follows_from_how_sure_the_estimate_is_and_on_how_many_answers(
    points, possible, answers, estimated, p_met, expected
):
    state = state_of(points=points, possible=possible, answers=answers, estimate=estimated, p_met=p_met)
    assert state is expected


@pytest.mark.parametrize("answers", [2, 3, 8, 40])
def test_face_rules_hold_however_sure_the_estimate_is(answers):
    all_right = state_of(points=answers, possible=answers, answers=answers, estimate=0.1, p_met=0.0)
    all_wrong = state_of(points=0, possible=answers, answers=answers, estimate=0.9, p_met=1.0)
    assert all_right is not NOT_YET
    assert all_wrong is not MET


@given(classes())
@settings(deadline=None)
def test_face_rules_hold_in_every_class(answers):
    for cell in mastery_of(answers, MasterySettings()):
        if cell.answers and cell.points == cell.possible:
            assert cell.state is not NOT_YET
        if cell.answers >= 2 and cell.points == 0:
            assert cell.state is not MET


@given(classes(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_rows_does_not_matter(answers, order: random.Random):
    evidence, students, skills = evidence_of(answers), [StudentId(one) for one in answers], skills_of(answers)
    expected = estimate(evidence, students=students, skills=skills)
    for rows in (evidence, students, skills):
        order.shuffle(rows)
    assert estimate(evidence, students=students, skills=skills) == expected


@given(classes())
@settings(deadline=None)
def test_every_student_has_one_cell_for_every_skill_with_numbers_that_make_sense(answers):
    found = mastery_of(answers)
    assert [(cell.student, cell.skill) for cell in found] == [
        (student, one.code) for student in sorted(answers) for one in skills_of(answers)
    ]
    for cell in found:
        marks = answers[cell.student][cell.skill]
        assert (cell.points, cell.possible, cell.answers) == (marks.count("1"), len(marks), len(marks))
        if marks:
            assert 0 <= cell.low <= cell.high <= 1
            assert 0 < cell.estimate < 1
            assert 0 <= cell.p_met <= 1
        else:
            assert cell.state is NOT_ASSESSED
            assert (cell.estimate, cell.low, cell.high, cell.p_met) == (None, None, None, None)


@given(classes(most_students=6), st.data())
@settings(deadline=None)
def test_one_more_right_answer_never_lowers_the_estimate_of_that_skill(answers, data):
    wrong = [
        (s, k, n)
        for s, row in answers.items()
        for k, marks in row.items()
        for n, m in enumerate(marks)
        if m == "0"
    ]
    if not wrong:
        return
    student, code, place = data.draw(st.sampled_from(wrong))
    marks = answers[student][code]
    better = {**answers, student: {**answers[student], code: marks[:place] + "1" + marks[place + 1 :]}}
    before, after = (
        next(one for one in mastery_of(rows) if (one.student, one.skill) == (student, code))
        for rows in (answers, better)
    )
    assert after.estimate > before.estimate
    assert after.p_met >= before.p_met


def test_one_right_answer_is_not_a_hundred_percent():
    (cell,) = mastery_of({"ana": {"A": "1"}})
    assert cell.estimate < 0.8
    assert cell.state is CANT_TELL


def test_who_did_well_elsewhere_starts_higher():
    found = {
        (c.student, c.skill): c
        for c in mastery_of({"ana": {"A": "1", "B": "11111111"}, "bo": {"A": "1", "B": "00000000"}})
    }
    assert found["ana", "A"].estimate > found["bo", "A"].estimate


def test_who_saw_the_harder_booklet_is_not_held_back_by_it():
    crowd = {f"s{n}": {"A": "1", "B": "10"} for n in range(12)}
    found = mastery_of({**crowd, "easy": {"A": "1", "B": "0."}, "hard": {"A": "1", "B": ".0"}})
    on_a = {cell.student: cell.estimate for cell in found if cell.skill == "A"}
    assert on_a["hard"] > on_a["easy"]


def test_an_item_with_two_skills_counts_for_each():
    row = Evidence(ANA, "i1", (SkillCode("A"), SkillCode("B")), 1, 1, None, "check")
    found = estimate([row], students=[ANA], skills=[skill("A"), skill("B"), skill("C")], settings=FIXED)
    assert [cell.answers for cell in found] == [1, 1, 0]


def test_of_two_answers_to_one_item_the_later_counts():
    monday, friday = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 11, tzinfo=UTC)
    rows = [
        Evidence(ANA, "i1", (SkillCode("A"),), points, 1, at, "check")
        for points, at in ((0, friday), (1, monday), (1, None))
    ]
    (cell,) = estimate(rows, students=[ANA], skills=[skill("A")], settings=FIXED)
    assert (cell.points, cell.possible) == (0, 1)


def test_the_same_item_name_in_two_sources_is_two_items():
    rows = [Evidence(ANA, "i1", (SkillCode("A"),), 1, 1, None, source) for source in ("fall", "winter")]
    (cell,) = estimate(rows, students=[ANA], skills=[skill("A")], settings=FIXED)
    assert cell.answers == 2


def test_content_areas_are_estimated_apart():
    def reading_of_ana(math_marks: str) -> float | None:
        rows = evidence_of({"ana": {"M": math_marks, "R": "10"}, "bo": {"M": "10", "R": "11"}})
        skills = [skill("M"), skill("R", area="reading")]
        found = estimate(rows, students=[ANA, BO], skills=skills, settings=FIXED)
        return next(cell.estimate for cell in found if (cell.student, cell.skill) == (ANA, "R"))

    assert reading_of_ana("0000") == reading_of_ana("1111")


def test_students_and_skills_that_are_not_asked_for_are_left_out():
    rows = evidence_of({"ana": {"A": "1", "B": "1"}, "bo": {"A": "1"}})
    found = estimate(rows, students=[ANA], skills=[skill("A")], settings=FIXED)
    assert [(cell.student, cell.skill) for cell in found] == [("ana", "A")]


@pytest.mark.parametrize(("possible", "answers"), [(0.5, 1), (1, 1), (4, 2), (9, 3), (100, 3)])
def test_an_item_of_many_points_counts_as_a_few_answers(possible, answers):
    row = Evidence(ANA, "i1", (SkillCode("A"),), possible / 2, possible, None, "check")
    (cell,) = estimate([row], students=[ANA], skills=[skill("A")], settings=FIXED)
    assert (cell.answers, cell.possible) == (answers, possible)


@pytest.mark.parametrize(("points", "shown"), [(7, 5), (-1, 0)])
def test_points_outside_the_scale_count_as_its_ends(points, shown):
    row = Evidence(ANA, "i1", (SkillCode("A"),), points, 5, None, "check")
    (cell,) = estimate([row], students=[ANA], skills=[skill("A")], settings=FIXED)
    assert (cell.points, cell.possible) == (shown, 5)


def test_an_item_out_of_nothing_says_nothing():
    row = Evidence(ANA, "i1", (SkillCode("A"),), 0, 0, None, "check")
    (cell,) = estimate([row], students=[ANA], skills=[skill("A")])
    assert cell.state is NOT_ASSESSED


@pytest.mark.parametrize(
    ("points", "possible"), [(math.nan, 1), (1, math.nan), (math.inf, 1), (1, math.inf), (1, -1)]
)
def test_points_that_are_no_score_are_refused(points, possible):
    row = Evidence(ANA, "i1", (SkillCode("A"),), points, possible, None, "check")
    with pytest.raises(ValueError, match="item i1"):
        estimate([row], students=[ANA], skills=[skill("A")])


def test_a_class_without_students_or_skills_has_no_cells():
    assert estimate([], students=[], skills=[skill("A")]) == []
    assert estimate([], students=[ANA], skills=[]) == []


def test_a_small_class_takes_the_usual_strength():
    answers = {f"s{n}": {"A": "10", "B": "01"} for n in range(9)}
    usual = MasterySettings(level_variance=1.0, strength=USUAL_STRENGTH)
    assert mastery_of(answers, MasterySettings()) == mastery_of(answers, usual)


def test_a_class_whose_skills_differ_within_students_leans_less_on_the_start():
    """Half is all right on A and all wrong on B, half the reverse: the other skill foretells nothing."""
    half = [{"A": "11111", "B": "00000"}, {"A": "00000", "B": "11111"}]
    answers = {f"s{n:02}": half[n % 2] for n in range(20)}
    fitted = {(c.student, c.skill): c.estimate for c in mastery_of(answers, MasterySettings())}
    fixed = {(c.student, c.skill): c.estimate for c in mastery_of(answers, FIXED)}
    assert fitted["s00", "A"] > fixed["s00", "A"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"cut": 0},
        {"cut": 1},
        {"met_at": 0.2, "not_yet_at": 0.2},
        {"met_at": 1.1},
        {"not_yet_at": -0.1},
        {"interval": 1},
        {"most_answers_per_item": 0},
        {"strength": 0},
        {"level_variance": -1.0},
        {"strength": math.nan},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        MasterySettings(**wrong)

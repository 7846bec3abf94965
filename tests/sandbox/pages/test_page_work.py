"""Handing work in, teachers' texts, grades, people."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from lms_class import Lms

from sandbox.pages.words import rich_text
from sandbox.world.people import add_section, add_user, put_in


def score_of(lms: Lms, login: str = "ana") -> float | None:
    user = {"ana": lms.ana, "ben": lms.ben}[login]
    row = lms.world.submission(lms.check.id, user.id)
    assert row is not None
    return row.score


def test_a_student_hands_in_and_tries_again(lms: Lms) -> None:
    ana = lms.browse("ana")
    path = f"/assignments/{lms.check.id}"
    assert "not yet" in ana.text(path)
    for _ in range(2):
        assert ana.post(f"{path}/hand_in", kind="online_text_entry", text="three quarters").status_code == 303
    row = lms.world.submission(lms.check.id, lms.ana.id)
    assert row is not None
    assert (row.attempt, row.body, row.workflow_state) == (2, "three quarters", "submitted")
    assert "try 2" in ana.text(path)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("online_text_entry", "  "), ("online_upload", "x"), ("", "x"), ("online_url", "https://x.example")],
)
def test_a_wrong_hand_in_changes_nothing(lms: Lms, kind: str, text: str) -> None:
    answer = lms.browse("ana").post(f"/assignments/{lms.check.id}/hand_in", kind=kind, text=text)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    row = lms.world.submission(lms.check.id, lms.ana.id)
    assert row is not None
    assert row.attempt is None


def test_nobody_hands_in_what_they_do_not_see_or_as_a_teacher(lms: Lms) -> None:
    path = f"/assignments/{lms.private_check.id}/hand_in"
    assert lms.browse("ben").post(path, kind="online_text_entry", text="x").status_code == 404
    assert lms.browse("rivera").post(path, kind="online_text_entry", text="x").status_code == 404


def test_a_locked_or_paper_assignment_has_no_box(lms: Lms) -> None:
    lms.check.lock_at = lms.world.clock.now() - timedelta(days=1)
    paper = lms.assignment("Paper", 3, submission_types=["on_paper"])
    ana = lms.browse("ana")
    assert "Hand in" not in re.sub(r"Handed in", "", ana.text(f"/assignments/{lms.check.id}"))
    assert "<textarea" not in ana.text(f"/assignments/{paper.id}")
    answer = ana.post(f"/assignments/{lms.check.id}/hand_in", kind="online_text_entry", text="x")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>Read <strong>this</strong></p>", "<p>Read <strong>this</strong></p>"),
        ("<script>alert(1)</script>after", "after"),
        ("<p onclick='x()' style='color:red'>a</p>", "<p>a</p>"),
        ("<a href='javascript:x()'>a</a>", "<a>a</a>"),
        ("<a href=' JaVaScRiPt:x()'>a</a>", "<a>a</a>"),
        (
            "<a href='https://x.example/?a=1&b=2'>a</a>",
            '<a href="https://x.example/?a=1&amp;b=2" rel="noopener">a</a>',
        ),
        ("<img src=x onerror=alert(1)>b", "b"),
        ("<iframe src='https://x.example'>in</iframe>b", "b"),
        ("1 &lt; 2", "1 &lt; 2"),
        ("<b>open", "<b>open"),
        (None, ""),
    ],
)
def test_texts_keep_plain_markup_only(html: str | None, kept: str) -> None:
    assert rich_text(html) == kept


def test_a_teacher_scores_a_check_in_the_gradebook(lms: Lms) -> None:
    teacher = lms.browse("rivera")
    column = teacher.text(f"/grades?column={lms.check.id}")
    assert f'action="/courses/{lms.course.id}/grades/{lms.check.id}/{lms.ana.id}?page=1"' in column
    answer = teacher.post(f"/grades/{lms.check.id}/{lms.ana.id}", score="75%")
    assert answer.status_code == 303
    assert f"#s{lms.ana.id}" in answer.headers["Location"]
    assert score_of(lms) == 3
    teacher.post(f"/grades/{lms.check.id}/{lms.ana.id}", score="")
    assert score_of(lms) is None
    assert score_of(lms, "ben") is None


@pytest.mark.parametrize("typed", ["many", "nan", "inf", "4 of 5", "--1"])
def test_what_is_no_grade_is_refused_on_the_page(lms: Lms, typed: str) -> None:
    answer = lms.browse("rivera").post(f"/grades/{lms.check.id}/{lms.ana.id}", score=typed)
    assert answer.status_code == 422
    assert "is not a grade" in answer.text
    assert score_of(lms) is None


def test_grades_are_given_by_teachers_to_students_of_the_course(lms: Lms) -> None:
    assert lms.browse("ana").post(f"/grades/{lms.check.id}/{lms.ana.id}", score="4").status_code == 404
    teacher = lms.browse("rivera")
    stranger = add_user(lms.world, "Eve Far", "eve")
    assert teacher.post(f"/grades/{lms.check.id}/{stranger.id}", score="4").status_code == 404
    assert teacher.post(f"/grades/999999/{lms.ana.id}", score="4").status_code == 404
    assert teacher.post(f"/grades/{lms.private_check.id}/{lms.ben.id}", score="4").status_code == 422
    assert score_of(lms) is None


def test_the_gradebook_tells_not_assigned_from_not_scored(lms: Lms) -> None:
    lms.score(lms.check, lms.ana, 3)
    lms.assignment("Hidden column", 1, hide_in_gradebook=True)
    lms.assignment("Draft column", 1, workflow_state="unpublished")
    page = lms.browse("rivera").text("/grades")
    assert page.count("not assigned") == 2
    assert page.count("does not count") == 1
    assert "75%" in page
    assert "Hidden column" not in page
    assert "Draft column" not in page
    assert "Test Student" not in page


def test_the_gradebook_shows_fifty_students_a_page(lms: Lms) -> None:
    for n in range(60):
        user = add_user(lms.world, f"Pupil Number{n:02}", f"s{n:05}")
        put_in(lms.world, lms.home, user, "StudentEnrollment")
    teacher = lms.browse("rivera")
    assert teacher.text("/grades").count('<tr id="s') == 50
    assert teacher.text("/grades?page=2").count('<tr id="s') == 13
    assert teacher.text("/grades?page=9").count('<tr id="s') == 0
    assert teacher.text("/grades?page=x").count('<tr id="s') == 50


def test_a_student_reads_their_own_grades_and_nobody_elses(lms: Lms) -> None:
    lms.score(lms.check, lms.ana, 3)
    lms.score(lms.check, lms.ben, 1)
    page = lms.browse("ana").text("/grades")
    assert "<td>3</td>" in page
    assert "75%" in page
    assert "does not count" in page
    assert "Stone" not in page
    assert "<td>1</td>" not in page


def test_an_unposted_score_is_the_teachers_secret(lms: Lms) -> None:
    lms.check.post_manually = True
    lms.score(lms.check, lms.ana, 3)
    assert "<td>3</td>" not in lms.browse("ana").text("/grades")
    assert "3 of 4" not in lms.browse("ana").text("/modules") + lms.browse("ana").text("/assignments")


def test_people_are_for_staff_and_a_student_sees_no_classmates(lms: Lms) -> None:
    otters = add_section(lms.world, lms.course, "Otters")
    put_in(lms.world, otters, lms.ana, "StudentEnrollment")
    put_in(lms.world, otters, lms.ben, "StudentEnrollment", workflow_state="deleted")
    add_section(lms.world, lms.course, "Empty section")
    teacher, ana, cy = (lms.browse(login).text("/people") for login in ("rivera", "ana", "cy"))
    assert all(name in teacher for name in ("Ana Ruiz", "Ben Stone", "Otters"))
    assert "Room 12, Otters" in teacher
    assert "Otters" in ana
    assert "Elena Rivera" in cy
    assert "Otters" not in cy
    assert "Ben Stone" not in ana + cy

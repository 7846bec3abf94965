"""Sections, people, calendar, outcomes, an assignment's audience, modules as a student, the journal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from lms_class import LMS, Lms

from sandbox.testing.doors import tokens_for
from sandbox.world import rows
from sandbox.world.model import (
    AssignmentOverride,
    Group,
    GroupCategory,
    GroupMembership,
    ModuleOverride,
    Outcome,
    OutcomeResult,
    Section,
    User,
)
from sandbox.world.people import add_section, add_user, link_observer, put_in


def parent_of(lms: Lms, *children: User) -> User:
    parent = add_user(lms.world, "Pat Ruiz", "pat")
    for child in children:
        link_observer(lms.world, parent, child)
    return parent


def limited_teacher(lms: Lms, *students: User) -> Section:
    """Tom Birch, who sees the section Support with these students and nothing else."""
    support = add_section(lms.world, lms.course, "Support")
    for student in students:
        put_in(lms.world, support, student, "StudentEnrollment")
    birch = add_user(lms.world, "Tom Birch", "birch")
    put_in(lms.world, support, birch, "TeacherEnrollment", limit_privileges_to_course_section=True)
    return support


def outcome(lms: Lms, title: str = "Main idea") -> Outcome:
    ratings = [{"description": "Got it", "points": 3.0}, {"description": "Not yet", "points": 1.0}]
    return lms.world.add(
        Outcome(context_type="Course", context_id=lms.course.id, title=title, ratings=ratings)
    )


def result(lms: Lms, of: Outcome, user: User, score: float, **fields: object) -> OutcomeResult:
    made = OutcomeResult(
        course_id=lms.course.id,
        outcome_id=of.id,
        user_id=user.id,
        score=score,
        possible=4.0,
        submitted_at=lms.world.clock.now(),
        **fields,  # type: ignore[arg-type]
    )
    return lms.world.add(made)


def plain(page: str) -> str:
    """The text of the page's main part, without tags, spaces made one."""
    main = page.split('<main id="main"', 1)[1].split(">", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


# what is not for everybody


@pytest.mark.parametrize("login", ["ana", "pat"])
def test_sections_are_for_staff(lms: Lms, login: str) -> None:
    parent_of(lms, lms.ana)
    browser = lms.browse(login)
    assert browser.status("/sections") == 404
    assert "/sections" not in browser.text("/people")


@pytest.mark.parametrize("login", ["ana", "rivera"])
def test_the_request_journal_is_for_admins(lms: Lms, login: str) -> None:
    browser = lms.browse(login)
    assert browser.get("/requests").status_code == 404
    assert 'href="/requests"' not in browser.text()


@pytest.mark.parametrize(
    "tail", ["", "/modules", "/assignments", "/calendar", "/grades", "/outcomes", "/people"]
)
def test_a_student_and_a_parent_read_no_other_childs_name_or_score_anywhere(lms: Lms, tail: str) -> None:
    parent_of(lms, lms.ana)
    lms.score(lms.check, lms.ben, 3.25)
    result(lms, outcome(lms), lms.ben, 2.75)
    for login in ("ana", "pat"):
        page = lms.browse(login).text(tail)
        for other in ("Stone", "Moss", "3.25", "2.75"):
            assert other not in page, (login, tail)


def test_no_student_chooses_other_eyes(lms: Lms) -> None:
    page = lms.browse("ben").text(f"/modules?as={lms.ana.id}")
    assert "Otters" not in page
    assert "See them as" not in page


# an observer of several children


def test_a_parent_turns_from_one_child_to_the_other_and_stays_on_the_page(lms: Lms) -> None:
    parent_of(lms, lms.ana, lms.ben)
    pat = lms.browse("pat")
    assert "Otters" in pat.text("/modules")
    path = f"/courses/{lms.course.id}/modules"
    answer = pat.post("/observe", student=str(lms.ben.id), back=path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "Otters" not in pat.text("/modules")
    assert "Ben Stone" in pat.text("/people")
    assert "Ana Ruiz" not in plain(pat.text("/people"))


def test_a_parent_turns_to_no_other_childs_page_and_leaves_not_the_lms(lms: Lms) -> None:
    parent_of(lms, lms.ana, lms.ben)
    pat = lms.browse("pat")
    assert pat.post("/observe", student=str(lms.cy.id)).status_code == 404
    assert pat.post("/observe", student="x").status_code == 404
    assert lms.browse("ana").post("/observe", student=str(lms.ben.id)).status_code == 404
    away = pat.post("/observe", student=str(lms.ben.id), back="//evil.example")
    assert away.headers["Location"] == f"/courses/{lms.course.id}"


# section-limited staff


def test_a_section_limited_teacher_sees_the_children_of_the_section_everywhere(lms: Lms) -> None:
    limited_teacher(lms, lms.ana)
    outcome(lms)
    birch = lms.browse("birch")
    for tail in ("/people", "/sections", "/grades", "/outcomes", f"/assignments/{lms.check.id}", "/modules"):
        page = birch.text(tail)
        assert "Ruiz" in page, tail
        assert "Stone" not in page, tail
    assert "Elena Rivera" in birch.text("/people")
    assert "Room 12" not in plain(birch.text("/sections"))
    assert birch.post(f"/grades/{lms.check.id}/{lms.ben.id}", score="1").status_code == 404
    assert birch.post(f"/grades/{lms.check.id}/{lms.ana.id}", score="1").status_code == 303


# people and sections


def test_people_tell_role_sections_state_and_whom_they_look_at(lms: Lms) -> None:
    limited_teacher(lms, lms.ana)
    parent_of(lms, lms.ana, lms.ben)
    late = add_user(lms.world, "Eve Late", "eve")
    put_in(lms.world, lms.home, late, "StudentEnrollment", workflow_state="invited")
    gone = add_user(lms.world, "Gus Gone", "gus")
    put_in(lms.world, lms.home, gone, "StudentEnrollment", workflow_state="deleted")
    page = plain(lms.browse("rivera").text("/people"))
    assert "Ana Ruiz ana – Student Room 12, Support" in page
    assert "own section only" in page
    assert "looks at Ana Ruiz, Ben Stone" in page
    assert "Eve Late invited" in page
    assert "Gus Gone" not in page


def test_sections_tell_where_they_are_from_and_count_no_test_student(lms: Lms) -> None:
    add_section(lms.world, lms.course, "Empty")
    page = plain(lms.browse("rivera").text("/sections"))
    assert f"From the SIS: {lms.home.sis_section_id} Home section 3 students" in page
    assert "Empty 0 students Nobody." in page


# modules through a student's eyes


def test_a_teacher_sees_the_modules_as_a_chosen_student(lms: Lms) -> None:
    teacher = lms.browse("rivera")
    as_ana, as_ben = (teacher.text(f"/modules?as={user.id}") for user in (lms.ana, lms.ben))
    own = lms.browse("ana").text("/modules")
    assert plain(own).replace("Modules ", "").strip() in plain(as_ana)
    assert "Otters" in as_ana
    assert "Otters" not in as_ben
    assert 'This is what <strong dir="auto">Ben Stone</strong> sees' in as_ben
    assert "For everyone" not in as_ben


@pytest.mark.parametrize("wrong", ["x", "0", "999999", "-1", ""])
def test_eyes_that_are_no_students_of_the_course_are_the_teachers_own(lms: Lms, wrong: str) -> None:
    assert "For everyone" in lms.browse("rivera").text(f"/modules?as={wrong}")


# an assignment's audience


def target_row(lms: Lms, path: str) -> str:
    return plain(lms.browse("rivera").text(path).split("<details", 1)[0]).split("Through", 1)[1].strip()


def test_an_open_assignment_is_for_everyone(lms: Lms) -> None:
    assert target_row(lms, f"/assignments/{lms.check.id}").startswith("Everyone in the course all")
    page = plain(lms.browse("rivera").text(f"/assignments/{lms.check.id}"))
    assert "3 of 3 students see it" in page
    assert "Assigned to" not in lms.browse("ana").text(f"/assignments/{lms.check.id}")


@pytest.mark.parametrize("kind", ["students", "section", "tag", "nobody", "module"])
def test_an_audience_is_named_by_what_it_is_and_where_it_comes_from(lms: Lms, kind: str) -> None:
    task = lms.assignment("Task", 2, only_visible_to_overrides=True)
    world, own = lms.world, {"course_id": lms.course.id, "content": ("Assignment", task.id)}
    expected = {"nobody": "Nobody yet.", "students": "Ana Ruiz, Cy Moss 2", "section": "Section Owls 1"}
    seen = {"nobody": 0, "students": 2, "section": 1, "tag": 1, "module": 1}[kind]
    if kind == "students":
        world.add(AssignmentOverride(**own, student_ids=[lms.ana.id, lms.cy.id]))  # type: ignore[arg-type]
    elif kind == "section":
        owls = add_section(world, lms.course, "Owls")
        put_in(world, owls, lms.ben, "StudentEnrollment")
        world.add(AssignmentOverride(**own, course_section_id=owls.id))  # type: ignore[arg-type]
    elif kind == "tag":
        expected["tag"] = "Tag Ready 1"
        tags = world.add(GroupCategory(course_id=lms.course.id, name="Level", non_collaborative=True))
        tag = world.add(
            Group(course_id=lms.course.id, group_category_id=tags.id, name="Ready", non_collaborative=True)
        )
        world.add(GroupMembership(group_id=tag.id, user_id=lms.ben.id))
        world.add(AssignmentOverride(**own, group_id=tag.id))  # type: ignore[arg-type]
    elif kind == "module":
        expected["module"] = "Ana Ruiz 1 – – – module Otters&#39; unit"
        lms.item(lms.private_unit, "Assignment", task)
    rows.recompute(world, [task])
    assert target_row(lms, f"/assignments/{task.id}").startswith(expected[kind])
    page = lms.browse("rivera").text(f"/assignments/{task.id}")
    assert f"{seen} of 3 students see it" in page
    assert page.count('class="not-assigned"') == 3 - seen


def test_a_long_list_of_students_is_cut_with_a_count(lms: Lms) -> None:
    many = [lms.student(f"Kid{n} Doe") for n in range(6)]
    ids = [user.id for user in many]
    lms.world.add(ModuleOverride(course_id=lms.course.id, module_id=lms.private_unit.id, student_ids=ids))
    assert "Kid3 Doe and 2 more" in lms.browse("rivera").text(f"/assignments/{lms.private_check.id}")


# the calendar


def test_the_calendar_lists_each_date_by_day_with_whose_it_is(lms: Lms) -> None:
    day = datetime(2030, 3, 4, 9, 30, tzinfo=UTC)
    lms.check.due_at = day
    later = {"due_at": day + timedelta(days=1), "due_at_set": True, "student_ids": [lms.ana.id]}
    key = ("Assignment", lms.check.id)
    lms.world.add(AssignmentOverride(course_id=lms.course.id, content=key, **later))  # type: ignore[arg-type]
    lms.check.only_visible_to_overrides = False
    rows.recompute(lms.world, [lms.check])
    teacher = plain(lms.browse("rivera").text("/calendar"))
    assert "Monday 4 March 2030 09:30 Fall check for everyone else" in teacher
    assert "Tuesday 5 March 2030 09:30 Fall check for Ana Ruiz" in teacher
    assert "1 assignment has no date." in teacher
    ana, ben = (plain(lms.browse(login).text("/calendar")) for login in ("ana", "ben"))
    assert "Tuesday 5 March" in ana
    assert "Monday 4 March" not in ana
    assert "Monday 4 March" in ben
    assert "Ana Ruiz" not in ben


def test_the_calendar_hides_what_a_student_does_not_see_and_marks_the_past(lms: Lms) -> None:
    lms.private_check.due_at = lms.world.clock.now() - timedelta(days=2)
    secret = lms.assignment("Draft task", 1, workflow_state="unpublished")
    secret.due_at = lms.world.clock.now() + timedelta(days=2)
    teacher, ben = (plain(lms.browse(login).text("/calendar")) for login in ("rivera", "ben"))
    assert "Fractions check past" in teacher
    assert re.search(r"Draft task +Not published", teacher)
    assert "Nothing has a date." in ben


# outcomes


def test_a_course_without_outcomes_says_so(lms: Lms) -> None:
    assert "This course has no outcomes." in lms.browse("rivera").text("/outcomes")


def test_outcomes_show_score_word_and_mastery_by_student(lms: Lms) -> None:
    of = outcome(lms)
    result(lms, of, lms.ana, 2.0)
    result(lms, of, lms.ana, 3.0)
    result(lms, of, lms.ben, 1.0)
    result(lms, of, lms.cy, 4.0, hidden=True)
    page = plain(lms.browse("rivera").text("/outcomes"))
    assert "Ruiz, Ana 3 Got it ✓" in page
    assert "Stone, Ben 1 Not yet" in page
    assert "Moss, Cy no result" in page
    assert "got it at 3 of 4 highest" in page


def test_an_unposted_result_is_the_teachers_secret(lms: Lms) -> None:
    lms.check.post_manually = True
    lms.score(lms.check, lms.ana, 3)
    result(lms, outcome(lms), lms.ana, 3.0, assignment_id=lms.check.id)
    assert "Got it" in lms.browse("rivera").text("/outcomes")
    assert "no result" in lms.browse("ana").text("/outcomes")


# the journal


def test_the_journal_tells_cost_fault_and_what_was_sent_twice(lms: Lms) -> None:
    lms.world.faults.order([{"match": {"method": "GET", "path": "/api/v1/courses$"}, "do": {"status": 503}}])
    headers = {"Authorization": f"Bearer {tokens_for(lms.world, 'rivera')['access_token']}"}
    client = lms.app.test_client()
    place = f"/api/v1/courses/{lms.course.id}"
    for _ in range(2):
        client.post(
            f"{place}/sections", json={"course_section": {"name": "A"}}, headers=headers, base_url=LMS
        )
    client.get("/api/v1/courses", headers=headers, base_url=LMS)
    client.get(place, headers=headers, base_url=LMS)
    admin = lms.browse("admin")
    page = plain(admin.get("/requests?by=rest").text)
    assert f"POST {place}/sections sent more than once 200" in page
    assert "2 times" in page
    assert re.search(r"GET /api/v1/courses 503 – [\d.]+ status 503", page)
    assert re.search(rf"GET {place} 200 \d", page)
    assert "/web/login" not in page
    wrong = plain(admin.get("/requests?only=faults").text)
    assert "status 503" in wrong
    assert f"GET {place} 200" not in wrong


def test_a_long_journal_is_shown_in_pages_newest_first(lms: Lms) -> None:
    admin = lms.browse("admin")
    for _ in range(105):
        admin.get("/courses")
    first, second = (admin.get(f"/requests?page={n}").text for n in (1, 2))
    assert first.count('<th scope="row">') == 100
    assert second.count('<th scope="row">') in range(5, 12)
    assert 'aria-current="page">2<' in second
    assert admin.get("/requests?page=x&by=nonsense").status_code == 200


def test_the_courses_page_tells_size_and_state(lms: Lms) -> None:
    assert "District admin · 3 students" in lms.browse("admin").get("/courses").text
    assert "3 students" not in lms.browse("ana").get("/courses").text
    lms.course.workflow_state = "completed"
    assert "Concluded" in lms.browse("admin").get("/courses").text

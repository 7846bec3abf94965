"""The sandbox as canvasapi sees it: a client that others wrote for Canvas, unmodified, over real sockets.

It sends forms, never JSON, and follows Link headers; so it finds what our own JSON calls would not.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from canvasapi import exceptions as refused
from canvasapi.course import Course
from lms_canvasapi import Client, ids
from lms_school import MONDAY

from sandbox.classes.school import open_course
from sandbox.world.model import Account, Module, Outcome, OutcomeResult

TUESDAY = datetime(2026, 9, 8, 9, 0, tzinfo=UTC)


# people


def test_who_i_am_and_what_i_may_see(client: Client) -> None:
    canvas = client.of()
    assert canvas.get_current_user().id == client.school.id_of("rivera")
    assert client.school.course.id in ids(canvas.get_courses())
    assert canvas.get_user(client.school.id_of("ana")).name == "Ana Doe"
    assert canvas.get_user("S-ana", "sis_user_id").id == client.school.id_of("ana")


def test_the_users_of_a_course_are_filtered_by_kind(client: Client, course: Course) -> None:
    students = course.get_users(enrollment_type=["student"], include=["enrollments"])
    assert {user.name for user in students} == {"Ana Doe", "Ben Doe", "Cleo Doe"}
    assert all(user.enrollments for user in students)


def test_sections_are_made_renamed_filled_and_emptied(client: Client, course: Course) -> None:
    ana = client.school.id_of("ana")
    section = course.create_course_section(course_section={"name": "Otters"})
    section.edit(course_section={"name": "Seals"})
    enrollment = section.enroll_user(
        ana, enrollment={"type": "StudentEnrollment", "enrollment_state": "active"}
    )
    assert enrollment.course_section_id == section.id
    assert section.enroll_user(ana, enrollment={"enrollment_state": "active"}).id == enrollment.id
    assert {"Home", "Seals"} <= {s.name for s in course.get_sections()}
    assert [row.user_id for row in section.get_enrollments()] == [ana]
    assert enrollment.deactivate("inactivate").enrollment_state == "inactive"
    assert enrollment.reactivate().enrollment_state == "active"
    assert enrollment.deactivate("conclude").enrollment_state == "completed"
    enrollment.deactivate("delete")
    assert section.delete().id == section.id
    assert section.id not in ids(course.get_sections())


@pytest.mark.parametrize(("answer", "state"), [("accept", "active"), ("reject", "rejected")])
def test_an_invited_student_answers(client: Client, course: Course, answer: str, state: str) -> None:
    ana = client.school.id_of("ana")
    section = course.get_section(client.school.section("Otters"))
    invited = section.enroll_user(ana, enrollment={"type": "StudentEnrollment"})
    assert invited.enrollment_state == "invited"
    account = next(iter(client.school.world.table(Account).values()))
    mine = next(row for row in client.of("ana").get_user(ana).get_enrollments(state=["invited"]))
    assert getattr(mine, answer)()
    assert client.of("admin").get_account(account.id).get_enrollment(invited.id).enrollment_state == state


def test_a_section_is_cross_listed_and_comes_home(client: Client) -> None:
    course, other = client.course("admin"), open_course(client.school.world, "Grade 5", "G5", "Home").course
    section = course.get_section(client.school.section("Otters"))
    assert section.cross_list_section(other.id).course_id == other.id
    assert section.decross_list_section().course_id == course.id


def test_enrollments_are_walked_by_bookmark_to_the_last(client: Client, course: Course) -> None:
    for number in range(12):
        client.school.join(f"pupil{number}", "StudentEnrollment")
    rows = list(course.get_enrollments(type=["StudentEnrollment"], state=["active"], per_page=4))
    assert len(rows) == len({row.id for row in rows}) == 15


# work and who gets it


def test_assignments_come_and_change_and_go(course: Course) -> None:
    made = course.create_assignment(
        {"name": "Check", "points_possible": 5, "submission_types": ["online_text_entry"], "published": True}
    )
    edited = made.edit(assignment={"name": "Quick check", "due_at": TUESDAY})
    assert (edited.name, edited.due_at_date) == ("Quick check", TUESDAY)
    assert course.get_assignment(made).submission_types == ["online_text_entry"]
    assert made.id in ids(course.get_assignments(search_term="Quick"))
    made.delete()
    assert made.id not in ids(course.get_assignments())


def test_an_assignment_is_made_for_two_audiences_in_one_form(client: Client, course: Course) -> None:
    ana, ben, cleo = (client.school.id_of(login) for login in ("ana", "ben", "cleo"))
    made = course.create_assignment(
        {
            "name": "Check",
            "published": True,
            "only_visible_to_overrides": True,
            "assignment_overrides": [
                {"title": "two", "student_ids": [ana, ben], "due_at": TUESDAY.isoformat()},
                {"title": "one", "student_ids": [cleo]},
            ],
        }
    )
    audiences = {override.title: sorted(override.student_ids) for override in made.get_overrides()}
    assert sorted(audiences.values()) == sorted([sorted([ana, ben]), [cleo]])


def test_a_form_that_begins_each_hash_with_a_list_runs_them_together(client: Client, course: Course) -> None:
    # Rack begins a new hash only at a name it has seen, and never at one that ends in []: so the second
    # audience's student falls to the first, and the second is left with a title alone.
    audiences = [{"student_ids": [client.school.id_of(login)], "title": login} for login in ("ana", "ben")]
    with pytest.raises(refused.BadRequest):
        course.create_assignment({"name": "Check", "assignment_overrides": audiences})


def test_overrides_come_and_change_and_go(client: Client, course: Course) -> None:
    ana, ben = client.school.id_of("ana"), client.school.id_of("ben")
    section_id = client.school.section("Otters", "ben")
    check = course.get_assignment(client.school.assignment(only_visible_to_overrides=True))
    override = check.create_override(assignment_override={"student_ids": [ana], "title": "Ana"})
    of_section = check.create_override(assignment_override={"course_section_id": section_id})
    assert (of_section.title, of_section.course_section_id) == ("Otters", section_id)
    changed = override.edit(assignment_override={"student_ids": [ben], "due_at": TUESDAY.isoformat()})
    assert (changed.student_ids, changed.due_at_date) == ([ben], TUESDAY)
    assert check.get_override(override).student_ids == [ben]
    assert course.get_section(section_id).get_assignment_override(check).id == of_section.id
    override.delete()
    assert ids(check.get_overrides()) == [of_section.id]


def test_the_overrides_of_many_assignments_go_in_one_form(client: Client, course: Course) -> None:
    checks = [client.school.assignment(name, only_visible_to_overrides=True) for name in ("One", "Two")]
    logins = ("ana", "ben")
    wanted = [
        {"assignment_id": check, "student_ids": [client.school.id_of(login)], "title": login}
        for check, login in zip(checks, logins, strict=True)
    ]
    made = list(course.create_assignment_overrides(wanted))
    assert [override.assignment_id for override in made] == checks
    asked = [{"id": override.id, "assignment_id": override.assignment_id} for override in made]
    assert ids(course.get_assignment_overrides(asked)) == ids(made)
    changed = [one | {"student_ids": [client.school.id_of("cleo")], "title": "cleo"} for one in asked]
    assert [o.student_ids for o in course.update_assignment_overrides(changed)] == [
        [client.school.id_of("cleo")]
    ] * 2


def test_assignment_groups_carry_their_weight(course: Course) -> None:
    group = course.create_assignment_group(name="Checks", group_weight=40)
    assert course.get_assignment_group(group.id).group_weight == 40
    assert group.edit(name="Quick checks").name == "Quick checks"
    assert group.id in ids(course.get_assignment_groups(include=["assignments"]))
    group.delete()
    assert group.id not in ids(course.get_assignment_groups())


# modules


def test_modules_are_born_unpublished_and_hold_items(client: Client, course: Course) -> None:
    check = client.school.assignment()
    module = course.create_module({"name": "Unit", "require_sequential_progress": True, "published": True})
    assert not module.published
    requirement = {"type": "min_score", "min_score": 4}
    item = module.create_module_item(
        {"type": "Assignment", "content_id": check, "completion_requirement": requirement}
    )
    module.create_module_item({"type": "SubHeader", "title": "Do first"})
    assert item.completion_requirement["min_score"] == 4
    assert item.edit(module_item={"title": "Quick check", "indent": 1}).title == "Quick check"
    assert module.edit(module={"published": True}).published
    assert [each.type for each in module.get_module_items()] == ["Assignment", "SubHeader"]
    assert module.get_module_item(item.id).content_id == check
    assert course.get_module(module, include=["items"]).items_count == 2
    item.delete()
    module.delete()
    assert course.get_modules()[0:1] is not None
    assert module.id not in ids(course.get_modules())


def test_a_student_marks_an_item_done_and_takes_it_back(client: Client, course: Course) -> None:
    module = course.get_module(client.school.holding(client.school.assignment()))
    item = module.get_module_items()[0]
    item.edit(module_item={"completion_requirement": {"type": "must_mark_done"}})
    of_ana = client.course("ana").get_module(module.id).get_module_item(item.id)
    of_ana.complete()
    assert client.course("ana").get_module(module.id).state == "completed"
    of_ana.uncomplete()
    assert client.course("ana").get_module(module.id).state != "completed"
    assert module.relock().id == module.id


def test_numbered_pages_are_walked_to_the_end(client: Client, course: Course) -> None:
    for number in range(23):
        client.school.world.add(Module(course_id=client.school.course.id, name=f"Unit {number}"))
    assert len(list(course.get_modules(per_page=5))) == 23


def test_pages_come_and_change_and_go(course: Course) -> None:
    page = course.create_page({"title": "How to fold", "body": "<p>Fold.</p>", "published": True})
    assert page.edit(wiki_page={"body": "<p>Fold twice.</p>"}).body == "<p>Fold twice.</p>"
    assert course.get_page(page.url).title == "How to fold"
    assert page.url in [each.url for each in course.get_pages()]
    page.delete()
    with pytest.raises(refused.ResourceDoesNotExist):
        course.get_page(page.url)


def test_the_revisions_of_a_page_are_kept(course: Course) -> None:
    page = course.create_page({"title": "How to fold", "body": "<p>Fold.</p>"})
    page.edit(wiki_page={"body": "<p>Fold twice.</p>"})
    assert [each.revision_id for each in page.get_revisions()] == [2, 1]
    page.revert_to_revision(1)
    assert course.get_page(page.url).body == "<p>Fold.</p>"


def test_a_course_is_copied_by_a_job(client: Client) -> None:
    client.school.module("Unit 1")
    other = open_course(client.school.world, "Grade 4, next year", "G4b", "Home").course
    target = client.of("admin").get_course(other.id)
    settings = {"source_course_id": client.school.course.id}
    migration = target.create_content_migration("course_copy_importer", settings=settings)
    assert migration.get_progress().workflow_state == "completed"
    assert "Unit 1" in [module.name for module in target.get_modules()]


def test_files_are_listed(course: Course) -> None:
    assert list(course.get_files()) == []


# handed in and graded


def test_work_is_handed_in_graded_and_read(client: Client, course: Course) -> None:
    ana, check = client.school.id_of("ana"), client.school.assignment()
    of_ana = client.course("ana").get_assignment(check)
    of_ana.submit({"submission_type": "online_text_entry", "body": "<p>7</p>"})
    submission = course.get_assignment(check).get_submission(ana)
    graded = submission.edit(submission={"posted_grade": "4"}, comment={"text_comment": "Nearly"})
    assert (graded.score, graded.workflow_state) == (4.0, "graded")
    assert ana in [row.user_id for row in course.get_assignment(check).get_submissions()]


def test_scores_of_all_students_are_read_flat_and_grouped(client: Client, course: Course) -> None:
    check = client.school.assignment()
    rows = list(course.get_multiple_submissions(student_ids=["all"], assignment_ids=[check], per_page=2))
    assert {client.school.id_of(login) for login in ("ana", "ben", "cleo")} <= {row.user_id for row in rows}
    grouped = list(course.get_multiple_submissions(student_ids=["all"], grouped=True))
    assert {each.user_id for each in grouped} == {row.user_id for row in rows}
    section = course.get_section(client.school.section("Otters", "ben"))
    of_section = section.get_multiple_submissions(student_ids=["all"])
    assert {row.user_id for row in of_section} == {client.school.id_of("ben")}


def test_grades_in_bulk_are_a_job(client: Client, course: Course) -> None:
    ana, ben, check = client.school.id_of("ana"), client.school.id_of("ben"), client.school.assignment()
    world = client.school.world
    progress = course.get_assignment(check).submissions_bulk_update(
        grade_data={str(ana): {"posted_grade": 3}, str(ben): {"excuse": True}}
    )
    assert progress.query().workflow_state == "completed"
    assert (world.submission(check, ana).score, world.submission(check, ben).excused) == (3.0, True)


def test_grades_of_many_assignments_in_bulk_are_a_job(client: Client, course: Course) -> None:
    world, ana, check = client.school.world, client.school.id_of("ana"), client.school.assignment()
    progress = course.submissions_bulk_update(grade_data={str(check): {str(ana): {"posted_grade": 5}}})
    assert (progress.query().completion, world.submission(check, ana).score) == (100, 5.0)


def test_a_quiz_is_an_assignment_too(client: Client, course: Course) -> None:
    quiz = course.create_quiz({"title": "Benchmark", "quiz_type": "assignment", "published": True})
    assert quiz.assignment_id in ids(course.get_assignments())
    assert course.get_quiz(quiz.id).title == "Benchmark"
    assert quiz.id in ids(course.get_quizzes())
    asked = {"question_name": "Q1", "question_type": "true_false_question", "points_possible": 2}
    question = quiz.create_question(question=asked)
    assert ids(quiz.get_questions()) == [question.id]


def test_a_rubric_in_a_form_grades_an_outcome(client: Client, course: Course) -> None:
    ana, check = client.school.id_of("ana"), client.school.assignment()
    outcome = course.get_root_outcome_group().link_new(title="Main idea").outcome["id"]
    ratings = {"0": {"description": "Met", "points": 4}, "1": {"description": "Not yet", "points": 0}}
    criterion = {"description": "Main idea", "points": 4, "learning_outcome_id": outcome, "ratings": ratings}
    made = course.create_rubric(
        rubric={"title": "Reading", "criteria": {"0": criterion}},
        rubric_association={
            "association_id": check,
            "association_type": "Assignment",
            "use_for_grading": True,
        },
    )
    assert made["rubric"].id in ids(course.get_rubrics())
    row = course.get_assignment(check).rubric[0]
    assert row["outcome_id"] == outcome
    submission = course.get_assignment(check).get_submission(ana)
    assert submission.edit(rubric_assessment={row["id"]: {"points": 4}}).score == 4.0
    assert [result.score for result in course.get_outcome_results(user_ids=[ana])] == [4.0]


def test_a_late_policy_is_made_once(client: Client) -> None:
    course = client.course("admin")
    wanted = {"missing_submission_deduction_enabled": True, "missing_submission_deduction": 100}
    course.create_late_policy(late_policy=wanted)
    assert course.get_late_policy().missing_submission_deduction == 100
    with pytest.raises(refused.BadRequest):
        course.create_late_policy(late_policy=wanted)


# outcomes


def test_outcomes_results_and_rollups(client: Client, course: Course) -> None:
    world, ana = client.school.world, client.school.id_of("ana")
    outcome = world.add(Outcome(context_type="Course", context_id=course.id, title="Main idea"))
    world.add(
        OutcomeResult(
            course_id=course.id, outcome_id=outcome.id, user_id=ana, score=3.0, possible=4.0,
            submitted_at=MONDAY,
        )
    )  # fmt: skip
    links = list(course.get_all_outcome_links_in_context(outcome_style="full"))
    assert [link.outcome["id"] for link in links] == [outcome.id]
    assert client.of().get_outcome(outcome.id).title == "Main idea"
    assert [row.score for row in course.get_outcome_results(user_ids=[ana])] == [3.0]
    rollups = course.get_outcome_result_rollups(user_ids=[ana])["rollups"]
    assert [score["score"] for row in rollups for score in row["scores"]] == [3.0]


def test_folders_of_outcomes_hold_outcomes_and_folders(course: Course) -> None:
    root = course.get_root_outcome_group()
    folder = root.create_subgroup("Reading")
    link = folder.link_new(title="Main idea")
    assert [each.outcome["title"] for each in folder.get_linked_outcomes()] == ["Main idea"]
    assert folder.id in ids(root.get_subgroups())
    assert {root.id, folder.id} <= set(ids(course.get_outcome_groups_in_context()))
    assert course.get_outcome_group(folder.id).title == "Reading"
    folder.unlink_outcome(link.outcome["id"])
    assert list(folder.get_linked_outcomes()) == []


# groups


def test_group_sets_groups_and_members(client: Client, course: Course) -> None:
    ana = client.school.id_of("ana")
    category = course.create_group_category("Otters and seals")
    group = category.create_group(name="Otters")
    membership = group.create_membership(ana)
    assert membership.user_id == ana
    assert category.id in ids(course.get_group_categories())
    assert ids(category.get_groups()) == [group.id]
    assert ids(group.get_users()) == [ana]
    assert [row.user_id for row in group.get_memberships()] == [ana]
    assert group.edit(name="Seals").name == "Seals"
    group.remove_user(ana)
    assert ids(group.get_users()) == []
    group.delete()
    category.delete()
    assert category.id not in ids(course.get_group_categories())


def test_a_tag_is_an_audience_that_students_do_not_see(client: Client, course: Course) -> None:
    tags = course.create_group_category("Reading", non_collaborative=True)
    tag = tags.create_group(name="Otters")
    tag.create_membership(client.school.id_of("ana"))
    check = client.school.assignment(only_visible_to_overrides=True)
    course.get_assignment(check).create_override(assignment_override={"group_id": tag.id})
    assert [client.school.sees(login, check) for login in ("ana", "ben")] == [True, False]
    assert tags.id not in ids(course.get_group_categories())
    assert ids(course.get_group_categories(collaboration_state="non_collaborative")) == [tags.id]
    with pytest.raises(refused.Forbidden):
        list(client.course("ana").get_group_categories(collaboration_state="non_collaborative"))


# what the package does not have is called through its own requester


def test_a_module_s_audience_is_replaced_whole(client: Client, course: Course) -> None:
    module_id = client.school.module(published=True)
    client.school.assign_module(module_id, {"student_ids": [client.school.id_of("ana")], "title": "Ana"})
    path = f"courses/{course.id}/modules/{module_id}/assignment_overrides"
    rows = course._requester.request("GET", path).json()
    assert [[student["id"] for student in row["students"]] for row in rows] == [[client.school.id_of("ana")]]
    assert client.school.modules_of("ben") == []

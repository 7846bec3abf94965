"""Classic quizzes as assignments, and New Quizzes, which say nothing of their items."""

from __future__ import annotations

from typing import Any

import pytest
from lms_school import School

from sandbox.world import grading, work
from sandbox.world.model import Assignment
from sandbox.world.model.work import QuizQuestion

ANSWERS = [{"answer_text": "3/4", "answer_weight": 100}, {"answer_text": "4/3", "answer_weight": 0}]


def quiz(school: School, *, published: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = school.post("quizzes", {"quiz": {"title": "Fractions"}})
    for text in ("Three of four?", "And again?"):
        question = {"question_type": "multiple_choice_question", "question_text": text}
        question |= {"points_possible": 2, "answers": ANSWERS}
        school.post(f"quizzes/{made['id']}/questions", {"question": question})
    return school.put(f"quizzes/{made['id']}", {"quiz": {"published": published}})  # type: ignore[no-any-return]


def take(school: School, made: dict[str, Any], login: str, *chosen: int) -> None:
    questions = school.world.live(QuizQuestion, quiz_id=made["id"])
    assignment = school.world.table(Assignment)[made["assignment_id"]]
    by_question = {q.id: answer for q, answer in zip(questions, chosen, strict=False)}
    grading.take_quiz(school.world, assignment, questions, school.id_of(login), by_question)


def test_a_quiz_is_an_assignment_too(school: School) -> None:
    made = quiz(school)
    shown = school.get(f"assignments/{made['assignment_id']}")
    assert (shown["is_quiz_assignment"], shown["quiz_id"]) == (True, made["id"])
    assert (shown["submission_types"], shown["points_possible"]) == (["online_quiz"], 4.0)
    assert (made["question_count"], made["published"]) == (2, True)


def test_students_see_a_quiz_once_it_is_published_and_theirs(school: School) -> None:
    hidden, made = quiz(school, published=False), quiz(school)
    assert [q["id"] for q in school.get("quizzes", by="ana")] == [made["id"]]
    school.get(f"quizzes/{hidden['id']}", by="ana", status=403)
    change = {
        "only_visible_to_overrides": True,
        "assignment_overrides": [{"student_ids": [school.id_of("ben")], "title": "x"}],
    }
    school.put(f"assignments/{made['assignment_id']}", {"assignment": change})
    assert school.get("quizzes", by="ana") == []


def test_questions_and_their_right_answers_are_for_staff(school: School) -> None:
    made = quiz(school)
    questions = school.get(f"quizzes/{made['id']}/questions")
    assert [a["weight"] for a in questions[0]["answers"]] == [100, 0]
    school.get(f"quizzes/{made['id']}/questions", by="ana", status=403)


def test_the_history_of_a_quiz_tells_each_question_of_each_attempt(school: School) -> None:
    made = quiz(school)
    take(school, made, "ana", 1, 2)
    take(school, made, "ana", 2)
    place = f"assignments/{made['assignment_id']}/submissions/{school.id_of('ana')}"
    row = school.get(f"{place}?include[]=submission_history")
    assert (row["score"], row["attempt"]) == (2.0, 2), "the best attempt counts"
    right = [[entry["correct"] for entry in h["submission_data"]] for h in row["submission_history"]]
    assert right == [[True, False], [False, "undefined"]]
    assert [h["score"] for h in row["submission_history"]] == [2.0, 0.0]


def test_a_new_quiz_has_a_total_and_nothing_else(school: School) -> None:
    made = work.add_assignment(
        school.world,
        school.course,
        "New Quiz",
        points=10,
        submission_types=["external_tool"],
        is_quiz_lti=True,
    )
    work.set_published(school.world, made, True)
    grading.set_score(school.world, made, school.id_of("ana"), 7, grader_id=grading.TOOL_GRADER_ID)
    shown = school.get("assignments?new_quizzes=true")
    assert [(a["id"], a["is_quiz_lti_assignment"], a["is_quiz_assignment"]) for a in shown] == [
        (made.id, True, False)
    ]
    place = f"assignments/{made.id}/submissions/{school.id_of('ana')}?include[]=submission_history"
    row = school.get(place)
    assert row["score"] == 7.0
    assert all("submission_data" not in attempt for attempt in row["submission_history"])
    assert school.get("quizzes") == []


@pytest.mark.parametrize("kind", ["quiz", "assignment"])
def test_a_deleted_quiz_takes_its_assignment_with_it(school: School, kind: str) -> None:
    made = quiz(school)
    if kind == "quiz":
        school.delete(f"quizzes/{made['id']}")
    else:
        school.delete(f"assignments/{made['assignment_id']}")
    school.get(f"quizzes/{made['id']}", status=404)
    school.get(f"assignments/{made['assignment_id']}", status=404)

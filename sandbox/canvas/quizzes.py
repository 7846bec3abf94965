"""Classic quizzes: an assignment with questions.

Name, points, dates, publication and audience are the assignment's, which students and grades go by. New
Quizzes are no quizzes here: they are assignments that Canvas's own tool opens; no API here has their items.
Source: canvas.md 3.3; canvas-lms lib/api/v1/quiz.rb and quiz_question.rb.
"""

from __future__ import annotations

from typing import Any

from sandbox.canvas.api import endpoint
from sandbox.canvas.assignments import assignments_seen, visible_assignment
from sandbox.canvas.auth import world
from sandbox.canvas.errors import invalid, not_found
from sandbox.canvas.lookups import assignment_group_in, course_for
from sandbox.canvas.paging import Page, paged
from sandbox.canvas.params import as_bool, as_list, as_points, as_time, group, params, stamp
from sandbox.canvas.permissions import is_staff, my_rights
from sandbox.current import base_url
from sandbox.world import notices, rows, work
from sandbox.world.model import Assignment, Course, Quiz, QuizQuestion

_TIMES = ("due_at", "unlock_at", "lock_at")
_CHOICES = (
    *("multiple_choice_question", "true_false_question", "multiple_answers_question", "matching_question"),
)


def _questions(quiz: Quiz) -> list[QuizQuestion]:
    return sorted(world().live(QuizQuestion, quiz_id=quiz.id), key=lambda q: (q.position, q.id))


def _assignment(quiz: Quiz) -> Assignment:
    return world().table(Assignment)[quiz.assignment_id]


def quiz_json(quiz: Quiz) -> dict[str, Any]:
    a, url = _assignment(quiz), f"{base_url()}/courses/{quiz.course_id}/quizzes/{quiz.id}"
    return {
        "id": quiz.id,
        "title": a.name,
        "html_url": url,
        "description": a.description,
        "quiz_type": quiz.quiz_type,
        "assignment_id": a.id,
        "assignment_group_id": a.assignment_group_id,
        "points_possible": a.points_possible,
        "question_count": len(_questions(quiz)),
        "question_types": sorted({q.question_type for q in _questions(quiz)}),
        "time_limit": quiz.time_limit,
        "allowed_attempts": a.allowed_attempts,
        "scoring_policy": quiz.scoring_policy,
        "published": a.workflow_state == "published",
        "unpublishable": not work.has_work(world(), a),
        "only_visible_to_overrides": a.only_visible_to_overrides,
        "due_at": stamp(a.due_at),
        "unlock_at": stamp(a.unlock_at),
        "lock_at": stamp(a.lock_at),
        "locked_for_user": a.lock_at is not None and a.lock_at <= world().clock.now(),
    }


def _quiz(course: Course, text: str) -> Quiz:
    """The living quiz, if the caller sees its assignment. Raises 404, 403."""
    quiz = world().get(Quiz, int(text)) if text.isdigit() else None
    if quiz is None or quiz.course_id != course.id or quiz.workflow_state == "deleted":
        raise not_found()
    visible_assignment(course, str(quiz.assignment_id))
    return quiz


@endpoint("GET", "/courses/<course_id>/quizzes")
def list_quizzes(course_id: str) -> Page:
    course = course_for(course_id)
    seen = {a.id: a for a in assignments_seen(course)}
    term = str(params().get("search_term", "")).lower()
    found = [q for q in world().live(Quiz, course_id=course.id) if q.assignment_id in seen]
    return paged([q for q in found if term in seen[q.assignment_id].name.lower()]).shown(quiz_json)


@endpoint("GET", "/courses/<course_id>/quizzes/<id>")
def show_quiz(course_id: str, id: str) -> dict[str, Any]:
    return quiz_json(_quiz(course_for(course_id), id))


@endpoint("POST", "/courses/<course_id>/quizzes")
def create_quiz(course_id: str) -> dict[str, Any]:
    """200 with the quiz; its assignment is made with it, unpublished unless `published` is true."""
    course = course_for(course_id, "manage_assignments_add")
    sent = group("quiz")
    target = sent.get("assignment_group_id")
    title = str(sent.get("title") or "Unnamed Quiz").strip()
    times = {name: as_time(sent[name], name) for name in _TIMES if name in sent}
    assignment = work.add_assignment(
        world(),
        course,
        title,
        points=0.0,
        group=assignment_group_in(course, str(target)) if target else None,
        submission_types=["online_quiz"],
        description=str(sent["description"]) if sent.get("description") else None,
        only_visible_to_overrides=as_bool(sent.get("only_visible_to_overrides")),
        **times,
    )
    quiz = world().add(Quiz(course_id=course.id, assignment_id=assignment.id))
    if as_bool(sent.get("published")):
        work.set_published(world(), assignment, True)
        notices.tell_created(world(), [assignment])
    return quiz_json(quiz)


@endpoint("PUT", "/courses/<course_id>/quizzes/<id>")
def update_quiz(course_id: str, id: str) -> dict[str, Any]:
    """Title, dates, publication. The audience is set on the assignment."""
    course = course_for(course_id, "manage_assignments_edit")
    quiz, sent = _quiz(course, id), group("quiz")
    assignment = _assignment(quiz)
    times = {name: as_time(sent[name], name) for name in _TIMES if name in sent}
    before = notices.Before(assignment, world())
    if "published" in sent and not work.set_published(world(), assignment, as_bool(sent["published"])):
        raise invalid("published", "Can't unpublish if there are student submissions")
    assignment.name = str(sent.get("title") or assignment.name)
    for name, value in times.items():
        setattr(assignment, name, value)
    rows.recompute(world(), [assignment])
    notices.tell_changed(world(), assignment, before)
    return quiz_json(quiz)


@endpoint("DELETE", "/courses/<course_id>/quizzes/<id>")
def delete_quiz(course_id: str, id: str) -> dict[str, Any]:
    quiz = _quiz(course_for(course_id, "manage_assignments_delete"), id)
    shown = quiz_json(quiz)
    quiz.workflow_state = "deleted"
    work.delete_assignment(world(), _assignment(quiz))
    return shown


@endpoint("GET", "/courses/<course_id>/quizzes/<id>/questions")
def list_questions(course_id: str, id: str) -> Page:
    """For staff. The weight of an answer tells whether it is right: 100."""
    course = course_for(course_id, "manage_assignments_edit", "manage_grades")
    return paged(_questions(_quiz(course, id))).shown(question_json)


@endpoint("POST", "/courses/<course_id>/quizzes/<id>/questions")
def create_question(course_id: str, id: str) -> dict[str, Any]:
    """One more question; the quiz's points grow by its own, unless students took it already."""
    quiz, sent = _quiz(course_for(course_id, "manage_assignments_edit"), id), group("question")
    question = world().add(
        QuizQuestion(
            quiz_id=quiz.id,
            position=len(_questions(quiz)) + 1,
            question_name=str(sent.get("question_name") or "Question"),
            question_type=str(sent.get("question_type") or "text_only_question"),
            question_text=str(sent.get("question_text") or ""),
            points_possible=as_points(sent.get("points_possible", 1)),
            answers=[
                _answer(number, entry)
                for number, entry in enumerate(as_list(sent.get("answers")), 1)
                if isinstance(entry, dict)
            ],
        )
    )
    assignment = _assignment(quiz)
    if not work.has_work(world(), assignment):
        assignment.points_possible = sum(q.points_possible for q in _questions(quiz))
    return question_json(question)


def _answer(number: int, sent: dict[str, Any]) -> dict[str, Any]:
    weight = str(sent.get("answer_weight", sent.get("weight", 0)))
    return {
        "id": number,
        "text": str(sent.get("answer_text") or sent.get("text") or ""),
        "weight": int(weight) if weight.isdigit() else 0,
        "comments": "",
    }


def question_json(question: QuizQuestion) -> dict[str, Any]:
    """For a student the right answers are not in it."""
    names = ("id", "quiz_id", "position", "question_name", "question_type", "question_text")
    shown: dict[str, Any] = {name: getattr(question, name) for name in names}
    quiz = world().table(Quiz)[question.quiz_id]
    if is_staff(my_rights(world().table(Course)[quiz.course_id])):
        return shown | {"points_possible": question.points_possible, "answers": question.answers}
    if question.question_type in _CHOICES:
        shown["answers"] = [{"id": a["id"], "text": a["text"]} for a in question.answers]
    return shown

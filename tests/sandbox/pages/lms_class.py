"""A course with units for some and work by some, and browsers that look at it."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from sandbox.app import create_app, show
from sandbox.classes.school import open_course
from sandbox.platform import install_tool
from sandbox.world import grading, rows, work
from sandbox.world.model import (
    Assignment,
    LtiKey,
    Module,
    ModuleItem,
    ModuleOverride,
    User,
    WikiPage,
)
from sandbox.world.people import add_user, put_in
from sandbox.world.store import World

LMS = "http://lms.localhost:8100"


@cache
def _app() -> Flask:
    """One app for all tests: each shows its own world in it."""
    return create_app(World())


class Lms:
    """Ms. Rivera's course: Ana, Ben and Cy; one open module, one for Ana alone, one not published."""

    def __init__(self) -> None:
        self.world = World(seed=3)
        self.seeded = open_course(self.world, "Grade 4 · Room 12", "G4", "Room 12")
        self.course, self.home = self.seeded.course, self.seeded.home
        self.ana, self.ben, self.cy = (self.student(name) for name in ("Ana Ruiz", "Ben Stone", "Cy Moss"))
        self.check = self.assignment("Fall check", 4)
        self.open_unit = self.module("Everyone's unit")
        self.open_page = self.page("Welcome page", self.open_unit)
        self.private_unit = self.module("Otters' unit", only=[self.ana])
        self.private_page = self.page("Fractions on a line", self.private_unit)
        self.private_check = self.assignment(
            "Fractions check", 5, only_visible_to_overrides=True, omit_from_final_grade=True
        )
        self.item(
            self.private_unit,
            "Assignment",
            self.private_check,
            completion_requirement={"type": "min_percentage", "min_percentage": 80},
        )
        self.draft_unit = self.module("Draft unit", state="unpublished")
        install_tool(self.world, "http://tool.localhost:8000")
        self.tool = next(iter(self.world.table(LtiKey).values()))
        self.app = _app()
        show(self.app, self.world)

    def student(self, name: str) -> User:
        user = add_user(self.world, name, name.split()[0].lower())
        put_in(self.world, self.home, user, "StudentEnrollment")
        return user

    def assignment(self, name: str, points: float, **fields: Any) -> Assignment:
        fields = {"workflow_state": "published", "submission_types": ["online_text_entry"], **fields}
        return work.add_assignment(self.world, self.course, name, points=points, **fields)

    def module(self, name: str, *, only: list[User] | None = None, state: str = "active") -> Module:
        position = len(self.world.live(Module, course_id=self.course.id)) + 1
        module = self.world.add(
            Module(course_id=self.course.id, name=name, position=position, workflow_state=state)
        )
        if only is not None:
            ids = [user.id for user in only]
            self.world.add(ModuleOverride(course_id=self.course.id, module_id=module.id, student_ids=ids))
        return module

    def page(self, title: str, module: Module | None = None, body: str = "<p>Read this.</p>") -> WikiPage:
        page = self.world.add(
            WikiPage(
                course_id=self.course.id,
                title=title,
                url=self.world.slug(self.course.id, title),
                body=body,
                workflow_state="active",
            )
        )
        if module is not None:
            self.item(module, "Page", page, completion_requirement={"type": "must_view"})
        return page

    def item(self, module: Module, kind: str, content: Any = None, **fields: Any) -> ModuleItem:
        title = (
            fields.pop("title", None) or content.name if kind == "Assignment" else fields.pop("title", None)
        )
        item = self.world.add(
            ModuleItem(
                course_id=self.course.id,
                module_id=module.id,
                type=kind,
                title=title or content.title,
                position=len(self.world.live(ModuleItem, module_id=module.id)) + 1,
                content_id=content.id if content is not None else None,
                workflow_state="active",
                **fields,
            )
        )
        rows.recompute_module(self.world, module)
        return item

    def score(self, assignment: Assignment, user: User, points: float | None) -> None:
        grading.set_score(self.world, assignment, user.id, points, grader_id=self.seeded.staff["rivera"].id)

    def browse(self, login: str) -> Browser:
        """A browser in which that person is logged in."""
        return Browser(self, login)


class Browser:
    """Opens pages of the course by their path under it."""

    def __init__(self, lms: Lms, login: str) -> None:
        self.client: FlaskClient = lms.app.test_client()
        self.course_path = f"/courses/{lms.course.id}"
        answer = self.client.post("/web/login", data={"login": login}, base_url=LMS)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/courses")

    def get(self, path: str) -> Any:
        return self.client.get(path, base_url=LMS)

    def text(self, tail: str = "") -> str:
        answer = self.get(f"{self.course_path}{tail}")
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def status(self, tail: str) -> int:
        return int(self.get(f"{self.course_path}{tail}").status_code)

    def post(self, tail: str, **fields: str) -> Any:
        return self.client.post(
            f"{self.course_path}{tail}", data=fields, base_url=LMS, headers={"Origin": LMS}
        )

"""A small school in the sandbox, and people who call its REST."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from sandbox.app import create_app, show
from sandbox.classes.school import open_course
from sandbox.testing.doors import tokens_for
from sandbox.world import people
from sandbox.world.clock import Clock
from sandbox.world.model import User
from sandbox.world.store import World

MONDAY = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
API = "/api/v1"


@cache
def _app() -> Flask:
    return create_app(World())


class School:
    """A course with two teachers, a TA, three students (ana, ben, cleo) in the home section, and an admin."""

    def __init__(self) -> None:
        self.world = World(clock=Clock(MONDAY))
        self.made = open_course(self.world, "Grade 4", "G4", "Home")
        self.course = self.made.course
        self.home = self.made.home
        for login in ("ana", "ben", "cleo"):
            self.join(login, "StudentEnrollment")
        self.join("tom", "TaEnrollment")
        self.app = _app()
        show(self.app, self.world)
        self._tokens: dict[str, str] = {}

    def join(self, login: str, type_: str) -> User:
        user = people.add_user(self.world, f"{login.title()} Doe", login, sis_user_id=f"S-{login}")
        people.put_in(self.world, self.home, user, type_)
        return user

    def id_of(self, login: str) -> int:
        return next(self.world.find(User, login_id=login)).id

    def token(self, login: str) -> str:
        if login not in self._tokens:
            self._tokens[login] = tokens_for(self.world, login)["access_token"]
        return self._tokens[login]

    def forget_tokens(self) -> None:
        """After the clock went past the hour: the next calls come with new tokens."""
        self._tokens.clear()

    def call(
        self, method: str, path: str, *, by: str = "rivera", accept: str = "", **more: Any
    ) -> TestResponse:
        """One REST call; a path without a leading slash lies under the course."""
        place = path if path.startswith("/") else f"/courses/{self.course.id}/{path}"
        headers = {"Authorization": f"Bearer {self.token(by)}", **({"Accept": accept} if accept else {})}
        return self.app.test_client().open(
            f"{API}{place}", method=method, base_url="http://lms.localhost:8100", headers=headers, **more
        )

    def get(self, path: str, *, by: str = "rivera", status: int = 200, **more: Any) -> Any:
        return self._json(self.call("GET", path, by=by, **more), status)

    def post(self, path: str, body: object = None, *, by: str = "rivera", status: int = 200) -> Any:
        return self._json(self.call("POST", path, by=by, json=body or {}), status)

    def put(self, path: str, body: object = None, *, by: str = "rivera", status: int = 200) -> Any:
        return self._json(self.call("PUT", path, by=by, json=body or {}), status)

    def delete(self, path: str, *, by: str = "rivera", status: int = 200) -> Any:
        return self._json(self.call("DELETE", path, by=by), status)

    @staticmethod
    def _json(answer: TestResponse, status: int) -> Any:
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
        return answer.get_json(silent=True)

    # things a teacher makes

    def section(self, name: str = "Otters", *members: str) -> int:
        made: int = self.post("sections", {"course_section": {"name": name}})["id"]
        for login in members:
            self.enroll(made, login)
        return made

    def enroll(self, section_id: int, login: str) -> dict[str, Any]:
        body = {"user_id": self.id_of(login), "type": "StudentEnrollment", "enrollment_state": "active"}
        made: dict[str, Any] = self.post(f"/sections/{section_id}/enrollments", {"enrollment": body})
        return made

    def assignment(self, name: str = "Check", **fields: Any) -> int:
        body = {
            "name": name,
            "points_possible": 5,
            "submission_types": ["online_text_entry"],
            "published": True,
        }
        made: int = self.post("assignments", {"assignment": body | fields}, status=201)["id"]
        return made

    def module(self, name: str = "Unit", *, published: bool = False) -> int:
        made: int = self.post("modules", {"module": {"name": name}})["id"]
        if published:
            self.put(f"modules/{made}", {"module": {"published": True}})
        return made

    def item(self, module_id: int, **fields: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.post(f"modules/{module_id}/items", {"module_item": fields})
        return made

    def holding(self, assignment_id: int, name: str = "Unit", *, published: bool = True) -> int:
        """A module that holds the assignment."""
        module_id = self.module(name)
        self.item(module_id, type="Assignment", content_id=assignment_id)
        skip = {"published": published, "skip_content_tags": True}
        self.put(f"modules/{module_id}", {"module": skip})
        return module_id

    def assign_module(self, module_id: int, *overrides: dict[str, Any]) -> None:
        self.put(f"modules/{module_id}/assignment_overrides", {"overrides": list(overrides)}, status=204)

    # what students see

    def sees(self, login: str, assignment_id: int) -> bool:
        return assignment_id in [a["id"] for a in self.get("assignments?per_page=100", by=login)]

    def modules_of(self, login: str) -> list[str]:
        return [m["name"] for m in self.get("modules?per_page=100", by=login)]

    def holds_row(self, login: str, assignment_id: int) -> bool:
        row = self.world.submission(assignment_id, self.id_of(login))
        return row is not None and row.workflow_state != "deleted"

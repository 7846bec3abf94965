"""One class from login to gradebook over real sockets: sandbox, tool and worker as processes of their own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import Tag

from sandbox.cycle import FAST_JOBS, run_cycle
from sandbox.driver.canvas import Canvas
from sandbox.driver.proof import Proof
from sandbox.driver.stack import Stack
from sandbox.driver.teacher import Teacher
from sandbox.driver.visitor import Page, Surprise, Visitor

pytestmark = [pytest.mark.xdist_group("journey"), pytest.mark.timeout(300)]
COLUMN = "Playlist mastery"


@dataclass(frozen=True)
class Finished:
    """A cycle that has run to its end, with everything still up."""

    stack: Stack
    proof: Proof
    summary: dict[str, Any]
    digest: str

    @property
    def course(self) -> int:
        return int(self.stack.seed["course"]["id"])

    @property
    def logins(self) -> list[str]:
        return [one["login"] for one in self.stack.seed["students"]]

    def canvas(self, login: str) -> Canvas:
        """That person's own way to the LMS."""
        tokens = self.stack.sandbox_call("POST", "seed", {"tokens_for": [login]})["tokens"]
        return Canvas(self.stack.lms_url, tokens[login]["access_token"])

    def modules_of(self, login: str) -> list[str]:
        """What that person sees in the LMS."""
        return [one["name"] for one in self.canvas(login).every(f"/courses/{self.course}/modules")]

    def digest_now(self) -> str:
        found: dict[str, Any] = self.stack.sandbox_call("GET", "digest", course=str(self.course))
        return str(found["digest"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """The generated class after one whole cycle."""
    folder: Path = tmp_path_factory.mktemp("journey")
    with Stack(folder, environment=FAST_JOBS) as stack:
        yield Finished(stack, *run_cycle(stack))


def test_every_promise_of_the_cycle_holds_in_the_lms(finished: Finished) -> None:
    assert finished.proof.broken == []


def test_every_student_stands_in_one_group_and_sees_a_unit(finished: Finished) -> None:
    assert sorted(row[2] for row in finished.proof.groups) == sorted(finished.logins)
    assert {row[0] for row in finished.proof.playlists} == set(finished.logins)


def test_the_second_apply_writes_nothing(finished: Finished) -> None:
    assert finished.summary["writes_of_second_apply"] == 0


def test_a_third_plan_finds_nothing_to_do_and_touches_nothing(finished: Finished) -> None:
    teacher = Teacher(finished.stack)
    teacher.launch()
    teacher.do("plan")
    assert not teacher.open("preview").forms("/write")
    assert finished.digest_now() == finished.digest


def test_a_student_sees_in_the_lms_just_their_own_modules(finished: Finished) -> None:
    views = {login: finished.modules_of(login) for login in finished.logins}
    for login, seen in views.items():
        assert seen == [row[3] for row in finished.proof.playlists if row[0] == login]
    everything = set(finished.modules_of("rivera"))
    assert all(set(seen) < everything for seen in views.values())
    assert len({tuple(seen) for seen in views.values()}) > 3


def test_a_student_s_own_page_names_the_modules_they_see(finished: Finished) -> None:
    login = finished.logins[0]
    page = _student(finished, login).launch(_tool_page(finished, login))
    assert page.path.endswith("/me")
    assert [name for name in finished.modules_of(login) if name not in page.words] == []


def test_no_student_sees_a_group_of_another_one_by_name(finished: Finished) -> None:
    login = finished.logins[0]
    own = {row[0] for row in finished.proof.groups if row[2] == login}
    page = _student(finished, login).launch(_tool_page(finished, login))
    others = {row[0] for row in finished.proof.groups} - own
    assert [name for name in others if name in page.words] == []


def test_the_gradebook_holds_no_zero_and_no_score_for_those_who_met_nothing(finished: Finished) -> None:
    rivera = finished.canvas("rivera")
    columns = [
        one
        for one in rivera.every(f"/courses/{finished.course}/assignments")
        if one["name"].startswith(COLUMN)
    ]
    cells = [
        cell["score"]
        for column in columns
        for cell in rivera.every(f"/courses/{finished.course}/assignments/{column['id']}/submissions")
    ]
    assert columns
    assert 0 not in cells
    assert None in cells
    assert all(column["omit_from_final_grade"] for column in columns)


@pytest.mark.parametrize(
    "page", ["home", "skills", "groups", "groups.csv", "playlists", "preview", "history"]
)
def test_a_student_on_a_teacher_page_is_sent_away(finished: Finished, page: str) -> None:
    login = finished.logins[1]
    visitor = _student(finished, login)
    base = visitor.launch(_tool_page(finished, login)).url.rsplit("/", 1)[0]
    told = visitor.open(f"{base}/{page}", expect=403)
    assert not any(word in told.words for word in ("Focus", "likely", "reason"))


@pytest.mark.parametrize("action", ["pull", "groups/suggest", "plan", "scores", "write"])
def test_a_student_who_posts_a_teacher_s_form_starts_no_work(finished: Finished, action: str) -> None:
    login = finished.logins[1]
    visitor = _student(finished, login)
    page = visitor.launch(_tool_page(finished, login))
    calls = finished.stack.lms_calls()
    base, token = page.url.rsplit("/", 1)[0], _token_of(page)
    post, url = visitor.session.post, f"{base}/{action}"
    assert post(url, data={"_t": token, "plan_id": "1"}, timeout=30).status_code == 403
    assert post(url, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code == 403
    assert finished.stack.lms_calls() == calls


@pytest.mark.parametrize(
    ("action", "status", "words"),
    [
        ("write?plan_id=1", 200, "The plan had changed meanwhile, so nothing was written."),
        ("write?plan_id=999999", 404, ""),
        ("write?plan_id=", 404, ""),
        ("runs/1/go-on", 404, ""),
        ("runs/999999/go-on", 404, ""),
    ],
)
def test_a_plan_that_is_not_waiting_for_a_yes_is_not_written(
    finished: Finished, action: str, status: int, words: str
) -> None:
    teacher = Teacher(finished.stack)
    page = teacher.launch()
    where, _, plan = action.partition("?plan_id=")
    calls = finished.stack.lms_calls()
    answer = teacher.visitor.session.post(
        f"{teacher.base}/{where}", data={"_t": _token_of(page), "plan_id": plan}, timeout=30
    )
    assert answer.status_code == status
    assert words in answer.text
    assert finished.stack.lms_calls() - calls == 0
    assert finished.digest_now() == finished.digest


def test_a_teacher_of_another_course_is_sent_away(finished: Finished) -> None:
    first = Teacher(finished.stack)
    first.launch()
    other = finished.stack.sandbox_call("POST", "seed", {"class": True, "seed": 5})
    visitor = Visitor()
    visitor.log_in(finished.stack.lms_url, "rivera")
    page = visitor.launch(_menu_link(finished, visitor, other["course"]["id"]))
    shown = {"Authorization": f"Bearer {_token_of(page)}"}
    assert visitor.session.get(page.url, headers=shown, timeout=30).status_code == 200
    for where in ("home", "groups.csv", "preview"):
        assert visitor.session.get(f"{first.base}/{where}", headers=shown, timeout=30).status_code == 403
    for action in ("pull", "plan", "write"):
        assert visitor.session.post(f"{first.base}/{action}", headers=shown, timeout=30).status_code == 403


def _token_of(page: Page) -> str:
    """The sign-in that the page itself shows with each of its requests."""
    body = page.soup.find("body")
    assert isinstance(body, Tag)
    return str(json.loads(str(body["hx-headers"]))["Authorization"]).removeprefix("Bearer ")


def _student(finished: Finished, login: str) -> Visitor:
    visitor = Visitor()
    visitor.log_in(finished.stack.lms_url, login)
    return visitor


def _tool_page(finished: Finished, login: str) -> str:
    return _menu_link(finished, _student(finished, login), finished.course)


def _menu_link(finished: Finished, visitor: Visitor, course: int) -> str:
    home: Page = visitor.open(f"{finished.stack.lms_url}/courses/{course}")
    for link in home.soup.find_all("a"):
        if "/external_tools/" in str(link.get("href")):
            return f"{finished.stack.lms_url}{link['href']}"
    raise Surprise("the course has no Regroup in its menu")

"""Pages by Link header, ids as texts, and the leaky bucket."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lms_school import MONDAY, School
from werkzeug.test import TestResponse

from sandbox.canvas.paging import LONGEST_HEADER
from sandbox.canvas.throttle import Throttle


def links(answer: TestResponse) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}


def follow(school: School, path: str) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = []
    url: str | None = path
    while url:
        answer = school.call("GET", url)
        rows += answer.get_json()
        found = links(answer).get("next")
        url = None if found is None else found.removeprefix("http://lms.localhost:8100/api/v1")
    return rows


def modules(school: School, count: int) -> None:
    for number in range(count):
        school.module(f"Unit {number + 1}")


def test_ten_rows_come_unless_more_are_asked_for(school: School) -> None:
    modules(school, 12)
    assert len(school.get("modules")) == 10
    assert len(school.get("modules?per_page=12")) == 12


@pytest.mark.parametrize(("asked", "given"), [("100", 100), ("500", 100), ("0", 1), ("-5", 1), ("many", 10)])
def test_per_page_is_clamped_without_a_word(school: School, asked: str, given: int) -> None:
    modules(school, 101)
    assert len(school.get(f"modules?per_page={asked}")) == given


def test_numbered_pages_name_their_neighbours_in_order(school: School) -> None:
    modules(school, 5)
    answer = school.call("GET", "modules?per_page=2&page=2&include[]=items")
    rels = re.findall(r'rel="(\w+)"', answer.headers["Link"])
    assert rels == ["current", "next", "prev", "first", "last"]
    query = parse_qs(urlsplit(links(answer)["last"]).query)
    assert query == {"include[]": ["items"], "page": ["3"], "per_page": ["2"]}


def test_a_page_past_the_end_is_empty_and_one_that_is_no_number_is_not_found(school: School) -> None:
    modules(school, 1)
    assert school.get("modules?page=9") == []
    school.get("modules?page=bookmark:xyz", status=404)


def test_links_never_carry_the_access_token(school: School) -> None:
    path = f"/api/v1/courses/{school.course.id}/modules?access_token={school.token('rivera')}"
    answer = school.app.test_client().get(path)
    assert answer.status_code == 200
    assert "access_token" not in answer.headers["Link"]


def test_enrolments_page_by_bookmark_without_last(school: School) -> None:
    answer = school.call("GET", "enrollments?per_page=2")
    assert set(links(answer)) == {"current", "next", "first"}
    assert "page=bookmark%3A" in links(answer)["next"]
    assert len(follow(school, "enrollments?per_page=2")) == 7


def test_enrolments_come_by_name_and_none_is_lost_when_people_come_and_go_meanwhile(school: School) -> None:
    for login in ("dora", "abel", "carl"):
        school.join(login, "StudentEnrollment")
    path = "enrollments?per_page=2&type[]=StudentEnrollment"
    first = school.call("GET", path)
    school.join("aaron", "StudentEnrollment")
    school.join("zora", "StudentEnrollment")
    rest = follow(school, links(first)["next"].removeprefix("http://lms.localhost:8100/api/v1"))
    seen = [row["user"]["short_name"] for row in first.get_json() + rest]  # type: ignore[index]
    assert seen == ["Abel Doe", "Ana Doe", "Ben Doe", "Carl Doe", "Cleo Doe", "Dora Doe", "Zora Doe"]


def test_a_bookmark_is_case_sensitive(school: School) -> None:
    path = links(school.call("GET", "enrollments?per_page=2"))["next"]
    spoilt = path.removeprefix("http://lms.localhost:8100/api/v1").replace("bookmark%3AW", "bookmark%3Aw")
    assert spoilt != path.removeprefix("http://lms.localhost:8100/api/v1")
    school.get(spoilt, status=404)


def test_submissions_page_by_bookmark_and_none_is_lost_when_rows_are_added_meanwhile(school: School) -> None:
    first = school.assignment("One")
    seen = school.call("GET", "students/submissions?student_ids[]=all&per_page=2")
    school.assignment("Two")
    rows = seen.get_json() + follow(
        school, links(seen)["next"].removeprefix("http://lms.localhost:8100/api/v1")
    )
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    assert {row["assignment_id"] for row in rows} > {first}


@pytest.mark.parametrize("page", ["bookmark:", "bookmark:!!!", "bookmark:bm9uc2Vuc2U", "2", "elephant"])
def test_an_invalid_bookmark_is_not_found(school: School, page: str) -> None:
    school.get(f"enrollments?page={page}", status=404)


def test_a_link_header_never_grows_over_six_kilobytes_and_next_goes_last(school: School) -> None:
    modules(school, 5)
    long = "x" * 2500
    answer = school.call("GET", f"modules?per_page=1&page=2&noise={long}")
    assert len(answer.headers["Link"]) <= LONGEST_HEADER
    assert set(links(answer)) == {"next", "last"}


def test_rollups_carry_their_paging_in_the_body_too(school: School) -> None:
    meta = school.get("outcome_rollups?per_page=2")["meta"]["pagination"]
    assert (meta["count"], meta["page_count"], meta["page"]) == (3, 2, 1)
    assert meta["next"].startswith("http://lms.localhost:8100/api/v1/courses/")


def test_ids_are_texts_for_who_accepts_them_so(school: School) -> None:
    assignment_id = school.assignment()
    row = school.get(f"assignments/{assignment_id}", accept="application/json+canvas-string-ids")
    assert (row["id"], row["course_id"]) == (str(assignment_id), str(school.course.id))
    assert row["points_possible"] == 5
    override = school.module()
    school.assign_module(override, {"student_ids": [school.id_of("ana")]})
    listed = school.get(
        f"modules/{override}/assignment_overrides", accept="application/json+canvas-string-ids"
    )
    assert listed[0]["students"][0]["id"] == str(school.id_of("ana"))


def test_global_ids_name_the_same_records(school: School) -> None:
    assert school.get(f"/users/{10_000_000_000_000 + school.id_of('ana')}")["id"] == school.id_of("ana")
    assert school.get(f"/courses/{10_000_000_000_000 + school.course.id}/sections")


@pytest.mark.parametrize(
    "form", ["sis_course_id:C-G4", "lti_context_id:{context}", "hex:sis_course_id:432d4734"]
)
def test_a_course_is_found_by_each_kind_of_id(school: School, form: str) -> None:
    found = school.get(f"/courses/{form.format(context=school.course.lti_context_id)}")
    assert found["id"] == school.course.id


@pytest.mark.parametrize("form", [
    "sis_user_id:S-ana", "sis_login_id:ana", "hex:sis_user_id:532d616e61", "lti_1_3_id:{sub}", "{id}",
])  # fmt: skip
def test_a_user_is_found_by_each_kind_of_id(school: School, form: str) -> None:
    user = school.world.table(type(school.made.staff["rivera"]))[school.id_of("ana")]
    path = form.format(sub=user.lti_1_3_id, id=user.id)
    assert school.get(f"/users/{path}")["id"] == user.id


@pytest.mark.parametrize("form", ["999999", "sis_user_id:nobody", "nonsense", "hex:zz", "shoe_size:7", "-1"])
def test_an_unknown_id_is_not_found(school: School, form: str) -> None:
    assert school.get(f"/users/{form}", status=404)["errors"][0]["message"] == (
        "The specified resource does not exist."
    )


# the bucket


def test_a_token_carries_its_cost_and_what_is_left(school: School) -> None:
    answer = school.call("GET", "/users/self")
    assert float(answer.headers["X-Request-Cost"]) > 0
    assert 590 < float(answer.headers["X-Rate-Limit-Remaining"]) <= 600


def test_the_thirteenth_simultaneous_call_is_refused() -> None:
    bucket = Throttle()
    later = MONDAY
    taken = []
    for _ in range(13):
        later += timedelta(milliseconds=20)
        taken.append(bucket.arrive("t", later))
    assert taken == [True] * 12 + [False]
    assert bucket.arrive("another token", later)


def test_a_bucket_leaks_ten_a_second_and_sequential_calls_never_fill_it() -> None:
    bucket = Throttle()
    for _ in range(5000):
        assert bucket.arrive("t", MONDAY)
        bucket.leave("t", MONDAY, 0.1)
    assert bucket.remaining("t", MONDAY) == pytest.approx(100)
    assert bucket.remaining("t", MONDAY + timedelta(seconds=30)) == pytest.approx(400)


def test_a_full_bucket_refuses_with_429_and_a_text(school: School) -> None:
    school.get("/users/self")
    bucket: Throttle = school.app.extensions["sandbox.throttle"]
    bucket.fill(f"token:{school.token('rivera')}", school.world.clock.now(), 560)
    answer = school.call("GET", "/users/self")
    assert (answer.status_code, answer.mimetype) == (429, "text/plain")
    assert "Rate Limit Exceeded" in answer.text
    assert "X-Request-Cost" not in answer.headers
    assert float(answer.headers["X-Rate-Limit-Remaining"]) == pytest.approx(40, abs=1)
    school.world.clock.advance(10)
    school.get("/users/self")


def test_a_refused_call_changes_nothing(school: School) -> None:
    school.get("/users/self")
    bucket: Throttle = school.app.extensions["sandbox.throttle"]
    bucket.fill(f"token:{school.token('rivera')}", school.world.clock.now(), 590)
    assert school.call("POST", "modules", json={"module": {"name": "x"}}).status_code == 429
    assert school.get("modules", by="ode") == []

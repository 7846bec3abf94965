"""Facts about every page and state, read from its HTML."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from flask import render_template
from web_pages import TOKEN, bearer, gallery_app, rendered
from web_samples import HOME_DONE, MATH, ME, TEACHER, all_pages

from grouping.model import BenchmarkState
from lti_app.places import folder
from lti_app.web.views_model import GroupCard, GroupsPage, GroupTab, HomePage, Labels, Member

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})
Tag = tuple[str, dict[str, str]]


class Reader(HTMLParser):
    """The tags of a page, the words a person can read or hear, and the path of tags to each word."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        self.words += [found[name] for name in ("aria-label", "alt", "data-announce") if name in found]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"<{tag}> closed out of turn"

    def handle_data(self, data: str) -> None:
        if data.strip() and "script" not in self.open:
            self.words.append(" ".join(data.split()))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@cache
def read(name: str) -> Reader:
    reader = Reader(rendered(name))
    assert reader.open == [], "every tag is closed"
    return reader


each_page = pytest.mark.parametrize("name", list(all_pages()))


@each_page
def test_a_page_has_a_language_one_h1_a_title_and_a_way_past_the_menu(name: str) -> None:
    page = read(name)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    title = re.search(r"<title>(.*?)</title>", rendered(name), re.DOTALL)
    assert title is not None
    assert " ".join(title[1].split()).endswith("· Regroup")
    assert page.all("a")[0]["href"] == f"#{page.all('main')[0]['id']}"


@each_page
def test_headings_never_skip_a_level(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in read(name).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@each_page
def test_a_page_has_no_inline_script_or_style_and_asks_nobody_else(name: str) -> None:
    for tag, attributes in read(name).tags:
        assert tag != "style"
        assert not [
            attribute for attribute in attributes if attribute == "style" or attribute.startswith("on")
        ]
        assert not [attribute for attribute in attributes if attribute.startswith("hx-on")]
        if tag in {"script", "link", "img", "source"}:
            assert attributes.get("src", attributes.get("href", "")).startswith("/static/")
        if tag == "script":
            assert "defer" in attributes


@each_page
def test_ids_are_unique_and_what_they_label_exists(name: str) -> None:
    tags = read(name).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in tags:
        for reference in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(reference, "").split()) <= set(ids)


@each_page
def test_every_form_posts_to_us_and_carries_the_sign_in(name: str) -> None:
    page = read(name)
    forms = page.all("form")
    assert len([field for field in page.all("input") if field.get("name") == "_t"]) == len(forms)
    for form in forms:
        assert form["method"] == "post"
        assert form["action"].startswith("/")
        assert form.get("hx-post", form["action"]) == form["action"]
        assert ("hx-post" in form) != (form.get("target") == "_blank")


@each_page
def test_the_sign_in_is_in_no_address(name: str) -> None:
    for _, attributes in read(name).tags:
        assert TOKEN not in attributes.get("href", "") + attributes.get("action", "") + attributes.get(
            "hx-get", ""
        )
    assert read(name).all("body")[0]["hx-headers"] == bearer()


@each_page
def test_a_link_inside_regroup_goes_the_same_way_with_and_without_javascript(name: str) -> None:
    for link in read(name).all("a"):
        if link["href"].startswith("/"):
            assert link["hx-get"] == link["href"]
        elif not link["href"].startswith("#") and name != "leave":
            assert link["target"] in {"_blank", "_top"}


@each_page
def test_at_most_one_button_is_filled(name: str) -> None:
    filled = [tag for tag, given in read(name).tags if "btn-primary" in given.get("class", "").split()]
    assert len(filled) <= 1


BANNED = re.compile(
    r"\b(error|invalid|failed|fails|sync|job|token|cluster|deploy|submit|ok\b(?! again)|remedial|"
    r"below basic|tier \d|missing|infeasible|optimal|best|diagnos\w*|proven|ability|closes gaps|"
    r"users?|mastery|mastered)\b",
    re.IGNORECASE,
)


@each_page
def test_no_page_says_a_word_of_machines_or_a_claim(name: str) -> None:
    said = [word for words in read(name).words for word in BANNED.findall(words)]
    assert said == []


@pytest.mark.parametrize(
    "name", [name for name, (template, _) in all_pages().items() if "teacher/" in template]
)
def test_the_lms_is_called_as_it_calls_itself(name: str) -> None:
    template, page = all_pages()[name]
    other = Labels("Moodle", "grouping", "groupings", "topic", "topics", "activity", "activities")
    app = gallery_app()
    with app.test_request_context("/"):
        renamed = replace(page, shell=replace(page.shell, labels=other))
        assert "Write to Moodle" in render_template(template, page=renamed)


def test_no_template_names_an_lms_or_its_parts() -> None:
    names = re.compile(r"\b(Canvas|Schoology|sections?|modules?|folders?)\b(?!=)", re.IGNORECASE)
    for path in folder("templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|</?section[^>]*>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert names.findall(text) == [], path.name


@pytest.mark.parametrize("place", ["student", "components", "teacher", "district", "errors"])
def test_every_text_of_a_template_is_in_the_catalogue(place: str) -> None:
    for path in (folder("templates") / place).glob("*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        # Regroup's own name stays as it is in every language.
        kept = re.sub(r"<[^>]*>|[\w-]+=\"[^\"]*\"", "", text, flags=re.DOTALL).replace("Regroup", "")
        bare = re.findall(r"[A-Za-z]{2,}", kept)
        assert bare == [], path.name


def test_a_childs_name_cannot_become_markup() -> None:
    name = "<script>alert('x')</script>"
    card = GroupCard(1, name, (name,), (Member(1, name, name),))
    page = GroupsPage(TEACHER, "skill", (GroupTab("skill", name, 1),), (card,))
    app = gallery_app()
    with app.test_request_context("/"):
        text = render_template("teacher/groups.html", page=page)
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_a_page_that_lacks_its_record_is_not_half_shown() -> None:
    app = gallery_app()
    with app.test_request_context("/"), pytest.raises(Exception, match="has no attribute"):
        render_template("teacher/home.html", page=ME)


def test_a_cell_says_everything_in_words() -> None:
    row, column = MATH.rows[4], MATH.columns[1]
    assert (row.cells[1].points, row.cells[1].state) == (1, BenchmarkState.LIKELY_NOT_YET)
    assert f"{row.name}, {column.title}, 1 of 4, likely not yet" in read("skills").words


def test_not_assessed_is_never_shown_as_zero() -> None:
    text = rendered("skills-cell-empty")
    panel = text[text.index('id="panel"') : text.index("</section>", text.index('id="panel"'))]
    assert "not assessed" in panel
    assert "not zero" in panel
    assert "0/" not in panel


def test_the_student_page_says_nothing_of_levels_or_other_children() -> None:
    said = " ".join(read("me-again").words).lower()
    assert not re.search(
        r"not yet|nearly|likely|level|below|grade \d|behind|low", said.replace("grade 4 · room 12", "")
    )
    assert "7 of 10." in said
    assert "2 parts to try again." in said
    assert not re.search("ben brooks|cyrus", said)


def test_standing_approvals_start_as_the_page_record_says() -> None:
    boxes = {
        box["value"]: "checked" in box for box in read("preview").all("input") if box.get("name") == "approve"
    }
    assert boxes == {"next_unit": True, "missed_part": True, "new_classmate": False}


def test_the_write_carries_the_plan_that_was_seen() -> None:
    assert {"type": "hidden", "name": "plan_id", "value": "p-17"} in read("preview").all("input")
    assert "plan_id" not in rendered("preview-nothing")


@pytest.mark.parametrize("name", ["job-queued", "job-running", "job-waiting", "job-stopping"])
def test_unfinished_work_asks_again_every_two_seconds(name: str) -> None:
    asks = [given for _, given in read(name).tags if given.get("hx-trigger") == "load delay:500ms, every 2s"]
    assert [given["hx-get"] for given in asks] == ["/contexts/7/jobs/41/progress"]


@pytest.mark.parametrize("name", ["job-done", "job-stopped", "job-part"])
def test_ended_work_stops_asking_and_shows_no_stop(name: str) -> None:
    assert "hx-trigger" not in rendered(name)
    assert "/stop" not in rendered(name)


@pytest.mark.parametrize("name", ["job-stopped", "job-part", "result-part"])
def test_work_that_ended_half_way_can_go_on(name: str) -> None:
    assert "/contexts/7/write" in [form["action"] for form in read(name).all("form")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "scores"),
        ({"pending_changes": 3}, "write"),
        ({"playlists": None}, "playlists"),
        ({"connection": "expired"}, "connect"),
        ({"sources": None, "groups": None}, "pull"),
    ],
)
def test_the_next_step_is_the_first_one_not_done(changes: dict[str, object], expected: str) -> None:
    home: HomePage = replace(HOME_DONE, **changes)  # type: ignore[arg-type]
    steps = ("connect", "pull", "skills", "groups", "playlists", "write", "scores")
    assert [step for step in steps if home.step_state(step) == "now"] == [expected]


def test_everything_done_leaves_no_step() -> None:
    home = replace(HOME_DONE, scores=HOME_DONE.written)
    assert {home.step_state(step) for step in ("connect", "write", "scores")} == {"done"}

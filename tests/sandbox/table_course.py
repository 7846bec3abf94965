"""One line of visibility.csv, built in a small course through REST, and what can be seen of it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lms_school import MONDAY, School

from sandbox.world import groups, people
from sandbox.world.model import (
    Assignment,
    AssignmentOverride,
    Enrollment,
    Group,
    GroupCategory,
    GroupMembership,
)

DATES = {"base": "2026-10-01T12:00:00Z", "own": "2026-11-01T12:00:00Z", "late": "2026-12-01T12:00:00Z"}
SECTIONS = {"A": "ana", "B": "ben", "C": "cleo"}
TAGS = {"X": "ana", "Y": "ben"}
Line = dict[str, str]


@dataclass
class Unit:
    """A module of the line: its overrides as sent, and its one item."""

    id: int
    overrides: list[dict[str, Any]]
    item: int | None = None
    others: list[int] = field(default_factory=list)


class TableCourse:
    """Ana is in sections Home and A with tag X, Ben in Home and B with tag Y, Cleo in Home and C."""

    def __init__(self, line: Line) -> None:
        self.line, self.school = line, School()
        self.kind = line["content"]
        self.sections = {name: self.school.section(name, who) for name, who in SECTIONS.items()}
        self.tags = dict(self._make_tags(line))
        self.content = self._make_content()
        self.units = [self._make_unit(n, text) for n, text in enumerate(_split(line["modules"], " + "), 1)]
        self.answer: Any = None
        for step in _split(line["then"], "; "):
            verb, *words = step.split()
            getattr(self, f"do_{verb}")(*words)

    # what the line begins with

    def _make_tags(self, line: Line) -> Iterator[tuple[str, int]]:
        if "tag " not in f"{line['own']} {line['modules']} {line['then']}":
            return
        world, course = self.school.world, self.school.course.id
        self.tag_set = world.add(GroupCategory(course_id=course, name="Tags", non_collaborative=True))
        for name, who in TAGS.items():
            tag = world.add(
                Group(course_id=course, group_category_id=self.tag_set.id, name=name, non_collaborative=True)
            )
            world.add(GroupMembership(group_id=tag.id, user_id=self.school.id_of(who)))
            yield name, tag.id

    def target(self, text: str) -> dict[str, Any]:
        """An override from words such as "unassign adhoc ana own"."""
        words = text.split()
        made: dict[str, Any] = {}
        if words[0] == "unassign":
            made["unassign_item"] = bool(words.pop(0))
        kind = words.pop(0)
        if kind == "course":
            made["course_id"] = self.school.course.id
        elif kind == "adhoc":
            made |= {"student_ids": [self.school.id_of(words[0])], "title": f"for {words[0]}"}
        elif kind == "section":
            made["course_section_id"] = self.sections[words[0]]
        else:
            made["group_id"] = self.tags[words[0]]
        due = words[-1] if words else ""
        if due in DATES or due == "never":
            made["due_at"] = DATES.get(due)
        return made

    def _make_content(self) -> int:
        own = [self.target(text) for text in _split(self.line["own"], " & ")]
        ovto, published = self.line["ovto"] == "T", self.line["published"] == "yes"
        if self.kind == "assignment":
            fields = {"only_visible_to_overrides": ovto, "assignment_overrides": own, "published": published}
            return self.school.assignment(due_at=DATES["base"], **fields)
        if self.kind == "page":
            page = self.school.post("pages", {"wiki_page": {"title": "Read", "published": published}})
            details = {"only_visible_to_overrides": ovto, "assignment_overrides": own}
            self.school.put(f"pages/{page['url']}/date_details", details, status=204)
            self.page_url = page["url"]
            return int(page["page_id"])
        return 0

    def _make_unit(self, number: int, text: str) -> Unit:
        found = re.fullmatch(r"(pub|unpub)(?:\[(.*)\])?(\(\))?", text)
        assert found, text
        unit = Unit(self.school.module(f"Unit {number}"), [])
        if not found[3]:
            unit.item = self._add_item(unit)
        state = {"published": found[1] == "pub", "skip_content_tags": True}
        self.school.put(f"modules/{unit.id}", {"module": state})
        if found[2]:
            unit.overrides = [self.target(one) for one in found[2].split(" & ")]
            self.school.assign_module(unit.id, *unit.overrides)
        return unit

    def _add_item(self, unit: Unit) -> int:
        if self.kind == "url":
            return self._add_url(unit, self.line["published"] == "yes")
        where = {"content_id": self.content} if self.kind == "assignment" else {"page_url": self.page_url}
        return int(self.school.item(unit.id, type=self.kind.title(), **where)["id"])

    def _add_url(self, unit: Unit, published: bool) -> int:
        made = self.school.item(
            unit.id, type="ExternalUrl", title="Video", external_url="https://video.example/"
        )
        if published:
            self.school.put(f"modules/{unit.id}/items/{made['id']}", {"module_item": {"published": True}})
        return int(made["id"])

    def unit(self, number: str) -> Unit:
        return self.units[int(number) - 1]

    # what happens then: one method for each verb of the column

    def do_delete(self, what: str, which: str = "") -> None:
        if what == "content":
            self.school.delete(f"assignments/{self.content}")
        elif what == "module":
            self.school.delete(f"modules/{self.unit(which).id}")
        elif what == "item":
            self.school.delete(f"modules/{self.unit(which).id}/items/{self.unit(which).item}")
        elif what == "section":
            self.school.delete(f"/sections/{self.sections[which]}")
        elif what == "tag":
            groups.delete_group(self.school.world, self.school.world.table(Group)[self.tags[which]])
        else:
            groups.delete_category(self.school.world, self.tag_set)

    def do_join(self, login: str, section: str) -> None:
        self.school.enroll(self.sections[section], login)

    def do_end(self, login: str, section: str, task: str) -> None:
        for row in self.school.world.live(Enrollment, user_id=self.school.id_of(login)):
            if section == "all" or row.section_id == self.sections[section]:
                self.school.delete(f"enrollments/{row.id}?task={task}")

    def do_new(self, login: str) -> None:
        people.add_user(self.school.world, f"{login.title()} Doe", login)
        self.school.enroll(self.school.home.id, login)

    def do_observer(self, login: str, _of: str = "", child: str = "") -> None:
        user = people.add_user(self.school.world, f"{login.title()} Doe", login)
        fields = {"user_id": user.id, "type": "ObserverEnrollment", "enrollment_state": "active"}
        if child:
            fields["associated_user_id"] = self.school.id_of(child)
        self.school.post("enrollments", {"enrollment": fields}, by="admin")

    def do_tag(self, login: str, name: str) -> None:
        user_id, tag = self.school.id_of(login), self.school.world.table(Group)[self.tags[name]]
        self.school.world.add(GroupMembership(group_id=tag.id, user_id=user_id))
        groups.membership_changed(self.school.world, tag, user_id)

    def do_untag(self, login: str, name: str) -> None:
        user_id, tag = self.school.id_of(login), self.school.world.table(Group)[self.tags[name]]
        for member in self.school.world.live(GroupMembership, group_id=tag.id, user_id=user_id):
            member.workflow_state = "deleted"
        groups.membership_changed(self.school.world, tag, user_id)

    def do_switch(self, name: str, value: str) -> None:
        self.school.world.switches.set({name: int(value) if value.isdigit() else value == "on"})

    def do_publish(self, what: str, which: str, skip: str = "") -> None:
        self._published(what, which, {"published": True, "skip_content_tags": bool(skip)})

    def do_unpublish(self, what: str, which: str, refused: str = "") -> None:
        self._published(what, which, {"published": False}, status=403 if refused else 200)

    def _published(self, what: str, which: str, fields: dict[str, Any], status: int = 200) -> None:
        unit = self.unit(which)
        if what == "module":
            self.answer = self.school.put(f"modules/{unit.id}", {"module": fields}, status=status)
            return
        path = f"modules/{unit.id}/items/{unit.item}"
        self.school.put(path, {"module_item": {"published": fields["published"]}}, status=status)

    def do_assign(self, _module: str, which: str, login: str) -> None:
        self.unit(which).overrides = [self.target(f"adhoc {login}")]
        self.do_resend("module", which)

    def do_resend(self, _module: str, which: str) -> None:
        self.school.assign_module(self.unit(which).id, *self.unit(which).overrides)

    def do_clear(self, _module: str, which: str) -> None:
        self.school.assign_module(self.unit(which).id)

    def do_forget(self, _module: str, which: str) -> None:
        self.school.put(f"modules/{self.unit(which).id}/assignment_overrides", {}, status=204)

    def do_empty(self, _module: str, which: str) -> None:
        (own,) = self.school.get(f"modules/{self.unit(which).id}/assignment_overrides")
        self.school.assign_module(self.unit(which).id, {"id": own["id"], "student_ids": []})

    def do_submit(self, login: str) -> None:
        work = {"submission_type": "online_text_entry", "body": "Done"}
        self.school.post(
            f"assignments/{self.content}/submissions", {"submission": work}, by=login, status=201
        )

    def do_grade(self, login: str, points: str, refused: str = "") -> None:
        path = f"assignments/{self.content}/submissions/{self.school.id_of(login)}"
        answer = self.school.call("PUT", path, json={"submission": {"posted_grade": points}})
        assert (answer.status_code >= 400) == bool(refused), answer.text[:300]

    def do_excuse(self, login: str) -> None:
        path = f"assignments/{self.content}/submissions/{self.school.id_of(login)}"
        self.school.put(path, {"submission": {"excuse": True}})

    def do_grades(self, _by: str, _hand: str) -> None:
        # read only in REST (canvas.md 4.5)
        self.school.world.table(Assignment)[self.content].post_manually = True

    def do_need(self, which: str, kind: str) -> None:
        numbers: dict[str, dict[str, Any]] = {
            "min_score": {"min_score": 3},
            "min_percentage": {"min_percentage": 60},
        }
        wanted = {"type": kind} | numbers.get(kind, {})
        self._require(self.unit(which), self.unit(which).item, wanted)

    def _require(self, unit: Unit, item: int | None, wanted: dict[str, Any]) -> None:
        self.school.put(
            f"modules/{unit.id}/items/{item}", {"module_item": {"completion_requirement": wanted}}
        )

    def do_other(self, which: str, hidden: str = "") -> None:
        """Another assignment, to be passed, in that module; `hidden` from all students."""
        unit = self.unit(which)
        made = self.school.assignment("Other", only_visible_to_overrides=bool(hidden))
        item = self.school.item(unit.id, type="Assignment", content_id=made)["id"]
        self._require(unit, item, {"type": "min_score", "min_score": 3})

    def do_url(self, which: str) -> None:
        """A link, to be viewed, in that module."""
        unit = self.unit(which)
        self._require(unit, self._add_url(unit, True), {"type": "must_view"})

    def do_hold(self, which: str) -> None:
        """The content, in that module after what is there already."""
        self.unit(which).item = self._add_item(self.unit(which))

    def do_order(self, which: str) -> None:
        self.school.put(f"modules/{self.unit(which).id}", {"module": {"require_sequential_progress": True}})

    def do_save(self, which: str) -> None:
        self.school.put(f"modules/{self.unit(which).id}", {"module": {"name": f"Unit {which}"}})

    def do_after(self, later: str, earlier: str) -> None:
        wanted = {"prerequisite_module_ids": [self.unit(earlier).id]}
        self.school.put(f"modules/{self.unit(later).id}", {"module": wanted})

    def do_relock(self, which: str) -> None:
        self.school.put(f"modules/{self.unit(which).id}/relock")

    def do_opens(self, which: str, _later: str) -> None:
        when = (MONDAY + timedelta(days=2)).isoformat()
        self.school.put(f"modules/{self.unit(which).id}", {"module": {"unlock_at": when}})

    def do_wait(self, days: str, _days: str) -> None:
        self.school.world.clock.advance(int(days) * 86_400)
        self.school.forget_tokens()

    def do_pause(self, seconds: str, _seconds: str) -> None:
        self.school.world.clock.advance(int(seconds))

    def do_look(self, login: str) -> None:
        for what in ("modules", "assignments", "pages"):
            self.school.get(f"{what}?per_page=100", by=login)

    # what can be seen: one method for each column

    def sees(self, who: str) -> bool:
        if self.kind == "url":
            return "item" in self.modules_seen(who)
        answer = self.school.call("GET", f"{self.kind}s?per_page=100", by=who)
        key = "id" if self.kind == "assignment" else "page_id"
        return answer.status_code == 200 and self.content in [row[key] for row in answer.get_json()]

    def modules_seen(self, who: str) -> str:
        return " + ".join(self._module_seen(unit, who) for unit in self.units)

    def _module_seen(self, unit: Unit, who: str) -> str:
        answer = self.school.call("GET", f"modules/{unit.id}/items?per_page=100", by=who)
        if answer.status_code != 200:
            return "no"
        return "item" if unit.item in [item["id"] for item in answer.get_json()] else "empty"

    def row(self, who: str) -> bool:
        return self.school.holds_row(who, self.content)

    def due(self, who: str) -> str:
        row = self.school.world.submission(self.content, self.school.id_of(who))
        assert row is not None
        return _word(row.cached_due_date)

    def student_due(self, who: str) -> str:
        text = self.school.get(f"assignments/{self.content}", by=who)["due_at"]
        return _word(datetime.fromisoformat(text) if text else None)

    def everyone(self) -> bool:
        return bool(self.school.get(f"assignments/{self.content}")["visible_to_everyone"])

    def also(self, what: str, who: str) -> str:
        """The value of one of the other checks: words of the last column."""
        if what.startswith("state"):
            path = f"modules/{self.unit(what[-1]).id}?student_id={self.school.id_of(who)}"
            return str(self.school.get(path).get("state"))
        return str(getattr(self, f"see_{what}")(who))

    def see_item_published(self, _: str) -> str:
        unit = self.units[0]
        return _yes(self.school.get(f"modules/{unit.id}/items/{unit.item}")["published"])

    def see_warning(self, _: str) -> str:
        return _yes(self.answer.get("unpublish_warning", False))

    def see_locked(self, who: str) -> str:
        return _yes(self.school.get(f"assignments/{self.content}", by=who)["locked_for_user"])

    def see_own_overrides(self, _: str) -> int:
        key = ("Assignment", self.content)
        return len(self.school.world.live(AssignmentOverride, content=key))

    def see_ovto(self, _: str) -> str:
        return _yes(self.school.get(f"assignments/{self.content}")["only_visible_to_overrides"])

    def see_row_state(self, who: str) -> str:
        row = self.school.world.submission(self.content, self.school.id_of(who))
        return row.workflow_state if row else "absent"

    def see_score(self, who: str) -> str:
        row = self.school.world.submission(self.content, self.school.id_of(who))
        return f"{row.score:g}" if row and row.score is not None else "none"

    def see_total(self, who: str) -> str:
        found = self.school.get(f"enrollments?user_id={self.school.id_of(who)}&include[]=current_points")
        scores = {row["grades"]["current_score"] for row in found if row.get("grades")}
        return " ".join("none" if score is None else f"{score:g}" for score in scores)

    def see_goto(self, who: str) -> str:
        answer = self.school.call("GET", f"module_item_redirect/{self.units[0].item}", by=who)
        if answer.status_code != 302 or self.kind == "url":
            return "open" if answer.status_code == 302 else "shut"
        end = self.school.call("GET", f"assignments/{self.content}", by=who)
        return "open" if end.status_code == 200 else "shut"


def _split(text: str, by: str) -> list[str]:
    return [] if text == "-" else text.split(by)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _word(when: datetime | None) -> str:
    if when is None:
        return "none"
    return next(name for name, text in DATES.items() if datetime.fromisoformat(text) == when)

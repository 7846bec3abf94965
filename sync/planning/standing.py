"""A unit of ours that stands in the LMS, compared with what we last wrote."""

from dataclasses import dataclass

from sync import keys
from sync.planning.desk import Desk, counted, ids, quoted, text
from sync.records import Link, LmsAssignment, LmsUnit
from sync.wanted import Actual, WantedUnit


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit: our `link` on one side, the `unit` as it stands on the other."""

    desk: Desk
    link: Link
    unit: LmsUnit
    actual: Actual

    @property
    def key(self) -> str:
        """The unit's own key."""
        return self.link.key.removeprefix(keys.unit(""))

    @property
    def is_renamed(self) -> bool:
        """A teacher gave it another name."""
        return self.unit.name != text(self.link, "name")

    @property
    def is_audience_changed(self) -> bool:
        """Who sees it is no longer one list of ours (or, before we set one, somebody else's is there)."""
        if self.unit.audience is None:
            return self.has_audience
        return self.unit.audience_marker != keys.marker(self.desk.course, self.link.key)

    @property
    def has_audience(self) -> bool:
        """We know that we set its list."""
        return bool(text(self.link, "marker"))

    @property
    def is_open(self) -> bool:
        """We opened it, and did not close it since."""
        return self.link.wrote.get("is_open") is True

    @property
    def is_open_changed(self) -> bool:
        """A teacher opened or closed it."""
        return self.is_open != self.unit.is_published

    @property
    def students(self) -> frozenset[str]:
        """Who is on its list now."""
        return self.unit.audience or frozenset()

    @property
    def check(self) -> LmsAssignment | None:
        """Its check, if it is still there."""
        link = self.desk.link(keys.check(self.key))
        if link is None:
            return None
        return next((each for each in self.actual.assignments if each.lms_id == link.lms_id), None)

    @property
    def with_work(self) -> frozenset[str]:
        """Who has work in its check."""
        check = self.check
        return self.actual.with_work.get(check.lms_id, frozenset()) if check else frozenset()

    def kept_for_work(self, wanted: frozenset[str]) -> frozenset[str]:
        """Who is no longer wanted in it but has work there."""
        return (ids(self.link, "audience") - wanted) & self.with_work & self.students

    def students_after(self, wanted: frozenset[str]) -> frozenset[str]:
        """Who should be on its list: our changes carried over onto the list as it stands."""
        ours = ids(self.link, "audience")
        leaving = (ours - wanted) - self.kept_for_work(wanted)
        return (self.students | (wanted - ours)) - leaving

    def checks_to_prove(self, unit: WantedUnit) -> list[str]:
        """The keys of checks that must be proven closed to others before it opens."""
        key = keys.check(unit.key)
        is_there = self.check is not None or self.desk.link(key) is None
        return [key] if unit.check is not None and is_there else []

    def item_keys(self, unit: WantedUnit) -> frozenset[str]:
        """The keys of its items that we put in once, and of items whose content a teacher deleted."""
        parts = ["page", "check", *(f"link/{index}" for index in range(1, len(unit.links) + 1))]
        return frozenset(key for key in (keys.item(unit.key, part) for part in parts) if self.desk.link(key))

    def has_strange_items(self, key: str) -> bool:
        """True if something stands in it that we did not put there."""
        ours = {link.lms_id for link in self.desk.made(keys.item(key, "")).values()}
        return any(item.lms_id not in ours for item in self.unit.items)

    def tell_content_drift(self, unit: WantedUnit) -> None:
        """Lists what a teacher changed inside it."""
        items = {item.lms_id for item in self.unit.items}
        gone = [key for key in self.item_keys(unit) if self.desk.links[key].lms_id not in items]
        if gone:
            self._leave(f"{counted(len(gone), 'item')} taken out in the LMS: not put back.")
        link, check = self.desk.link(keys.check(unit.key)), self.check
        if link is not None and check is None:
            self._leave(f"Its {self.desk.labels.check} was deleted in the LMS; it is not made again.")
        elif link is not None and check is not None:
            if check.name != text(link, "title") or check.points_possible != link.wrote.get("points"):
                self._leave(
                    f"The name or the points of its {self.desk.labels.check} were changed in the LMS."
                )
            if not check.is_restricted or check.counts_in_grade:
                self._leave(f"Settings of its {self.desk.labels.check} were changed in the LMS.")
        page = self.desk.link(keys.page(unit.key))
        if page is not None and page.lms_id not in self.actual.page_slugs:
            self._leave(f"Its {self.desk.labels.page} was deleted or renamed in the LMS.")

    def tell_audience_drift(self, wanted: frozenset[str]) -> None:
        """Lists whom a teacher put on or took off its list, and who stays on it for their work."""
        ours = ids(self.link, "audience")
        gone, strangers = (ours & wanted) - self.students, self.students - ours - wanted
        kept = self.kept_for_work(wanted)
        if gone:
            self._leave(f"{counted(len(gone), 'student')} taken off in the LMS: not put back.")
        if strangers:
            self._leave(f"{counted(len(strangers), 'student')} put on by hand in the LMS: left there.")
        if kept:
            self._leave(f"Kept for {counted(len(kept), 'student')} with work in it.")

    def _leave(self, why: str) -> None:
        self.desk.leave(self.link.key, quoted(self.unit.name), why)

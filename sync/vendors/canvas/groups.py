"""Groups in Canvas: extra sections of the course. The home section and its enrollments are never touched."""

from collections.abc import Collection

from sync.records import LmsGroup
from sync.vendors.canvas.client import CanvasClient


class CanvasGroups:
    """A GroupWriter. A person's place in a group is their enrollment in that section."""

    def __init__(self, client: CanvasClient) -> None:
        self._client = client

    def list(self, course: str) -> list[LmsGroup]:
        """Every section with its students."""
        members: dict[str, dict[str, str]] = {}
        for row in self._client.enrollments(course, types=["StudentEnrollment"]):
            members.setdefault(row.course_section_id, {})[row.user_id] = row.id
        sections = self._client.sections(course)
        return [LmsGroup(section.id, section.name, members.get(section.id, {})) for section in sections]

    def find(self, course: str, name: str, besides: Collection[str]) -> str | None:
        """A section of exactly this name; Canvas has no other key that a teacher's token may write."""
        sections = self._client.sections(course)
        return next((each.id for each in sections if each.name == name and each.id not in besides), None)

    def create(self, course: str, name: str) -> str:
        """A new, empty section."""
        return self._client.create_section(course, name)

    def rename(self, course: str, group: str, name: str) -> None:  # noqa: ARG002 (the section id is enough)
        """The section's new name."""
        self._client.rename_section(group, name)

    def add_member(self, course: str, group: str, user: str) -> str:  # noqa: ARG002 (the section id is enough)
        """An active student enrollment in the section, beside the one in the home section."""
        return self._client.enrol(group, user)

    def remove_member(self, course: str, group: str, place: str) -> None:  # noqa: ARG002 (the id is enough)
        """Deletes that enrollment; the student stays in the home section."""
        self._client.unenrol(course, place)

    def remove(self, course: str, group: str) -> None:  # noqa: ARG002 (the section id is enough)
        """Deletes the section. Refused by Canvas while anybody, even a concluded student, is in it."""
        self._client.delete_section(group)

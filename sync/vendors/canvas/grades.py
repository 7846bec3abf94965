"""What students did in a Canvas course, and the material that is there."""

from collections.abc import Sequence
from datetime import datetime

from sync.records import (
    CourseFile,
    LmsAssignment,
    LmsPage,
    OutcomeInfo,
    OutcomeResult,
    Submission,
)
from sync.vendors.canvas.client import CanvasClient
from sync.vendors.canvas.parse import TEST_STUDENT

IDS_AT_ONCE = 100


class CanvasGrades:
    """A GradeSource."""

    def __init__(self, client: CanvasClient) -> None:
        self._client = client

    def assignments(self, course: str) -> list[LmsAssignment]:
        """All assignments of the course, published or not."""
        return [shape.record() for shape in self._client.assignments(course)]

    def submissions(
        self, course: str, assignment_ids: Sequence[str], since: datetime | None = None
    ) -> list[Submission]:
        """The cells of active students. Unpublished assignments have none (Canvas refuses to list them).

        Canvas counts its Test Student among "all" students here, so one more call asks who that is.
        """
        possible: dict[str, float | None] = {}
        for start in range(0, len(assignment_ids), IDS_AT_ONCE):
            found = self._client.assignments(course, assignment_ids[start : start + IDS_AT_ONCE])
            possible.update({shape.id: shape.points_possible for shape in found if shape.published})
        cells = self._client.submissions(course, list(possible), since)
        testers = {row.user_id for row in self._client.enrollments(course, types=[TEST_STUDENT])}
        return [
            cell.record(possible.get(cell.assignment_id)) for cell in cells if cell.user_id not in testers
        ]

    def outcomes(self, course: str) -> list[OutcomeInfo]:
        """The outcomes linked to the course, each once."""
        links = self._client.outcome_links(course)
        return list({link.outcome.id: link.outcome.record() for link in links}.values())

    def outcome_results(self, course: str) -> list[OutcomeResult]:
        """All outcome results of the course."""
        return [shape.record() for shape in self._client.outcome_results(course)]

    def pages(self, course: str) -> list[LmsPage]:
        """All pages with their text."""
        shapes = self._client.pages(course)
        full = [shape if shape.body is not None else self._client.page(course, shape.url) for shape in shapes]
        return [shape.record() for shape in full]

    def files(self, course: str, prefix: str) -> list[CourseFile]:
        """The course's files whose name begins with `prefix`."""
        found = self._client.files(course, prefix)
        return [shape.record() for shape in found if shape.display_name.startswith(prefix)]

    def download(self, file: CourseFile) -> bytes:
        """The file's bytes."""
        return self._client.http.download(file.url)

"""Where a teacher or student sees things in Canvas: addresses of its pages, for links."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CanvasPlaces:
    """The pages of one course. `base_url` is the school's Canvas, `course` the course's id there."""

    base_url: str
    course: str

    def unit(self, lms_id: str) -> str:
        """The module, among the others that the person may see."""
        return f"{self._course}/modules#module_{lms_id}"

    @property
    def units(self) -> str:
        """All modules."""
        return f"{self._course}/modules"

    @property
    def people(self) -> str:
        """The roster with its sections."""
        return f"{self._course}/users"

    @property
    def gradebook(self) -> str:
        """The grades."""
        return f"{self._course}/grades"

    @property
    def _course(self) -> str:
        return f"{self.base_url.rstrip('/')}/courses/{self.course}"

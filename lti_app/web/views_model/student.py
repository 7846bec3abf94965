"""student/me.html."""

from dataclasses import dataclass

from grouping.model import CheckState
from lti_app.web.views_model.frame import Shell


@dataclass(frozen=True, slots=True)
class StudentUnit:
    """One unit as its student sees it. `parts_to_try`: how many parts to try again, None when not counted."""

    title: str
    minutes: int
    state: CheckState
    href: str | None = None
    points: float | None = None
    possible: float | None = None
    parts_to_try: int | None = None
    is_with_teacher: bool = False


@dataclass(frozen=True, slots=True)
class StudentArea:
    """One content area of this week: what is now, next and done."""

    title: str
    minutes: int  # planned this week
    goal_met: int
    goal: int
    now: StudentUnit | None
    next: tuple[StudentUnit, ...] = ()
    done: tuple[StudentUnit, ...] = ()


@dataclass(frozen=True, slots=True)
class StudentPage:
    """student/me.html (grades 3-8). No areas = nothing planned yet. `groups` are neutral names."""

    shell: Shell
    first_name: str
    areas: tuple[StudentArea, ...] = ()
    groups: tuple[str, ...] = ()

"""teacher/skills.html."""

from dataclasses import dataclass
from datetime import datetime

from grouping.model import BenchmarkState
from lti_app.web.views_model.frame import Shell


@dataclass(frozen=True, slots=True)
class Cell:
    """One student on one skill: points of points (None: not assessed), number of answers, and the state."""

    state: BenchmarkState
    points: float | None
    possible: float | None
    answers: int


@dataclass(frozen=True, slots=True)
class SkillColumn:
    """One skill with how many students stand where. Columns come hardest first."""

    code: str
    title: str
    likely_met: int
    nearly: int
    likely_not_yet: int
    cant_tell: int
    not_assessed: int
    is_priority: bool = False

    @property
    def assessed(self) -> int:
        return self.likely_met + self.nearly + self.likely_not_yet + self.cant_tell


@dataclass(frozen=True, slots=True)
class StudentRow:
    """One student with a cell for each column, in the columns' order. Rows come neediest first."""

    student_id: int
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SkillArea:
    """One content area's map.

    `cut_percent`: at or over it the estimate counts as met (benchmark_cut, a setting).
    """

    key: str
    title: str
    cut_percent: int
    columns: tuple[SkillColumn, ...]
    rows: tuple[StudentRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer behind a cell."""

    title: str
    points: float | None
    possible: float
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CellPanel:
    """Everything behind one cell.

    `estimate`, `low`, `high`, `cut`: fractions 0..1; None when nothing was assessed.
    """

    student: str
    skill: str
    cell: Cell
    cut: float
    estimate: float | None
    low: float | None
    high: float | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class SkillsPage:
    """teacher/skills.html.

    Areas are sections side by side. A cell's link is ?student=<id>&skill=<code>: then `panel` is set.
    """

    shell: Shell
    areas: tuple[SkillArea, ...]
    as_of: datetime | None = None
    window: str = ""
    is_plain: bool = False  # ?plain=1: a table of words instead of the map
    panel: CellPanel | None = None

"""A made-up class and every page and state of it: what the gallery shows and the template tests render."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from grouping.model import BenchmarkState, CheckState
from lti_app.web.views_model import (
    Answer,
    Approval,
    AreaTab,
    Block,
    Branch,
    Cell,
    CellPanel,
    DeploymentRow,
    DistrictPage,
    Done,
    ErrorPage,
    GroupCard,
    GroupsPage,
    GroupTab,
    HistoryPage,
    HomePage,
    JobPage,
    JobView,
    Labels,
    LeavePage,
    LeftAlone,
    Member,
    Need,
    Notice,
    PlaylistRow,
    PlaylistsPage,
    PreviewPage,
    RegistrationRow,
    ResultLine,
    ResultPage,
    RunRow,
    Shell,
    SkillArea,
    SkillColumn,
    SkillsPage,
    SourceFile,
    Sources,
    StudentArea,
    StudentPage,
    StudentRow,
    StudentUnit,
)

NOW = datetime(2026, 10, 13, 14, 42, tzinfo=UTC)
CANVAS = Labels("Canvas", "section", "sections", "module", "modules", "assignment", "assignments")
TEACHER = Shell(
    base="/contexts/7",
    title="Grade 4 · Room 12",
    person="Ms. Rivera",
    kind="teacher",
    labels=CANVAS,
    now=NOW,
    week=3,
    weeks=7,
    own_tab_action="/contexts/7/home",
)
STUDENT = replace(TEACHER, person="Ana Alvarez", kind="student", week=None, weeks=None)
ADMIN = replace(
    TEACHER,
    base="/district",
    title="Cedar Grove School District",
    person="Dana Okafor",
    kind="admin",
    week=None,
)

CHILDREN = """
    Ana Alvarez, Ben Brooks, Cyrus Chaudhry, Dee Dawson, Elif Eroğlu, Florence Featherstonehaugh, Gus Grant,
    Hana Ho, Ivan Ivanov, Jada Jones, Kim Kowalski, Luz Lima, Mia Moreno, Noor Nasser, Otis Owens,
    Priya Patel, Quinn Quigley, Rosa Ramos, Sami Saleh, Tia Tran, Uma Underwood, Vera Volkova, Will Ward,
    Ximena Xu, Yusuf Yilmaz, Zoe Zhang, Abe Adler, Bea Bell
"""
SKILLS = """
    Equal shares, Area, Compare fractions, Multiply two digits, Round numbers, Word problems, Number line,
    Add and subtract
"""
READING = "Main idea, Why characters act, New words, Compare texts"


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


NAMES = _list(CHILDREN)


def _cell(chance: random.Random, share: float, possible: int) -> Cell:
    if chance.random() < 0.05:
        return Cell(BenchmarkState.NOT_ASSESSED, None, None, 0)
    points = sum(chance.random() < share for _ in range(possible))
    if possible < 3 and 0 < points < possible:
        return Cell(BenchmarkState.CANT_TELL, points, possible, possible)
    fraction = points / possible
    state = BenchmarkState.LIKELY_MET if fraction > 0.7 else BenchmarkState.LIKELY_NOT_YET
    return Cell(BenchmarkState.NEARLY if 0.5 <= fraction <= 0.7 else state, points, possible, possible)


def _area(key: str, title: str, skills: list[str], names: list[str], seed: int) -> SkillArea:
    chance = random.Random(seed)
    rows = []
    for number, name in enumerate(names, start=1):
        ability = number / len(names)
        cells = tuple(
            _cell(chance, 0.15 + 0.5 * ability + 0.35 * at / len(skills), 2 if at == 3 else 4)
            for at in range(len(skills))
        )
        rows.append(StudentRow(number, name, cells))
    columns = tuple(_column(at, title, rows) for at, title in enumerate(skills))
    return SkillArea(
        key, title, 70, columns, tuple(rows), ("Order is by how the class did: no map was given.",)
    )


def _column(at: int, title: str, rows: list[StudentRow]) -> SkillColumn:
    states = [row.cells[at].state for row in rows]
    return SkillColumn(
        code=f"3.NF.{at}",
        title=title,
        likely_met=states.count(BenchmarkState.LIKELY_MET),
        nearly=states.count(BenchmarkState.NEARLY),
        likely_not_yet=states.count(BenchmarkState.LIKELY_NOT_YET),
        cant_tell=states.count(BenchmarkState.CANT_TELL),
        not_assessed=states.count(BenchmarkState.NOT_ASSESSED),
        is_priority=at in (0, 2),
    )


SOURCES = Sources(
    as_of=NOW - timedelta(minutes=35),
    students=28,
    students_with_results=26,
    teachers=2,
    files=(
        SourceFile("regroup-skills.csv", True, 12),
        SourceFile("regroup-prerequisites.csv", True, 9),
        SourceFile("regroup-items.csv", True, 24),
        SourceFile("regroup-outcomes.csv", True, 4),
        SourceFile("regroup-units.csv", False),
    ),
    items_matched=24,
    items_total=24,
    outcomes_matched=4,
    outcomes_total=4,
)
BAD_SOURCES = replace(
    SOURCES,
    files=(
        SourceFile(
            "regroup-items.csv",
            True,
            24,
            "Line 7, column “NF1”: “2” is neither 0 nor 1. Nothing was read from it.",
        ),
        *SOURCES.files[:2],
    ),
    items_matched=22,
    unmatched=("Fall check 23", "Fall check 24"),
    problems=("regroup-items.csv could not be read: line 7, column “NF1”. Mend it and check again.",),
)
RUNNING = JobView("41", "Writing to Canvas", "running", 21, 33, "Adding modules.", started_at=NOW)

SUGGESTING = JobView(
    "42", "Suggesting groups", "running", 0, None, result_href="/contexts/7/groups", goes_on=True
)

HOME_DONE = HomePage(
    shell=replace(TEACHER, notice=Notice("done", "5 sections and 28 students are in Canvas.")),
    connection="connected",
    connected_at=NOW - timedelta(days=3),
    sources=SOURCES,
    skills=Done(
        NOW - timedelta(minutes=34),
        "12 skills for 26 students. Hardest: Equal shares, Area, Compare fractions.",
    ),
    groups=Done(NOW - timedelta(minutes=20), "5 skill groups and 7 mixed pods for 28 students."),
    playlists=Done(NOW - timedelta(minutes=19), "28 playlists with 196 units and 31 teacher tasks."),
    written=Done(NOW - timedelta(minutes=4), "5 sections and 24 modules are in Canvas."),
    pending_changes=0,
    needs=(
        Need(
            "4 students are below 80% on a check.",
            "/contexts/7/playlists",
            "See their playlists",
            ("Ana", "Ben", "Cyrus", "Dee"),
        ),
        Need(
            "2 students have no results yet. They have the grade-level start.",
            "/contexts/7/skills",
            "See the skills",
            ("Gus", "Hana"),
        ),
    ),
)
HOME_MIDDLE = replace(
    HOME_DONE, shell=TEACHER, groups=None, playlists=None, written=None, pending_changes=None, needs=()
)


def _groups() -> tuple[GroupCard, ...]:
    made = (
        ("Comets", ("Equal shares", "Area"), NAMES[0:6]),
        ("Maples", ("Compare fractions",), NAMES[6:11]),
        ("Lamps", ("Multiply two digits", "Word problems"), NAMES[11:17]),
        ("Waves", ("Round numbers",), NAMES[17:22]),
        ("Kites", ("Main idea",), NAMES[22:28]),
    )
    return tuple(
        GroupCard(
            group_id=number,
            name=name,
            focus=focus,
            members=tuple(
                Member(
                    at,
                    child,
                    f"{focus[0]}: {at % 3} of 4 right. Same need as {len(children) - 1} others here.",
                    is_provisional=child.startswith(("Gus", "Hana")),
                )
                for at, child in enumerate(children)
            ),
            content_area="Reading" if name == "Kites" else "Math",
        )
        for number, (name, focus, children) in enumerate(made, start=1)
    )


GROUPS = GroupsPage(
    shell=TEACHER,
    kind="skill",
    tabs=(GroupTab("skill", "Small groups", 5), GroupTab("mixed", "Mixed pods", 7)),
    groups=_groups(),
    notes=(
        "5 group times a week seat all 28 students.",
        "2 students have no results yet: their places are for now.",
    ),
    as_of=NOW - timedelta(minutes=20),
    pending_changes=2,
)
MIXED = replace(
    GROUPS,
    kind="mixed",
    groups=tuple(
        GroupCard(
            20 + number,
            name,
            (),
            tuple(
                Member(at, NAMES[at], "Dealt out in turn, so that each pod holds a mix.")
                for at in range(number, 28, 7)
            ),
        )
        for number, name in enumerate(("Balloons", "Clouds", "Daisies", "Gems", "Maps", "Puzzles", "Trains"))
    ),
    notes=("Each pod mixes children on purpose.",),
    pending_changes=0,
)

BLOCKS = (
    Block(
        1,
        "Halves and fourths",
        "Equal shares",
        10,
        1,
        "met",
        "Equal shares: 1 of 4 right.",
        points=9,
        possible=10,
    ),
    Block(
        2,
        "Sharing a pizza",
        "Equal shares",
        4,
        3,
        "try_again",
        "7 of 10: only the missed part again.",
        points=7,
        possible=10,
        href="https://lms.example/m/2",
    ),
    Block(
        3,
        "Area by tiles",
        "Area",
        10,
        3,
        "now",
        "Area: 0 of 3 right; needed before volume.",
        href="https://lms.example/m/3",
    ),
    Block(
        4,
        "Compare fractions",
        "Compare fractions",
        10,
        3,
        "next",
        "With me: no unit yet.",
        is_teacher_task=True,
    ),
    Block(
        5,
        "Multiply by tens",
        "Multiply two digits",
        10,
        4,
        "later",
        "Grade-level work in each list.",
        is_grade_level=True,
    ),
    Block(6, "Round to a hundred", "Round numbers", 10, 4, "not_open", "Round numbers: 2 of 4 right."),
    Block(7, "Two-step stories", "Word problems", 10, 5, "not_open", "Word problems: 1 of 4 right."),
)
ROWS = tuple(
    PlaylistRow(
        number, name, ("Comets", "Maples", "Lamps")[number % 3], 30 - number % 4, BLOCKS[number % 3 :]
    )
    for number, name in enumerate(NAMES, start=1)
)
PLAYLISTS = PlaylistsPage(
    shell=TEACHER,
    areas=(AreaTab("math", "Math"), AreaTab("reading", "Reading")),
    area="math",
    rows=ROWS,
    notes=("2 skills have no unit: they are teacher tasks, 10 minutes each.",),
    as_of=NOW - timedelta(minutes=19),
)
PREVIEW = PreviewPage(
    shell=TEACHER,
    plan_id="p-17",
    changes=86,
    calls=142,
    seconds=52,
    branches=(
        Branch(
            "groups",
            "add",
            "5 sections: Comets, Maples, Lamps, Waves, Kites",
            ("Section “Comets”", "Section “Maples”", "Section “Lamps”", "Section “Waves”", "Section “Kites”"),
        ),
        Branch(
            "members",
            "add",
            "28 students in them (they stay in Room 12)",
            tuple(f"{name} in Comets" for name in NAMES[:6]),
        ),
        Branch(
            "units",
            "add",
            "24 modules, each for the students who need it",
            ("Module “Sharing a pizza” for 9 students",),
        ),
        Branch("names", "change", "1 name: “Robins” becomes “Waves”", ("Section “Robins” becomes “Waves”",)),
        Branch("old", "take_away", "1 student from Maples", ("Otis Owens leaves Maples",)),
    ),
    left_alone=(LeftAlone("Lamps", "You renamed this in Canvas on Tuesday. Your name stays."),),
    approvals=(
        Approval("next_unit", "Open the next unit when a check is met", "Only units on this list.", True),
        Approval(
            "missed_part",
            "Give the missed part again after a try below 80%",
            "Same 30 minutes, no new unit.",
            True,
        ),
        Approval(
            "new_classmate", "Put a new classmate on the starter playlist", "Otherwise Home tells you.", False
        ),
    ),
    as_of=NOW,
)
RESULT = ResultPage(
    shell=TEACHER,
    title="Written to Canvas",
    ended_at=NOW - timedelta(minutes=4),
    person="Ms. Rivera",
    lines=(
        ResultLine("5 sections with 28 students", "https://lms.example/courses/1/sections"),
        ResultLine("24 modules with 48 items", "https://lms.example/courses/1/modules"),
        ResultLine("24 checks that do not count in the grade"),
    ),
    calls=142,
    left_alone=PREVIEW.left_alone,
)
ME = StudentPage(
    shell=STUDENT,
    first_name="Ana",
    areas=(
        StudentArea(
            "Math",
            28,
            1,
            2,
            StudentUnit("Sharing a pizza", 8, CheckState.NOT_TAKEN, "https://lms.example/m/2"),
            (
                StudentUnit("Area by tiles", 10, CheckState.NOT_TAKEN, "https://lms.example/m/3"),
                StudentUnit("Compare fractions", 10, CheckState.NOT_TAKEN, is_with_teacher=True),
            ),
            (StudentUnit("Halves and fourths", 10, CheckState.MET, "https://lms.example/m/1", 9, 10),),
        ),
        StudentArea(
            "Reading", 10, 2, 2, None, (), (StudentUnit("Main idea", 10, CheckState.MET, None, 5, 5),)
        ),
    ),
    groups=("Comets", "Balloons"),
)
ME_AGAIN = replace(
    ME,
    areas=(
        replace(
            ME.areas[0],
            now=StudentUnit("Sharing a pizza", 4, CheckState.TRY_AGAIN, "https://lms.example/m/2", 7, 10, 2),
        ),
    ),
)
MATH = _area("math", "Math", _list(SKILLS), NAMES, 4)
SKILLS_PAGE = SkillsPage(
    TEACHER, (MATH, _area("reading", "Reading", _list(READING), NAMES, 7)), SOURCES.as_of, "Fall check"
)
SMALL_MAP = replace(SKILLS_PAGE, areas=(_area("math", "Math", _list(SKILLS), NAMES[:6], 4),))
PANEL = CellPanel(
    student="Ana Alvarez",
    skill="Equal shares",
    cell=Cell(BenchmarkState.LIKELY_NOT_YET, 0, 2, 2),
    cut=0.7,
    estimate=0.31,
    low=0.12,
    high=0.55,
    answers=(Answer("Fall check 3", 0, 1, NOW - timedelta(days=5)), Answer("Fall check 9", 0, 1, None)),
)


def all_pages() -> dict[str, tuple[str, Any]]:
    """Every page and state: its name in the gallery -> (template, page)."""
    return {
        "home-first": ("teacher/home.html", HomePage(shell=TEACHER, connection="not_connected")),
        "home-expired": ("teacher/home.html", replace(HOME_MIDDLE, connection="expired")),
        "home-not-permitted": (
            "teacher/home.html",
            HomePage(TEACHER, "not_permitted", missing_right="Grades - view all grades"),
        ),
        "home-connected": ("teacher/home.html", HomePage(TEACHER, "connected", NOW)),
        "home-bad-file": ("teacher/home.html", HomePage(TEACHER, "connected", NOW, sources=BAD_SOURCES)),
        "home-middle": ("teacher/home.html", HOME_MIDDLE),
        "home-under-way": (
            "teacher/home.html",
            replace(HOME_DONE, shell=TEACHER, pending_changes=12, job=RUNNING),
        ),
        "home-done": ("teacher/home.html", HOME_DONE),
        "skills": ("teacher/skills.html", SKILLS_PAGE),
        "skills-cell": ("teacher/skills.html", replace(SMALL_MAP, panel=PANEL)),
        "skills-cell-empty": (
            "teacher/skills.html",
            replace(
                SMALL_MAP,
                panel=CellPanel(
                    "Gus Grant",
                    "Area",
                    Cell(BenchmarkState.NOT_ASSESSED, None, None, 0),
                    0.7,
                    None,
                    None,
                    None,
                    (),
                ),
            ),
        ),
        "skills-plain": ("teacher/skills.html", replace(SMALL_MAP, is_plain=True)),
        "skills-empty": ("teacher/skills.html", SkillsPage(TEACHER, ())),
        "groups": ("teacher/groups.html", GROUPS),
        "groups-mixed": ("teacher/groups.html", MIXED),
        "groups-none": ("teacher/groups.html", replace(GROUPS, groups=(), tabs=())),
        "groups-no-results": ("teacher/groups.html", replace(GROUPS, groups=(), tabs=(), has_results=False)),
        "playlists": ("teacher/playlists.html", PLAYLISTS),
        "playlists-one": ("teacher/playlists.html", replace(PLAYLISTS, one=replace(ROWS[2], blocks=BLOCKS))),
        "playlists-none": ("teacher/playlists.html", replace(PLAYLISTS, rows=())),
        "playlists-no-groups": ("teacher/playlists.html", replace(PLAYLISTS, rows=(), has_groups=False)),
        "preview": ("teacher/preview.html", PREVIEW),
        "preview-not-planned": (
            "teacher/preview.html",
            PreviewPage(TEACHER, "", changes=0, calls=0, seconds=0, branches=()),
        ),
        "preview-nothing": (
            "teacher/preview.html",
            replace(PREVIEW, changes=0, calls=0, branches=(), approvals=()),
        ),
        "job-queued": (
            "teacher/job.html",
            JobPage(TEACHER, replace(RUNNING, state="queued", done=0, total=None)),
        ),
        "job-running": ("teacher/job.html", JobPage(TEACHER, RUNNING)),
        "job-waiting": (
            "teacher/job.html",
            JobPage(
                TEACHER,
                replace(RUNNING, state="waiting", message="Canvas asked us to slow down. About 2 min left."),
            ),
        ),
        "job-stopping": ("teacher/job.html", JobPage(TEACHER, replace(RUNNING, is_stopping=True))),
        "job-done": (
            "teacher/job.html",
            JobPage(
                TEACHER,
                replace(
                    RUNNING,
                    state="done",
                    done=33,
                    message="5 sections and 28 students are in Canvas.",
                    result_href="/contexts/7/runs/41",
                ),
            ),
        ),
        "job-suggesting": ("teacher/job.html", JobPage(TEACHER, SUGGESTING)),
        "job-signed-out": ("teacher/job.html", JobPage(TEACHER, replace(RUNNING, job_id="43"))),
        "job-stopped": (
            "teacher/job.html",
            JobPage(
                TEACHER,
                replace(
                    RUNNING,
                    state="cancelled",
                    message="21 of 33 are written. Nothing is doubled when you go on.",
                    go_on_action="/contexts/7/write",
                ),
            ),
        ),
        "job-part": (
            "teacher/job.html",
            JobPage(
                TEACHER,
                replace(
                    RUNNING,
                    state="failed",
                    message="21 of 33 written, then Canvas stopped answering. Nothing is doubled.",
                    go_on_action="/contexts/7/write",
                    result_href="/contexts/7/runs/41",
                ),
            ),
        ),
        "result": ("teacher/result.html", RESULT),
        "result-part": (
            "teacher/result.html",
            replace(
                RESULT,
                remaining=12,
                message="21 of 33 written, then Canvas stopped answering.",
                go_on_action="/contexts/7/write",
            ),
        ),
        "result-nothing": ("teacher/result.html", replace(RESULT, lines=(), calls=9, left_alone=())),
        "leave": ("teacher/leave.html", LeavePage(TEACHER, "Connect Canvas", "about:blank")),
        "history": (
            "teacher/history.html",
            HistoryPage(
                TEACHER,
                (
                    RunRow(
                        41,
                        "Written to Canvas",
                        "Ms. Rivera",
                        NOW - timedelta(minutes=4),
                        86,
                        "/contexts/7/runs/41",
                    ),
                    RunRow(40, "Scores sent", "Mr. Ode", NOW - timedelta(days=2), 12, "/contexts/7/runs/40"),
                ),
            ),
        ),
        "history-empty": ("teacher/history.html", HistoryPage(TEACHER, ())),
        "me": ("student/me.html", ME),
        "me-again": ("student/me.html", ME_AGAIN),
        "me-empty": ("student/me.html", StudentPage(STUDENT, "Ana", (), ("Comets",))),
        "district": (
            "district/home.html",
            DistrictPage(
                ADMIN,
                (
                    RegistrationRow(
                        "Canvas",
                        "https://canvas.example.org",
                        "10000000000007",
                        True,
                        True,
                        (DeploymentRow("7:8865aa05", "active", 26, NOW), DeploymentRow("9:1f", "pending", 0)),
                    ),
                    RegistrationRow(
                        "Schoology",
                        "https://schoology.example.org",
                        "42",
                        False,
                        False,
                        (DeploymentRow("1", "suspended", 3),),
                    ),
                ),
            ),
        ),
        "district-empty": ("district/home.html", DistrictPage(ADMIN, ())),
        "error": (
            "errors/error.html",
            ErrorPage(
                "Canvas is not answering",
                "We asked for the roster at 10:43 and got no answer.",
                "Nothing was changed. This is how things stood at 7:02.",
                "Try again in a few minutes.",
                "7f3a-19",
                "/contexts/7/home",
                "Back to Home",
                TEACHER,
            ),
        ),
        "error-observer": (
            "errors/error.html",
            ErrorPage(
                "Nothing to show here",
                "Canvas opened Regroup for you as an observer. Regroup shows no student's work to observers.",
                remedy="Ask the teacher for a printed copy.",
            ),
        ),
    }

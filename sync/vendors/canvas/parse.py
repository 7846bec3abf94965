"""Canvas's answers -> our records. Pure; one model for each answer, with only the fields we read."""

from pydantic import Field

from sync.records import (
    CourseFile,
    ItemKind,
    LmsAssignment,
    LmsItem,
    LmsPage,
    LmsUnit,
    OutcomeInfo,
    OutcomeResult,
    Role,
    Submission,
    SubmissionState,
)
from sync.shapes import LmsId, Shape, UtcTime

ROLE_OF_TYPE = {
    "StudentEnrollment": Role.LEARNER,
    "TeacherEnrollment": Role.TEACHER,
    "TaEnrollment": Role.ASSISTANT,
    "ObserverEnrollment": Role.OBSERVER,
    "DesignerEnrollment": Role.OTHER,
}
TEST_STUDENT = "StudentViewEnrollment"
_NOT_COPYABLE = frozenset({"online_quiz", "external_tool", "discussion_topic", "wiki_page"})
_KIND_OF_ITEM = {"Page": ItemKind.PAGE, "Assignment": ItemKind.CHECK, "ExternalUrl": ItemKind.LINK}


class UserShape(Shape):
    """A person inside another answer."""

    id: LmsId
    name: str
    sortable_name: str = ""
    sis_user_id: LmsId | None = None


class EnrollmentShape(Shape):
    """One row of enrollments: a person in one section in one role."""

    id: LmsId
    user_id: LmsId
    course_section_id: LmsId
    type: str
    enrollment_state: str
    sis_user_id: LmsId | None = None
    user: UserShape | None = None


class SectionShape(Shape):
    """A section."""

    id: LmsId
    name: str


class ToolLink(Shape):
    """The tool behind an assignment."""

    url: str = ""


class AssignmentShape(Shape):
    """An assignment, as a teacher's token sees it."""

    id: LmsId
    name: str
    published: bool
    points_possible: float | None = None
    html_url: str = ""
    description: str | None = None
    submission_types: list[str] = Field(default_factory=list)
    due_at: UtcTime | None = None
    only_visible_to_overrides: bool = False
    visible_to_everyone: bool | None = None
    omit_from_final_grade: bool = False
    assignment_group_id: LmsId | None = None
    external_tool_tag_attributes: ToolLink | None = None

    def record(self) -> LmsAssignment:
        """As our record. A quiz, a tool or a discussion cannot be copied through REST."""
        types = tuple(self.submission_types)
        return LmsAssignment(
            lms_id=self.id,
            name=self.name,
            points_possible=self.points_possible,
            is_published=self.published,
            html_url=self.html_url,
            description=self.description or "",
            submission_types=types,
            due_at=self.due_at,
            is_restricted=self.only_visible_to_overrides,
            counts_in_grade=not self.omit_from_final_grade,
            folder_id=self.assignment_group_id,
            external_url=self.external_tool_tag_attributes.url if self.external_tool_tag_attributes else None,
            is_copyable=not _NOT_COPYABLE.intersection(types),
        )


class SubmissionShape(Shape):
    """One cell of the gradebook."""

    assignment_id: LmsId
    user_id: LmsId
    workflow_state: str
    score: float | None = None
    entered_score: float | None = None
    excused: bool | None = None
    missing: bool | None = None
    submitted_at: UtcTime | None = None
    graded_at: UtcTime | None = None
    posted_at: UtcTime | None = None
    attempt: int | None = None

    @property
    def state(self) -> SubmissionState:
        """Excused outranks missing, missing outranks a zero that the late policy filled in."""
        if self.excused:
            return SubmissionState.EXCUSED
        if self.missing and self.submitted_at is None:
            return SubmissionState.MISSING
        if self.workflow_state == "graded" and self.score is not None:
            return SubmissionState.SCORED if self.posted_at is not None else SubmissionState.UNPOSTED
        if self.submitted_at is not None:
            return SubmissionState.SUBMITTED
        return SubmissionState.UNSUBMITTED

    def record(self, possible: float | None) -> Submission:
        """As our record. Points are as entered: a late penalty says nothing about a skill."""
        state = self.state
        is_scored = state in (SubmissionState.SCORED, SubmissionState.UNPOSTED)
        points = self.entered_score if self.entered_score is not None else self.score
        return Submission(
            assignment=self.assignment_id,
            user=self.user_id,
            points=points if is_scored else None,
            possible=possible,
            state=state,
            submitted_at=self.submitted_at,
            graded_at=self.graded_at,
            attempt=self.attempt,
        )


class StudentSubmissions(Shape):
    """All asked cells of one student (grouped=1)."""

    user_id: LmsId
    submissions: list[SubmissionShape]


class OutcomeShape(Shape):
    """An outcome."""

    id: LmsId
    title: str

    def record(self) -> OutcomeInfo:
        """As our record."""
        return OutcomeInfo(self.id, self.title)


class OutcomeLinkShape(Shape):
    """One outcome linked to the course."""

    outcome: OutcomeShape


class OutcomeResultLinks(Shape):
    """Whose result on what."""

    user: LmsId
    learning_outcome: LmsId


class OutcomeResultShape(Shape):
    """One outcome result."""

    score: float | None = None
    possible: float | None = None
    percent: float | None = None
    submitted_or_assessed_at: UtcTime | None = None
    links: OutcomeResultLinks

    def record(self) -> OutcomeResult:
        """As our record."""
        links = self.links
        return OutcomeResult(
            links.user,
            links.learning_outcome,
            self.score,
            self.possible,
            self.percent,
            self.submitted_or_assessed_at,
        )


class PageShape(Shape):
    """A wiki page; lists leave the body out unless asked."""

    page_id: LmsId
    url: str
    title: str
    published: bool
    body: str | None = None
    html_url: str = ""

    def record(self) -> LmsPage:
        """As our record."""
        return LmsPage(self.page_id, self.url, self.title, self.body or "", self.published, self.html_url)


class FileShape(Shape):
    """A file of the course."""

    id: LmsId
    display_name: str
    url: str

    def record(self) -> CourseFile:
        """As our record."""
        return CourseFile(self.id, self.display_name, self.url)


class ItemShape(Shape):
    """One item of a module."""

    id: LmsId
    type: str
    title: str
    published: bool | None = None
    content_id: LmsId | None = None
    page_url: str | None = None
    external_url: str | None = None

    def record(self) -> LmsItem:
        """As our record."""
        target = self.page_url or self.external_url or self.content_id or ""
        kind = _KIND_OF_ITEM.get(self.type, ItemKind.OTHER)
        return LmsItem(self.id, kind, target, self.title, bool(self.published))


class ModuleShape(Shape):
    """A module; Canvas leaves `items` out when there are many."""

    id: LmsId
    name: str
    position: int
    published: bool
    items: list[ItemShape] | None = None


class NamedId(Shape):
    """Something with an id, of which no more is read."""

    id: LmsId


class OverrideShape(Shape):
    """One audience of a module: a list of students, or something else of the teacher's."""

    id: LmsId
    title: str | None = None
    students: list[NamedId] | None = None


class FolderShape(Shape):
    """An assignment group."""

    id: LmsId
    name: str


def audience_of(overrides: list[OverrideShape]) -> tuple[frozenset[str] | None, str | None]:
    """The students of a module's audiences (None: everybody) and our marker if one list is all there is."""
    if not overrides:
        return None, None
    students = frozenset(person.id for entry in overrides for person in entry.students or [])
    alone = overrides[0] if len(overrides) == 1 and overrides[0].students is not None else None
    return students, alone.title if alone else None


def unit_of(module: ModuleShape, items: list[ItemShape], overrides: list[OverrideShape]) -> LmsUnit:
    """A module as our record."""
    audience, marker = audience_of(overrides)
    return LmsUnit(
        lms_id=module.id,
        name=module.name,
        position=module.position,
        is_published=module.published,
        audience=audience,
        audience_marker=marker,
        items=tuple(item.record() for item in items),
    )

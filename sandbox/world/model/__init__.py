"""The LMS's records, named as Canvas names them. Plain data: the rules live beside, in the other files.

Ids are integers that `World.add` gives out; no two records of any table share one. Times are aware UTC.
A record is never removed: deleting sets its state to "deleted".
"""

from __future__ import annotations

from sandbox.world.model.content import (
    ContentMigration,
    CourseFile,
    MasteryScale,
    Module,
    ModuleItem,
    Outcome,
    OutcomeAlignment,
    OutcomeGroup,
    OutcomeLink,
    OutcomeResult,
    PageRevision,
    WikiPage,
)
from sandbox.world.model.groups import Group, GroupCategory, GroupMembership
from sandbox.world.model.keys import (
    ApiKey,
    AuthorizationCode,
    Deployment,
    Grant,
    LineItem,
    LtiKey,
    LtiRegistration,
    LtiToken,
    NoticeHandler,
    RegistrationUpdateRequest,
    ResourceLink,
    Result,
)
from sandbox.world.model.people import Account, Course, Enrollment, Section, User
from sandbox.world.model.record import ContentKey, ContentType, Record
from sandbox.world.model.traces import ItemMark, JournalEntry, Notice, ProgressJob
from sandbox.world.model.work import (
    Assignment,
    AssignmentGroup,
    AssignmentOverride,
    LatePolicy,
    ModuleOverride,
    Override,
    Quiz,
    QuizQuestion,
    Rubric,
    Submission,
)

__all__ = [
    "Account",
    "ApiKey",
    "Assignment",
    "AssignmentGroup",
    "AssignmentOverride",
    "AuthorizationCode",
    "ContentKey",
    "ContentMigration",
    "ContentType",
    "Course",
    "CourseFile",
    "Deployment",
    "Enrollment",
    "Grant",
    "Group",
    "GroupCategory",
    "GroupMembership",
    "ItemMark",
    "JournalEntry",
    "LatePolicy",
    "LineItem",
    "LtiKey",
    "LtiRegistration",
    "LtiToken",
    "MasteryScale",
    "Module",
    "ModuleItem",
    "ModuleOverride",
    "Notice",
    "NoticeHandler",
    "Outcome",
    "OutcomeAlignment",
    "OutcomeGroup",
    "OutcomeLink",
    "OutcomeResult",
    "Override",
    "PageRevision",
    "ProgressJob",
    "Quiz",
    "QuizQuestion",
    "Record",
    "RegistrationUpdateRequest",
    "ResourceLink",
    "Result",
    "Rubric",
    "Section",
    "Submission",
    "User",
    "WikiPage",
]

"""What each page is rendered from: a view fills one of these and hands it to the template as `page`.

Nothing here knows a database, a vendor or a teaching rule: fields are facts, already counted. Texts in fields
(reasons, notes, change lines) are finished sentences. Times are aware UTC. Points are as the LMS gave them,
never percents made up here. Every page carries a `Shell`; the template adds tabs, title, token and form
actions below `shell.base`. templates/README.md lists the pages with their addresses and forms.
"""

from lti_app.web.views_model.frame import JobView, Labels, Notice, Shell
from lti_app.web.views_model.groups import GroupCard, GroupsPage, GroupTab, Member
from lti_app.web.views_model.home import Done, HomePage, Need, SourceFile, Sources
from lti_app.web.views_model.others import DeploymentRow, DistrictPage, ErrorPage, RegistrationRow
from lti_app.web.views_model.playlists import AreaTab, Block, PlaylistRow, PlaylistsPage
from lti_app.web.views_model.runs import (
    Approval,
    Branch,
    HistoryPage,
    JobPage,
    LeavePage,
    LeftAlone,
    PreviewPage,
    ResultLine,
    ResultPage,
    RunRow,
)
from lti_app.web.views_model.skills import (
    Answer,
    Cell,
    CellPanel,
    SkillArea,
    SkillColumn,
    SkillsPage,
    StudentRow,
)
from lti_app.web.views_model.student import StudentArea, StudentPage, StudentUnit

__all__ = [
    "Answer",
    "Approval",
    "AreaTab",
    "Block",
    "Branch",
    "Cell",
    "CellPanel",
    "DeploymentRow",
    "DistrictPage",
    "Done",
    "ErrorPage",
    "GroupCard",
    "GroupTab",
    "GroupsPage",
    "HistoryPage",
    "HomePage",
    "JobPage",
    "JobView",
    "Labels",
    "LeavePage",
    "LeftAlone",
    "Member",
    "Need",
    "Notice",
    "PlaylistRow",
    "PlaylistsPage",
    "PreviewPage",
    "RegistrationRow",
    "ResultLine",
    "ResultPage",
    "RunRow",
    "Shell",
    "SkillArea",
    "SkillColumn",
    "SkillsPage",
    "SourceFile",
    "Sources",
    "StudentArea",
    "StudentPage",
    "StudentRow",
    "StudentUnit",
]

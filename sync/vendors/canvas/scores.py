"""Scores in Canvas: AGS, and the one REST call that keeps its column out of the grade.

AGS alone makes an assignment for the whole class that counts (canvas.md 6.4), so the column is found through
the tool's address it bears, and told to count for nothing before any score goes into it.
"""

from urllib.parse import parse_qs, urlencode, urlsplit

from sync.advantage.ags import AgsScores
from sync.errors import BadReply, NotFound
from sync.http import Http
from sync.records import Json, LineItem, Score
from sync.vendors.canvas.client import CanvasClient, number
from sync.wanted import WantedLineItem

SUBMISSION_TYPE = "https://canvas.instructure.com/lti/submission_type"
SUBMISSION = "https://canvas.instructure.com/lti/submission"
MARK = "line_item"


def quiet_score(score: Score) -> dict[str, Json]:
    """No attempt is made of our score, no date moves, and a grade that the teacher gave stays.

    `prioritize_non_tool_grade` keeps whatever score is there, in Canvas's code our own earlier one too: it
    is left out where the gradebook still holds what we sent.
    """
    return {SUBMISSION: {"new_submission": False, "prioritize_non_tool_grade": not score.replaces_ours}}


class CanvasScores(AgsScores):
    """A ScoreWriter. `tool_url` is where the column's assignment opens the tool."""

    def __init__(self, http: Http, line_items_url: str, client: CanvasClient, tool_url: str) -> None:
        def extras(line_item: WantedLineItem) -> dict[str, Json]:
            address = f"{tool_url}?{urlencode({MARK: line_item.key})}"
            return {SUBMISSION_TYPE: {"type": "external_tool", "external_tool_url": address}}

        super().__init__(http, line_items_url, item_extras=extras, score_extras=quiet_score)
        self._client = client

    def quieten(self, course: str, line_item: LineItem, folder: str | None) -> None:
        """Omits the column's assignment from the final grade and puts it into our assignment group."""
        assignment = self._assignment_of(course, line_item)
        fields: dict[str, Json] = {"omit_from_final_grade": True, "post_to_sis": False}
        if folder is not None:
            fields["assignment_group_id"] = number(folder)
        if not self._client.change_assignment(course, assignment, fields).omit_from_final_grade:
            raise BadReply("Canvas still counts the column in the grade.", field="omit_from_final_grade")

    def _assignment_of(self, course: str, line_item: LineItem) -> str:
        for shape in self._client.assignments(course, search=line_item.label):
            tool = shape.external_tool_tag_attributes
            if tool is not None and parse_qs(urlsplit(tool.url).query).get(MARK) == [line_item.resource_id]:
                return shape.id
        raise NotFound("The assignment behind the column is not in the course.")

"""Assignment and Grade Services 2.0: line items, scores and results of any LTI Advantage platform.

Source: IMS AGS 2.0. What is special of a platform comes in as `item_extras` and `score_extras`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from sync.http import Http, Params
from sync.records import Json, LineItem, Result, Score
from sync.shapes import LmsId, Shape, one, rows
from sync.wanted import WantedLineItem

ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


class LineItemShape(Shape):
    """A line item."""

    id: str
    label: str = ""
    score_maximum: float = Field(alias="scoreMaximum")
    resource_id: str | None = Field(default=None, alias="resourceId")
    tag: str | None = None

    def record(self) -> LineItem:
        """As our record."""
        return LineItem(self.id, self.label, self.score_maximum, self.resource_id, self.tag)


class ResultShape(Shape):
    """A result."""

    user_id: LmsId = Field(alias="userId")
    score: float | None = Field(default=None, alias="resultScore")
    maximum: float | None = Field(default=None, alias="resultMaximum")
    comment: str | None = None


class AgsScores:
    """A ScoreWriter for one context, by the `lineitems` URL of its launch."""

    def __init__(
        self,
        http: Http,
        line_items_url: str,
        *,
        item_extras: Callable[[WantedLineItem], Mapping[str, Json]] = lambda _: {},
        score_extras: Callable[[Score], Mapping[str, Json]] = lambda _: {},
    ) -> None:
        self._http = http
        self._url = line_items_url
        self._item_extras = item_extras
        self._score_extras = score_extras

    def line_items(self) -> list[LineItem]:
        """GET <lineitems>: the line items that are ours."""
        return self._read(None)

    def find(self, resource_id: str) -> LineItem | None:
        """GET <lineitems>?resource_id=: the line item made under this key, checked here again."""
        found = self._read({"resource_id": resource_id})
        return next((item for item in found if item.resource_id == resource_id), None)

    def _read(self, params: Params | None) -> list[LineItem]:
        pages = self._http.pages(self._url, params, accept=ITEMS)
        return [shape.record() for page in pages for shape in rows(LineItemShape, page)]

    def create(self, line_item: WantedLineItem) -> LineItem:
        """POST <lineitems>. Not repeatable: look with `find` first."""
        body = {
            "label": line_item.label,
            "scoreMaximum": line_item.maximum,
            "resourceId": line_item.key,
            "tag": line_item.tag,
            **self._item_extras(line_item),
        }
        reply = self._http.post(self._url, json=body, headers={"Content-Type": ITEM, "Accept": ITEM})
        return one(LineItemShape, reply).record()

    def quieten(self, course: str, line_item: LineItem, folder: str | None) -> None:
        """Nothing: plain AGS has no say in what counts."""

    def send(self, line_item_url: str, score: Score) -> None:
        """POST <lineitem>/scores: final, so that the platform shows it. The same person's times must rise."""
        body = {
            "userId": score.user,
            "scoreGiven": score.given,
            "scoreMaximum": score.maximum,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": precise(score.at),
            **({"comment": score.comment} if score.comment else {}),
            **self._score_extras(score),
        }
        self._http.post(below(line_item_url, "scores"), json=body, headers={"Content-Type": SCORE})

    def results(self, line_item_url: str, user: str | None = None) -> list[Result]:
        """GET <lineitem>/results, with `?user_id=` for one person: what the gradebook holds now."""
        only = {"user_id": user} if user is not None else None
        pages = self._http.pages(below(line_item_url, "results"), only, accept=RESULTS)
        shapes = [shape for page in pages for shape in rows(ResultShape, page)]
        return [Result(shape.user_id, shape.score, shape.maximum, shape.comment or "") for shape in shapes]


def below(line_item_url: str, part: str) -> str:
    """The URL of a line item's scores or results; a query, where the platform uses one, stays at the end."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{part}"))


def precise(at: datetime) -> str:
    """A time to the microsecond: platforms refuse a score whose time does not rise."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

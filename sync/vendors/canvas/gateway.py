"""One Canvas course's gateway."""

from sync.advantage.nrps import NrpsRoster
from sync.http import Http
from sync.ports import Gateway
from sync.records import Labels
from sync.vendors.canvas.client import CanvasClient
from sync.vendors.canvas.grades import CanvasGrades
from sync.vendors.canvas.groups import CanvasGroups
from sync.vendors.canvas.rosters import CanvasRoster
from sync.vendors.canvas.scores import CanvasScores
from sync.vendors.canvas.units import CanvasUnits
from sync.wanted import Action

FAMILY = "canvas"
LABELS = Labels(
    lms="Canvas",
    course="course",
    group="section",
    unit="module",
    check="assignment",
    page="page",
    check_folder="assignment group",
    line_item="gradebook column",
)
COSTS = {Action.SET_AUDIENCE: 2, Action.OPEN_UNIT: 2, Action.REMOVE_CHECK: 2, Action.QUIET_LINE_ITEM: 2}
"""Calls of a step that takes more than one: it reads back, or makes sure first."""


def canvas_gateway(
    rest: Http,
    *,
    service: Http | None = None,
    memberships_url: str | None = None,
    context_rlid: str | None = None,
    line_items_url: str | None = None,
    tool_url: str | None = None,
) -> Gateway:
    """The gateway of one course.

    `rest` acts as the teacher who authorised; `service` is the LTI side of the same platform, its token from
    client credentials. Its URLs come from the launch; without them nobody has a `sub` and no score is sent.
    `context_rlid` is the course's own LTI context id: with it Canvas tells its user ids in NRPS.
    """
    client = CanvasClient(rest)
    nrps = NrpsRoster(service, memberships_url, context_rlid) if service and memberships_url else None
    scores = None
    if service and line_items_url and tool_url:
        scores = CanvasScores(service, line_items_url, client, tool_url)
    return Gateway(
        family=FAMILY,
        labels=LABELS,
        roster=CanvasRoster(client, nrps),
        grades=CanvasGrades(client),
        groups=CanvasGroups(client),
        units=CanvasUnits(client),
        scores=scores,
        costs=COSTS,
    )

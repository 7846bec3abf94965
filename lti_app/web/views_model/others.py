"""district/home.html and errors/error.html."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lti_app.web.views_model.frame import Shell


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One place in the LMS where Regroup was put. `state`: active, pending or suspended."""

    deployment_id: str
    state: Literal["active", "pending", "suspended"]
    contexts: int
    last_launch_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """One LMS that knows Regroup. `has_api_key`: teachers can connect it to the LMS's own interface."""

    lms: str
    issuer: str
    client_id: str
    is_active: bool
    has_api_key: bool
    deployments: tuple[DeploymentRow, ...]


@dataclass(frozen=True, slots=True)
class DistrictPage:
    """district/home.html."""

    shell: Shell
    registrations: tuple[RegistrationRow, ...]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """errors/error.html: what happened, what was and was not done, what to do.

    Also the page of a role that may see nothing.

    `reference` is the number an admin finds in our log. `action_href` and `action_text`: a plain link, if
    there is a way on.
    """

    title: str
    what: str
    done: str = ""
    remedy: str = ""
    reference: str = ""
    action_href: str | None = None
    action_text: str = ""
    shell: Shell | None = None

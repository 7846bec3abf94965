"""What `create_app` put together for the views; no view builds its own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from lti_app.jobs.client import JobsClient
from lti_app.lti.outgoing import HttpSession
from lti_app.settings import Settings
from lti_app.store.db import Database

KEY = "regroup"


@dataclass(frozen=True, slots=True)
class Parts:
    """The app's parts, one set for each app."""

    settings: Settings
    database: Database
    http: HttpSession
    jobs: JobsClient
    clock: Callable[[], datetime]


def parts() -> Parts:
    """The parts of the app that answers the present request."""
    found: Parts = current_app.extensions[KEY]
    return found


def now() -> datetime:
    """The moment of the present request's app clock, aware UTC."""
    return parts().clock()

"""What time it is: the wall clock; in tests on loopback, the wall clock moved by what a file says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lti_app.settings import Settings


def utc_now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The clock that the settings ask for.

    `clock_offset_file` holds the seconds to add, read anew each time, so that a test can move the web server,
    the worker and the LMS together; a file that is missing or empty adds none.
    """
    path = settings.clock_offset_file
    if path is None:
        return utc_now

    def moved() -> datetime:
        try:
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            text = ""
        return utc_now() + timedelta(seconds=float(text or 0))

    return moved

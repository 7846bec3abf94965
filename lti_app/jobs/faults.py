"""A fault of our own code, told to the log: a developer finds the place, nobody reads a student's name."""

import traceback
from uuid import uuid4


def describe(error: Exception) -> tuple[str, str]:
    """A reference to quote, and lines for the log: type and places, not the text, which may name people."""
    reference = uuid4().hex[:8]
    places = "".join(traceback.format_tb(error.__traceback__))
    return reference, f"reference {reference}: {type(error).__name__}\n{places}"

"""The keys of what we make in a context: how the rest of the program finds a link again."""

from hashlib import sha256

CHECK_FOLDER = "folder/checks"


def group(key: str) -> str:
    """The link of a wanted group."""
    return f"group/{key}"


def unit(key: str) -> str:
    """The link of a wanted unit; its `lms_id` is the module's or folder's id."""
    return f"unit/{key}"


def page(key: str) -> str:
    """The link of a unit's own page."""
    return f"page/{key}"


def check(key: str) -> str:
    """The link of a unit's own check; its `lms_id` is the assignment's id."""
    return f"check/{key}"


def item(key: str, part: str) -> str:
    """The link of one item of a unit: part is page, check or link/<n>."""
    return f"item/{key}/{part}"


def line_item(key: str) -> str:
    """The link of a wanted line item; its `lms_id` is the line item's URL."""
    return f"line_item/{key}"


def score(line_item_key: str, user: str) -> str:
    """The link of one person's score; `wrote` holds what was sent."""
    return f"score/{line_item_key}/{user}"


def marker(course: str, key: str) -> str:
    """The mark an object of ours bears in a place where nobody reads it."""
    return "regroup-" + sha256(f"{course}\n{key}".encode()).hexdigest()[:16]

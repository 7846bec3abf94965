"""Icons as inline SVG, so that they take the colour of the text beside them."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

ICONS = Path(__file__).resolve().parents[1] / "static" / "vendor" / "icons"
NAME = re.compile(r"[a-z0-9-]+")
OPENING_TAG = re.compile(r"<svg[^>]*>")


@cache
def icon(name: str) -> Markup:
    """One icon, hidden from screen readers: a word always stands beside it.

    Raises FileNotFoundError for an unknown name.

    The names are those of package.json's `regroup.icons`; `npm run vendor` puts the files there.
    """
    if not NAME.fullmatch(name):
        raise FileNotFoundError(f"no icon is called {name!r}")
    drawing = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    opening = (
        '<svg class="icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" focusable="false">'
    )
    return Markup(OPENING_TAG.sub(opening, drawing, count=1))  # noqa: S704  # a file of our own package

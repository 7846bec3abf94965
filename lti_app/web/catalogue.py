"""The message catalogue: one place that says in which language and in whose time zone a page speaks.

Texts are written in English in the templates and here, each in `_()`; `lti_app/translations/messages.pot`
lists them all (`python scripts/catalogue.py`, held current by a test). A language is offered once its
catalogue is whole.
"""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g, request
from flask_babel import Babel, format_date, format_time, get_timezone, gettext

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
LANGUAGES = ("en",)


def chosen_language() -> str:
    """The language of this page: `g.locale` (as the LMS sent it), else the browser's, else English."""
    wanted = str(g.get("locale") or "").replace("_", "-").split("-")[0].lower()
    if wanted in LANGUAGES:
        return wanted
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def chosen_zone() -> str | None:
    """The person's time zone, `g.timezone` as the LMS sent it, or None: then UTC is said beside a time."""
    zone = g.get("timezone")
    try:
        return ZoneInfo(zone).key if zone else None
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # it looks a name up as a file: too long, or a folder
        return None


def spoken_time(at: datetime, now: datetime) -> str:
    """A time as a teacher says it: "7:02 AM" today, "Tue 9:10 AM" within six days, else "Oct 12, 9:10 AM".

    Both are aware UTC. Without a known zone "UTC" is added; times.js then puts the reader's own time there.
    """
    zone = get_timezone() or ZoneInfo("UTC")
    day, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    text = format_time(at, "short")
    if day != today:
        is_near = timedelta(0) < today - day < timedelta(days=6)
        date = format_date(at, "EEE" if is_near else "MMM d")
        text = f"{date} {text}" if is_near else f"{date}, {text}"
    return text if chosen_zone() else str(gettext("%(time)s UTC", time=text))


def install_catalogue(app: Flask) -> None:
    """Give the app its language and time zone choice, and templates `_` and `ngettext`."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, locale_selector=chosen_language, timezone_selector=chosen_zone)

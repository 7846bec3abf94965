"""Words, marks, points, times, icons and pictures."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import g
from web_pages import gallery_app

from grouping.model import BenchmarkState
from lti_app.places import folder
from lti_app.web.catalogue import chosen_language, chosen_zone, spoken_time
from lti_app.web.icons import ICONS, icon
from lti_app.web.pictures import PICTURES, hue_of, picture_of
from lti_app.web.words import BENCHMARK, points_text

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 10, 13, 14, 42, tzinfo=UTC)  # a Tuesday


def test_each_state_has_a_word_a_mark_and_a_class_of_its_own() -> None:
    assert set(BENCHMARK) == set(BenchmarkState)
    with gallery_app().test_request_context("/"):
        for part in ("css", "mark", "word"):
            assert len({str(getattr(words, part)) for words in BENCHMARK.values()}) == len(BENCHMARK)


@pytest.mark.parametrize(
    ("points", "expected"),
    [(3.0, "3"), (2.5, "2.5"), (0.0, "0"), (10.0, "10"), (100.0, "100"), (1 / 3, "0.33"), (None, "–")],
)
def test_points_are_written_as_a_teacher_writes_them(points: float | None, expected: str) -> None:
    assert points_text(points) == expected


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        (datetime(2026, 10, 13, 7, 2, tzinfo=UTC), None, "7:02 AM UTC"),
        (datetime(2026, 10, 13, 14, 2, tzinfo=UTC), "America/Denver", "8:02 AM"),
        (datetime(2026, 10, 9, 15, 10, tzinfo=UTC), "America/Denver", "Fri 9:10 AM"),
        (datetime(2026, 10, 13, 3, 0, tzinfo=UTC), "America/Denver", "Mon 9:00 PM"),
        (datetime(2026, 10, 6, 15, 10, tzinfo=UTC), "America/Denver", "Oct 6, 9:10 AM"),
        (datetime(2026, 10, 20, 15, 10, tzinfo=UTC), "America/Denver", "Oct 20, 9:10 AM"),
        (datetime(2026, 10, 13, 7, 2, tzinfo=UTC), "Not/AZone", "7:02 AM UTC"),
        (datetime(2026, 10, 13, 7, 2, tzinfo=UTC), "../../etc/passwd", "7:02 AM UTC"),
    ],
)
def test_a_time_is_said_in_the_persons_zone(at: datetime, zone: str | None, expected: str) -> None:
    with gallery_app().test_request_context("/"):
        g.timezone = zone
        assert spoken_time(at, NOW).replace("\u202f", " ") == expected


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "/etc/passwd", "../x", "a" * 300])
def test_a_zone_we_do_not_know_is_none(zone: str | None) -> None:
    with gallery_app().test_request_context("/"):
        g.timezone = zone
        assert chosen_zone() is None


@pytest.mark.parametrize("locale", ["en", "en-US", "en_GB", "xx", "", "es; DROP", None])
def test_a_language_without_a_whole_catalogue_is_english(locale: str | None) -> None:
    with gallery_app().test_request_context("/", headers={"Accept-Language": "xx-YY, zz;q=0.5"}):
        g.locale = locale
        assert chosen_language() == "en"


@pytest.mark.parametrize("name", ["nosuch", "../htmx.min", "tree.svg", "", "Tree", "icons/tree"])
def test_an_unknown_icon_stops_the_page(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        icon(name)


def test_an_icon_is_hidden_from_screen_readers_and_takes_the_texts_colour() -> None:
    drawing = icon("tree")
    assert drawing.startswith('<svg class="icon"')
    assert 'aria-hidden="true"' in drawing
    assert "currentColor" in drawing
    assert "://" not in drawing


def test_every_icon_that_is_asked_for_is_there() -> None:
    listed = set(json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["regroup"]["icons"])
    used = set(PICTURES.values()) | {"people"}
    for path in folder("templates").rglob("*.html"):
        for call in re.findall(r"icon\(([^)]*)\)", path.read_text(encoding="utf-8")):
            used |= set(re.findall(r'"([a-z0-9-]+)"', call))
    assert used <= listed
    assert listed == {path.stem for path in ICONS.glob("*.svg")}


def test_group_names_are_plain_words_each_with_its_own_picture() -> None:
    level = re.compile(
        r"\d|low|high|top|first|best|star|gold|silver|bronze|level|tier|group|fast|slow", re.IGNORECASE
    )
    assert not [name for name in PICTURES if level.search(name)]
    assert len(set(PICTURES.values())) == len(PICTURES) >= 40
    assert all(0 <= hue_of(name) < 8 for name in PICTURES)


def test_a_teachers_own_group_name_gets_the_picture_of_people() -> None:
    assert picture_of("Ms. Rivera's crew") == "people"

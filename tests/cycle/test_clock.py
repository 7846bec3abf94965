"""The tool and the LMS on one clock that a test moves: what has run out is renewed, once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from cycle_room import Room, fresh_settings, open_room
from pydantic import SecretStr, ValidationError

from lti_app.clock import clock_of, utc_now
from lti_app.jobs import tasks
from lti_app.settings import Settings

TOLERANCE = timedelta(minutes=1)
TWO_HOURS = 2 * 3600


@pytest.fixture
def offset_file(tmp_path: Path) -> Path:
    return tmp_path / "offset"


@pytest.fixture
def moved(sqlite_template: Path, tmp_path: Path, offset_file: Path) -> Iterator[Room]:
    """A class whose tool reads the offset file."""
    settings = fresh_settings(sqlite_template, tmp_path)
    with open_room(settings.model_copy(update={"clock_offset_file": offset_file})) as room:
        yield room


@pytest.mark.parametrize(("text", "hours"), [(None, 0), ("", 0), ("7200\n", 2), ("-3600", -1)])
def test_the_file_moves_the_clock(offset_file: Path, moved: Room, text: str | None, hours: int) -> None:
    if text is not None:
        offset_file.write_text(text)
    off = clock_of(moved.settings)() - utc_now() - timedelta(hours=hours)
    assert abs(off) < TOLERANCE


def test_a_server_that_people_use_does_not_take_its_time_from_a_file(offset_file: Path) -> None:
    with pytest.raises(ValidationError, match="CLOCK_OFFSET_FILE is for tests"):
        Settings(
            public_url="https://regroup.example.org",
            clock_offset_file=offset_file,
            secret_keys=(SecretStr(Fernet.generate_key().decode()),),
        )


def test_tokens_that_ran_out_on_both_sides_are_renewed_once(moved: Room, offset_file: Path) -> None:
    moved.keep_small()
    moved.write("next_unit", "scores")
    moved.world.clock.advance(TWO_HOURS)
    offset_file.write_text(str(TWO_HOURS))
    before = moved.last_call()
    moved.done(tasks.RESULTS)
    assert [call.status for call in moved.calls(before, path="/login/oauth2/token")][:1] == [200]
    assert len(moved.calls(before, path="/login/oauth2/token")) <= 2, "one for REST, one for LTI services"
    assert not [call for call in moved.calls(before) if call.status == 401]

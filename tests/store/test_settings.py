"""What the environment may hold, and which line an operator reads when it is wrong."""

import os
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from lti_app.settings import PREFIX, Settings, SettingsError, load

ROOT = Path(__file__).parents[2]
KEY, OLD_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
GOOD = {"PUBLIC_URL": "https://regroup.example.org", "SECRET_KEYS": KEY}
DEMO = {"PUBLIC_URL": "http://tool.localhost:5000", "LOOPBACK_DEMO": "1"}


@pytest.fixture
def environment(monkeypatch):
    """Sets the whole REGROUP_ environment: names without the prefix."""

    def set_to(values):
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            monkeypatch.delenv(name)
        for name, value in values.items():
            monkeypatch.setenv(PREFIX + name, value)

    return set_to


def test_two_variables_are_enough(environment):
    environment(GOOD)
    settings = load()
    assert settings.public_url == "https://regroup.example.org"
    assert settings.database_url == f"sqlite:///{Path.cwd() / 'var' / 'regroup.db'}"
    assert settings.encryption_keys == (KEY,)


def test_the_demo_needs_no_key(environment):
    environment(DEMO)
    assert len(load().encryption_keys) == 1


def test_every_setting_can_be_given(environment):
    environment(
        GOOD
        | {
            "PUBLIC_URL": "https://Regroup.example.org/",
            "DATABASE_URL": "postgresql://regroup:pw@db.example.org/regroup",
            "SECRET_KEYS": f"{KEY}, {OLD_KEY}",
            "JOB_LEASE_SECONDS": "12",
            "WORKER_THREADS": "3",
            "JOB_POLL_SECONDS": "2",
            "METRICS_TOKEN": "t",
            "LOG_JSON": "0",
            "PROXIES": "https=http://proxy:3128,http=http://proxy:3129",
            "TRUSTED_PROXY_COUNT": "1",
            "DATA": "../shared/data",
        }
    )
    settings = load()
    assert settings.public_url == "https://regroup.example.org"
    assert settings.database_url == "postgresql+psycopg://regroup:pw@db.example.org/regroup"
    assert settings.encryption_keys == (KEY, OLD_KEY)
    assert settings.proxies == {"https": "http://proxy:3128", "http": "http://proxy:3129"}
    assert not settings.log_json


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"PUBLIC_URL": None}, "REGROUP_PUBLIC_URL: Field required"),
        ({"SECRET_KEYS": None}, "REGROUP_SECRET_KEYS is missing"),
        ({"SECRET_KEYS": " , "}, "REGROUP_SECRET_KEYS is missing"),
        ({"SECRET_KEYS": f"{KEY},short"}, "REGROUP_SECRET_KEYS: key 2 is not a Fernet key"),
        ({"PUBLIC_URL": "http://regroup.example.org"}, "must begin with https://"),
        ({"PUBLIC_URL": "regroup.example.org"}, "REGROUP_PUBLIC_URL: give an address"),
        ({"PUBLIC_URL": "https://regroup.example.org/tool"}, "without a path"),
        ({"PUBLIC_URL": "https://regroup.example.org?x=1"}, "without a path"),
        ({"PUBLIC_URL": "https://me@regroup.example.org"}, "give an address"),
        ({"DATABASE_URL": "mysql://db/regroup"}, "REGROUP_DATABASE_URL: mysql is not supported"),
        ({"DATABASE_URL": "regroup.db"}, "give sqlite:///file"),
        ({"DATABASE_URL": "sqlite://"}, "SQLite needs a file"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "SQLite needs a file"),
        ({"JOB_LEASE_SECONDS": "soon"}, "REGROUP_JOB_LEASE_SECONDS: "),
        ({"JOB_LEASE_SECONDS": "0"}, "REGROUP_JOB_LEASE_SECONDS: "),
        ({"WORKER_THREADS": "0"}, "REGROUP_WORKER_THREADS: "),
        ({"LOG_JSON": "perhaps"}, "REGROUP_LOG_JSON: "),
        ({"PROXIES": "http://proxy"}, "REGROUP_PROXIES: give https=URL"),
        ({"PROXIES": "ftp=http://proxy"}, "REGROUP_PROXIES: give https=URL"),
        ({"TRUSTED_PROXY_COUNT": "-1"}, "REGROUP_TRUSTED_PROXY_COUNT: "),
        ({"PUBLIC_ULR": "x"}, "REGROUP_PUBLIC_ULR: there is no such setting"),
        ({"SECRET": "x"}, "REGROUP_SECRET: there is no such setting"),
    ],
)
def test_a_wrong_variable_stops_the_start_with_a_line_that_names_it(environment, changes, line):
    environment({name: value for name, value in (GOOD | changes).items() if value is not None})
    with pytest.raises(SettingsError) as stopped:
        load()
    assert line in str(stopped.value)


def test_all_wrong_variables_are_named_at_once_and_no_secret_is_shown(environment):
    environment(GOOD | {"WORKER_THREADS": "many", "METRIX": "1", "SECRET_KEYS": "hunter2"})
    with pytest.raises(SettingsError) as stopped:
        load()
    assert len(str(stopped.value).splitlines()) == 3
    assert "hunter2" not in str(stopped.value)


@pytest.mark.parametrize(
    "url", ["http://tool.localhost:5000", "https://tool.localhost", "http://127.0.0.1:5000"]
)
def test_the_demo_starts_on_loopback(environment, url):
    environment(DEMO | {"PUBLIC_URL": url})
    assert load().loopback_demo


@pytest.mark.parametrize(
    "url",
    [
        "https://regroup.example.org",
        "http://localhost.example.org",
        "http://notlocalhost",
        "http://127.0.0.1.example.org",
        "http://127.0.0.2",
        "http://10.0.0.1",
        "http://0.0.0.0",
    ],
)
def test_the_demo_is_refused_anywhere_else(environment, url):
    environment(DEMO | {"PUBLIC_URL": url})
    with pytest.raises(SettingsError, match=r"\*\.localhost or 127\.0\.0\.1"):
        load()


def test_settings_are_frozen(environment):
    environment(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        load().public_url = "https://elsewhere.example.org"


def test_a_key_is_not_printed(environment):
    environment(GOOD | {"METRICS_TOKEN": "hunter2"})
    assert KEY not in repr(load())
    assert "hunter2" not in repr(load())


def test_the_example_lists_every_setting_and_no_other():
    lines = (ROOT / "config" / "env.example").read_text().splitlines()
    listed = {line.partition("=")[0] for line in lines if line.startswith(PREFIX)}
    assert listed == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}

"""The wheel holds what the tool needs and nothing else, and runs far from the checkout."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from house_files import ROOT, tracked

pytestmark = [pytest.mark.xdist_group("wheel"), pytest.mark.timeout(400)]
START_SECONDS = 60


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this work tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), cwd=ROOT)
    (made,) = folder.glob("regroup-*.whl")
    return made


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the pinned parts and the wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
    # No byte code for the thousands of modules that nobody imports here: a quarter of the work.
    install = (*pip, "--disable-pip-version-check", "install", "--quiet", "--no-compile")
    pinned = subprocess.run(
        [*install, "--require-hashes", "--requirement", str(ROOT / "requirements" / "base.txt")],
        env=clean_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "connection broken by" in pinned.stderr and os.environ.get("CI") != "true":
        pytest.skip("no package registry answers, so nothing can be installed into an empty environment")
    assert pinned.returncode == 0, pinned.stderr[-3000:]
    run(*install, "--no-deps", "--no-index", str(wheel))
    return folder / "bin"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it, to run from."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def migrated(bin_folder: Path, elsewhere: Path) -> dict[str, str]:
    """The environment of a tool whose database `regroup migrate` has made."""
    port = free_port()
    environment = clean_environment() | {
        "REGROUP_PUBLIC_URL": f"http://tool.localhost:{port}",
        "REGROUP_LOOPBACK_DEMO": "1",
        "REGROUP_DATABASE_URL": f"sqlite:///{elsewhere / 'regroup.db'}",
    }
    told = run(str(bin_folder / "regroup"), "migrate", cwd=elsewhere, env=environment)
    assert "up to date" in told
    return environment


@pytest.fixture(scope="module")
def address(bin_folder: Path, elsewhere: Path, migrated: dict[str, str]) -> Iterator[str]:
    """Where `regroup serve` of the installed wheel answers."""
    port = migrated["REGROUP_PUBLIC_URL"].rpartition(":")[2]
    with (elsewhere / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [str(bin_folder / "regroup"), "serve", "--port", port, "--workers", "1"],
            cwd=elsewhere, env=migrated, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server, elsewhere / "serve.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def clean_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REGROUP_", "PYTHON", "COV_", "COVERAGE_"))
    }


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What the command printed; fails with the end of what it said on standard error."""
    done = subprocess.run(
        command, cwd=cwd, env=env or clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[0]} {command[1:4]}:\n{done.stderr[-3000:]}"
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not come up:\n{log.read_text(errors='replace')[-3000:]}")


def get(url: str) -> tuple[int, str, str]:
    """Status, media type and text of an address, also of a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode("utf-8")
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers.get_content_type(), refusal.read().decode("utf-8")


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_three_packages_and_nothing_beside_them(wheel: Path) -> None:
    folders = {name.partition("/")[0] for name in files_of(wheel)}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"grouping", "sync", "lti_app"}


def test_the_wheel_holds_every_tracked_file_of_its_packages(wheel: Path) -> None:
    assert set(tracked("grouping", "sync", "lti_app")) - files_of(wheel) == set()


@pytest.mark.parametrize("folder", ["templates", "config"])
def test_the_wheel_ships_every_page_template_and_setting_file(wheel: Path, folder: str) -> None:
    assert {f"lti_app/_shipped/{name}" for name in tracked(folder)} - files_of(wheel) == set()


def test_the_wheel_ships_the_browser_parts_with_their_licences(wheel: Path) -> None:
    vendor = {name.removeprefix("lti_app/static/vendor/") for name in files_of(wheel)}
    assert {"bootstrap.min.css", "htmx.min.js", "bootstrap.LICENSE", "htmx.LICENSE"} <= vendor


def test_the_installed_command_says_what_it_can_do(bin_folder: Path, elsewhere: Path) -> None:
    told = run(str(bin_folder / "regroup"), "--help", cwd=elsewhere)
    assert {"serve", "worker", "migrate"} <= set(told.split())


def test_an_installed_tool_migrates_its_database_twice(
    bin_folder: Path, elsewhere: Path, migrated: dict[str, str]
) -> None:
    assert "up to date" in run(str(bin_folder / "regroup"), "migrate", cwd=elsewhere, env=migrated)


def test_an_installed_tool_is_up_and_publishes_its_key(address: str) -> None:
    assert get(f"{address}/healthz")[0] == 200
    assert get(f"{address}/readyz")[0] == 200
    status, media_type, text = get(f"{address}/lti/jwks")
    assert (status, media_type) == (200, "application/json")
    assert '"RS256"' in text


def test_an_installed_tool_renders_its_pages(address: str) -> None:
    status, media_type, text = get(f"{address}/contexts/1/home")
    assert 400 <= status < 500
    assert media_type == "text/html"
    assert "<h1" in text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("vendor/bootstrap.min.css", "text/css"),
        ("vendor/htmx.min.js", "text/javascript"),
        ("css/tokens.css", "text/css"),
    ],
)
def test_an_installed_tool_serves_its_styles_and_scripts(address: str, name: str, media_type: str) -> None:
    status, found, text = get(f"{address}/static/{name}")
    assert (status, found) == (200, media_type)
    assert text

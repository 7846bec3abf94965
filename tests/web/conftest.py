"""The sample pages behind a real socket, and a browser to look at them."""

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright
from web_pages import Gallery, gallery_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    """No line for each request in a test's report."""

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            super().log(type, message, *args)


@pytest.fixture(scope="session")
def gallery() -> Iterator[Gallery]:
    app = gallery_app()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Gallery(f"http://127.0.0.1:{server.server_port}", app.extensions["asked"])
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("REGROUP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium found; set REGROUP_CHROMIUM")
    browser = playwright_driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
    yield browser
    browser.close()

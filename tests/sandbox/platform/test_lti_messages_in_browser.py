"""What the page around a tool answers to the tool's messages, in a real browser."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from lti_class import LtiClass
from playwright.sync_api import Frame, Playwright
from werkzeug.serving import make_server

from sandbox.app import serve

pytestmark = pytest.mark.browser
ASK = """async ([target, message]) => {
  const to = target ? window.parent.frames[target] : window.parent;
  const heard = new Promise((resolve) => {
    window.addEventListener("message", (event) => {
      if (event.data.message_id === message.message_id) resolve([event.origin, event.data]);
    });
    setTimeout(() => resolve(null), message.wait ?? 3000);
  });
  to.postMessage(message, "*");
  return heard;
}"""
STORAGE = "post_message_forwarding"


@pytest.fixture
def site(playwright_driver: Playwright, home: LtiClass) -> Iterator[tuple[Frame, str]]:
    """The tool's frame on its page, where the tool is an empty page; and the LMS's address."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("REGROUP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium found; set REGROUP_CHROMIUM")
    tool = Flask("tool")
    tool.add_url_rule("/lti/login", view_func=lambda: "<!doctype html><title>tool</title>", methods=["POST"])
    tool_server = make_server("127.0.0.1", 0, tool, threaded=True)
    thread = threading.Thread(target=tool_server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    home.tool.login_url = f"http://tool.localhost:{tool_server.server_port}/lti/login"
    home.tool.target_link_uri = home.tool.login_url
    chromium = playwright_driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
    with serve(home.app, "127.0.0.1", 0) as server:
        lms = f"http://lms.localhost:{server.port}"
        page = chromium.new_page()
        page.goto(lms)
        page.locator(f'button[value="{home.teacher.login_id}"]').click()
        page.goto(f"{lms}/courses/{home.course.id}/external_tools/{home.tool.id}")
        page.wait_for_function("document.querySelector('[data-tool-frame]') && window.frames.length === 2")
        frame = page.frame(name="tool_frame")
        assert frame is not None
        frame.wait_for_url("**/lti/login")
        frame.wait_for_function("document.title === 'tool'")
        yield frame, lms
        chromium.close()
    tool_server.shutdown()
    thread.join()
    tool_server.server_close()


def test_the_page_answers_what_canvas_answers(site: tuple[Frame, str]) -> None:
    frame, lms = site
    numbers = iter(range(100))

    def ask(subject: str, *, to: str = "", **more: Any) -> dict[str, Any]:
        message = {"subject": subject, "message_id": f"m-{next(numbers)}", **more}
        origin, answer = frame.evaluate(ASK, [to, message])
        assert origin == lms
        assert answer["subject"] == f"{subject}.response"
        return dict(answer)

    offered = {m["subject"]: m.get("frame") for m in ask("lti.capabilities")["supported_messages"]}
    assert offered["lti.put_data"] == offered["lti.get_data"] == STORAGE
    assert offered["lti.frameResize"] is None
    # storage: by the sibling frame and by the parent, the same values
    assert ask("lti.get_data", to=STORAGE, key="state")["value"] is None
    assert ask("lti.put_data", to=STORAGE, key="state", value="s-1")["value"] == "s-1"
    assert ask("lti.get_data", key="state")["value"] == "s-1"
    assert ask("lti.put_data", to=STORAGE, value="x")["error"]["code"] == "bad_request"
    assert ask("lti.put_data", to=STORAGE, key="k", value="x" * 5000)["error"]["code"] == "storage_exhaustion"
    assert "value" not in ask("lti.put_data", key="state", value=None)
    assert ask("lti.get_data", to=STORAGE, key="state")["value"] is None
    # the frame
    ask("lti.frameResize", height=777)
    assert ask("lti.fetchWindowSize")["width"] > 0
    assert frame.page.locator("[data-tool-frame]").bounding_box()["height"] == pytest.approx(777, abs=5)  # type: ignore[index]
    ask("lti.showAlert", body="<b>Saved</b>")
    assert "<b>Saved</b>" in frame.page.get_by_role("alert").inner_text()
    assert ask("lti.getPageSettings")["pageSettings"]["locale"] == "en"
    assert ask("lti.selfDestruct")["error"]["code"] == "unsupported_subject"

"""A teacher who does the whole cycle by forms and links, as a person does in the frame."""

from __future__ import annotations

import time
from csv import DictReader
from io import StringIO

from bs4 import Tag

from sandbox.driver.stack import Stack
from sandbox.driver.visitor import Page, Surprise, Visitor

POLL_SECONDS = 0.25
MOST_SECONDS = 1200.0
APPROVED = ("next_unit", "scores")


class Teacher:
    """Ms. Rivera at her browser. Every method is one thing she does; Surprise when it does not work."""

    def __init__(self, stack: Stack, login: str = "rivera") -> None:
        self.stack = stack
        self.login = login
        self.visitor = Visitor()
        self.home: Page | None = None

    def launch(self) -> Page:
        """Log in to the LMS and open Regroup from the course's menu."""
        self.visitor.log_in(self.stack.lms_url, self.login)
        course = self.stack.seed["course"]["id"]
        home = self.visitor.open(f"{self.stack.lms_url}/courses/{course}")
        link = next((a for a in home.soup.find_all("a") if "/external_tools/" in str(a.get("href"))), None)
        if link is None:
            raise Surprise("the course has no Regroup in its menu")
        self.home = self.visitor.launch(f"{self.stack.lms_url}{link['href']}")
        return self.home

    @property
    def base(self) -> str:
        """The address of the course in the tool."""
        if self.home is None:
            raise Surprise("not launched yet")
        return self.home.url.rsplit("/", 1)[0]

    def connect(self) -> None:
        """Give Regroup the teacher's consent in the LMS, in a tab of its own."""
        page = self.visitor.open(f"{self.base}/home")
        leaving = self.visitor.press(page, "/connect")
        link = leaving.soup.find("a", href=lambda href: bool(href) and "/login/oauth2/auth" in str(href))
        if not isinstance(link, Tag):
            raise Surprise(f"no way to the LMS's consent page: {leaving.words[:300]}")
        consent = self.visitor.open(str(link["href"]))
        told = self.visitor.press(consent, "/login/oauth2/accept", answer="authorize")
        if "Connected" not in told.words:
            raise Surprise(f"not connected: {told.words[:300]}")

    def do(self, action: str, *, page: str = "home", **fields: str) -> Page:
        """Press the form to `action` on a page and wait until the work it began has ended well."""
        shown = self.visitor.open(f"{self.base}/{page}")
        return self.wait(self.visitor.press(shown, f"/{action}", **fields))

    def write(self) -> Page:
        """Approve the plan that the preview shows, with scores in the standing approval, and wait."""
        preview = self.visitor.open(f"{self.base}/preview")
        form = preview.form("/write")
        for box in form.find_all("input", attrs={"name": "approve"}):
            if box.get("value") in APPROVED:
                box["checked"] = ""
        return self.wait(self.visitor.submit(preview, form))

    def wait(self, job: Page) -> Page:
        """Watch a job until it ends; its last page. A job that ends badly is a Surprise with its words."""
        deadline = time.monotonic() + MOST_SECONDS
        while time.monotonic() < deadline:
            progress = self.visitor.session.get(f"{job.url}/progress", timeout=60)
            if progress.status_code == 286:
                ended = self.visitor.open(job.url)
                state = ended.soup.find(attrs={"data-job-state": True})
                if isinstance(state, Tag) and state["data-job-state"] == "done":
                    return ended
                raise Surprise(f"the work did not end well: {ended.words[-600:]}")
            if progress.status_code != 200:
                raise Surprise(f"the progress of a job answered {progress.status_code}")
            part = self.stack.alive()
            if part:
                raise Surprise(f"{part} has ended by itself")
            time.sleep(POLL_SECONDS)
        raise Surprise(f"no end after {MOST_SECONDS:.0f} s: {job.url}")

    def open(self, page: str) -> Page:
        """One of the course's pages."""
        return self.visitor.open(f"{self.base}/{page}")

    def placements(self) -> list[dict[str, str]]:
        """The tool's own table of placements."""
        text = self.visitor.download(f"{self.base}/groups.csv").decode()
        return list(DictReader(StringIO(text)))

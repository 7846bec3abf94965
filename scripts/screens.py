"""Pictures of the demo's pages, at 1280 and 400 px: the class of the demo, the whole cycle, a real browser.

    python scripts/screens.py [--out docs/pictures]     (make screens)

Takes about a minute. git keeps the few that the README and docs show (docs/pictures/.gitignore); the rest
are to look at.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sandbox.driver.browser import NARROW, WIDE, Person, browser_of_one, chromium_path  # noqa: E402
from sandbox.driver.stack import Stack  # noqa: E402
from sandbox.driver.students import do_units  # noqa: E402

FAST_JOBS = {"REGROUP_JOB_POLL_SECONDS": "0.2"}
HEIGHTS = {WIDE: 820, NARROW: 1400}
SETTLE_MS = 200
MOST_MS = 120_000
CUT, GAP = 610, 12
SHEET = (
    f"body {{ margin: 0; display: grid; gap: {GAP}px; background: #fff }} "
    "img { width: 100%; display: block }"
)


class Album:
    """Takes pictures of what a person sees and keeps them in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def cover(self, person: Person, name: str, *looks: Path) -> None:
        """One picture of several wide ones, one above the other; the last is cut to its upper part."""
        sheet = person.context.new_page()
        height = (HEIGHTS[WIDE] + GAP) * (len(looks) - 1) + CUT
        sheet.set_viewport_size({"width": WIDE, "height": height})
        images = [
            f'<img src="data:image/png;base64,{b64encode(look.read_bytes()).decode()}">' for look in looks
        ]
        sheet.set_content(f"<style>{SHEET}</style>" + "".join(images), wait_until="load")
        self._save(sheet, self.folder / f"{name}.png")
        sheet.close()

    def take(self, person: Person, name: str, widths: tuple[int, ...] = (WIDE, NARROW)) -> None:
        """The window as it is, at each width."""
        for width in widths:
            person.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            person.page.wait_for_timeout(SETTLE_MS)
            self._save(person.page, self.folder / f"{name}-{width}.png")
        person.page.set_viewport_size({"width": WIDE, "height": HEIGHTS[WIDE]})

    @staticmethod
    def _save(page: Page, path: Path) -> None:
        page.screenshot(path=path)
        print(f"{path.name:<28} {path.stat().st_size // 1024:>5} kB", flush=True)


def plan_and_write(teacher: Person, album: Album) -> None:
    """The first visit: from the launch to what is written."""
    teacher.launch()
    album.take(teacher, "home-new")
    teacher.connect()
    teacher.press("Pull results")
    teacher.heading("Skills").wait_for(timeout=MOST_MS)
    album.take(teacher, "skills")
    teacher.click(teacher.tool.get_by_role("grid").first.locator("td a").first)
    teacher.tool.locator("#panel").wait_for()
    album.take(teacher, "cell")
    teacher.press("Suggest groups")
    teacher.heading(re.compile("^Groups$")).wait_for(timeout=MOST_MS)
    album.take(teacher, "groups")
    teacher.click(teacher.tool.locator(".group:nth-child(2) .members summary").nth(0))
    album.take(teacher, "reason", (WIDE,))
    album.cover(teacher, "demo", album.folder / f"skills-{WIDE}.png", album.folder / f"reason-{WIDE}.png")
    teacher.tab("Playlists")
    album.take(teacher, "playlists")
    teacher.click(teacher.tool.locator("table.lists tbody th a").first)
    teacher.heading(re.compile("playlist$")).wait_for()
    album.take(teacher, "one-playlist")
    teacher.tab("Playlists")
    teacher.press("Preview for Canvas")
    teacher.heading("What will change").wait_for(timeout=MOST_MS)
    teacher.tool.get_by_label(re.compile("Send units met")).check()
    album.take(teacher, "preview")
    teacher.press("Write to Canvas")
    teacher.tool.get_by_role("progressbar").first.wait_for()
    album.take(teacher, "writing")
    teacher.tool.get_by_role("link", name="See the result").click(timeout=MOST_MS)
    teacher.heading("Written to Canvas").wait_for()
    album.take(teacher, "result")


def work_and_score(teacher: Person, album: Album) -> None:
    """Students have worked: results back, scores sent, and where they stand in the gradebook."""
    teacher.launch()
    teacher.press("Check student work and send scores")
    teacher.tool.get_by_role("link", name="See the result").click(timeout=MOST_MS)
    teacher.heading("Results brought back").wait_for()
    teacher.tab("Home")
    album.take(teacher, "home-done")
    teacher.tab("History")
    album.take(teacher, "history")
    teacher.lms("grades")
    teacher.page.locator(".scroll").evaluate("table => { table.scrollLeft = table.scrollWidth; }")
    album.take(teacher, "gradebook")


def others(person: Person, album: Album) -> None:
    """A student's pages in the LMS and in Regroup; the administrator's."""
    person.log_in(person.stack.seed["students"][0]["login"])
    person.lms("modules")
    album.take(person, "student-modules")
    person.launch()
    album.take(person, "student")
    person.log_in("admin")
    person.launch_district()
    album.take(person, "district")


def main() -> int:
    """0 with every picture taken; 1 without a browser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    album = Album(parser.parse_args().out)
    if chromium_path() is None:
        print("No Chromium found: install one, or set REGROUP_CHROMIUM to it.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="regroup-screens-") as name:
        folder = Path(name)
        with (
            Stack(folder / "stack", environment=FAST_JOBS) as stack,
            sync_playwright() as driver,
            browser_of_one(driver, folder / "teacher") as school,
            browser_of_one(driver, folder / "others") as home,
        ):
            teacher = Person(stack, school, school.pages[0])
            teacher.log_in("rivera")
            plan_and_write(teacher, album)
            do_units(stack)
            work_and_score(teacher, album)
            others(Person(stack, home, home.pages[0]), album)
    return 0


if __name__ == "__main__":
    sys.exit(main())

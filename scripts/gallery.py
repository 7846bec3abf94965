"""Renders every page and state with a made-up class into var/gallery, with pictures of three widths.

    .venv/bin/python scripts/gallery.py [--dark] [--no-pictures] [name ...]

For people who change a page: look at what they changed before anybody else does.
"""

import argparse
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "web")]
WIDTHS = (1280, 950, 400)


def chromium() -> str | None:
    """The browser to drive: REGROUP_CHROMIUM, else one found on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("REGROUP_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@contextmanager
def served() -> Iterator[str]:
    """The sample pages behind a free port of loopback; gives the address."""
    from web_pages import gallery_app

    server = make_server("127.0.0.1", 0, gallery_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def take_pictures(names: list[str], out: Path, theme: str) -> None:
    """One picture of each page at each width; says what the browser complained about."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        sys.exit("No Chromium was found: set REGROUP_CHROMIUM, or give --no-pictures.")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.on("console", lambda message: print(f"  browser: {message.text}"))
            for name in names:
                page.goto(f"{address}/{name}/{theme}")
                page.screenshot(path=out / f"{name}-{width}.png", full_page=True)
            page.close()
        browser.close()


def main() -> None:
    """Reads the arguments and fills var/gallery."""
    from web_pages import rendered
    from web_samples import all_pages

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--no-pictures", action="store_true")
    given = parser.parse_args()
    names = given.names or list(all_pages())
    out = ROOT / "var" / "gallery"
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        text = rendered(name).replace('"/static/', '"../../lti_app/static/')
        (out / f"{name}.html").write_text(text, encoding="utf-8")
    if not given.no_pictures:
        take_pictures(names, out, "dark" if given.dark else "light")
    print(f"{len(names)} pages in {out.relative_to(ROOT)}")


if __name__ == "__main__":
    main()

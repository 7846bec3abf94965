"""Pages are listed, load nothing from outside, and the documentation's links lead somewhere."""

import re
from pathlib import Path

import pytest
from house_files import ROOT, read, table_rows, tracked

TEMPLATES = [name for name in tracked("templates") if name.endswith(".html")]
PAGES = [
    name.removeprefix("templates/")
    for name in TEMPLATES
    if not Path(name).name.startswith("_") and name != "templates/base.html"
]
MARKDOWN = [name for name in tracked() if name.endswith(".md")]
LOADS = re.compile(r"<(?:script|link|img|iframe|source|video|audio|embed|object)\b[^>]*", re.IGNORECASE)
OUTSIDE = re.compile(r"""(?:src|href|srcset|data|action)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: str) -> set[str]:
    """The names under which a page's headings can be linked to."""
    return {
        re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        for title in HEADING.findall(read(page))
    }


def links() -> list[tuple[str, str]]:
    """Links of the documentation that stay in the repository: page and target."""
    return [
        (page, target)
        for page in MARKDOWN
        for target in LINK.findall(re.sub(r"```.*?```", "", read(page), flags=re.DOTALL))
        if not re.match(r"[a-z]+:", target)
    ]


def test_every_page_is_in_the_list_of_pages_and_none_that_is_gone() -> None:
    listed = {row[0].strip("`") for row in table_rows(read("templates/README.md"))}
    assert set(PAGES) - listed == set()
    assert {name for name in listed if "/" in name} - {
        name.removeprefix("templates/") for name in TEMPLATES
    } == set()


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_loads_nothing_from_outside_and_has_no_script_or_style_of_its_own(template: str) -> None:
    text = re.sub(r"\{#.*?#\}", "", read(template), flags=re.DOTALL)
    assert not OUTSIDE.search(text)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text), "a script in the page"
    assert not re.search(r"<style\b|\sstyle\s*=|\son\w+\s*=\s*[\"']", text), "a style or handler in the page"


@pytest.mark.parametrize(
    "name", [name for name in tracked("lti_app/static") if name.endswith((".css", ".js"))]
)
def test_a_style_or_script_loads_nothing_from_outside(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", read(name), flags=re.DOTALL)
    assert not re.search(
        r"(?:url\(\s*[\"']?|@import\s+[\"']|fetch\(\s*[\"']|import\(?\s*[\"'])(?:https?:)?//", text
    )


@pytest.mark.parametrize("page", MARKDOWN)
def test_a_page_of_the_documentation_loads_nothing_from_outside(page: str) -> None:
    text = read(page)
    assert not [tag for tag in LOADS.findall(text) if OUTSIDE.search(tag)]
    assert not re.search(r"!\[[^\]]*\]\(\s*(?:https?:)?//", text), "a picture from outside"


@pytest.mark.parametrize(("page", "target"), links())
def test_a_link_of_the_documentation_leads_somewhere(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = (ROOT / page).parent / path if path else ROOT / page
    assert there.exists(), f"{page} links to {target}"
    if anchor:
        assert anchor in anchors(str(there.resolve().relative_to(ROOT))), (
            f"{page}: no heading {anchor} in {path}"
        )

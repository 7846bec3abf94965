"""Pages and documents promise nothing: words that claim more than we know are not in them."""

import re

import pytest
from house_files import read, tracked

CLAIMS = re.compile(
    r"\b(best|diagnos\w+|proven|clos(?:e|es|ed|ing) (?:the |learning |achievement )?gaps?|abilit(?:y|ies))\b",
    re.IGNORECASE,
)
OPTIMAL = re.compile(r"\b(?:sub)?optimal\w*", re.IGNORECASE)
# The one page that says of which objective, and no more.
ABOUT_THE_OBJECTIVE = "docs/grouping.md"
PAGES = [
    *tracked("templates", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "lti_app/translations"),
    *tracked("grouping/README.md", "benchmarks/README.md", "sync/vendors/*/setup.md", "grouping/explain.py"),
]
TEXTS = [name for name in PAGES if not name.endswith((".png", ".jpg"))]
STUDENTS_WORDS = [name for name in tracked("lti_app/web", "lti_app/cycle") if name.endswith(".py")]
QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def claims_in(text: str) -> list[str]:
    return [match.group() for match in CLAIMS.finditer(text)]


@pytest.mark.parametrize("name", TEXTS)
def test_a_page_claims_no_more_than_we_know(name: str) -> None:
    assert claims_in(read(name)) == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name != ABOUT_THE_OBJECTIVE])
def test_optimal_is_said_on_the_one_page_that_states_the_objective(name: str) -> None:
    assert OPTIMAL.findall(read(name)) == []


@pytest.mark.parametrize("name", STUDENTS_WORDS)
def test_a_sentence_built_in_code_claims_no_more_either(name: str) -> None:
    sentences = " \n".join(QUOTED.findall(read(name)))
    assert claims_in(sentences) == []
    assert OPTIMAL.findall(sentences) == []


def test_the_page_on_the_objective_says_that_it_is_not_about_learning() -> None:
    assert "nothing about how much children learn" in " ".join(read(ABOUT_THE_OBJECTIVE).split())


@pytest.mark.parametrize(
    "text",
    [
        "The best groups for your class", "Regroup diagnoses needs.", "a proven method", "It closes the gap.",
        "closing achievement gaps", "grouped by ability", "a diagnostic of skills",
    ],
)  # fmt: skip
def test_the_search_finds_such_words(text: str) -> None:
    assert claims_in(text)


@pytest.mark.parametrize(
    "text", ["the gap to the bound", "usability", "Mixed on purpose", "a bound is proved"]
)
def test_the_search_leaves_other_words_alone(text: str) -> None:
    assert claims_in(text) == []

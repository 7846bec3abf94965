"""The list of texts, and what its texts are like."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "lti_app" / "translations" / "messages.pot"


def texts() -> list[str]:
    with LIST.open("rb") as file:
        found = [message.id for message in read_po(file) if message.id]
    return [text for each in found for text in ((each,) if isinstance(each, str) else each)]


def test_the_list_of_texts_is_current() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "catalogue.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "run: python scripts/catalogue.py"


@pytest.mark.parametrize(
    "word", ["error", "invalid", "failed", "sync", "job", "token", "best", "proven", "ability"]
)
def test_no_text_has_a_word_that_pages_do_not_use(word: str) -> None:
    assert [text for text in texts() if re.search(rf"\b{word}\b", text, re.IGNORECASE)] == []


def sentences(text: str) -> list[str]:
    plain = re.sub(r"%\((lms|right|name|group|reference)\)s", "Canvas", text)
    return [
        part for part in re.split(r"[.!?:;]\s+", re.sub(r"%\(\w+\)s", "5", plain)) if len(part.split()) >= 4
    ]


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    return max(1, groups - (word.lower().endswith("e") and groups > 1))


def grade(parts: list[str]) -> float:
    """Flesch-Kincaid grade level (Kincaid and others 1975) of all sentences together."""
    words = [word for part in parts for word in re.findall(r"[A-Za-z']+|\d+", part)]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_adults_can_read_the_texts_at_grade_6() -> None:
    parts = [part for text in texts() for part in sentences(text)]
    assert len(parts) > 80
    assert grade(parts) < 6


def test_no_sentence_is_long() -> None:
    assert [part for text in texts() for part in sentences(text) if len(part.split()) > 30] == []

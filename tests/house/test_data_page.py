"""docs/data.md and the tables tell the same: every stored column, and none that is gone."""

import importlib
import re

import pytest
from house_files import read, sections, table_rows

from lti_app.lti.claims import Launch
from lti_app.store import models  # noqa: F401  (fills the metadata)
from lti_app.store.models.base import Base
from sync.records import Membership

PAGE = read("docs/data.md")
SHARED = "Columns that stand in every table"
CLOCK = "# What the clock removes"
TABLES = sorted(Base.metadata.tables)
# What no table may hold, as whole words of a column's name.
FORBIDDEN = {
    "email", "mail", "birth", "birthday", "birthdate", "dob", "age", "race", "ethnicity", "ethnic", "gender",
    "sex", "disability", "disabled", "iep", "ell", "lunch", "frl", "income", "phone", "street", "zip", "ssn",
    "photo", "picture", "avatar", "parent", "guardian", "religion", "health",
}  # fmt: skip


def described(table: str) -> list[list[str]]:
    return table_rows(sections(PAGE).get(table, ""))


def columns_of_page(table: str) -> list[str]:
    return [row[0].strip("`") for row in described(table)]


@pytest.mark.parametrize("table", TABLES)
def test_the_page_has_every_column_of_a_table_once(table: str) -> None:
    shared = set(columns_of_page(SHARED))
    stored = {column.name for column in Base.metadata.tables[table].columns}
    told = columns_of_page(table)
    assert len(told) == len(set(told))
    missing, gone = stored - set(told) - shared, set(told) - stored
    assert not missing, f"docs/data.md lacks {table}: {sorted(missing)}"
    assert not gone, f"docs/data.md still names {table}: {sorted(gone)}"


def test_the_page_names_no_table_that_is_gone() -> None:
    headed = {title for title, text in sections(PAGE).items() if "| column |" in text} - {SHARED}
    assert headed == set(TABLES)


def test_what_the_page_says_of_every_table_is_in_one() -> None:
    everywhere = [{column.name for column in table.columns} for table in Base.metadata.tables.values()]
    for name in columns_of_page(SHARED):
        assert any(name in columns for columns in everywhere), name


@pytest.mark.parametrize("table", [SHARED, *TABLES])
def test_every_column_says_what_why_how_long_and_who(table: str) -> None:
    for row in described(table):
        assert len(row) == 5, row
        assert all(row), f"an empty cell in {table}: {row}"


@pytest.mark.parametrize("table", TABLES)
def test_a_cell_that_points_to_another_row_finds_it(table: str) -> None:
    names = set(columns_of_page(table))
    for row in described(table):
        pointed = re.fullmatch(r"as `(\w+)`", row[3])
        assert pointed is None or pointed[1] in names - {row[0].strip("`")}, row


@pytest.mark.parametrize("table", TABLES)
def test_no_table_has_room_for_what_a_school_must_not_hand_over(table: str) -> None:
    words = {word for column in Base.metadata.tables[table].columns for word in column.name.split("_")}
    assert not words & FORBIDDEN


def test_a_launch_and_a_roster_are_read_without_an_e_mail_address_or_a_picture() -> None:
    read_of_launch, read_of_roster = set(Launch.model_fields), set(Membership.__dataclass_fields__)
    words = {word for name in read_of_launch | read_of_roster for word in name.split("_")}
    assert not words & FORBIDDEN


def test_every_clean_up_that_the_page_names_is_in_the_code() -> None:
    rows = table_rows(PAGE.partition(CLOCK)[2].partition("\n# ")[0])
    assert len(rows) >= 5
    for row in rows:
        named = re.fullmatch(r"`(\w+)` in `([\w/]+)\.py`", row[2])
        assert named, row
        assert callable(getattr(importlib.import_module(named[2].replace("/", ".")), named[1]))

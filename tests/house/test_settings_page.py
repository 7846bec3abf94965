"""Every setting is in the environment to copy and on the operator's page with its default; none is gone."""

import re

import pytest
from house_files import read, table_rows
from pydantic_core import PydanticUndefined

from lti_app.settings import OTHER_VARIABLES, PREFIX, Settings

FIELDS = {f"{PREFIX}{name.upper()}": field for name, field in Settings.model_fields.items()}
EXAMPLE = dict(re.findall(r"^(REGROUP_\w+)=(.*)$", read("config/env.example"), re.MULTILINE))
PAGE = {row[0].strip("`"): row[1:] for row in table_rows(read("docs/operators/settings.md"))}


@pytest.mark.parametrize("variable", FIELDS)
def test_a_setting_is_in_the_environment_to_copy(variable: str) -> None:
    assert variable in EXAMPLE


@pytest.mark.parametrize("variable", FIELDS)
def test_a_setting_is_on_the_page_with_what_it_does(variable: str) -> None:
    default, what = PAGE[variable]
    assert what
    assert default


@pytest.mark.parametrize("variable", FIELDS)
def test_the_page_names_the_default_that_the_code_has(variable: str) -> None:
    told = PAGE[variable][0].strip("`")
    default = FIELDS[variable].get_default()
    if default is PydanticUndefined or default in (None, (), {}):
        assert told.startswith("none")
    elif isinstance(default, bool):
        assert told == str(int(default))
    elif isinstance(default, float | int):
        assert float(told) == default
    else:
        assert told == default


def test_neither_names_a_setting_that_is_gone() -> None:
    assert set(PAGE) == set(FIELDS)
    assert set(EXAMPLE) == set(FIELDS)


@pytest.mark.parametrize("variable", sorted(OTHER_VARIABLES))
def test_a_variable_of_the_tests_is_on_the_page(variable: str) -> None:
    assert variable in read("docs/operators/settings.md")


def test_the_environment_to_copy_holds_no_secret() -> None:
    secret = [name for name in EXAMPLE if name.endswith(("_KEYS", "_TOKEN", "_SECRET", "_PASSWORD"))]
    assert secret
    assert all(EXAMPLE[name] == "" for name in secret)
    assert not re.search(r"//[^/@\s]+:[^/@\s]+@", EXAMPLE["REGROUP_DATABASE_URL"])

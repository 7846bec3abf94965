"""Names that students see."""

import pytest

from sync.errors import UnfitName
from sync.names import free_name, group_name_faults, require_fit, unit_name_faults

PEOPLE = ["Maya Lin", "Tom O'Neil", "Rosa María Iglesias", "Will Rivers"]


@pytest.mark.parametrize("name", ["Otters", "Cedars", "Lanterns", "Meadow Otters"])
def test_neutral_names_are_fit(name: str) -> None:
    assert group_name_faults(name, PEOPLE) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("Low fractions", "level"),
        ("Below grade", "level"),
        ("High flyers", "level"),
        ("Struggling readers", "level"),
        ("Tier two", "level"),
        ("Gifted", "level"),
        ("Catch-up", "level"),
        ("Group 1", "code"),
        ("Group A", "code"),
        ("4.NF.2 group", "code"),
        ("Otters [pl-7f3a]", "code"),
        ("Maya's group", "learner"),
        ("The Iglesias team", "learner"),
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 200, "too long"),
    ],
)
def test_telling_group_names_are_found(name: str, fault: str) -> None:
    assert fault in " ".join(group_name_faults(name, PEOPLE))


@pytest.mark.parametrize(
    "name",
    [
        "Read high-frequency words",
        "Multiply within 100",
        "Sea level and tides",
        "Will it sink?",
        "Basic shapes",
        "Round to the nearest 10",
        "Compare fractions: which is greater?",
    ],
)
def test_a_subject_may_speak_of_numbers_and_heights(name: str) -> None:
    assert unit_name_faults(name, PEOPLE) == []


@pytest.mark.parametrize(
    "name",
    [
        "4.NF.B.3 Add fractions",
        "RL.4.2 Theme",
        "CCSS fractions",
        "Below grade level: fractions",
        "Remedial facts",
        "Tier 2 fractions",
        "Level 1 facts",
        "Grade 3 facts",
        "Facts for Maya Lin",
        "Facts [u-17]",
        "",
    ],
)
def test_telling_unit_names_are_found(name: str) -> None:
    assert unit_name_faults(name, PEOPLE)


def test_the_refusal_does_not_repeat_the_name() -> None:
    with pytest.raises(UnfitName) as caught:
        require_fit(group_name_faults("Maya's low group", PEOPLE), of="section")
    assert "Maya" not in str(caught.value)


def test_a_taken_name_gets_a_neutral_variant() -> None:
    assert free_name("Otters", ["cedars"]) == "Otters"
    variant = free_name("Otters", ["OTTERS "])
    assert variant != "Otters"
    assert group_name_faults(variant) == []

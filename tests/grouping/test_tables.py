"""Course files: what they give, and every way in which they are refused with line and column."""

from __future__ import annotations

import pytest

from grouping.model import Prerequisite, Skill, Unit
from grouping.tables import (
    BadTable,
    UnitMaterial,
    read_item_map_csv,
    read_outcome_map_csv,
    read_prerequisites_csv,
    read_skills_csv,
    read_units_csv,
)

SKILLS = "skill,title,content_area,grade,priority\n"
UNITS = "skill,unit,minutes,page,check\n"


def test_skills_are_read_in_file_order():
    text = SKILLS + '3.NF.1,"Parts, equal",Math,3,yes\n3.MD.5,Area,math,,\n'
    assert read_skills_csv(text) == [
        Skill("3.NF.1", "Parts, equal", "math", "3", is_priority=True),
        Skill("3.MD.5", "Area", "math", None),
    ]


@pytest.mark.parametrize(
    "text", ["\ufeff" + SKILLS + "a,A,math,3,no\n", SKILLS.replace("\n", "\r\n") + "a,A,math,3,no"]
)
def test_what_spreadsheets_write_is_read(text):
    assert [one.code for one in read_skills_csv(text)] == ["a"]


def test_columns_may_stand_in_any_order_and_blank_lines_are_passed_over():
    assert read_prerequisites_csv("note,prerequisite,skill\n\n,a,b\n,,\n") == [Prerequisite("b", "a")]


def test_an_item_map_gives_the_skills_of_each_item():
    assert read_item_map_csv("item_id,a,b\ni1,1,0\ni2,1,1\n") == {"i1": ("a",), "i2": ("a", "b")}


def test_an_outcome_may_have_several_skills():
    assert read_outcome_map_csv("outcome,skill\nMain idea,r1\nMain idea,r2\n") == {"Main idea": ("r1", "r2")}


def test_units_are_numbered_by_skill_and_blank_material_is_a_teacher_task():
    text = UNITS + "a,Tiles,10,Tiles page,Tiles check\nb,,10,,\na,More tiles,12,,Tiles check 2\n"
    assert read_units_csv(text) == [
        UnitMaterial("a", 10, Unit("a-1", "a", "Tiles", 10), "Tiles page", "Tiles check"),
        UnitMaterial("b", 10, None, None, None),
        UnitMaterial("a", 12, Unit("a-2", "a", "More tiles", 12), None, "Tiles check 2"),
    ]


@pytest.mark.parametrize("read", [read_prerequisites_csv, read_outcome_map_csv, read_units_csv])
def test_a_table_that_may_have_no_lines(read):
    headers = {
        read_prerequisites_csv: "skill,prerequisite,note",
        read_outcome_map_csv: "outcome,skill",
        read_units_csv: UNITS,
    }
    assert not read(headers[read])


@pytest.mark.parametrize(
    ("read", "text", "line", "column"),
    [
        (read_skills_csv, "", 1, None),
        (read_skills_csv, "\n\n", 1, None),
        (read_skills_csv, SKILLS, 2, None),
        (read_skills_csv, "skill,title,content_area,grade\n", 1, "priority"),
        (read_skills_csv, "skill,title,content_area,grade,priority,colour\n", 1, "colour"),
        (read_skills_csv, "skill,skill,title,content_area,grade,priority\n", 1, "skill"),
        (read_skills_csv, "skill,,title,content_area,grade,priority\n", 1, None),
        (read_skills_csv, SKILLS + "a,A,math,3\n", 2, None),
        (read_skills_csv, SKILLS + "a,A,math,3,no,\n", 2, None),
        (read_skills_csv, SKILLS + ",A,math,3,no\n", 2, "skill"),
        (read_skills_csv, SKILLS + "a, ,math,3,no\n", 2, "title"),
        (read_skills_csv, SKILLS + "a,A,,3,no\n", 2, "content_area"),
        (read_skills_csv, SKILLS + "a,A,math,3,maybe\n", 2, "priority"),
        (read_skills_csv, SKILLS + "a,A,math,3,no\nb,B,math,3,no\na,A,math,3,no\n", 4, "skill"),
        (read_skills_csv, SKILLS + '"a\n",A,math,3,no\nb,,math,3,no\n', 4, "title"),
        (read_skills_csv, SKILLS + 'a,"A" x,math,3,no\n', 2, None),
        (read_skills_csv, SKILLS + 'a,"A,math,3,no\n', 2, None),
        (read_prerequisites_csv, "skill,prerequisite,note\nb,,\n", 2, "prerequisite"),
        (read_prerequisites_csv, "skill,prerequisite,note\n,a,\n", 2, "skill"),
        (read_prerequisites_csv, "skill,prerequisite,note\nb,a,\nb,a,again\n", 3, "prerequisite"),
        (read_item_map_csv, "item,a\ni1,1\n", 1, "item_id"),
        (read_item_map_csv, "item_id\ni1\n", 1, None),
        (read_item_map_csv, "item_id,a\n", 2, None),
        (read_item_map_csv, "item_id,a,a\ni1,1,0\n", 1, "a"),
        (read_item_map_csv, "item_id,a,b\ni1,1,2\n", 2, "b"),
        (read_item_map_csv, "item_id,a,b\ni1,1,\n", 2, "b"),
        (read_item_map_csv, "item_id,a,b\ni1,0,0\n", 2, "item_id"),
        (read_item_map_csv, "item_id,a\n,1\n", 2, "item_id"),
        (read_item_map_csv, "item_id,a\ni1,1\ni1,1\n", 3, "item_id"),
        (read_outcome_map_csv, "outcome,skill\nMain idea,\n", 2, "skill"),
        (read_outcome_map_csv, "outcome,skill\n,r1\n", 2, "outcome"),
        (read_outcome_map_csv, "outcome,skill\nx,r1\nx,r1\n", 3, "skill"),
        (read_units_csv, UNITS + "a,Tiles,,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,ten,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,0,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,241,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,-5,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,7.5,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,Tiles,٣,p,c\n", 2, "minutes"),
        (read_units_csv, UNITS + "a,,10,p,c\n", 2, "unit"),
        (read_units_csv, UNITS + ",Tiles,10,p,c\n", 2, "skill"),
    ],
)
def test_a_bad_table_names_line_and_column(read, text, line, column):
    with pytest.raises(BadTable) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"line {line}")

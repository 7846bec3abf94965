"""The skill map: cycles are named, unknown skills refused, one order for everybody."""

from __future__ import annotations

import pytest
from grouping_builders import chain, skill
from hypothesis import given
from hypothesis import strategies as st

from grouping.model import Prerequisite, SkillCode
from grouping.skill_map import CycleFound, DuplicateSkill, SkillMap, UnknownSkill

ABC = [skill("A"), skill("B"), skill("C")]


@pytest.mark.parametrize(
    ("edges", "named"),
    [
        (chain("A", "A"), {"A"}),
        (chain("A", "B", "A"), {"A", "B"}),
        ([*chain("A", "B", "C"), *chain("C", "A")], {"A", "B", "C"}),
    ],
)
def test_a_circle_of_prerequisites_is_named(edges, named):
    with pytest.raises(CycleFound) as caught:
        SkillMap.build(ABC, edges)
    assert set(caught.value.cycle) == named
    assert caught.value.cycle[0] == caught.value.cycle[-1]
    assert " before ".join(caught.value.cycle) in str(caught.value)


def test_the_named_circle_does_not_depend_on_the_order_of_the_rows():
    edges = chain("A", "B", "C", "A")
    with pytest.raises(CycleFound) as one:
        SkillMap.build(ABC, edges)
    with pytest.raises(CycleFound) as other:
        SkillMap.build(ABC[::-1], edges[::-1])
    assert one.value.cycle == other.value.cycle


@pytest.mark.parametrize("edge", chain("A", "Z") + chain("Z", "A"))
def test_a_prerequisite_of_an_unknown_skill_is_refused(edge):
    with pytest.raises(UnknownSkill, match="skill Z"):
        SkillMap.build(ABC, [edge])


def test_a_skill_listed_twice_is_refused():
    with pytest.raises(DuplicateSkill, match="skill A"):
        SkillMap.build([skill("A"), skill("A")])


def test_asking_for_an_unknown_skill_is_refused():
    with pytest.raises(UnknownSkill, match="skill Z"):
        SkillMap.build(ABC).prerequisites(SkillCode("Z"))


def test_prerequisites_come_first_then_the_easiest_then_the_code():
    skills = [skill(code) for code in "ABCDE"]
    order = SkillMap.build(skills, chain("E", "A")).order({"A": 0.1, "B": 0.5, "C": 0.5, "D": 0.2, "E": 0.9})
    assert order == ["D", "B", "C", "E", "A"]


def test_skills_without_a_difficulty_come_after_those_that_have_one():
    assert SkillMap.build(ABC).order({SkillCode("C"): 0.9}) == ["C", "A", "B"]


def test_a_map_without_edges_says_so():
    assert not SkillMap.build(ABC).has_prerequisites
    assert SkillMap.build(ABC, chain("A", "B")).has_prerequisites


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7))),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_the_order_holds_every_skill_once_after_its_prerequisites(pairs, difficulty):
    codes = [f"s{n}" for n in range(8)]
    edges = [
        Prerequisite(SkillCode(codes[max(pair)]), SkillCode(codes[min(pair)]))
        for pair in pairs
        if pair[0] != pair[1]
    ]
    found = SkillMap.build([skill(code) for code in codes], edges)
    order = found.order(dict(zip(codes, difficulty, strict=True)))
    assert sorted(order) == codes
    for edge in edges:
        assert order.index(edge.prerequisite) < order.index(edge.skill)
        assert edge.prerequisite in found.prerequisites(edge.skill)

"""Rules: who may take which items, and the filter that finds them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import Item, Pull, Workload
from distribution.bars import Bar
from distribution.codec import decode, encode
from distribution.errors import InvalidInput
from distribution.filters import matches
from distribution.ports import Page
from distribution.rules import Marking, Rules, check_rules
from distribution.testing import strategies
from tests.kept import opened

PEOPLE = strategies.PEOPLE
SPOKEN = Rules(needs="language", skills={"ann": ["fr", "de"], "bob": ["fr"]})


def names(attributes: Any, path: str) -> set[Any]:
    """Read the names at a path, slowly; what is no text stands for itself, so nobody is called so."""
    reached = [attributes]
    for part in path.split("."):
        opened: list[Any] = []
        waiting = list(reached)
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict) and part in value:
                opened.append(value[part])
        reached = opened
    found = [name for value in reached for name in (value if isinstance(value, list) else [value])]
    return {
        name if isinstance(name, str) else repr([name]) + "\n" for name in found if name not in (None, "")
    }


def may(rules: Rules, who: str, attributes: Any) -> bool:
    """Tell whether nothing of an item keeps her from it, straight from the words of the rules."""
    if rules.needs and not names(attributes, rules.needs) <= set(rules.skills.get(who, ())):
        return False
    if rules.blocked and who in names(attributes, rules.blocked):
        return False
    alone = names(attributes, rules.reserved) if rules.reserved else set()
    return not alone or who in alone


@given(
    rules=strategies.rules(),
    who=st.sampled_from([*PEOPLE, "zoe"]),
    attributes=strategies.marked_attributes(),
)
def test_what_keeps_somebody_from_an_item_is_what_the_rules_say(
    rules: Rules, who: str, attributes: dict[str, Any]
) -> None:
    """Lists, nested values, numbers and nulls included, against a second reading of the words."""
    assert (rules.why_not(who, attributes) is None) == may(rules, who, attributes)


@given(
    rules=strategies.rules(),
    who=st.sampled_from([*PEOPLE, "zoe"]),
    attributes=strategies.marked_attributes(),
)
@example(Rules(needs="a"), "ann", {"a": [None]})
@example(Rules(needs="a"), "ann", {"a": [[], ""]})
@example(Rules(reserved="a"), "ann", {"a": [""]})
@example(Rules(needs="a", skills={"ann": ["5 (number)"]}), "ann", {"a": 5})
@example(Rules(reserved="a.b"), "ann", {"a": [{"b": []}, {"b": [None, ""]}, 7]})
def test_the_filter_lets_everything_through_that_the_rule_allows(
    rules: Rules, who: str, attributes: dict[str, Any]
) -> None:
    """A superset, or the look-ahead of a pull would pass over items that are for her."""
    if rules.why_not(who, attributes) is None:
        assert matches(rules.preselects(who), attributes)


@given(
    rules=strategies.rules(),
    items=st.lists(strategies.marked_attributes(), min_size=1, max_size=6),
)
def test_a_database_selects_the_items_that_the_filter_lets_through(
    rules: Rules, items: list[dict[str, Any]]
) -> None:
    """The same filter as SQL, as an item list asks for it."""
    pull = Pull(batch_size=1, max_batch_workload=1)
    with opened("sqlite") as tasks:
        rows = [Item(f"i{at}", attributes=attributes) for at, attributes in enumerate(items)]
        task = tasks.create("t", rows, allowed=["ann"], pull=pull).id
        for who in ("ann", "bob"):
            where = rules.preselects(who)
            found = [row.item for row in tasks.store.items(task, Page(), where=where)]
            assert found == [row.id for row in rows if matches(where, row.attributes)]


def test_the_filter_keeps_most_of_what_is_not_for_her_away() -> None:
    """What somebody needs is one skill, or she is barred, or it is reserved: all of it in the filter."""
    rules = Rules(needs="language", skills={"ann": ["fr"]}, blocked="author", reserved="for")
    kept: list[dict[str, Any]] = [
        {"language": "de"},
        {"language": ["de", "it"]},
        {"author": ["bob", "ann"]},
        {"for": "bob"},
        {"language": 5},
    ]

    assert not any(matches(rules.preselects("ann"), attributes) for attributes in kept)
    assert matches(rules.preselects("ann"), {"language": ["de", "fr"]})


@pytest.mark.parametrize(
    ("who", "attributes", "bar"),
    [
        ("ann", {"language": ["de", "fr"]}, None),
        ("bob", {"language": ["de", "fr", "it"]}, Bar("skills", ("de", "it"))),
        ("eve", {"language": "fr"}, Bar("skills", ("fr",))),
        ("eve", {"language": 7}, Bar("skills", ("7\n(number)",))),
        ("eve", {"language": True}, Bar("skills", ("True\n(truth)",))),
        ("eve", {}, None),
        ("eve", {"language": None}, None),
        ("eve", {"language": ["", None, []][:2]}, None),
        ("eve", {"language": []}, None),
    ],
)
def test_an_item_needs_all_the_skills_it_names_and_none_where_it_names_none(
    who: str, attributes: dict[str, Any], bar: Bar | None
) -> None:
    """One skill or a list of them; what is no text is a skill that nobody has."""
    assert SPOKEN.why_not(who, attributes) == bar


def test_an_author_is_barred_and_a_reservation_bars_all_others() -> None:
    """The conflict counts before the reservation: an author may not take what is reserved for her."""
    rules = Rules(blocked="meta.authors", reserved="for")
    item: dict[str, Any] = {"meta": {"authors": ["ann", "bob"]}, "for": ["ann", "eve"]}

    assert [rules.why_not(who, item) for who in ("ann", "bob", "eve", "zoe")] == [
        Bar("blocked", ()),
        Bar("blocked", ()),
        None,
        Bar("reserved", ("ann", "eve")),
    ]


def test_team_mates_are_those_of_the_same_team_but_for_herself() -> None:
    """Who is in no team has no mates, also not others without a team."""
    rules = Rules(teams={"ann": "red", "bob": "red", "eve": "blue"})
    others = ["ann", "bob", "eve", "zoe", "max"]

    assert list(rules.mates("ann", others)) == ["bob"]
    assert list(rules.mates("eve", others)) == []
    assert list(rules.mates("zoe", others)) == []


def test_rules_that_say_nothing_keep_nobody_from_anything() -> None:
    """No attribute is looked at."""
    rules = Rules()

    assert rules.marks({"language": "fr", "for": "bob"}) == (frozenset(), frozenset(), None)
    assert rules.why_not("ann", {"for": "bob"}) is None
    assert matches(rules.preselects("ann"), {"for": "bob"})


@given(attributes=st.lists(strategies.marked_attributes(), min_size=2, max_size=2), rules=strategies.rules())
def test_items_with_the_same_marks_are_alike_to_everybody(
    attributes: list[dict[str, Any]], rules: Rules
) -> None:
    """Or a plan could not take items of a kind together."""
    one, other = attributes
    if rules.marks(one) == rules.marks(other):
        assert [rules.why_not(who, one) for who in PEOPLE] == [rules.why_not(who, other) for who in PEOPLE]
    assert [rules.why_not(who, one) for who in PEOPLE] == [
        rules.bars(who, rules.marks(one)) for who in PEOPLE
    ]


@given(rules=strategies.rules(), items=st.lists(strategies.marked_attributes(), max_size=12))
@example(
    rules=Rules(needs="n"), items=[{"n": 1}, {"n": True}, {"n": 1.0}, {"n": "1"}, {"n": ["1"]}, {"n": "1"}]
)
@example(rules=Rules(needs="n", blocked="b"), items=[{"n": "x"}, {"b": "x"}, {"n": None, "b": "x"}, {}])
@example(rules=Rules(needs="a.b"), items=[{"a": {"b": "x"}}, {"a.b": "x"}, {"a": [{"b": "x"}]}])
def test_items_have_the_same_number_exactly_where_they_have_the_same_marks(
    rules: Rules, items: list[dict[str, Any]]
) -> None:
    """However they say it, and however often it was read before."""
    marking = Marking(rules)
    numbers = [marking.number(attributes) for attributes in items]

    assert [marking.marks[number] for number in numbers] == [rules.marks(attributes) for attributes in items]
    assert len(set(marking.marks)) == len(marking.marks) == len(set(numbers))


@given(rules=strategies.rules())
def test_rules_come_back_from_their_data(rules: Rules) -> None:
    """A store keeps them with the task."""
    assert decode(Rules, encode(rules)) == rules
    assert check_rules(rules) is rules


BAD: list[dict[str, Any]] = [
    {"needs": ""},
    {"blocked": "a."},
    {"reserved": 7},
    {"needs": "a", "skills": ["ann"]},
    {"needs": "a", "skills": {"ann": "fr"}},
    {"needs": "a", "skills": {"ann": 5}},
    {"needs": "a", "skills": {"ann": {"fr"}}},
    {"needs": "a", "skills": {"": ["fr"]}},
    {"needs": "a", "skills": {"ann": ["fr\n"]}},
    {"needs": "a", "skills": {"ann": [5]}},
    {"teams": ["red"]},
    {"teams": {"ann": 5}},
    {"teams": {5: "red"}},
    {"skills": {"ann": ["fr"]}},
]


@pytest.mark.parametrize("given_", BAD, ids=str)
def test_rules_that_cannot_be_used_are_refused(given_: dict[str, Any]) -> None:
    """Paths, names and mappings are checked when the rules are made, not when somebody pulls."""
    with pytest.raises(InvalidInput):
        Rules(**given_)


def stores(folder: Path) -> Iterable[Any]:
    return [MemoryStore(), SqliteStore(folder / "work.db")]


def test_rules_are_kept_with_the_task(tmp_path: Path) -> None:
    """As they were given, in both stores."""
    for store in stores(tmp_path):
        with Dispatcher(store) as tasks:
            pull = Pull(batch_size=1, max_batch_workload=1)
            task = tasks.create("t", ["a"], allowed=["ann"], pull=pull, rules=SPOKEN)
            assert tasks.get(task.id).rules == SPOKEN == task.rules


def test_what_is_no_rules_is_refused() -> None:
    """Before anything is read or stored."""
    with pytest.raises(InvalidInput, match="rules must be Rules"):
        Dispatcher(MemoryStore()).create("t", ["a"], workload=Workload.even(["ann"]), rules=7)  # type: ignore[arg-type]
    assert check_rules(None) is None
